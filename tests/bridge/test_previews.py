"""Mounts looked at in other states than learners', without leaving anything behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model

from openedx_blockstore import api
from openedx_blockstore.data import LinkTarget
from openedx_blockstore_xblock import api as bridge
from openedx_blockstore_xblock import signals
from openedx_blockstore_xblock.exceptions import BlockNotFound, InvalidPreview
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreDefinitionKey
from openedx_blockstore_xblock.preview import Preview
from openedx_blockstore_xblock.requests import make_runtime as make_request_runtime
from openedx_blockstore_xblock.requests import visible_drafts
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.services import BlockUser
from tests.bridge.conftest import usage
from tests.bridge.olx import MULTIPLE_CHOICE
from tests.counting import counting

pytestmark = pytest.mark.django_db

MakeRuntime = Callable[..., BlockstoreRuntime]
STATE_TABLES = ("BlockState", "BlockSummary", "UserPreference", "UserInfo")


def html(text: str) -> str:
    """Return the OLX of a text."""
    return f"<html>{text}</html>"


def write(bundle_uuid: UUID, files: dict[str, str], *, name: str = "work") -> UUID:
    """Stage files in a draft."""
    draft = api.get_or_create_bundle_draft(bundle_uuid, name).uuid
    api.write_draft_files(draft, files)
    return draft


def shown(runtime: BlockstoreRuntime, bundle_uuid: UUID, path: str, **more: Any) -> str:
    """Return the text of a block as it is shown."""
    block = runtime.get_block(usage(bundle_uuid, path, **more))
    return str(runtime.render(block, "student_view", {}).body_html())


def collection_of(bundle_uuid: UUID) -> UUID:
    """Return where a bundle is."""
    found = api.get_bundle(bundle_uuid).collection_uuid
    assert found is not None
    return found


def rows() -> dict[str, int]:
    """Count what learners have left."""
    models = (apps.get_model("openedx_blockstore_xblock", name) for name in STATE_TABLES)
    return {model.__name__: model._default_manager.count() for model in models}


@pytest.fixture
def text(make_bundle: Callable[..., UUID]) -> UUID:
    """A text with three versions, and a draft."""
    bundle_uuid = make_bundle({"html.xml": html("first")})
    for each in ("second", "third"):
        api.commit_draft(write(bundle_uuid, {"html.xml": html(each)}))
    write(bundle_uuid, {"html.xml": html("drafted")})
    return bundle_uuid


@pytest.mark.parametrize(
    ("preview", "expected"),
    [
        (None, "second"),
        (Preview(), "second"),
        (Preview(version=1), "first"),
        (Preview(latest=True), "third"),
        (Preview(draft="work"), "drafted"),
        (Preview(draft="no such draft"), "third"),
    ],
)
def test_a_mount_is_looked_at_in_another_state(
    text: UUID,
    make_context: Callable[..., BlockstoreContextKey],
    make_runtime: MakeRuntime,
    preview: Preview | None,
    expected: str,
) -> None:
    """Whatever the context has pinned."""
    context = make_context("night", text, version=2)
    runtime = make_runtime(preview=preview)
    assert expected in shown(runtime, text, "html.xml", context=context, block_type="html")


def test_a_mount_is_looked_at_as_it_was_on_a_date(
    make_bundle: Callable[..., UUID], make_runtime: MakeRuntime
) -> None:
    """The version that was the latest then; before there was any, nothing is there."""
    before = datetime.now(UTC)
    bundle_uuid = make_bundle({"html.xml": html("first")})
    between = datetime.now(UTC)
    api.commit_draft(write(bundle_uuid, {"html.xml": html("second")}))
    for moment, expected in ((between, "first"), (datetime.now(UTC), "second")):
        runtime = make_runtime(preview=Preview(as_of=moment))
        assert expected in shown(runtime, bundle_uuid, "html.xml", block_type="html")
    with pytest.raises(BlockNotFound):
        shown(make_runtime(preview=Preview(as_of=before)), bundle_uuid, "html.xml")


@pytest.fixture
def borrowed(make_bundle: Callable[..., UUID]) -> tuple[UUID, UUID]:
    """A unit that borrows a text; and the text's bundle, which has a draft."""
    lender = make_bundle({"html.xml": html("published")})
    unit = '<unit><xblock-include definition="html.xml" source="text"/></unit>'
    borrower = make_bundle({"unit.xml": unit}, {"text": LinkTarget(lender, 1)})
    write(lender, {"html.xml": html("drafted")})
    return borrower, lender


def test_a_draft_shows_what_lenders_have_staged_under_the_same_name(
    borrowed: tuple[UUID, UUID], make_runtime: MakeRuntime
) -> None:
    """Where whoever is asking may see it; drafts of other names, and empty ones, do not show."""
    borrower, lender = borrowed
    assert "drafted" in shown(make_runtime(preview=Preview(draft="work")), borrower, "unit.xml")
    for preview in (Preview(draft="play"), Preview(latest=True), None):
        assert "published" in shown(make_runtime(preview=preview), borrower, "unit.xml")
    not_the_lenders = make_runtime(preview=Preview(draft="work"), visible_drafts=lambda _all: ())
    assert "published" in shown(not_the_lenders, borrower, "unit.xml")
    draft = api.get_or_create_bundle_draft(lender, "work").uuid
    api.commit_draft(draft)
    emptied = make_runtime(preview=Preview(draft="work"))
    assert "published" in shown(emptied, borrower, "unit.xml")


def test_drafts_are_seen_by_those_who_may_edit_them(borrowed: tuple[UUID, UUID]) -> None:
    """As far as the lender's collection lets them; nobody is no author."""
    borrower, lender = borrowed
    elsewhere = api.create_collection("Elsewhere").uuid
    there = api.create_bundle(elsewhere, "there", "There").uuid
    user = get_user_model().objects.create_user("minerva")
    collection = collection_of(borrower)
    wanted = [borrower, lender, there]
    assert not visible_drafts(user.pk, wanted)
    api.set_role(collection, "reader", user="minerva")
    assert not visible_drafts(user.pk, wanted)
    api.set_role(collection, "author", user="minerva")
    assert visible_drafts(user.pk, wanted) == {borrower, lender}
    get_user_model().objects.update(is_active=False)
    assert not visible_drafts(user.pk, wanted)
    assert not visible_drafts(None, wanted)
    assert not visible_drafts(10**6, wanted)
    author = BlockUser(user_id=user.pk, username="minerva")
    get_user_model().objects.update(is_active=True)
    runtime = make_request_runtime(author, preview=Preview(draft="work"))
    assert "drafted" in shown(runtime, borrower, "unit.xml")


def test_a_definition_says_which_draft_it_is_of(text: UUID, make_runtime: MakeRuntime) -> None:
    """Or which version."""
    key = usage(text, "html.xml", block_type="html")
    drafted = make_runtime(preview=Preview(draft="work")).get_block(key).scope_ids.def_id
    assert isinstance(drafted, BlockstoreDefinitionKey)
    assert drafted.draft_uuid == api.get_or_create_bundle_draft(text, "work").uuid
    assert make_runtime(preview=Preview(version=1)).get_block(key).scope_ids.def_id.version == 1


def test_files_of_drafts_have_addresses_in_previews(
    borrowed: tuple[UUID, UUID], make_runtime: MakeRuntime
) -> None:
    """Those of the lender's draft, too."""
    borrower, lender = borrowed
    write(
        lender,
        {"html.xml": html('&lt;img src="/static/own.png"&gt;'), "static/own.png": "owl"},
    )
    page = shown(make_runtime(preview=Preview(draft="work")), borrower, "unit.xml")
    assert "/static/own.png" in page
    assert 'src="/static/' not in page


PREVIEWS = [
    Preview(),
    Preview(version=1),
    Preview(latest=True),
    Preview(draft="work"),
    Preview(as_of=datetime(2126, 1, 1, tzinfo=UTC)),
]


def answer(runtime: BlockstoreRuntime, problem: UUID, choice: str) -> None:
    """Answer a problem as its handler does."""
    block = runtime.get_block(usage(problem, "problem.xml", block_type="problem"))
    name = block.scope_ids.usage_id.html_id()
    block.submit_problem({f"input_{name}_2_1": choice})
    block.save()


@pytest.fixture
def problem(make_bundle: Callable[..., UUID]) -> UUID:
    """A problem, with a draft of it."""
    bundle_uuid = make_bundle({"problem.xml": MULTIPLE_CHOICE})
    write(bundle_uuid, {"problem.xml": MULTIPLE_CHOICE.replace("Owls", "Barn owls")})
    return bundle_uuid


@pytest.mark.parametrize("preview", PREVIEWS)
def test_a_preview_never_touches_what_learners_have_left(
    problem: UUID, make_user: Callable[[str], BlockUser], preview: Preview
) -> None:
    """It neither reads nor writes their tables, and nobody is told of a grade."""
    user = make_user("athene")
    answer(make_request_runtime(user), problem, "choice_0")
    before = rows()
    assert before["BlockState"] == 1
    told: list[str] = []

    def listen(kind: str, **_more: object) -> None:
        told.append(kind)

    signals.block_published.connect(listen)
    try:
        with counting() as cost:
            runtime = make_request_runtime(user, preview=preview)
            block = runtime.get_block(usage(problem, "problem.xml", block_type="problem"))
            assert block.attempts == 0
            assert not block.done
            answer(runtime, problem, "choice_1")
    finally:
        signals.block_published.disconnect(listen)
    assert told == []
    assert rows() == before
    tables = [
        apps.get_model("openedx_blockstore_xblock", name)._meta.db_table for name in STATE_TABLES
    ]
    assert not [query for query in cost.queries if any(table in query for table in tables)]
    # What was tried out is found again in the same preview, and in no other.
    again = make_request_runtime(user, preview=preview)
    assert again.get_block(usage(problem, "problem.xml", block_type="problem")).attempts == 1
    other = make_request_runtime(user, preview=Preview(version=2**31 - 1, draft=""))
    with pytest.raises(BlockNotFound):
        other.get_block(usage(problem, "problem.xml", block_type="problem"))
    learner = make_request_runtime(user).get_block(
        usage(problem, "problem.xml", block_type="problem")
    )
    assert learner.attempts == 1
    assert learner.student_answers == {f"{learner.scope_ids.usage_id.html_id()}_2_1": "choice_0"}


def test_a_preview_of_another_visitor_is_another_one(
    problem: UUID, make_user: Callable[[str], BlockUser]
) -> None:
    """Whether or not they have accounts."""
    key = usage(problem, "problem.xml", block_type="problem")
    preview = Preview(version=1)
    lookers = [make_user("athene"), make_user("minerva"), *(BlockUser(visitor=n) for n in "ab")]
    for each in lookers:
        block = make_request_runtime(each, preview=preview).get_block(key)
        assert block.attempts == 0
        answer(make_request_runtime(each, preview=preview), problem, "choice_0")
        assert make_request_runtime(each, preview=preview).get_block(key).attempts == 1


def test_the_settings_of_the_context_hold_in_previews(
    text: UUID,
    make_context: Callable[..., BlockstoreContextKey],
    make_runtime: MakeRuntime,
) -> None:
    """They belong to the place, not to the version."""
    context = make_context("night", text, version=2)
    key = usage(text, "html.xml", context=context, block_type="html")
    bridge.set_usage_settings(key, {"display_name": "Of the context"})
    block = make_runtime(preview=Preview(version=1)).get_block(key)
    assert block.display_name == "Of the context"


@pytest.mark.parametrize(
    "preview",
    [
        *PREVIEWS,
        Preview(draft="Entwurf Ä / 7"),
        Preview(as_of=datetime(2026, 5, 31, 12, 30, 1, 5, tzinfo=UTC)),
    ],
)
def test_a_preview_stands_in_addresses(preview: Preview) -> None:
    """And is read from them as it was."""
    assert Preview.from_query(preview.query) == preview


@pytest.mark.parametrize("day", ["2026-05-31", " 2026-05-31 "])
def test_a_date_means_its_end(day: str) -> None:
    """So that one sees what was made on that day."""
    found = Preview.from_query({"as_of": day})
    assert found is not None
    assert found.as_of == datetime(2026, 6, 1, tzinfo=UTC) - timedelta(microseconds=1)


@pytest.mark.parametrize(
    "query",
    [
        {"version": "1", "draft": "work"},
        {"version": "mounted", "as_of": "2026-05-31"},
        {"version": "latest", "draft": "work"},
        {"version": "0"},
        {"version": "-1"},
        {"version": "²"},
        {"version": "9" * 4_500},
        {"version": "4294967296"},
        {"version": "first"},
        {"draft": "x" * 181},
        {"draft": "a\0b"},
        {"as_of": "2026-02-30"},
        {"as_of": "yesterday"},
        {"as_of": "0001-01-01"},
        {"as_of": "9999-12-31T23:59:59-12:00"},
    ],
)
def test_what_makes_no_sense_is_no_preview(query: dict[str, str]) -> None:
    """Whatever is in the address."""
    with pytest.raises(InvalidPreview):
        Preview.from_query(query)


def test_an_address_without_a_preview_asks_for_none() -> None:
    """Empty parameters, as a form sends them, are as none."""
    assert Preview.from_query({}) is None
    assert Preview.from_query({"version": "", "draft": " ", "as_of": "", "unit": "2"}) is None


def test_drafts_of_many_lenders_are_found_together(
    make_bundle: Callable[..., UUID], make_user: Callable[[str], BlockUser]
) -> None:
    """Within the budget of a unit of twenty blocks."""
    lenders = [make_bundle({"html.xml": html(f"published {n}")}) for n in range(20)]
    for number, lender in enumerate(lenders):
        write(lender, {"html.xml": html(f"drafted {number}")})
    includes = "".join(
        f'<xblock-include definition="html.xml" source="l{n}"/>' for n in range(len(lenders))
    )
    links = {f"l{number}": LinkTarget(lender, 1) for number, lender in enumerate(lenders)}
    borrower = make_bundle({"unit.xml": f"<unit>{includes}</unit>"}, links)
    author = make_user("minerva")
    api.set_role(collection_of(borrower), "author", user="minerva")
    with counting() as cost:
        runtime = make_request_runtime(author, preview=Preview(draft="work"))
        unit = runtime.get_block(usage(borrower, "unit.xml"))
        texts = [child.data for child in unit.get_children()]
    assert texts == [f"drafted {number}" for number in range(len(lenders))]
    assert cost.statements <= 8, cost.queries
