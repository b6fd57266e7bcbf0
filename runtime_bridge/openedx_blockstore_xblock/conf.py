"""The settings of the bridge, which stand in ``PLUGIN_SETTINGS`` of ``OPENEDX_BLOCKSTORE``."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import and_, in_, instance_of, max_len, min_len

from openedx_blockstore.plugin_tools import read_settings

PACKAGE = "openedx_blockstore_xblock"


@frozen
class BridgeSettings:
    """The settings of the runtime bridge."""

    #: Whether imports ask the classes of blocks if they can read them, and are refused if not.
    CHECK_IMPORTS: bool = field(default=True, validator=instance_of(bool))
    #: What is read where nobody asks for anything else: ``published``, as learners do in LMS, or
    #: ``draft``, as authors do in Studio. Whoever may not edit a bundle reads what is published.
    READS: str = field(default="published", validator=in_(("published", "draft")))
    #: The name of the drafts in which authors work.
    DRAFT: str = field(
        default="studio_draft", validator=and_(instance_of(str), min_len(1), max_len(180))
    )
    #: Let problems run Python programs of authors, in the jail of ``edx-codejail`` that the host's
    #: ``CODE_JAIL`` describes, or by the codejail service that the host uses.
    SANDBOX: bool = field(default=False, validator=instance_of(bool))
    #: Who decides what a learner is shown where there is a choice: the name of a chooser. A block
    #: may name another.
    CHOOSER: str = field(default="random", validator=instance_of(str))
    #: Where browsers get MathJax 2 from, with which problems show formulas, such as
    #: ``https://cdn.jsdelivr.net/npm/mathjax@2.7.9/MathJax.js?config=TeX-MML-AM_HTMLorMML``. Empty
    #: to send nobody's browser to another site; formulas then are shown as they are written.
    MATHJAX_URL: str = field(default="", validator=instance_of(str))
    #: What keeps the state of users who have an account: the path of a ``StateStore``. In LMS,
    #: ``openedx_blockstore_xblock.state.platform.PlatformStateStore`` keeps it where the platform
    #: keeps that of courses.
    STATE_STORE: str = field(
        default="openedx_blockstore_xblock.state.stored.TableStateStore",
        validator=instance_of(str),
    )


def get_settings() -> BridgeSettings:
    """Return the settings, defaults filled in."""
    return read_settings(PACKAGE, BridgeSettings)
