"""Looking into the nodes of the demo: what is held, what the preview decides, what arrived, what lies in a folder.

Nothing here changes a node. The walk through a party's objects is written apart from `core.scope` on purpose, and as
plainly as possible: it is there to agree with it.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backchannel.cli.demonstration.facts import Judged, Received
from backchannel.core.mention import term_key
from backchannel.core.release import Decision, Result
from backchannel.core.stix import SHARED_VOCABULARY, StixObject, references
from backchannel.core.stix_ids import ID, type_of
from backchannel.core.vetting_rules import values_of
from backchannel.flow.outbound import Plan
from backchannel.node import exchange, holdings, inbox
from backchannel.node.holdings import Selection
from backchannel.node.node import Node

Snapshot = Mapping[tuple[str, str, str], str]
"""Everything held: (id, version, source) to the SHA-256 of the bytes."""

_ID = re.compile(ID.encode())
_LINKS = frozenset({"relationship", "sighting"})
_MOST_REFUSALS = 10_000_000
_SHORTEST = 4
"""A name shorter than this is found everywhere by chance."""


def snapshot(node: Node) -> Snapshot:
    """Everything held now."""
    held = holdings.select(node, Selection())
    return {(one.id, one.version, one.source): one.object().digest.hex() for one in held}


def changed(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """Ids of what was held and is gone, or other than it was."""
    return tuple(key[0] for key, digest in before.items() if after.get(key) != digest)


def plan(node: Node, agreement: str) -> Plan:
    """Every decision that a release would take now."""
    return exchange.preview(node, agreement)


def judged(decided: Plan) -> tuple[Judged, ...]:
    """The decisions, as the demo keeps them."""
    return tuple(_judged(decision) for decision in decided.decisions)


def connected(decided: Plan, depth: int) -> frozenset[str]:
    """Ids within `depth` hops of the threats, by what the party's own objects say. A link and what it links are one
    hop; what many threats share (techniques, identities, places) is reached and not gone on from."""
    objects = {one.id: one.subject.object.value for one in decided.decisions if one.subject.own}
    neighbours: dict[str, set[str]] = defaultdict(set)
    for identifier, value in objects.items():
        for reference in references(value):
            neighbours[identifier].add(reference.target)
            neighbours[reference.target].add(identifier)
    reached = set(decided.threats.ours)
    frontier = set(reached)
    for _ in range(depth):
        entered = {other for one in frontier for other in neighbours[one]} - reached
        links = {one for one in entered if type_of(one) in _LINKS}
        ends = {reference.target for one in links & objects.keys() for reference in references(objects[one])}
        entered |= ends - reached
        reached |= entered
        frontier = {one for one in entered if type_of(one) not in SHARED_VOCABULARY}
    return frozenset(reached)


def arrived(node: Node, agreement: str) -> tuple[Received, ...]:
    """What came in under an agreement and waits for the officer, or was refused."""
    waits = [
        Received(
            id=item.object_id,
            tlp=item.tlp,
            sha256=StixObject(item.raw, {}).digest.hex(),
            flags=item.flags,
        )
        for item, _ in inbox.waiting(node)
        if item.agreement == agreement
    ]
    refused = [
        Received(id=row.subject, refused=(row.rule, row.message))
        for row in inbox.refusals(node, _MOST_REFUSALS)
        if row.channel == agreement
    ]
    return (*waits, *refused)


def accepted(node: Node, source: str) -> dict[str, str]:
    """What is held from a party: id to the SHA-256 of the bytes."""
    found = holdings.select(node, Selection(source=source))
    return {one.id: one.object().digest.hex() for one in found}


def found_in(folder: Path, stayed: Sequence[Judged], *, by_name: bool) -> tuple[str, ...]:
    """Ids of what stayed that stand anywhere in a folder; with `by_name` also its names and values.

    Names are looked for as written, and as the index of words spells them.
    """
    files = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    ids = {match.decode() for content in files for match in _ID.findall(content)}
    found = {one.id for one in stayed if one.id in ids}
    if by_name:
        everything = b"\0".join(files).lower()
        said = {text for one in stayed for text in one.said if len(text) >= _SHORTEST}
        found |= {text for text in said if _stands(text, everything)}
    return tuple(sorted(found))


def _stands(text: str, content: bytes) -> bool:
    return text.lower().encode() in content or term_key(text).encode() in content


def _judged(decision: Decision) -> Judged:
    held, sent = decision.subject.object, decision.sent
    values = {value for _, value in values_of(held.value)}
    return Judged(
        id=held.id,
        type=held.type,
        name=_name(held),
        own=decision.subject.own,
        tlp=decision.subject.tlp,
        outcome=str(decision.outcome),
        broken=tuple((one.rule, one.evidence) for one in decision.verdicts if one.result is Result.FAIL),
        cut=tuple((one.rule, one.evidence) for one in decision.verdicts if one.result is Result.CUT),
        sent_id=sent.id if sent is not None else None,
        sent_sha256=sent.digest.hex() if sent is not None else None,
        values=tuple(sorted(values)),
        said=tuple(sorted(values | _names(held))),
    )


def _name(held: StixObject) -> str:
    if held.type == "relationship":
        return str(held.value.get("relationship_type", ""))
    return held.name


def _names(held: StixObject) -> set[str]:
    """What an object is called; a payload is among that."""
    value: Mapping[str, Any] = held.value
    texts = [value.get("name"), value.get("payload_bin"), *value.get("aliases", ())]
    return {text for text in texts if isinstance(text, str)}
