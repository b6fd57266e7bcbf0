"""Blocks of published packages that the real courses hold none of, shown as learners see them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import webob
from django.utils import translation
from xblock.exceptions import NoSuchServiceError, NoSuchViewError

from openedx_blockstore_xblock.authored import parse_block
from openedx_blockstore_xblock.block_classes import find_class, forget_classes, is_container
from openedx_blockstore_xblock.editing import EditSession
from openedx_blockstore_xblock.keys import BlockstoreContextKey, BlockstoreUsageKey
from openedx_blockstore_xblock.olx import parse_document
from openedx_blockstore_xblock.runtime import BlockstoreRuntime
from openedx_blockstore_xblock.serialising import write_block
from openedx_blockstore_xblock.services import BlockUser
from tests.bridge.conftest import Published, usage
from tests.bridge.published import BLOCKS, MENTORING, STEPS, TYPES, WITH_TABLES

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("block_type", TYPES)
def test_a_block_of_a_published_package_is_shown(
    block_type: str,
    make_bundle: Callable[..., UUID],
    make_user: Callable[[str], BlockUser],
    make_runtime: Callable[..., BlockstoreRuntime],
) -> None:
    """What its authors have written stands in the page, and nothing says that it can not be."""
    specification = BLOCKS[block_type]
    bundle = make_bundle({"block.xml": specification.olx})
    runtime = make_runtime(make_user("athene"))
    key = usage(bundle, "block.xml", block_type=block_type)
    content = runtime.render(runtime.get_block(key), "student_view", {}).content
    assert "blockstore-placeholder" not in content
    for text in specification.shown:
        assert text in content


@pytest.mark.parametrize(
    "block_type", [each for each in TYPES if BLOCKS[str(each.values[0])].edited]
)
def test_a_block_of_a_published_package_has_its_editor(
    block_type: str,
    make_bundle: Callable[..., UUID],
    make_user: Callable[[str], BlockUser],
    make_runtime: Callable[..., BlockstoreRuntime],
) -> None:
    """With what there is now in it."""
    specification = BLOCKS[block_type]
    bundle = make_bundle({"block.xml": specification.olx})
    key = usage(bundle, "block.xml", block_type=block_type)
    editing = EditSession("work", {key: ""})
    runtime = make_runtime(make_user("athene"), author_mode=True, editing=editing)
    content = runtime.render(runtime.get_block(key), "studio_view", {}).content
    assert specification.edited in content


@pytest.mark.parametrize(
    "block_type", [each for each in TYPES if BLOCKS[str(each.values[0])].comes_back]
)
def test_a_block_of_a_published_package_comes_back_out_of_olx(block_type: str) -> None:
    """OLX → fields → OLX in an element that has nothing yet → fields."""
    source = BLOCKS[block_type].olx.encode()
    document = parse_document(source, file="block.xml", is_container=is_container)
    for block in document:
        block_class = find_class(block.block_type)
        assert block_class is not None
        fields = parse_block(document, block, block_class, body=None).values()
        defaults = {name: each.to_json(each.default) for name, each in block_class.fields.items()}
        empty = f"<{block.block_type}/>".encode()
        into = parse_document(empty, file="block.xml", is_container=is_container)
        written = write_block(empty, into, into.root, block_class, fields).olx
        again = parse_document(written, file="block.xml", is_container=is_container)
        found = parse_block(again, again.root, block_class, body=None).values()
        assert {**defaults, **found} == {**defaults, **fields}


# What they do -------------------------------------------------------------------------------------


def tell(
    runtime: BlockstoreRuntime, key: BlockstoreUsageKey, handler: str, data: dict[str, Any]
) -> Any:
    """Send JSON to a handler of a block, and return what it answers."""
    request = webob.Request.blank("/", method="POST", body=json.dumps(data).encode())
    return json.loads(runtime.handle(runtime.get_block(key), handler, request).body)


def test_what_is_done_stays_so(
    make_bundle: Callable[..., UUID],
    make_user: Callable[[str], BlockUser],
    make_runtime: Callable[..., BlockstoreRuntime],
    published: Published,
) -> None:
    """For this learner, who gets a grade for it."""
    key = usage(make_bundle({"block.xml": "<done/>"}), "block.xml", block_type="done")
    athene, metis = make_user("athene"), make_user("metis")
    assert tell(make_runtime(athene), key, "toggle_button", {"done": True}) == {"state": True}
    assert (key, "grade", {"value": 1, "max_value": 1}) in published
    assert [make_runtime(each).get_block(key).done for each in (athene, metis)] == [True, False]


def test_a_free_text_is_kept_and_graded_by_its_words(
    make_bundle: Callable[..., UUID],
    make_user: Callable[[str], BlockUser],
    make_runtime: Callable[..., BlockstoreRuntime],
    published: Published,
) -> None:
    """And it stands there when the learner comes back."""
    bundle = make_bundle({"block.xml": BLOCKS["freetextresponse"].olx})
    key = usage(bundle, "block.xml", block_type="freetextresponse")
    athene = make_user("athene")
    for text, grade in (("they sleep", 0.0), ("they hoot", 1.0)):
        tell(make_runtime(athene), key, "submit", {"student_answer": text})
        assert published[-1] == (key, "grade", {"value": grade, "max_value": 1.0})
    runtime = make_runtime(athene)
    content = runtime.render(runtime.get_block(key), "student_view", {}).content
    assert "they hoot" in content
    assert "2/2 points" in content


ANSWERS = {
    "goal": {"value": "Where they nest"},
    "food": {"value": "mice"},
    "where": ["roof", "tree"],
    "fun": {"value": "5"},
}


@WITH_TABLES
def test_a_mentoring_block_has_its_questions_answered(
    make_bundle: Callable[..., UUID],
    make_user: Callable[[str], BlockUser],
    make_runtime: Callable[..., BlockstoreRuntime],
    published: Published,
) -> None:
    """All of them together; each keeps its own answer, and the block has one grade."""
    key = usage(make_bundle({"b.xml": MENTORING}), "b.xml", block_type="problem-builder")
    athene = make_user("athene")
    answer = tell(make_runtime(athene), key, "submit", {**ANSWERS, "where": ["roof"]})
    assert {name: result["status"] for name, result in answer["results"]} == {
        "goal": "correct",
        "food": "correct",
        "where": "partial",
        "fun": "correct",
    }
    assert answer["message"] == "Not quite."
    answer = tell(make_runtime(athene), key, "submit", ANSWERS)
    assert answer["message"] == "Well done."
    grades = [data["value"] for _key, kind, data in published if kind == "grade"]
    assert grades[-1] == 1.0
    assert grades[0] < 1.0
    again = make_runtime(athene).get_block(key)
    assert [
        child.student_choice for child in again.get_children() if hasattr(child, "student_choice")
    ] == ["mice", "5"]


@WITH_TABLES
def test_what_a_mentoring_block_keeps_by_itself_belongs_to_the_context(
    make_bundle: Callable[..., UUID],
    make_context: Callable[..., BlockstoreContextKey],
    make_user: Callable[[str], BlockUser],
    make_runtime: Callable[..., BlockstoreRuntime],
) -> None:
    """Long answers go into a table of its package, by the learner's anonymous name."""
    bundle = make_bundle({"b.xml": MENTORING})
    keys = [
        usage(bundle, "b.xml", block_type="problem-builder", context=make_context(name, bundle))
        for name in ("spring", "autumn")
    ]
    athene = make_user("athene")
    tell(make_runtime(athene), keys[0], "submit", ANSWERS)
    shown = [
        runtime.render(runtime.get_block(key), "student_view", {}).content
        for key in keys
        for runtime in [make_runtime(athene)]
    ]
    assert ["Where they nest" in each for each in shown] == [True, False]


@WITH_TABLES
def test_a_question_that_is_asked_for_alone_knows_its_mentoring_block(
    make_bundle: Callable[..., UUID], make_runtime: Callable[..., BlockstoreRuntime]
) -> None:
    """By the file in which both stand: as when a handler of its own is called."""
    bundle = make_bundle({"b.xml": MENTORING})
    key = usage(bundle, "b.xml", block_type="pb-mcq", inner_id="pb-mcq/~1")
    question = make_runtime().get_block(key)
    assert question.get_parent().scope_ids.block_type == "problem-builder"
    assert question.step_number == 2


@WITH_TABLES
def test_steps_follow_one_another(
    make_bundle: Callable[..., UUID],
    make_user: Callable[[str], BlockUser],
    make_runtime: Callable[..., BlockstoreRuntime],
    published: Published,
) -> None:
    """Until the last, after which there is a review and a grade."""
    key = usage(make_bundle({"b.xml": STEPS}), "b.xml", block_type="step-builder")
    athene = make_user("athene")
    first = tell(make_runtime(athene), key, "submit", {"active_step": 0, "food": {"value": "mice"}})
    assert first["active_step"] == 1
    second = tell(
        make_runtime(athene), key, "submit", {"active_step": 1, "why": {"value": "They are small"}}
    )
    assert second["active_step"] == -1
    assert "review_html" in second
    assert (key, "grade", {"value": 1.0, "max_value": 1.0}) in published


@WITH_TABLES
@pytest.mark.parametrize(
    ("inner_id", "title"),
    [("pb-answer/~1", "Question 1"), ("pb-mcq/~1", "Question 2"), ("", "unit")],
)
def test_a_block_without_a_title_has_the_one_that_its_class_makes(
    inner_id: str,
    title: str,
    make_bundle: Callable[..., UUID],
    make_runtime: Callable[..., BlockstoreRuntime],
) -> None:
    """Or else its type, and never a name that only machines can read."""
    bundle = make_bundle({"b.xml": f"<unit>{MENTORING}</unit>"})
    block_type = inner_id.partition("/")[0] or "unit"
    key = usage(bundle, "b.xml", block_type=block_type, inner_id=inner_id)
    assert make_runtime().get_block(key).display_name_with_default == title


@WITH_TABLES
def test_a_block_speaks_the_language_of_its_reader(
    make_bundle: Callable[..., UUID], make_runtime: Callable[..., BlockstoreRuntime]
) -> None:
    """In the templates of its package, too, with the texts that the package brings."""
    runtime = make_runtime()
    key = usage(make_bundle({"b.xml": MENTORING}), "b.xml", block_type="problem-builder")
    with translation.override("es-419"):
        content = runtime.render(runtime.get_block(key), "student_view", {}).content
    assert 'value="Enviar"' in content


def test_a_container_can_try_one_view_after_another(
    make_bundle: Callable[..., UUID], make_runtime: Callable[..., BlockstoreRuntime]
) -> None:
    """So a view that a child has not is an error, and no placeholder."""
    key = usage(make_bundle({"h.xml": "<html>Owls</html>"}), "h.xml", block_type="html")
    runtime = make_runtime()
    with pytest.raises(NoSuchViewError):
        runtime.render(runtime.get_block(key), "mentoring_view", {})


def test_a_block_knows_itself_by_the_names_of_the_platform(
    make_bundle: Callable[..., UUID],
    make_user: Callable[[str], BlockUser],
    make_runtime: Callable[..., BlockstoreRuntime],
) -> None:
    """And its runtime, which is not to be taken for that of LMS."""
    key = usage(make_bundle({"h.xml": "<html>Owls</html>"}), "h.xml", block_type="html")
    athene = make_user("athene")
    runtime = make_runtime(athene)
    block = runtime.get_block(key)
    assert block.location.replace(branch=None, version=None) == key
    assert (block.category, block.course_id) == ("html", key.context_key)
    assert block.xmodule_runtime is block.system is runtime
    assert runtime.user_id == athene.user_id
    assert not hasattr(runtime, "course_id")


@pytest.fixture
def broken_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package with a block that needs a module of the platform."""
    (tmp_path / "blockstore_owl.py").write_text("from lms.djangoapps.owls import hoot\n")
    described = tmp_path / "blockstore_owl-1.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: blockstore-owl\nVersion: 1\n")
    (described / "entry_points.txt").write_text("[xblock.v1]\nowl = blockstore_owl:Owl\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    forget_classes()
    yield
    forget_classes()


@pytest.mark.usefixtures("broken_package")
def test_a_package_that_can_not_be_loaded_is_as_one_that_is_not_there(
    make_bundle: Callable[..., UUID], make_runtime: Callable[..., BlockstoreRuntime]
) -> None:
    """The rest of the unit works, and authors are told what is missing."""
    key = usage(
        make_bundle({"u.xml": '<unit><owl url_name="o"/><html>Bats</html></unit>'}), "u.xml"
    )
    shown = {
        author_mode: runtime.render(runtime.get_block(key), "student_view", {}).content
        for author_mode in (False, True)
        for runtime in [make_runtime(author_mode=author_mode)]
    }
    assert all("Bats" in content for content in shown.values())
    assert "can not be shown right now" in shown[False]
    assert "No module named &#x27;lms&#x27;" in shown[True]


def test_what_a_learner_recommends_is_there_for_others(
    make_bundle: Callable[..., UUID],
    make_user: Callable[[str], BlockUser],
    make_runtime: Callable[..., BlockstoreRuntime],
) -> None:
    """As a field that all learners share."""
    bundle = make_bundle({"block.xml": BLOCKS["recommender"].olx})
    key = usage(bundle, "block.xml", block_type="recommender")
    resource = {
        "url": "https://bats.example.com",
        "title": "Bats at night",
        "description": "",
        "descriptionText": "To see them",
    }
    tell(make_runtime(make_user("athene")), key, "add_resource", resource)
    runtime = make_runtime(make_user("metis"))
    content = runtime.render(runtime.get_block(key), "student_view", {}).content
    assert "Bats at night" in content


def test_files_of_blocks_lie_where_the_host_says_each_block_s_for_itself(
    make_bundle: Callable[..., UUID], make_runtime: Callable[..., BlockstoreRuntime]
) -> None:
    """However long the key of the usage is."""
    paths = [f"{'owl/' * 90}{name}.xml" for name in ("a", "b")]
    bundle = make_bundle(dict.fromkeys(paths, "<recommender/>"))
    keys = [usage(bundle, path, block_type="recommender") for path in paths]
    one, other = (make_runtime().get_block(key).fs for key in keys)
    one.writetext("hoot.txt", "Owls hoot.")
    assert make_runtime().get_block(keys[0]).fs.readtext("hoot.txt") == "Owls hoot."
    assert other.listdir("/") == []
    assert one.get_url("hoot.txt").startswith("/files-of-blocks/")


def test_without_a_place_for_files_there_is_no_service_for_them(
    make_bundle: Callable[..., UUID],
    make_runtime: Callable[..., BlockstoreRuntime],
    settings: Any,
) -> None:
    """And the error names it."""
    del settings.DJFS
    key = usage(make_bundle({"b.xml": "<recommender/>"}), "b.xml", block_type="recommender")
    with pytest.raises(NoSuchServiceError, match="'fs'"):
        make_runtime().get_block(key).fs  # noqa: B018 - to read it is to ask for the service
