"""Checks of a course as a whole: dates, grading, settings and discussions, by ``olxcleaner``.

That library wants an exported course in a folder, knows few types of blocks, and takes Studio's own
exports for faulty in many places. So it is given an outline of the course that we make: one file,
every block once, settings as the policy of the run has them; and what it says is believed of those
things only that it knows better than we do. docs/plugins/validation.rst lists them.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from olxcleaner.errorstore import ErrorStore
from olxcleaner.loader import load_course
from olxcleaner.parser.policy import validate_grading_policy
from olxcleaner.parser.validators import CheckDiscussionIDs
from olxcleaner.utils import traverse

from openedx_blockstore_validation.blocks import Block
from openedx_blockstore_validation.course_documents import NavigationItem, read_json
from openedx_blockstore_validation.course_outline import Node, Outline, walk
from openedx_blockstore_validation.places import Places
from openedx_blockstore_validation.report import Report, quoted

#: Attribute of our outline: the place of a block in our list.
_MARK = "blockstore-place"

#: The errors of the library that we believe, and our codes for them.
_CODES = {
    "DateOrdering": "date-order",
    "DuplicateID": "duplicate-discussion",
    "InvalidSetting": "invalid-setting",
    "LTIError": "lti-passport",
    "Obsolete": "obsolete-block",
}

#: What it says that is not so: all that it requires has a default, or is kept elsewhere by now, and
#: a block needs no entry among the advanced modules in order to run.
_NOT_SO = re.compile(
    r"does not have the required setting"
    r"|does not include the '[^']*' advanced module"
    # An assessment that is always open is written with dates of long ago and of the far future.
    r"|<openassessment\b.*out of order: .*course (?:start|end) date"
)

_TAG = re.compile(r"[A-Za-z_][\w.-]*")
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_MAX_MESSAGE = 400


def check_export(places: Places, roots: Mapping[str, Block | None], report: Report) -> None:
    """Check an OLX export of a course."""
    top = roots.get("course.xml")
    if top is None or top.tag != "course":
        return
    course = Outline(roots, places).of(top)
    path = f"policies/{course.name}/policy.json"
    if path not in places.files:
        path = f"policies/{course.name}.json"  # as old exports have it
    policy = _read_policy(places, path, report)
    known = {(node.tag, node.name) for node in walk(course)}
    for key in policy:
        tag, _, name = key.partition("/")
        if (tag, name) not in known:
            report.add(
                "course-policy",
                path,
                f"It is about {quoted(key)}, which is not in the course.",
            )
    _check(course, policy, places, report)


def check_bundle(
    places: Places,
    root: Block | None,
    chapters: list[NavigationItem],
    report: Report,
) -> None:
    """Check a course's own bundle: what it says of chapters and sequences."""
    run = _run_of(places)
    course = Node("course", run, "course.xml", root.line if root else None, {})
    if root is not None:
        course.settings.update(root.settings)
    for chapter in chapters:
        node = Node("chapter", chapter.name, "policy.json", None, {"display_name": chapter.title})
        node.children = [
            Node(item.tag, item.name, "policy.json", None, {"display_name": item.title})
            for item in chapter.children
        ]
        course.children.append(node)
    settings = _read_policy(places, "policy.json", report).get("settings", {})
    policy = {key: value for key, value in settings.items() if isinstance(value, dict)}
    for key, value in _read_policy(places, f"policies/{run}/policy.json", report).items():
        policy[key] = {**policy.get(key, {}), **value} if isinstance(value, dict) else {}
    _check(course, policy, places, report)


def _run_of(places: Places) -> str:
    try:
        layout = read_json(places, "olx-layout.json") if "olx-layout.json" in places.files else {}
        return str(layout.get("run", ""))
    except (AttributeError, ValueError):
        return ""


# Checking ----------------------------------------------------------------------------------------


def _check(course: Node, policy: Mapping[str, Any], places: Places, report: Report) -> None:
    nodes = list(walk(course))
    for node in nodes:
        node.settings = {name: _plain(value) for name, value in node.settings.items()}
        own = policy.get(f"{node.tag}/{node.name}")
        if isinstance(own, dict):
            node.settings.update({name: _plain(value) for name, value in own.items()})
    _hide_secrets(course)
    _run(nodes, report)
    for path in places.files:
        if path.startswith("policies/") and path.endswith("/grading_policy.json"):
            _check_grading(places, path, report)


def _plain(value: Any) -> Any:
    """Return a setting as the platform understands it: OLX may hold JSON in an attribute."""
    if isinstance(value, str) and value[:1] in {'"', "[", "{"}:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return None if value == "null" else value


def _hide_secrets(course: Node) -> None:
    """Leave the names of LTI passports, and take their keys and secrets away."""
    passports = course.settings.get("lti_passports")
    course.settings["lti_passports"] = [
        f"{each.partition(':')[0]}:" for each in passports if isinstance(each, str)
    ] if isinstance(passports, list) else []  # fmt: skip


def _run(nodes: list[Node], report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="blockstore-validation-") as folder:
        Path(folder, "course.xml").write_text(_write(nodes), encoding="utf-8")
        course = load_course(folder, "course.xml", ErrorStore())
    if course is None:
        report.add("course-unchecked", nodes[0].path, "The course can not be put together.")
        return
    found = list(traverse(course))
    for each in found:
        mark = each.attributes.pop(_MARK)
        node = nodes[int(mark)]
        each.attributes = {k: v for k, v in node.settings.items() if v is not None}
        if node.name:
            each.attributes["url_name"] = node.name
        each.filenames = [mark]
        errors = ErrorStore()
        try:
            each.validate(course, errors)
        except Exception as error:  # noqa: BLE001 - the library bears well-made values only
            report.add(
                "course-unchecked",
                node.path,
                f"The settings of {quoted(f'{node.tag}/{node.name}')} can not be checked "
                f"({type(error).__name__}).",
                node.line,
            )
        _take(errors, node, report)
    _check_discussions(course, nodes, report)


def _check_discussions(course: Any, nodes: list[Node], report: Report) -> None:
    errors = ErrorStore()
    try:
        CheckDiscussionIDs()(course, errors, {})
    except Exception:  # noqa: BLE001 - as above: an id that is a list, say
        report.add("course-unchecked", nodes[0].path, "The discussions can not be checked.")
    for error in errors.errors:
        _take_one(error, nodes[int(error.filename)], report)


def _write(nodes: list[Node]) -> str:
    """Write the outline as one file of OLX."""
    places = {id(node): str(number) for number, node in enumerate(nodes)}
    pieces: list[str] = []
    stack: list[Node | str] = [nodes[0]]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            pieces.append(item)
            continue
        tag = item.tag if _TAG.fullmatch(item.tag) else "unknown"
        name = quoteattr(_NOT_IN_XML.sub("?", item.name))
        pieces.append(f"<{tag} url_name={name} {_MARK}={quoteattr(places[id(item)])}>")
        # Something is in it, so that it is not taken for a pointer that went wrong.
        stack += [f"<_/></{tag}>", *reversed(item.children)]
    return "".join(pieces)


def _take(errors: ErrorStore, node: Node, report: Report) -> None:
    for error in errors.errors:
        _take_one(error, node, report)


def _take_one(error: Any, node: Node, report: Report) -> None:
    code = _CODES.get(error.name)
    if code is not None and not _NOT_SO.search(error.description):
        report.add(code, node.path, _readable(error.description), node.line)


def _readable(message: str) -> str:
    shown = "".join(letter if letter.isprintable() else "?" for letter in message)
    return shown if len(shown) <= _MAX_MESSAGE else f"{shown[:_MAX_MESSAGE]}…"


# Policies ----------------------------------------------------------------------------------------


def _read_policy(places: Places, path: str, report: Report) -> dict[str, Any]:
    """Return a policy: block → setting → value."""
    if path not in places.files:
        return {}
    try:
        policy = read_json(places, path)
    except ValueError as error:
        if path.startswith("policies/"):  # the others are reported where they are read first
            report.add("course-policy", path, f"It is no JSON: {error}.")
        return {}
    if not isinstance(policy, dict):
        report.add("course-policy", path, "It is no object.")
        return {}
    return policy


def _check_grading(places: Places, path: str, report: Report) -> None:
    try:
        policy = read_json(places, path)
        if not isinstance(policy, dict):
            raise ValueError("it is no object")  # noqa: TRY301, TRY004 - it is one reason of many
    except ValueError as error:
        report.add("grading-policy", path, f"It can not be read: {error}.")
        return
    errors = ErrorStore()
    try:
        validate_grading_policy(policy, errors)
    except Exception:  # noqa: BLE001 - as above: an entry that is a number, say
        report.add("grading-policy", path, "An entry is not of the form that it must have.")
    for each in errors.errors:
        report.add("grading-policy", path, _readable(f"{each.description}."))
