"""What is told of echoes beside what waits and what is held; and the record of a party."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import msgspec

from backchannel.core.assess.echo import Echo, Reason, Tier
from backchannel.core.assess.echo_words import sentence, sentences
from backchannel.flow.ports import Held, Party, Transaction
from backchannel.flow.ports_channels import InboxItem
from backchannel.flow.ports_echoes import RecordRow
from backchannel.node.node import Node
from backchannel.node.parties import find_party, party_names

PAGE = 50
"""Objects whose judgements are looked up at a time."""


class ReasonView(msgspec.Struct, frozen=True):
    """A reason as listed: its rule, the sentence, our object (None where it is about none), whom that went to and
    when."""

    rule: str
    why: str
    object: str | None
    to: str | None
    at: str | None


class EchoView(msgspec.Struct, frozen=True):
    """A judgement as listed. `lines` are what a person reads."""

    tier: Tier
    reasons: tuple[ReasonView, ...]
    against: tuple[ReasonView, ...]
    lines: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The public shape."""
        return {"tier": self.tier, "reasons": self.reasons, "against": self.against}


def beside_waiting(
    node: Node, waiting: Iterable[tuple[InboxItem, str]]
) -> Iterator[tuple[InboxItem, str, EchoView | None]]:
    """Waiting objects, each with the name of its source and its judgement, as they are asked for; None where there is
    nothing to say."""
    rest = iter(waiting)
    while page := list(islice(rest, PAGE)):
        with node.db.read() as tx:
            names = party_names(tx)
            found = _found(tx, [(one.party, one.object_id) for one, _ in page])
        for one, name in page:
            yield one, name, _view(found.get((one.party, one.object_id)), names)


def beside_held(node: Node, found: Sequence[Held]) -> dict[int, EchoView | None]:
    """The judgements of held objects, by `seq`."""
    with node.db.read() as tx:
        names = party_names(tx)
        judged = _found(tx, [(one.source, one.id) for one in found])
    return {one.seq: _view(judged.get((one.source, one.id)), names) for one in found}


def record(node: Node, name: str) -> tuple[Party, list[RecordRow]]:
    """What came from a party, by type.

    Raises:
        NotFound, Ambiguous: no such party, or several.
    """
    with node.db.read() as tx:
        party = find_party(tx, name)
        return party, tx.echoes.record(party.key)


def _found(tx: Transaction, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Echo]:
    ids: dict[str, set[str]] = {}
    for source, identifier in wanted:
        ids.setdefault(source, set()).add(identifier)
    return {
        (source, identifier): echo
        for source, some in ids.items()
        for identifier, echo in tx.echoes.of(source, some).items()
    }


def _view(echo: Echo | None, names: dict[str, str]) -> EchoView | None:
    if echo is None:
        return None
    reasons, against = (tuple(_reason(one, names) for one in some) for some in (echo.reasons, echo.against))
    return EchoView(echo.tier, reasons, against, tuple(sentences(echo, names)))


def _reason(one: Reason, names: dict[str, str]) -> ReasonView:
    at = None if one.at is None else f"{one.at:%Y-%m-%dT%H:%M:%SZ}"
    return ReasonView(one.rule, sentence(one, names), one.object or None, names.get(one.to, one.to) or None, at)
