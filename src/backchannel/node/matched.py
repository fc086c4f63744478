"""What matching found of the values that held objects name: part of their provenance.

What is known of a value: that the counterpart had it when it was found, at the latest, and that we had it since we
hold it. So from the later of the two days on it is certain that both have seen it. Neither is known to hold it still,
and both may have seen it long before.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from backchannel.core.canonical import Observable
from backchannel.core.stix import decode
from backchannel.core.vetting_rules import values_of
from backchannel.flow.ports import Held
from backchannel.node.node import Node
from backchannel.node.parties import party_names


class SeenByBoth(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """A value of a held object that a counterpart was found to hold: with whom and under which agreement, since when
    we have it, when it was found, and since when, at the latest, both have seen it."""

    type: str
    value: str
    with_: str
    agreement: str
    ours_since: datetime
    matched_at: datetime
    both_since: datetime


def beside(node: Node, found: Sequence[Held]) -> dict[int, list[SeenByBoth]]:
    """What is known of the values that held objects name, by `seq`; in the order of kinds and values."""
    named = {one.seq: _values_of(one) for one in found}
    since: dict[Observable, datetime] = {}
    for one in found:
        for value in named[one.seq]:
            since[value] = min(since.get(value, one.added_at), one.added_at)
    with node.db.read() as tx:
        matches = tx.matching.matches_of(since) if since else []
        names = party_names(tx) if matches else {}
        parties = {row.id: row.party for row in tx.agreements.all()} if matches else {}
    seen: dict[Observable, list[SeenByBoth]] = {}
    for match in matches:
        value = Observable(match.type, match.value)
        # That a value is held counts, however it was matched: as ours, or only looked up.
        ours = min(match.ours_since or since[value], since[value])
        party = parties.get(match.agreement, "")
        view = SeenByBoth(
            type=match.type,
            value=match.value,
            with_=names.get(party, party),
            agreement=match.agreement,
            ours_since=ours,
            matched_at=match.matched_at,
            both_since=max(ours, match.matched_at),
        )
        seen.setdefault(value, []).append(view)
    return {one.seq: [view for value in sorted(named[one.seq]) for view in seen.get(value, [])] for one in found}


def _values_of(held: Held) -> set[Observable]:
    value = decode(held.raw).value
    return set(values_of(value))
