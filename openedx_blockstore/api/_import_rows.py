"""Makes what an import has planned, all of it in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from attrs import define, field
from django.db import IntegrityError, OperationalError

from openedx_blockstore.api._annotation_parts import (
    import_collection_parts,
    import_version_parts,
)
from openedx_blockstore.api._events import bundle_created, record
from openedx_blockstore.api._import_plan import BundlePlan, TreePlan
from openedx_blockstore.api._lookup import batches
from openedx_blockstore.api._store import confirm_blobs
from openedx_blockstore.api._transactions import (
    is_transient,
    locked,
    write_connection,
    write_transaction,
)
from openedx_blockstore.api._validation import tell_validators
from openedx_blockstore.api._versions import VersionInfo, make_version
from openedx_blockstore.archives import ArchiveTrees
from openedx_blockstore.data import Dependency, EventData, Finding, ImportFindings
from openedx_blockstore.models import Bundle, BundleVersion, Collection

#: What validators said, by the keys of the archive's trees.
FindingsByTree = Mapping[Dependency, ImportFindings]


class PlanOutdatedError(Exception):
    """Others changed the same bundles since the plan was made."""

    def __init__(self, bundle_uuid: UUID) -> None:
        self.bundle_uuid = bundle_uuid
        super().__init__(str(bundle_uuid))


@define(eq=False)
class ImportWork:
    """What is to be done in one transaction.

    Attributes:
        reused: Contents that were found in the storage rather than written, by bundle.
        findings: What validators said.
        part_findings: What plugins said of their parts about versions, by the keys of the trees.
        collection_findings: What they said of their parts about the collection.
    """

    collection: Collection
    found: ArchiveTrees
    plans: Sequence[TreePlan]
    reused: set[tuple[UUID, str]]
    findings: FindingsByTree
    part_findings: dict[Dependency, tuple[Finding, ...]] = field(factory=dict)
    collection_findings: tuple[Finding, ...] = ()

    def annotated(self) -> list[TreePlan]:
        """Return the trees about which plugins said something that may be taken over.

        What is here already in another collection is not the importer's to change.
        """
        return [plan for plan in self.plans if plan.tree.parts and self.owns(plan)]

    def owns(self, plan: TreePlan) -> bool:
        """Tell whether what a tree becomes is in the collection into which is imported."""
        row = plan.bundle.row
        return row is None or row.collection_id == self.collection.pk


def carry_out(work: ImportWork) -> None:
    """Make what was planned, in one transaction."""
    new = [plan for plan in work.plans if plan.created]
    touched = [*new, *work.annotated()]
    if not touched and not work.found.parts:
        return
    current = touched[0].bundle.uuid if touched else work.collection.uuid
    try:
        with write_transaction():
            _lock_bundles(touched)
            rows: dict[UUID, Bundle] = {}
            latest: dict[UUID, BundleVersion | None] = {}
            events: list[EventData] = []
            for plan in new:
                bundle = plan.bundle
                current = bundle.uuid
                if bundle.uuid not in rows:
                    rows[bundle.uuid] = bundle.row or _create_bundle(work, bundle, events)
                    latest[bundle.uuid] = bundle.latest
                row = rows[bundle.uuid]
                latest[bundle.uuid] = _make_version(plan, row, latest[bundle.uuid], events)
                if (found := work.findings.get(plan.tree.key)) is not None:
                    # First, since validators may have news of the version.
                    record(*events)
                    events.clear()
                    tell_validators(bundle.uuid, plan.version, found)
            for bundle_uuid, digest in work.reused:
                if bundle_uuid in rows:
                    confirm_blobs(bundle_uuid, [digest])
            record(*events)
            _import_parts(work)
    except IntegrityError as error:
        raise PlanOutdatedError(current) from error
    except OperationalError as error:
        if is_transient(error) and not write_connection().in_atomic_block:
            raise PlanOutdatedError(current) from error
        raise


def _import_parts(work: ImportWork) -> None:
    """Give plugins back what they said of the collection, and then of its versions."""
    uuid = work.collection.uuid
    work.collection_findings = import_collection_parts(uuid, work.found.parts)
    for plan in work.annotated():
        work.part_findings[plan.tree.key] = import_version_parts(
            plan.bundle.uuid, plan.version, plan.tree.parts
        )


def _lock_bundles(plans: Iterable[TreePlan]) -> None:
    """Keep others from making versions; always in the same order, so nobody waits in a circle."""
    keys = sorted({plan.bundle.row.pk for plan in plans if plan.bundle.row is not None})
    for some in batches(keys):
        rows = Bundle.objects.filter(pk__in=some).order_by("pk")
        list(locked(rows).values_list("pk"))


def _create_bundle(work: ImportWork, plan: BundlePlan, events: list[EventData]) -> Bundle:
    row = Bundle.objects.create(
        uuid=plan.uuid,
        collection=work.collection,
        slug=plan.info.slug,
        title=plan.info.title,
        description=plan.info.description,
        type=plan.type,
        origin=plan.origin,
    )
    events.append(bundle_created(row, work.collection))
    return row


def _make_version(
    plan: TreePlan, bundle: Bundle, latest: BundleVersion | None, events: list[EventData]
) -> BundleVersion:
    info = plan.tree.info
    made = make_version(
        bundle,
        lambda _latest, _exclusive: plan.content,
        VersionInfo(
            change_description=info.change_description,
            change_kind=info.change_kind,
            author=info.author,
            # Files that were edited after the export are not that version any more.
            origin_version=info.version if plan.tree.state == "exported" else None,
        ),
        latest=latest,
        write_event=events.append,
    )
    if made is None or not made.created or made.row.version_num != plan.version:
        raise PlanOutdatedError(bundle.uuid)
    return made.row
