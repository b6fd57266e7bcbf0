"""The words of OLX that finding parts needs, besides those that all plugins share."""

from __future__ import annotations

#: The file of a definition in its folder ``type/id/``.
DEFINITION_FILE = "definition.xml"

#: Elements between a container and its blocks.
GROUP_TAGS = frozenset({"group", "show"})

#: Blocks that are documents in HTML, which may stand in them as text.
HTML_TAGS = frozenset({"about", "annotatable", "course_info", "html", "static_tab"})

#: What else is known to be a block. A file whose root is another element may be anything.
LEAF_TAGS = frozenset(
    {
        "annotatable",
        "crowdsource_hinter",
        "customtag",
        "discussion",
        "done",
        "drag-and-drop-v2",
        "edx_sga",
        "freetextresponse",
        "google-calendar",
        "google-document",
        "html",
        "html5",
        "image-explorer",
        "imagemodal",
        "lti",
        "lti_consumer",
        "openassessment",
        "oppia",
        "pdf",
        "poll",
        "poll_question",
        "problem",
        "qualtricssurvey",
        "recommender",
        "scormxblock",
        "slides",
        "staffgradedxblock",
        "survey",
        "textannotation",
        "ubcpi",
        "unit_footer",
        "vectordraw",
        "video",
        "videoalpha",
        "videoannotation",
        "word_cloud",
    }
)

#: The types that other names stand for, so that one search finds both.
SAME_TYPES = {"vertical": "unit", "videoalpha": "video"}

#: Attributes that name an asset by its plain name.
ASSET_ATTRIBUTES = frozenset(
    {"banner_image", "course_image", "hero_image", "poster", "video_thumbnail_image"}
)

#: Attributes that hold secrets: they are in no text, and nothing is looked for in them.
SECRET_ATTRIBUTES = frozenset({"lti_passports", "custom_parameters"})

#: Attributes that people read, in the order in which their words count.
TEXT_ATTRIBUTES = (
    "question",
    "prompt",
    "prompts",
    "questions",
    "answers",
    "instructions",
    "description",
    "data",
    "feedback",
    "question_text",
    "default_text_areatext",
    "discussion_target",
)

#: Folders of a course's or library's own bundle that hold no blocks as learners meet them.
COURSE_FOLDERS = ("about/", "assets/", "drafts/", "info/", "other/", "policies/", "tabs/")

#: Types of bundles that have such folders.
COURSE_TYPES = frozenset({"course", "library"})

STATIC_FOLDER = "static/"
