"""The codes of findings: what each means, how grave it is unless a setting says otherwise.

The codes are stable: programs and people's settings name them. docs/plugins/validation.rst has the
same table for people, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from openedx_blockstore.data import Severity

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


@frozen
class Code:
    """A kind of finding.

    Attributes:
        meaning: What was found, as a sentence of the reference.
        mend: What an author does about it.
    """

    name: str
    severity: Severity
    meaning: str
    mend: str


_TABLE = (
    # Well-formed and safe.
    Code(
        "malformed-xml",
        _ERROR,
        "A file of OLX is not well-formed XML.",
        "Mend the markup at this line, or, if the file is no OLX, give it another ending.",
    ),
    Code(
        "doctype",
        _ERROR,
        "A file of OLX declares a document type or entities.",
        "Remove the <!DOCTYPE …>, and write characters themselves instead of entities.",
    ),
    Code(
        "undefined-entity",
        _ERROR,
        "A file of OLX uses an entity that XML does not have.",
        "Write the character itself, or its number, such as &#160; for &nbsp;.",
    ),
    Code(
        "external-reference",
        _ERROR,
        "A file of OLX asks whoever parses it to load something else (XInclude, a style sheet).",
        "Remove the instruction; name other blocks with <xblock-include>.",
    ),
    Code(
        "olx-too-large",
        _ERROR,
        "A file of OLX is larger, deeper, or has more elements or attributes, than is allowed.",
        "Take it apart into several files, and keep data such as pictures in static/.",
    ),
    Code(
        "unused-malformed-xml",
        _WARNING,
        "As malformed-xml, doctype and the others above, but in a folder that holds what no block "
        "uses (drafts/, other/).",
        "Mend it before it is used.",
    ),
    # Types and structure.
    Code(
        "unknown-block-type",
        _WARNING,
        "A block of a type that neither is installed here nor is known.",
        "Correct the tag, or install the package that brings this type of block.",
    ),
    Code(
        "block-not-installed",
        _WARNING,
        "A block of a type that is known, but not installed here.",
        "Install the package that the message names.",
    ),
    Code(
        "wrong-definition",
        _WARNING,
        "The root element of a definition is not of the type that the file's path says.",
        "Move the file, or correct its root element.",
    ),
    Code(
        "no-definition",
        _WARNING,
        "A bundle of this type has no file that defines its block.",
        "Add the file that the message names, or change the bundle's type.",
    ),
    Code(
        "missing-block",
        _WARNING,
        "A block is named that is in no file.",
        "Add the file that the message names, or remove the element.",
    ),
    Code(
        "missing-page",
        _WARNING,
        "An html block names a page that is not there.",
        "Add the page, or correct the attribute filename.",
    ),
    Code(
        "include-cycle",
        _ERROR,
        "A block that would contain itself.",
        "Remove one of the elements of the circle.",
    ),
    # Identifiers.
    Code(
        "duplicate-id",
        _ERROR,
        "Two different blocks of one type with the same url_name.",
        "Give each block a url_name of its own. Leave it to the block that learners know already.",
    ),
    Code(
        "repeated-block",
        _WARNING,
        "The same block, with the same url_name, in several files.",
        "Put it into a file of its own, and include or name it where it is wanted.",
    ),
    Code(
        "ambiguous-id",
        _INFO,
        "Two blocks of different types with the same url_name in one file.",
        "Nothing has to be done; links by name alone can mean either.",
    ),
    Code(
        "missing-id",
        _WARNING,
        "A block that keeps what learners do has no url_name, so that nothing holds on to it.",
        "Give it a url_name that will never change.",
    ),
    Code(
        "malformed-id",
        _WARNING,
        "A url_name that can not be part of a usage key.",
        "Use letters, digits, and - _ . ~ : only, at most 255.",
    ),
    Code(
        "state-block-removed",
        _WARNING,
        "A block that keeps what learners do was in the previous version, and is not any more.",
        "If that was not meant, put it back under its old id: what learners did is kept with it.",
    ),
    Code(
        "state-block-renamed",
        _WARNING,
        "A block that keeps what learners do has another id, or is in another file, than before.",
        "Give it its old id and file again, or learners start anew.",
    ),
    # References.
    Code(
        "dangling-asset",
        _WARNING,
        "A /static/… reference to a file that is not there.",
        "Add the file in static/, or correct the reference.",
    ),
    Code(
        "broken-link",
        _WARNING,
        "A links/… reference, or a source, that names no link of the bundle or no file behind it.",
        "Set the link, or correct the reference.",
    ),
    Code(
        "dangling-file",
        _WARNING,
        "A relative reference (./…) to a file that is not there.",
        "Add the file, or correct the reference.",
    ),
    Code(
        "missing-transcript",
        _WARNING,
        "A video names a transcript that is not there.",
        "Add the file in static/, or take the transcript out of the video.",
    ),
    Code(
        "not-searched",
        _INFO,
        "A text too large to be searched for references.",
        "Nothing has to be done; its references were not checked.",
    ),
    # Assets.
    Code(
        "disguised-asset",
        _ERROR,
        "A picture, sound, film or document that is a web page, a script or a program instead.",
        "Replace it by the real file, or give it the ending of what it is.",
    ),
    Code(
        "asset-type",
        _WARNING,
        "A file does not begin as files with this ending do.",
        "Give it the ending of what it is, or export it again.",
    ),
    Code(
        "empty-asset",
        _WARNING,
        "A picture, sound, film or document of no bytes.",
        "Replace it by the real file.",
    ),
    Code(
        "svg-script",
        _WARNING,
        "An SVG picture that holds scripts, event handlers or foreign markup.",
        "Export it again without them; browsers run them where the picture is opened by itself.",
    ),
    # Courses.
    Code(
        "malformed-json",
        _ERROR,
        "A document of the course (navigation.json, policy.json) can not be read.",
        "Mend the JSON; the reference of courses describes the document.",
    ),
    Code(
        "course-policy",
        _WARNING,
        "The policy of a run can not be read, or is about something that is not there.",
        "Correct or remove the entry in the policy.",
    ),
    Code(
        "grading-policy",
        _WARNING,
        "The grading policy is not one that the platform can use.",
        "Correct it in the grading settings of the course, or in grading_policy.json.",
    ),
    Code(
        "date-order",
        _WARNING,
        "A date that comes before, or after, one that it must not.",
        "Correct one of the dates.",
    ),
    Code(
        "invalid-setting",
        _WARNING,
        "A setting of a block with a value that it can not have.",
        "Correct the setting.",
    ),
    Code(
        "lti-passport",
        _WARNING,
        "An LTI block whose credentials the course does not have.",
        "Add them to the LTI passports of the course.",
    ),
    Code(
        "duplicate-discussion",
        _WARNING,
        "Two discussions with one discussion_id.",
        "Give each discussion an id of its own.",
    ),
    Code(
        "empty-container",
        _INFO,
        "A chapter, sequence or unit without anything in it.",
        "Nothing has to be done; learners see an empty page.",
    ),
    Code(
        "obsolete-block",
        _INFO,
        "A type of block that has a successor.",
        "Use the successor in new content.",
    ),
    Code(
        "course-unchecked",
        _INFO,
        "Something in the course keeps olxcleaner from checking a part of it.",
        "Mend what else was found there, and check again.",
    ),
    Code(
        "not-importable",
        _ERROR,
        "An OLX export that an import refuses as a whole.",
        "Mend what the message names; export the course again if it can not be mended by hand.",
    ),
    # About the findings themselves.
    Code(
        "too-many-findings",
        _WARNING,
        "There is more than is listed.",
        "Mend what is listed, and check again.",
    ),
    Code(
        "findings-not-imported",
        _INFO,
        "An archive came with findings of its own, which were not taken over.",
        "Nothing has to be done; the content was checked here.",
    ),
)

#: Every code by its name.
CODES: Mapping[str, Code] = {code.name: code for code in _TABLE}
