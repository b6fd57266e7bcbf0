"""The contract of plugins that give authors advice on what they do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from uuid import UUID

from openedx_blockstore.data import Finding, LinkTarget


class Adviser(ABC):
    """Somebody who tells authors what they should know about what they have just done.

    Entry-point group ``openedx_blockstore.advisers``.

    It is asked when links were staged in a draft, and when a version was made, by whoever can show
    its advice to the author: the REST API, and the command-line client. By then it is done, and no
    advice undoes it: an adviser that fails is heard no more, and nobody's work is lost.
    """

    @abstractmethod
    def advise(
        self, bundle_uuid: UUID, version: int | None, links: Mapping[str, LinkTarget]
    ) -> Iterable[Finding]:
        """Return what there is to say; nothing where all is well.

        Findings are warnings or information, and no errors. One about a link has ``links/{alias}``
        as its file. They must not tell more of a lender than those may know who see the link.

        Args:
            bundle_uuid: What was changed.
            version: The version that was made; None where links were staged in a draft.
            links: All links of the version, or those that were staged.
        """
