"""``python -m bench``: times each operation beside its floor, and prints the ratios.

It works in a temporary folder and a database of its own (a new SQLite file, or a test database
beside that of ``DATABASE_URL``), and removes both.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from bench.measure import Measured

#: Real courses, too large for the repository, may lie beside it.
_COURSES = Path(__file__).resolve().parent.parent.parent / "shared" / "courses"

_PARTS = ("edits", "reads", "links", "history", "large_file", "courses", "search")


def main() -> int:
    """Measure, print, and remove everything."""
    options = _parse()
    with tempfile.TemporaryDirectory(prefix="blockstore-bench-", dir=options.folder) as name:
        folder = Path(name)
        with _environment(folder) as database:
            results = list(_measure(options, folder))
    if options.json:
        print(json.dumps({"database": database, "operations": [_as_json(r) for r in results]}))
    else:
        _print_end(database)
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {', '.join(_PARTS)}")
    parser.add_argument("--json", action="store_true", help="print JSON, and nothing else")
    parser.add_argument("--rounds", type=int, default=15, help="of each short operation [15]")
    parser.add_argument("--folder", help="where to write; on the disk that is to be measured")
    parser.add_argument(
        "--documents", type=int, default=100_000, help="in search engines [100,000]"
    )
    parser.add_argument("--courses", type=Path, default=_COURSES, help="folder of courses")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(_PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return options


@contextmanager
def _environment(folder: Path) -> Iterator[str]:
    """Set Django up with a storage and a database of our own."""
    os.environ["BLOCKSTORE_DATA_DIR"] = str(folder / "data")
    os.environ["DJANGO_SETTINGS_MODULE"] = "openedx_blockstore.settings.standalone"
    from django.conf import settings  # noqa: PLC0415 - not before the environment is set

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        # Not in memory: that is no floor.
        database["TEST"] = {"NAME": str(folder / "bench.sqlite3")}
    settings.LOGGING_CONFIG = None
    django.setup()
    from django.db import connection  # noqa: PLC0415

    old_name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield connection.vendor
    finally:
        connection.creation.destroy_test_db(old_name, verbosity=0)


def _measure(options: argparse.Namespace, folder: Path) -> Iterator[Measured]:
    from bench import floor  # noqa: PLC0415 - not before Django is set up
    from bench.operations import Operations  # noqa: PLC0415

    floor.create_table()
    operations = Operations(folder, rounds=options.rounds, documents=options.documents)
    if not options.json:
        print(f"{'operation':<72} {'time':>10} {'floor':>10} {'ratio':>6} {'memory':>9}")
    for part in options.parts or _PARTS:
        if part == "courses":
            if not options.courses.is_dir():
                print(f"no courses: there is no {options.courses.name}/", file=sys.stderr)
                continue
            found = operations.courses(options.courses)
        else:
            found = getattr(operations, part)()
        for result in found:
            if not options.json:
                _print(result)
            yield result


def _print(result: Measured) -> None:
    memory = "?" if result.memory is None else f"{result.memory / 2**20:.1f} MB"
    print(
        f"{result.name:<72} {_time(result.seconds):>10} {_time(result.floor_seconds):>10} "
        f"{result.ratio:>6.1f} {memory:>9}",
        flush=True,
    )


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"


def _print_end(database: str) -> None:
    print()
    print(f"Medians, with Python {platform.python_version()}, Django {django.__version__} and")
    print(f"{database}. The floor: plain file writes, and bare statements, of the same bytes, as")
    print("durable. Memory: what an operation takes at its peak, over what was in use before.")


def _as_json(result: Measured) -> dict[str, object]:
    return {
        "name": result.name,
        "seconds": result.seconds,
        "floor_seconds": result.floor_seconds,
        "ratio": result.ratio,
        "memory_bytes": result.memory,
        "rounds": result.rounds,
    }


if __name__ == "__main__":
    sys.exit(main())
