"""Parts as a bundle's type finds them, where it knows better than OLX tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from openedx_blockstore import api
from openedx_blockstore.plugin_api import BundleContents, Part
from openedx_blockstore_search.parts.blocks import FilePart
from openedx_blockstore_search.parts.files import FileFacts, read_facts
from openedx_blockstore_search.parts.names import as_name
from openedx_blockstore_search.parts.words import tidy

_MAX_KEY, _MAX_TYPE, _MAX_TITLE = 800, 60, 500


def find_own_parts(contents: BundleContents) -> Mapping[str, FileFacts] | None:
    """Return what all files of a version tell, by the bundle's type; None where it says nothing."""
    assert contents.bundle_uuid is not None
    found = api.get_bundle_parts(contents.bundle_uuid, contents.version)
    if found is None:
        return None
    by_path: dict[str, dict[str, FilePart]] = defaultdict(dict)
    for part in found:
        by_path[part.path][part.key[:_MAX_KEY]] = _as_file_part(part)
    facts = {}
    for path in sorted({*contents.files, *by_path}):
        read = read_facts(contents, path) if path in contents.files else FileFacts(path)
        names = {*read.names, *(name for part in read.parts for name in part.names)}
        facts[path] = FileFacts(
            path,
            tuple(by_path[path].values()),
            names=tuple(sorted(names)),
            text=read.text,
            languages=read.languages,
            flaw=read.flaw,
        )
    return facts


def _as_file_part(part: Part) -> FilePart:
    names = (as_name(reference) for reference in part.references)
    return FilePart(
        key=part.key[:_MAX_KEY],
        type=part.type[:_MAX_TYPE],
        title=tidy(part.title, _MAX_TITLE),
        text=tidy(part.text),
        around=tuple(key[:_MAX_KEY] for key in part.parents),
        language=part.languages[0] if part.languages else None,
        languages=part.languages[1:],
        traits=dict(part.traits),
        names=tuple(sorted({name for name in names if name is not None})),
    )
