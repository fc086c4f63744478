"""Scope: which objects an agreement speaks about, and the order in which they can be told.

Rules. Threats are at no hop. Entering an object costs one hop, along a reference in either direction; going
on from a relationship or sighting to what it links is free, so two linked objects are one hop apart and their
link is as far as the farther of them. Shared vocabulary (`SHARED_VOCABULARY`: creators, marks, techniques, …)
is reached but never gone on from, unless it is a threat of the agreement itself; nor are types that STIX does
not define, since nobody knows what their references mean. A reference to an object that is not held leads
nowhere. The graph is hostile: the search is set-based, and makes at most four queries a hop.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain

from backchannel.core.properties import LINK_TYPES, OBSERVABLE_TYPES, REQUIRED
from backchannel.core.stix import SHARED_VOCABULARY, StixObject, targets
from backchannel.core.stix_ids import type_of

THREAT_TYPES = frozenset(
    {
        "malware",
        "intrusion-set",
        "threat-actor",
        "campaign",
        "tool",
        "infrastructure",
        "incident",
        "vulnerability",
    }
)
"""Types that the name of a threat may stand for."""

DEFINITIONS = frozenset({"marking-definition", "extension-definition"})
"""Types that cross with the objects that refer to them, whatever types, hops and age the terms name."""

ACCOMPANYING = DEFINITIONS | {"identity"}
"""Those, and the type of who made a definition."""

LIFTED = frozenset({"type", "scope", "age"})
"""Rules that do not keep what accompanies others, on the way out and in: they say what the exchange is about."""

EXPANDED = (frozenset(REQUIRED) | OBSERVABLE_TYPES) - SHARED_VOCABULARY
"""Types that scope goes on from."""

EdgeTuple = tuple[str, str, str]
"""Who refers, the type of who refers, and to whom: `flow.ports.Edge`."""

Edges = Callable[[Collection[str]], Iterable[EdgeTuple]]
Types = Callable[[Collection[str]], Mapping[str, str]]

FARTHEST = 1 << 30


def reach(seeds: Iterable[str], depth: int, edges_from: Edges, edges_to: Edges, types_of: Types) -> dict[str, int]:
    """The held objects within `depth` hops of the threats `seeds`, each with its number of hops.

    `edges_from(ids)` gives the references these objects make, `edges_to(ids)` those made to them,
    `types_of(ids)` the types of those that are held.
    """
    return _search(seeds, depth, edges_from, edges_to, types_of)[0]


def _search(
    seeds: Iterable[str], depth: int, edges_from: Edges, edges_to: Edges, types_of: Types
) -> tuple[dict[str, int], dict[str, str]]:
    """Hops of each object in reach, and for those that were found by a reference to them: who made it."""
    hops = dict.fromkeys(types_of(set(seeds)), 0)
    ties: dict[str, str] = {}
    frontier = set(hops)
    for hop in range(1, depth + 1):
        if not frontier:
            break
        types = {who: kind for who, kind, _ in edges_to(frontier) if who not in hops}
        types.update(_ends(frontier, hops.keys() | types.keys(), edges_from, types_of, ties))
        links = {one for one, kind in types.items() if kind in LINK_TYPES}
        linked = _ends(links, hops.keys() | types.keys(), edges_from, types_of, ties)
        types.update((one, kind) for one, kind in linked.items() if kind not in LINK_TYPES)
        hops.update(dict.fromkeys(types, hop))
        frontier = {one for one, kind in types.items() if kind in EXPANDED}
    return hops, ties


def _ends(
    of: Collection[str], known: Collection[str], edges_from: Edges, types_of: Types, ties: dict[str, str]
) -> Mapping[str, str]:
    """What these objects refer to and is not known yet, with types; who referred goes into `ties`."""
    if not of:
        return {}
    found: dict[str, str] = {}
    for who, _, target in edges_from(of):
        if target not in known:
            found[target] = min(who, found.get(target, who))
    types = types_of(found.keys()) if found else {}
    for target in types:
        ties.setdefault(target, found[target])
    return types


# --- the order of telling -----------------------------------------------------------------------------------


def sending_order(
    objects: Sequence[StixObject],
    seeds: Collection[str],
    crossed: Collection[str] = (),
    chosen: Collection[str] | None = None,
) -> list[tuple[StixObject, ...]]:
    """The objects in groups, so that after each group the receiver can see why all of it is in scope.

    Within a group and before it stands everything its objects refer to (of these objects), and the
    relationship, sighting or report that ties them to what came before. `seeds` are ids of threats, `crossed`
    ids that the receiver has already. Objects that nothing here ties to a threat come last, each with what it
    refers to. With `chosen` only those of these ids, and what must go with them.
    """
    batch = {one.id: one for one in objects}
    refs = {identifier: targets(one) for identifier, one in batch.items()}
    hops, ties = _search_batch(batch, refs, {*seeds}, {*crossed})
    order = sorted(
        batch, key=lambda one: (hops.get(one, FARTHEST), batch[one].type not in LINK_TYPES)
    )  # a stable sort: what is equal keeps its order
    sent: set[str] = set()
    groups = []
    for identifier in order:
        if identifier not in sent and (chosen is None or identifier in chosen):
            group = _closure(identifier, batch, refs, ties, sent)
            groups.append(tuple(batch[one] for one in group))
    return groups


def _search_batch(
    batch: Mapping[str, StixObject], refs: Mapping[str, set[str]], seeds: set[str], crossed: set[str]
) -> tuple[dict[str, int], dict[str, str]]:
    known = {identifier: one.type for identifier, one in batch.items()}
    starts = seeds | {one for one in crossed if type_of(one) in EXPANDED}
    known.update((one, type_of(one)) for one in starts if one not in known)
    referrers: dict[str, list[str]] = {}
    for who, wanted in refs.items():
        for target in wanted:
            referrers.setdefault(target, []).append(who)

    def edges_from(ids: Collection[str]) -> Iterable[EdgeTuple]:
        return ((who, known[who], target) for who in ids for target in sorted(refs.get(who, ())))

    def edges_to(ids: Collection[str]) -> Iterable[EdgeTuple]:
        return ((who, known[who], target) for target in ids for who in referrers.get(target, ()))

    def types_of(ids: Collection[str]) -> Mapping[str, str]:
        return {one: known[one] for one in ids if one in known}

    return _search(starts, FARTHEST, edges_from, edges_to, types_of)


def _closure(
    start: str,
    batch: Mapping[str, StixObject],
    refs: Mapping[str, set[str]],
    ties: Mapping[str, str],
    sent: set[str],
) -> list[str]:
    """What must go with an object, what is referred to first; all of it is marked as sent."""
    group: list[str] = []
    sent.add(start)
    stack = [(start, _wanted(start, batch, refs, ties))]
    while stack:
        current, wanted = stack[-1]
        following = next((one for one in wanted if one not in sent), None)
        if following is None:
            group.append(current)
            stack.pop()
        else:
            sent.add(following)
            stack.append((following, _wanted(following, batch, refs, ties)))
    return group


def _wanted(
    identifier: str, batch: Mapping[str, StixObject], refs: Mapping[str, set[str]], ties: Mapping[str, str]
) -> Iterable[str]:
    inside = sorted(one for one in refs[identifier] if one in batch)
    return chain(inside, (one for one in (ties.get(identifier),) if one is not None and one in batch))
