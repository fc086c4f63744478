"""The inbox as the officer handles it: look, accept, refuse, and standing rules."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from backchannel.core.marking import parse_level
from backchannel.core.properties import REQUIRED
from backchannel.core.term_rules import suggestion
from backchannel.errors import BadArgument, NotFound
from backchannel.flow.inbound import merge
from backchannel.flow.ports import OFFICER, InboxItem, InboxRule, Refusal, Transaction, Waiting
from backchannel.node.node import Node
from backchannel.node.parties import find_party
from backchannel.node.prefix import the_one

BATCH = 2_000
"""Objects taken from the inbox in one transaction, and"""
BATCH_BYTES = 32 << 20
"""how many bytes of them, but for one object that is larger."""


class RuleView(msgspec.Struct, frozen=True):
    """A standing rule as listed; None matches anything."""

    number: int
    party: str | None
    party_name: str | None
    type: str | None
    tlp_max: str | None


def waiting(node: Node, party: str | None = None) -> Iterator[tuple[InboxItem, str]]:
    """What waits, oldest first, each with the name of its source. Objects are read as they are asked for."""
    with node.db.read() as tx:
        names = _names(tx)
        key = find_party(tx, party).key if party else None
        for item in tx.inbox.items(party=key):
            yield item, names.get(item.party, item.party)


def find(node: Node, prefix: str) -> Iterator[tuple[InboxItem, str]]:
    """Every waiting version of the one object whose id begins with `prefix`, as they are asked for."""
    with node.db.read() as tx:
        meant = the_one(prefix, tx.inbox.ids_beginning(prefix), "waiting object")
        names = _names(tx)
        for item in tx.inbox.items(object_id=meant):
            yield item, names.get(item.party, item.party)


def content(item: InboxItem) -> msgspec.Raw:
    """The object's bytes, to stand in JSON as they are."""
    return msgspec.Raw(item.raw)


def accept(node: Node, prefixes: Sequence[str], *, everything: bool, party: str | None = None) -> int:
    """Take waiting objects into the holdings; how many."""
    count = 0
    for numbers in _chosen(node, prefixes, everything, party):
        with node.db.write() as tx:
            items = tx.inbox.take(numbers)
            merge(tx, items, now=node.clock())
            count += len(items)
    return count


def refuse(
    node: Node, prefixes: Sequence[str], *, everything: bool, party: str | None = None, reason: str = ""
) -> int:
    """Refuse waiting objects; each refusal is recorded with its reason."""
    count = 0
    for numbers in _chosen(node, prefixes, everything, party):
        with node.db.write() as tx:
            items = tx.inbox.take(numbers)
            tx.channels.add_refusals(
                Refusal(
                    channel=item.agreement,
                    party=item.party,
                    envelope=item.envelope,
                    subject=item.object_id,
                    rule=OFFICER,
                    message=reason or "refused by the officer",
                    at=node.clock(),
                )
                for item in items
            )
            count += len(items)
    return count


def refusals(node: Node, limit: int) -> list[Refusal]:
    """What was refused, newest first."""
    with node.db.read() as tx:
        return tx.channels.refusals(limit)


def rules(node: Node) -> list[RuleView]:
    """The standing rules."""
    with node.db.read() as tx:
        names = _names(tx)
        return [
            RuleView(rule.number, rule.party, names.get(rule.party or ""), rule.type, rule.tlp_max)
            for rule in tx.agreements.rules()
        ]


def add_rule(node: Node, party: str | None, type_: str | None, tlp_max: str | None) -> InboxRule:
    """Add a standing rule.

    Raises:
        BadArgument: no such TLP level or type.
        NotFound, Ambiguous: no such party, or several.
    """
    if type_ is not None and type_ not in REQUIRED and not type_.startswith("x-"):
        raise BadArgument(f"--type: {type_!r} is not a STIX type{suggestion(type_, REQUIRED)}")
    try:
        level = parse_level(tlp_max) if tlp_max else None
    except ValueError as error:
        raise BadArgument(f"--tlp-max: {error}") from None
    with node.db.write() as tx:
        key = find_party(tx, party).key if party else None
        return tx.agreements.add_rule(key, type_, level)


def drop_rule(node: Node, number: int) -> None:
    """Remove a standing rule."""
    with node.db.write() as tx:
        if not tx.agreements.drop_rule(number):
            raise NotFound(f"there is no rule {number}")


def _chosen(node: Node, prefixes: Sequence[str], everything: bool, party: str | None) -> Iterator[list[int]]:
    """The numbers of the chosen items, in batches."""
    if everything == bool(prefixes):
        raise BadArgument("name the objects, or say --all")
    with node.db.read() as tx:
        if everything:
            chosen = tx.inbox.sizes(party=find_party(tx, party).key if party else None)
        else:
            ids = {the_one(prefix, tx.inbox.ids_beginning(prefix), "waiting object") for prefix in prefixes}
            chosen = sorted({one for object_id in ids for one in tx.inbox.sizes(object_id=object_id)})
    return _batches(chosen)


def _batches(chosen: Iterable[Waiting]) -> Iterator[list[int]]:
    batch: list[int] = []
    size = 0
    for one in chosen:
        if batch and (len(batch) == BATCH or size + one.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one.number)
        size += one.size
    if batch:
        yield batch


def _names(tx: Transaction) -> dict[str, str]:
    return {party.key: party.name for party in tx.agreements.parties()}
