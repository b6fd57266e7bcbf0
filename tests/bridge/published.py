"""Blocks of published packages as authors write them, and what is to be seen of each."""

from __future__ import annotations

import pytest
from attrs import frozen
from django.apps import apps


@frozen
class Specification:
    """A block as its authors write it.

    Attributes:
        shown: Stands in what learners see of it.
        edited: Stands in its own editor; empty where it has none.
        comes_back: Its class reads what it writes itself.
    """

    olx: str
    shown: tuple[str, ...]
    edited: str = ""
    comes_back: bool = True


MENTORING = """
<problem-builder display_name="Owls" weight="1" max_attempts="2">
  <html><p>Think of the night.</p></html>
  <pb-answer name="goal" question="What do you want to know?"/>
  <pb-mcq name="food" question="What do they eat?" correct_choices='["mice"]'>
    <pb-choice value="mice">Mice</pb-choice>
    <pb-choice value="stones">Stones</pb-choice>
    <pb-tip values='["mice"]'>And voles.</pb-tip>
    <pb-tip values='["stones"]'>Too hard.</pb-tip>
  </pb-mcq>
  <pb-mrq name="where" question="Where do they sleep?" required_choices='["roof", "tree"]'>
    <pb-choice value="roof">Under a roof</pb-choice>
    <pb-choice value="tree">In a tree</pb-choice>
    <pb-choice value="sea">In the sea</pb-choice>
  </pb-mrq>
  <pb-rating name="fun" question="How was it?" correct_choices='["5", "4"]'/>
  <pb-message type="completed">Well done.</pb-message>
  <pb-message type="incomplete">Not quite.</pb-message>
</problem-builder>
"""

STEPS = """
<step-builder display_name="Steps">
  <sb-step>
    <pb-mcq name="food" question="What do they eat?" correct_choices='["mice"]'>
      <pb-choice value="mice">Mice</pb-choice>
      <pb-choice value="stones">Stones</pb-choice>
    </pb-mcq>
  </sb-step>
  <sb-step>
    <pb-answer name="why" question="Why so?"/>
  </sb-step>
  <sb-review-step><sb-review-score/></sb-review-step>
</step-builder>
"""

BLOCKS = {
    "annotatable": Specification(
        '<annotatable display_name="Night"><instructions><p>Read on.</p></instructions>'
        '<p>Owls <annotation title="Why" body="To be heard" problem="0">hoot</annotation>.</p>'
        "</annotatable>",
        ("Read on.", "To be heard", "hoot"),
    ),
    "lti": Specification(
        '<lti display_name="Bones" launch_url="https://tool.example.com/launch" lti_id="bones"'
        ' description="Count them" open_in_a_new_page="true"/>',
        ("Count them", "View resource in a new window"),
    ),
    "word_cloud": Specification(
        '<word_cloud display_name="Sounds" num_inputs="3"/>', ("Sounds",), "num_inputs"
    ),
    "acid": Specification("<acid/>", ("Acid XBlock",), "Acid XBlock"),
    "acid_parent": Specification(
        '<acid_parent name="parent"><acid name="left"/><acid name="right"/></acid_parent>',
        ("Acid Children", "left"),
        "Acid Children",
    ),
    "done": Specification('<done align="right"/>', ("done_onoffswitch",), "align tag"),
    "freetextresponse": Specification(
        '<freetextresponse display_name="Sounds" prompt="What do owls do?" weight="2"'
        ' fullcredit_keyphrases="[&quot;hoot&quot;]" min_word_count="2"/>',
        ("What do owls do?", "2 points possible"),
        "Maximum Word Count",
    ),
    "submit-and-compare": Specification(
        '<submit-and-compare display_name="Food" question_string="&lt;submit_and_compare&gt;'
        "&lt;body&gt;&lt;p&gt;What do owls eat?&lt;/p&gt;&lt;/body&gt;&lt;explanation&gt;Mice."
        "&lt;/explanation&gt;&lt;demandhint&gt;&lt;hint&gt;Small.&lt;/hint&gt;&lt;/demandhint&gt;"
        '&lt;/submit_and_compare&gt;"/>',
        ("What do owls eat?", "Mice."),
        "What do owls eat?",
    ),
    "image-explorer": Specification(
        "<image-explorer data=\"&lt;image_explorer schema_version='2'&gt;"
        "&lt;background src='/static/owl.png'/&gt;"
        "&lt;description&gt;&lt;p&gt;Look at it.&lt;/p&gt;&lt;/description&gt;"
        "&lt;hotspots&gt;&lt;hotspot x='10%' y='20%' item-id='eye'&gt;&lt;feedback width='300'"
        " height='240'&gt;&lt;header&gt;&lt;p&gt;Its eye&lt;/p&gt;&lt;/header&gt;"
        "&lt;body&gt;&lt;p&gt;Large.&lt;/p&gt;"
        '&lt;/body&gt;&lt;/feedback&gt;&lt;/hotspot&gt;&lt;/hotspots&gt;&lt;/image_explorer&gt;"/>',
        ("Look at it.", "Its eye", "Large."),
        "Look at it.",
    ),
    "google-document": Specification(
        '<google-document display_name="Notes"'
        ' embed_code="&lt;iframe src=&quot;https://docs.example.com/owls&quot;&gt;&lt;/iframe&gt;"/>',
        ("https://docs.example.com/owls",),
        "Embed Code",
    ),
    "google-calendar": Specification(
        '<google-calendar display_name="Nights" calendar_id="owls@example.com"/>',
        ("owls@example.com",),
        "owls@example.com",
    ),
    "problem-builder": Specification(
        MENTORING, ("Think of the night.", "What do they eat?", "Under a roof"), "Feedback Header"
    ),
    "step-builder": Specification(STEPS, ("What do they eat?", "Why so?"), "Extended feedback"),
    "feedback": Specification(
        '<feedback display_name="How was it?" voting_message="Thanks!"/>',
        ("How would you rate",),
        "Thanks!",
    ),
    "recommender": Specification(
        '<recommender><resources>[{"id": 1, "title": "Owls at night", "upvotes": 1, "downvotes": 0,'
        ' "url": "https://owls.example.com", "description": "", "descriptionText": "To hear them"}]'
        "</resources></recommender>",
        ("Owls at night",),
        # It reads other elements than it writes.
        comes_back=False,
    ),
    "crowdsourcehinter": Specification(
        '<crowdsourcehinter>{"generic_hints": "Spell it", "initial_hints": {"owel": "No e."},'
        ' "target_problem": "p"}</crowdsourcehinter>',
        ("crowdsourcehinter",),
        "crowdsourcehinter",
        # It reads one JSON text, and leaves it to XBlock to write its fields as attributes.
        comes_back=False,
    ),
    "qualtricssurvey": Specification(
        '<qualtricssurvey survey_id="SV_owls" message="Ask an owl."/>',
        ("SV_owls", "Ask an owl."),
        "SV_owls",
    ),
    "imagemodal": Specification(
        '<imagemodal display_name="Owl" image_url="https://pictures.example.com/owl.png"'
        ' alt_text="An owl"/>',
        ("https://pictures.example.com/owl.png", "An owl"),
        "https://pictures.example.com/owl.png",
    ),
    "h5pxblock": Specification(
        '<h5pxblock display_name="Quiz" h5p_content_json_path="https://h5p.example.com/quiz"/>',
        ("https://h5p.example.com/quiz",),
        "https://h5p.example.com/quiz",
    ),
}

#: For what ``xblock-problem-builder`` does, which has tables.
WITH_TABLES = pytest.mark.skipif(
    not apps.is_installed("submissions"),
    reason="edx-submissions can not make its tables on MariaDB (its migration 0006)",
)

#: Types, to make a test of each.
TYPES = [
    pytest.param(name, marks=WITH_TABLES if name in {"problem-builder", "step-builder"} else ())
    for name in BLOCKS
]
