"""The order of bundle versions in which whatever one needs comes before it."""

from __future__ import annotations

import graphlib
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping

from openedx_blockstore.data import Dependency
from openedx_blockstore.exceptions import InvalidArchive


def lenders_first(links: Mapping[Dependency, Iterable[Dependency]]) -> list[Dependency]:
    """Return bundle versions with lenders before borrowers, and older versions before newer ones.

    Args:
        links: For each version those that it links to. What is no key itself is left out.

    Returns:
        The keys, in the same order whenever they and their links are the same.

    Raises:
        InvalidArchive: The links form a cycle; the error names it.
    """
    sorter: graphlib.TopologicalSorter[Dependency] = graphlib.TopologicalSorter()
    versions: dict[object, list[Dependency]] = defaultdict(list)
    for version, targets in links.items():
        sorter.add(version, *(target for target in targets if target in links))
        versions[version.bundle_uuid].append(version)
    for numbered in versions.values():
        numbered.sort(key=lambda version: version.version)
        for older, newer in itertools.pairwise(numbered):
            sorter.add(newer, older)
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        chain = " → ".join(str(version) for version in reversed(error.args[1]))
        raise InvalidArchive(f"its bundles depend on each other in a cycle: {chain}") from error
    ordered: list[Dependency] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=lambda v: (str(v.bundle_uuid), v.version))
        ordered.extend(ready)
        sorter.done(*ready)
    return ordered
