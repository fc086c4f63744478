"""The inbox as the officer handles it: look, accept, refuse, and standing rules."""

from collections.abc import Iterator

import msgspec

from backchannel.core.marking import parse_level
from backchannel.core.properties import REQUIRED
from backchannel.core.term_rules import suggestion
from backchannel.errors import BadArgument, NotFound
from backchannel.flow.inbound import merge
from backchannel.flow.ports import InboxRule, Transaction
from backchannel.flow.ports_channels import OFFICER, InboxItem, Refusal
from backchannel.flow.ports_consents import Beside
from backchannel.node.inbox_choice import Choice, LeftOut, batches, chosen, object_meant, without_ended
from backchannel.node.node import Node
from backchannel.node.parties import find_party


class Taken(msgspec.Struct, frozen=True):
    """How many objects came into the holdings, and what was left in the inbox although everything was asked for."""

    count: int
    left: list[LeftOut]


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


def find(node: Node, word: str) -> Iterator[tuple[InboxItem, str]]:
    """Every waiting version of the one object whose id begins so, or the one with that number, as they are asked for.

    Raises:
        NotFound, Ambiguous: none, or several objects.
    """
    with node.db.read() as tx:
        names = _names(tx)
        object_id, number = object_meant(tx, word)
        item = None
        for item in tx.inbox.items(object_id=object_id, number=number):
            yield item, names.get(item.party, item.party)
        if item is None:
            raise NotFound(f"nothing waits under {word!r}")


def content(item: InboxItem) -> msgspec.Raw:
    """The object's bytes, to stand in JSON as they are."""
    return msgspec.Raw(item.raw)


def accept(node: Node, choice: Choice) -> Taken:
    """Take waiting objects into the holdings.

    Raises:
        BadArgument, NotFound, Ambiguous: it is not clear which are meant.
    """
    left: list[LeftOut] = []
    with node.db.read() as tx:
        found = chosen(tx, choice)
        if choice.everything and not choice.ended:
            found, left = without_ended(node, tx, found)
    count = 0
    for numbers in batches(found):
        with node.db.write() as tx:
            items = tx.inbox.take(numbers)
            merge(tx, items, now=node.clock())
            count += len(items)
    return Taken(count, left)


def refuse(node: Node, choice: Choice, reason: str = "") -> int:
    """Refuse waiting objects; each refusal is recorded with its reason. How many.

    Raises:
        BadArgument, NotFound, Ambiguous: it is not clear which are meant.
    """
    with node.db.read() as tx:
        found = chosen(tx, choice)
    count = 0
    for numbers in batches(found):
        with node.db.write() as tx:
            items = tx.inbox.take(numbers)
            tx.provenances.forget([Beside(one.object_id, one.version, one.party, one.agreement) for one in items])
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


def _names(tx: Transaction) -> dict[str, str]:
    return {party.key: party.name for party in tx.agreements.parties()}
