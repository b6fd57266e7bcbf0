"""The link closure: every version that a version depends on, directly or not.

It stands in a file of its own, since the thousands of versions that do not touch a link share it,
and it is all that one needs to see of a lender to link to it. Weak links are not in it. The format
is documented in ``docs/reference/formats.rst``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from attrs import field, frozen

from openedx_blockstore.data import Dependency, LinkTarget
from openedx_blockstore.exceptions import InvalidLink, LimitExceeded, LinkCycle
from openedx_blockstore.store.manifests import canonical_json
from openedx_blockstore.store.trees import frozen_mapping


@frozen
class Closure:
    """All dependencies of one version.

    Attributes:
        nodes: ``uuid@version`` of each dependency, once, sorted.
        links: For each alias the positions in ``nodes`` of what it brings along, itself included.
    """

    nodes: tuple[str, ...] = ()
    links: Mapping[str, tuple[int, ...]] = field(factory=dict, converter=frozen_mapping)

    def dependencies(self) -> list[Dependency]:
        """Return all dependencies, sorted."""
        return [parse_node(node) for node in self.nodes]

    def brought_by(self, alias: str) -> frozenset[str]:
        """Return what one link brings along, its target included."""
        return frozenset(self.nodes[position] for position in self.links.get(alias, ()))


EMPTY_CLOSURE = Closure()


def parse_node(node: str) -> Dependency:
    """Return the dependency that ``uuid@version`` stands for."""
    bundle_uuid, _, version = node.partition("@")
    return Dependency(UUID(bundle_uuid), int(version))


def make_closure(brought: Mapping[str, Iterable[str]]) -> Closure:
    """Return the closure of links, given what each of them brings along."""
    sets = {alias: frozenset(nodes) for alias, nodes in brought.items()}
    nodes = tuple(sorted(frozenset().union(*sets.values())))
    position = {node: index for index, node in enumerate(nodes)}
    return Closure(
        nodes, {alias: tuple(sorted(position[node] for node in own)) for alias, own in sets.items()}
    )


def close_over(
    links: Mapping[str, LinkTarget],
    *,
    known: Mapping[str, frozenset[str]],
    closure_of: Callable[[LinkTarget], Closure],
) -> Closure:
    """Return the closure of a version with these links.

    Args:
        known: What some of the links bring along, where that was computed before.
        closure_of: Finds the closure of the version that a link leads to.
    """
    return make_closure(
        {
            alias: known.get(alias) or {str(target), *closure_of(target).nodes}
            for alias, target in links.items()
            if not target.weak
        }
    )


def check_links(
    bundle_uuid: UUID,
    links: Mapping[str, LinkTarget],
    closure: Closure,
    *,
    max_dependencies: int,
) -> None:
    """Refuse the links of a version that break a rule.

    Raises:
        InvalidLink: Two of them lead to different versions of one bundle.
        LimitExceeded: There are too many dependencies.
    """
    by_lender: dict[UUID, tuple[str, LinkTarget]] = {}
    for alias, target in sorted(links.items()):
        other_alias, other = by_lender.setdefault(target.bundle_uuid, (alias, target))
        if other.version != target.version:
            raise InvalidLink(
                alias,
                f"it leads to version {target.version} of bundle {target.bundle_uuid}, of which "
                f"the link {other_alias!r} uses version {other.version}; one version can not use "
                f"two of them directly",
            )
    if len(closure.nodes) > max_dependencies:
        raise LimitExceeded(
            f"Dependencies of bundle {bundle_uuid}",
            actual=len(closure.nodes),
            limit=max_dependencies,
            setting="MAX_DEPENDENCIES",
        )


def check_acyclic(
    bundle_uuid: UUID,
    alias: str,
    target: LinkTarget,
    lender: Closure,
    *,
    links_of: Callable[[Dependency], Mapping[str, LinkTarget]],
    closure_of: Callable[[Dependency], Closure],
) -> None:
    """Refuse a link through which a bundle would depend on any version of itself.

    Args:
        lender: The closure of the version that the link leads to.
        links_of: Finds the links of a version by alias; asked only to name the chain.
        closure_of: Finds the closure of a version; asked only to name the chain.

    Raises:
        LinkCycle: The error names the chain of links.
    """
    prefix = f"{bundle_uuid}@"
    if target.bundle_uuid == bundle_uuid:
        raise LinkCycle(alias, [str(bundle_uuid), str(target)])
    if not any(node.startswith(prefix) for node in lender.nodes):
        return
    chain = [str(bundle_uuid), str(target)]
    current = Dependency(target.bundle_uuid, target.version)
    while current.bundle_uuid != bundle_uuid:
        current = _next_in_chain(bundle_uuid, current, links_of, closure_of)
        chain.append(str(current))
    raise LinkCycle(alias, chain)


def _next_in_chain(
    bundle_uuid: UUID,
    current: Dependency,
    links_of: Callable[[Dependency], Mapping[str, LinkTarget]],
    closure_of: Callable[[Dependency], Closure],
) -> Dependency:
    prefix = f"{bundle_uuid}@"
    closure = closure_of(current)
    for alias, link in links_of(current).items():
        if any(node.startswith(prefix) for node in closure.brought_by(alias)):
            return Dependency(link.bundle_uuid, link.version)
    raise ValueError(f"The closure of {current} holds {bundle_uuid}, but none of its links does.")


def diamonds(dependencies: Iterable[Dependency]) -> dict[UUID, tuple[int, ...]]:
    """Return the bundles that occur in more than one version, with those versions' numbers."""
    versions: dict[UUID, set[int]] = defaultdict(set)
    for dependency in dependencies:
        versions[dependency.bundle_uuid].add(dependency.version)
    return {
        bundle_uuid: tuple(sorted(numbers))
        for bundle_uuid, numbers in sorted(versions.items())
        if len(numbers) > 1
    }


def dump_closure(closure: Closure) -> bytes:
    """Return the canonical JSON of a closure."""
    return canonical_json({"nodes": list(closure.nodes), "links": _plain(closure.links)})


def _plain(links: Mapping[str, tuple[int, ...]]) -> dict[str, list[int]]:
    return {alias: list(positions) for alias, positions in links.items()}


def load_closure(contents: bytes) -> Closure:
    """Return the closure that canonical JSON holds.

    Raises:
        ValueError: It is none.
    """
    try:
        document = json.loads(contents)
        return Closure(
            tuple(document["nodes"]),
            {alias: tuple(positions) for alias, positions in document["links"].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a link closure: {error!r}") from error
