"""Lets validators look at what an archive is about to become versions of, before any of it is."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast
from uuid import UUID

from attrs import frozen

from openedx_blockstore.api._import_plan import BundlePlan, TreePlan
from openedx_blockstore.api._known_contents import KnownContent
from openedx_blockstore.api._sources import Source, SourceContents, version_contents
from openedx_blockstore.api._store import get_store
from openedx_blockstore.api._validation import run_validators, validators_for
from openedx_blockstore.archives import ArchiveReader
from openedx_blockstore.data import BundleFindings, Dependency, ImportFindings
from openedx_blockstore.models import Bundle
from openedx_blockstore.plugin_api import BundleContents
from openedx_blockstore.store import TreeFile

#: Opens the contents of a file of a bundle that are not stored with it.
Opener = Callable[[BundlePlan, TreeFile], BinaryIO]


@frozen(eq=False)
class Archive:
    """An archive that was read once.

    Attributes:
        digests: Of the contents of its entries, by path.
        known: Contents that it lists, but does not hold, since they are here.
    """

    reader: ArchiveReader
    digests: Mapping[str, str]
    known: Mapping[str, KnownContent]


def wants_validation(plans: Iterable[TreePlan]) -> bool:
    """Tell whether there is any validator for anything that would be made."""
    types = {plan.bundle.type for plan in plans if plan.created}
    return any(validators_for(each) for each in types)


def validate_plans(
    plans: Sequence[TreePlan], opener: Opener | None = None
) -> Mapping[Dependency, ImportFindings]:
    """Return what validators say of the versions that are to be made, by the keys of their trees.

    Args:
        opener: Opens contents; None where all of them are stored with their bundles already.

    Raises:
        PluginError, PluginFailed: A validator can not be used, or failed.
        StorageError, InvalidArchive: Something can not be read.
    """
    if not wants_validation(plans):
        return {}
    sources: dict[Dependency, Source] = {}
    before: dict[UUID, BundleContents | None] = {}
    found: dict[Dependency, ImportFindings] = {}
    for plan in plans:
        if not plan.created:
            continue
        bundle = plan.bundle
        source = Source(bundle.uuid, plan.content, opener=_of(bundle, opener), planned=sources)
        contents = _contents(bundle, source)
        found[plan.tree.key] = run_validators(contents, partial(_previous, bundle, before))
        sources[Dependency(bundle.uuid, plan.version)] = source
        before[bundle.uuid] = contents
    return found


def _of(bundle: BundlePlan, opener: Opener | None) -> Callable[[TreeFile], BinaryIO] | None:
    return (lambda file: opener(bundle, file)) if opener is not None else None


def _contents(bundle: BundlePlan, source: Source) -> BundleContents:
    if bundle.row is not None:
        return SourceContents(source, bundle.row)
    made = Bundle(uuid=bundle.uuid, type=bundle.type, title=bundle.info.title)
    contents = SourceContents(source, made)
    contents.bundle_uuid = None
    return contents


def _previous(
    bundle: BundlePlan, before: Mapping[UUID, BundleContents | None]
) -> BundleContents | None:
    """Return the version before: one of the archive, or the latest one that is here."""
    if bundle.uuid in before:
        return before[bundle.uuid]
    return version_contents(bundle.latest) if bundle.latest is not None else None


def findings_of(
    plans: Iterable[TreePlan], found: Mapping[Dependency, ImportFindings]
) -> list[BundleFindings]:
    """Return what was found, by bundle."""
    return [
        BundleFindings(
            plan.bundle.uuid if plan.bundle.row is not None else None,
            plan.tree.info.title,
            found[plan.tree.key].findings,
        )
        for plan in plans
        if plan.tree.key in found
    ]


# A dry run stores nothing -------------------------------------------------------------------------


@contextlib.contextmanager
def unpacked(archive: Archive, plans: Iterable[TreePlan]) -> Iterator[Opener]:
    """Unpack what is to be stored into a temporary folder, for as long as the block runs.

    The archive was read before, so it is no larger than the settings allow.
    """
    wanted = {file.digest for plan in plans if plan.created for file in plan.content.files.values()}
    with tempfile.TemporaryDirectory(prefix="blockstore-import-") as name:
        folder = Path(name)
        for entry in archive.reader.entries():
            digest = archive.digests.get(entry.path, "")
            if entry.kind == "file" and digest in wanted:
                wanted.remove(digest)
                with entry.open() as source, (folder / digest).open("xb") as target:
                    shutil.copyfileobj(source, target)

        def open_content(bundle: BundlePlan, file: TreeFile) -> BinaryIO:
            if (place := folder / file.digest).exists():
                return place.open("rb")
            content = archive.known.get(file.digest)
            owner = content.bundle_uuid if content is not None else bundle.uuid
            return cast(BinaryIO, get_store().open_blob(owner, file.digest, file.size))

        yield open_content
