"""The types of blocks: which there are, which are installed, and which keep what learners do."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.metadata import entry_points

from django.apps import apps

#: How a container of a bundle names a child in a file of its own.
INCLUDE_TAG = "xblock-include"

#: Children of these are blocks.
CONTAINERS = frozenset(
    {
        "chapter", "conditional", "course", "itembank", "legacy_library_content", "library",
        "library_content", "problem-builder", "problemset", "randomize", "sb-step", "sequence",
        "sequential", "split_test", "step-builder", "unit", "vertical", "videosequence", "wrapper",
    }
)  # fmt: skip

#: Elements in a container that only group blocks.
GROUPS = frozenset({"group", "show"})

#: Settings of a course or a container, written as children of it.
SETTINGS = frozenset({"about", "course_info", "static_tab", "textbook", "wiki"})

#: What OLX consists of besides blocks. No package brings these; every runtime reads them itself.
STRUCTURE = frozenset(
    {"chapter", "course", "library", "sequence", "sequential", "unit", "vertical", INCLUDE_TAG}
)

#: Types that, without content, are always pointers to ``{type}/{url_name}.xml``.
POINTERS = frozenset(
    {
        "annotatable", "chapter", "conditional", "html", "library_content", "problem", "randomize",
        "sequential", "split_test", "vertical", "video", "videoalpha",
    }
)  # fmt: skip

#: Types whose learners' answers, votes, positions or grades are kept by the block's id.
STATEFUL = frozenset(
    {
        "crowdsourcehinter", "done", "drag-and-drop-v2", "edx_sga", "freetextresponse",
        "h5pxblock", "imagemodal", "itembank", "library_content", "lti", "lti_consumer",
        "openassessment", "poll", "poll_question", "problem", "problem-builder", "qualtricssurvey",
        "randomize", "recommender", "scorm", "scormxblock", "split_test", "staffgradedxblock",
        "step-builder", "submit-and-compare", "survey", "ubcpi", "vectordraw", "video",
        "word_cloud",
    }
)  # fmt: skip

_PLATFORM = "the Open edX platform"
_CONTRIB = "xblocks-contrib"

#: Type → the package on PyPI that brings it, or the platform.
PACKAGES: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "annotatable", "discussion", "html", "lti", "poll_question", "problem", "video",
            "word_cloud",
        ),
        _CONTRIB,
    ),
    **dict.fromkeys(
        (
            "combinedopenended", "conditional", "customtag", "discuss", "error", "foldit",
            "graphical_slider_tool", "image", "imageannotation", "itembank",
            "legacy_library_content", "library_content", "peergrading", "problemset", "randomize",
            "slides", "split_test", "textannotation", "unit_footer", "videoalpha",
            "videoannotation", "videosequence", "wrapper",
        ),
        _PLATFORM,
    ),
    "acid": "acid-xblock",
    "crowdsource_hinter": "crowdsourcehinter-xblock",
    "crowdsourcehinter": "crowdsourcehinter-xblock",
    "done": "done-xblock",
    "drag-and-drop-v2": "xblock-drag-and-drop-v2",
    "edx_sga": "edx-sga",
    "feedback": "feedback-xblock",
    "freetextresponse": "xblock-free-text-response",
    "google-calendar": "xblock-google-drive",
    "google-document": "xblock-google-drive",
    "h5pxblock": "h5p-xblock",
    "html5": "html-xblock",
    "image-explorer": "xblock-image-explorer",
    "imagemodal": "openedx-xblock-image-modal",
    "invideoquiz": "invideoquiz-xblock",
    "lti_consumer": "lti-consumer-xblock",
    "markdown": "markdown-xblock",
    "openassessment": "ora2",
    "oppia": "oppia-xblock (on GitHub)",
    "pdf": "xblock-pdf (on GitHub)",
    "poll": "xblock-poll",
    "problem-builder": "xblock-problem-builder",
    "qualtricssurvey": "xblock-qualtrics-survey",
    "recommender": "recommender-xblock",
    "sb-step": "xblock-problem-builder",
    "scorm": "openedx-scorm-xblock",
    "scormxblock": "openedx-scorm-xblock",
    "staffgradedxblock": "staff-graded-xblock",
    "step-builder": "xblock-problem-builder",
    "submit-and-compare": "xblock-submit-and-compare",
    "survey": "xblock-poll",
    "ubcpi": "ubcpi-xblock",
    "vectordraw": "vectordraw-xblock (on GitHub)",
}  # fmt: skip

#: The types that begin so belong to one package together.
_FAMILIES = {"pb-": "xblock-problem-builder", "sb-": "xblock-problem-builder"}


@functools.cache
def installed_types() -> frozenset[str]:
    """Return the types of blocks that packages of this environment bring, without loading them.

    ``xblocks-contrib`` registers the platform's own blocks as ``_problem_extracted`` and the like.
    """
    return frozenset(
        entry_point.name.removeprefix("_").removesuffix("_extracted")
        for group in ("xblock.v1", "xblock.v1.overrides")
        for entry_point in entry_points(group=group)
    )


def types_of_apps() -> frozenset[str]:
    """Return the types of blocks that the host's Django apps bring: their ``block_types``."""
    found = (getattr(config, "block_types", ()) for config in apps.get_app_configs())
    return frozenset().union(*found)


def package_of(tag: str) -> str | None:
    """Return the package that brings a type, or None if that is not known."""
    if tag in PACKAGES:
        return PACKAGES[tag]
    return next((package for prefix, package in _FAMILIES.items() if tag.startswith(prefix)), None)


def is_known(tag: str) -> bool:
    """Tell whether a tag is that of a block, a container or a setting."""
    return (
        tag in STRUCTURE
        or tag in CONTAINERS
        or tag in SETTINGS
        or tag in GROUPS
        or package_of(tag) is not None
        or tag in installed_types()
    )
