"""The example trees of the design document, as files: what authors would put into bundles.

A standalone problem, a problem with the source it was made from, an HLS video, a sequence that
links to videos, and a course run that links to sequences. And two that show that Blockstore does
not look into files: an OLX tree in many languages, and a format that nobody else knows.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from attrs import field, frozen

from openedx_blockstore import api
from openedx_blockstore.data import CollectionData, ImportedVersion, LinkTarget


@frozen
class ExampleTree:
    """What goes into one bundle.

    Attributes:
        links: The name of another example, by alias.
    """

    type: str
    title: str
    files: Mapping[str, bytes]
    links: Mapping[str, str] = field(factory=dict)


def _media(name: str, size: int) -> bytes:
    """Bytes that look like media: every time the same, and hard to compress."""
    return random.Random(name).randbytes(size)


def _text(text: str) -> bytes:
    return text.strip().encode() + b"\n"


def _playlist(*paths: str) -> bytes:
    return _text("\n".join(["#EXTM3U", *(f"#EXT-X-STREAM-INF:BANDWIDTH=1\n{p}" for p in paths)]))


PROBLEM = ExampleTree(
    "problem",
    "The complexity of quicksort",
    {
        "problem.xml": _text(
            """
<problem display_name="The complexity of quicksort">
  <p>See <img src="/static/diagram.png"/>. How long does it take at worst?</p>
  <multiplechoiceresponse><choicegroup>
    <choice correct="false">O(n log n)</choice><choice correct="true">O(n\u00b2)</choice>
  </choicegroup></multiplechoiceresponse>
</problem>"""
        ),
        "static/diagram.png": b"\x89PNG\r\n\x1a\n" + _media("diagram", 20_000),
    },
)

PROBLEM_WITH_SOURCE = ExampleTree(
    "problem",
    "Euler's identity",
    {
        "problem.xml": _text(r"<problem><p>\(e^{i\pi}+1=\)</p></problem>"),
        "problem.tex": _text(r"\documentclass{article}\begin{document}$e^{i\pi}+1=$\end{document}"),
        "macros/course.sty": _text(r"\newcommand{\R}{\mathbb{R}}"),
        "Makefile": b"problem.xml: problem.tex\n\tlatex2edx $<\n",
        "static/plot.pdf": b"%PDF-1.7\n" + _media("plot", 5_000),
    },
)

_LANGUAGES = ("ar", "de", "el", "en", "es", "fr", "he", "hi", "it", "ja", "ko", "pt-BR", "ru", "zh")

VIDEO = ExampleTree(
    "video",
    "The perfect egg",
    {
        "video.xml": _text('<video display_name="The perfect egg" source="static/hls"/>'),
        "static/hls/playlist.m3u8": _playlist("video/1080p/index.m3u8", "video/360p/index.m3u8"),
        **{
            f"static/hls/video/{quality}/index.m3u8": _playlist(
                *(f"{number:05}.ts" for number in range(30))
            )
            for quality in ("1080p", "360p")
        },
        **{
            f"static/hls/video/{quality}/{number:05}.ts": _media(f"{quality}{number}", 4_000)
            for quality in ("1080p", "360p")
            for number in range(30)
        },
        **{
            f"static/hls/audio/{language}/{number:05}.aac": _media(f"{language}{number}", 500)
            for language in _LANGUAGES
            for number in range(4)
        },
        **{
            f"static/hls/subs/{language}.vtt": _text(
                f"WEBVTT\n\n00:00.000 --> 00:02.000\n{language}"
            )
            for language in _LANGUAGES
        },
    },
)

BEGINNER_WAND = ExampleTree(
    "video", "A beginner's wand", {"video.xml": _text("<video/>"), "static/a.mp4": _media("a", 99)}
)
WAND_SAFETY = ExampleTree(
    "video", "Wand safety", {"video.xml": _text("<video/>"), "static/b.mp4": _media("b", 99)}
)

SEQUENCE = ExampleTree(
    "sequence",
    "Wand tutorial",
    {
        "sequence.xml": _text(
            """
<sequence>
  <unit src="units/materials.xml"/><unit src="units/construction.xml"/>
  <unit src="units/maintenance.xml"/><unit src="units/ownership.xml"/>
</sequence>"""
        ),
        "static/ollivander.jpeg": b"\xff\xd8\xff" + _media("ollivander", 9_000),
        **{
            f"units/{name}.xml": _text(f'<unit><include src="links/{link}/video.xml"/></unit>')
            for name, link in {
                "construction": "beginner_wand",
                "maintenance": "beginner_wand",
                "materials": "wand_safety",
                "ownership": "wand_safety",
            }.items()
        },
    },
    {"beginner_wand": "beginner_wand", "wand_safety": "wand_safety"},
)

EXAM = ExampleTree("sequence", "Ethics of magic", {"exam.xml": _text("<exam/>")})

COURSE_RUN = ExampleTree(
    "course",
    "Magic 101, autumn",
    {
        "course-navigation.xml": _text(
            """
<course-navigation>
  <chapter name="Magic Basics">
    <sequence src="links/magic_source/sequence.xml"/>
    <exam src="links/magic_ethics_exam/exam.xml"/>
  </chapter>
  <chapter name="Magic History"/>
</course-navigation>"""
        ),
        "policy.json": _text('{"links/magic_ethics_exam": {"due": "2026-12-01T12:00:00Z"}}'),
    },
    {"magic_source": "sequence", "magic_ethics_exam": "exam"},
)

TRANSLATED_PROBLEM = ExampleTree(
    "problem",
    "Which planet?",
    {
        "problem.xml": _text('<problem><p xml:lang="en">Which planet?</p></problem>'),
        "i18n/de/problem.xml": _text("<problem><p>Welcher Planet?</p></problem>"),
        "i18n/ja/problem.xml": _text("<problem><p>\u3069\u306e\u60d1\u661f\uff1f</p></problem>"),
        "i18n/ar/static/\u0643\u0648\u0643\u0628.svg": _text("<svg/>"),
        "i18n/catalog.po": _text('msgid "Which planet?"\nmsgstr "\u042f\u043a\u0430?"'),
    },
)

INVENTED_FORMAT = ExampleTree(
    "application/x-nobody-knows",
    "A simulation",
    {
        "simulation.qblk": bytes(range(256)) * 40 + b"\0\0<problem/>\r\n\x1a]]>",
        "index": b"",
        "mesh/\u2603.\u0394\u0394": _media("mesh", 3_000),
    },
    {"assets": "translated"},
)

#: Every example, lenders before their borrowers.
EXAMPLES: Mapping[str, ExampleTree] = {
    "problem": PROBLEM,
    "problem_with_source": PROBLEM_WITH_SOURCE,
    "video": VIDEO,
    "beginner_wand": BEGINNER_WAND,
    "wand_safety": WAND_SAFETY,
    "sequence": SEQUENCE,
    "exam": EXAM,
    "course_run": COURSE_RUN,
    "translated": TRANSLATED_PROBLEM,
    "invented": INVENTED_FORMAT,
}


def store_examples(collection: CollectionData) -> dict[str, ImportedVersion]:
    """Store every example as a bundle of a collection, linked as they are."""
    stored: dict[str, ImportedVersion] = {}
    for name, example in EXAMPLES.items():
        bundle = api.create_bundle(
            collection.uuid, name.replace("_", "-"), example.title, type=example.type
        )
        links = {
            alias: LinkTarget(stored[lender].version.bundle_uuid, 1)
            for alias, lender in example.links.items()
        }
        stored[name] = api.import_version(bundle.uuid, dict(example.files), links)
    return stored
