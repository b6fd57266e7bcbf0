"""Copies what was pulled to another server: a closure archive, without what is there already."""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from attrs import frozen

from openedx_blockstore.cli.digests import digest_of_file
from openedx_blockstore.cli.errors import ConflictError, LocalError, UsageError
from openedx_blockstore.cli.files import canonical_json, local_errors
from openedx_blockstore.cli.output import Output
from openedx_blockstore.cli.pulling import refuse_unfinished
from openedx_blockstore.cli.scan import local_changes
from openedx_blockstore.cli.server import Server
from openedx_blockstore.cli.state import FOLDER, INFO, TreeState, info_path
from openedx_blockstore.cli.transfers import import_file
from openedx_blockstore.cli.values import VersionKey
from openedx_blockstore.cli.workspace import Workspace, snapshots, working_copies

_META = {"version": 1, "digest": "sha256"}


@frozen(eq=False)
class _Tree:
    """A version that was pulled."""

    folder: Path
    state: TreeState

    def file(self, path: str) -> Path:
        return self.folder / self.state.names.get(path, path)


class Replicator:
    """Copies all that was pulled into a shared folder to another server."""

    def __init__(self, server: Server, workspace: Workspace, output: Output) -> None:
        self._server = server
        self._workspace = workspace
        self._output = output

    def push(self, collection_uuid: str, *, dry_run: bool) -> dict[str, Any]:
        """Copy it into a collection, and return what became of it.

        Raises:
            ClientError: It can not be copied as it is, or not be sent.
        """
        trees = self._trees()
        listed = {
            key.bundle_uuid: {
                file.digest
                for other, tree in trees.items()
                if other.bundle_uuid == key.bundle_uuid
                for file in tree.state.files.values()
            }
            for key in trees
        }
        missing = self._server.missing_contents(collection_uuid, listed)
        named = {digest for digests in listed.values() for digest in digests}
        sizes = {f.digest: f.size for tree in trees.values() for f in tree.state.files.values()}
        total = sum(sizes[digest] for digest in missing & named)
        self._output.say(f"{len(missing)} of {len(named)} contents are missing there.")
        with tempfile.TemporaryDirectory(prefix="blockstore-") as folder:
            archive = Path(folder) / "closure.tar.gz"
            with local_errors("The archive can not be written"):
                self._pack(archive, trees, missing, total)
            result = import_file(
                self._server,
                collection_uuid,
                archive,
                kind="import_thin",
                params={"dry_run": "true" if dry_run else "false"},
                output=self._output,
            )
            sent = archive.stat().st_size
        return {
            **result,
            "contents_sent": len(missing),
            "contents_present": len(named) - len(missing),
            "bytes_sent": sent,
        }

    def _trees(self) -> dict[VersionKey, _Tree]:
        trees: dict[VersionKey, _Tree] = {}
        for copy in working_copies(self._workspace.folder):
            refuse_unfinished(copy.folder, copy.state)
            if local_changes(copy.folder, copy.state):
                raise ConflictError(
                    f"{copy.folder} has changes that are no version yet.",
                    "Push and commit them to their own server first.",
                    code="uncommitted",
                )
            trees[copy.state.key] = _Tree(copy.folder, copy.state)
        for folder, state in snapshots(self._workspace):
            refuse_unfinished(folder, state)
            trees.setdefault(state.key, _Tree(folder, state))
        for key, tree in trees.items():
            if tree.state.skipped:
                raise UsageError(
                    f"{tree.folder} holds only some of the files of {key}.",
                    f"Pull all of it first: blockstore pull {key.bundle_uuid}",
                )
        if not trees:
            raise UsageError("Nothing was pulled yet.", "blockstore pull comes first.")
        return trees

    def _pack(
        self, target: Path, trees: Mapping[VersionKey, _Tree], missing: set[str], total: int
    ) -> None:
        """Write the archive, see ``docs/reference/formats.rst``."""
        keys = [{"bundle_uuid": k.bundle_uuid, "version": k.version} for k in sorted(trees)]
        contents = {
            "_meta": _META,
            "kind": "bundle",
            "collection": None,
            "roots": keys,
            "trees": keys,
        }
        left = set(missing)
        with (
            target.open("wb") as raw,
            gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as zipped,
            tarfile.open(
                fileobj=cast(BinaryIO, zipped), mode="w|", format=tarfile.PAX_FORMAT
            ) as tar,
            self._output.progress("Packing", total) as progress,
        ):
            _add(tar, f"{FOLDER}/archive.json", canonical_json(contents))
            for key, tree in sorted(trees.items(), key=lambda item: item[0]):
                prefix = f"{key.bundle_uuid}/{key.version}/"
                _add(tar, f"{prefix}{FOLDER}/{INFO}", info_path(tree.folder).read_bytes())
                for path, file in sorted(tree.state.files.items()):
                    if file.digest not in left:
                        continue
                    left.discard(file.digest)
                    source = tree.file(path)
                    if digest_of_file(source) != file.digest:
                        raise LocalError(
                            f"{source} is not what was pulled.", "Pull again; that restores it."
                        )
                    with source.open("rb") as opened:
                        entry = tarfile.TarInfo(prefix + path)
                        entry.size = file.size
                        entry.mode = 0o644
                        tar.addfile(entry, opened)
                    progress(file.size)


def _add(tar: tarfile.TarFile, name: str, contents: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(contents)
    entry.mode = 0o644
    tar.addfile(entry, io.BytesIO(contents))
