"""Parties with real stores who exchange envelopes in process: no carrier, no clock but the one they are given.

What a party seals lies in its outbox until a test carries it, so that any crossing of messages can be played.
"""

import atexit
import shutil
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec

from backchannel.core.identity import guest_key
from backchannel.core.incoming import ValidationFinding
from backchannel.core.poison import Poison
from backchannel.core.stix import StixObject
from backchannel.core.terms import Handling, Parties, Scope, Terms, from_canonical
from backchannel.flow import agree, alone, amend, ending, inbound, outbound, receipts
from backchannel.flow.inbound import Arrival
from backchannel.flow.outbound import Plan, ReleaseReport
from backchannel.flow.parties import Guest, Peer, Standing, Us
from backchannel.flow.ports import AgreementRow, Filter, Held, NewObject, Party
from backchannel.flow.ports_channels import ChannelRow, InboxItem, OutboxItem, Refusal
from backchannel.flow.post import channel_end, post
from backchannel.flow.vet import Services
from backchannel.node.matching_engine import VoprfEngine
from backchannel.protocol.envelope import open_envelope, parse, unpack
from backchannel.protocol.handshake import party_channel
from backchannel.protocol.message import AnyMessage, Release, ReleasedObject
from backchannel.protocol.message import decode as messages_of
from backchannel.store.database import Database
from two_parties import NOW, Node

DAY = timedelta(days=1)
TYPES = ("indicator", "malware", "relationship", "report", "note", "domain-name", "sighting", "tool", "identity")


def valid(_value: Any) -> list[ValidationFinding]:
    return []


def harmless(_kind: str, _value: str) -> Poison | None:
    return None


@cache
def one_process() -> VoprfEngine:
    """What computes for matching, in this process."""
    return VoprfEngine(1)


class Side:
    """One party at its desk: its keys, its store, the time it believes in, and whom it knows."""

    def __init__(self, keys: Node, folder: Path, *, secret: bytes = b"") -> None:
        self.keys = keys
        self.now = NOW
        self.reached: list[str] = []
        self.synonyms: dict[str, frozenset[str]] = {}
        self.designated: frozenset[str] = frozenset()
        self.services = Services(validate=valid, poison=harmless, engine=one_process)
        own = secret or bytes.fromhex(keys.card.key)
        self.us = Us(keys.private, keys.card, own, lambda size: b"r" * size, self.reached.append)
        self.peers: dict[str, Peer] = {}
        path = folder / f"{keys.key[:8]}.db"
        shutil.copyfile(_empty_store(), path)
        self.db = Database.open(path)
        with self.db.write() as tx:
            tx.agreements.put_own(self.key, keys.card.name)

    @property
    def key(self) -> str:
        return self.keys.key

    @property
    def standing(self) -> Standing:
        synonyms = self.synonyms
        return Standing(self.us, self.now, lambda name: synonyms.get(name, frozenset()), self.designated)

    def enrol(self, other: "Side") -> None:
        party = Party(other.key, other.keys.card.name, other.keys.card_bytes, "folder:DROP", False, NOW)
        self.peers[other.key] = Peer(party, other.keys.card)
        with self.db.write() as tx:
            tx.agreements.put_party(party)

    def welcome(self, name: str) -> Guest:
        """Enrol a guest."""
        party = Party(guest_key(name.encode()), name, b"", "", False, NOW)
        with self.db.write() as tx:
            tx.agreements.put_party(party)
        return Guest(party)

    def peer(self, row: AgreementRow) -> Peer:
        return self.peers[row.party]

    # --- what the officer does ------------------------------------------------------------------------------

    def propose(self, to: "Side", terms: Terms) -> AgreementRow:
        with self.db.write() as tx:
            return agree.propose(tx, self.standing, self.peers[to.key], terms)

    def put_in_force(self, guest: Guest, terms: Terms) -> AgreementRow:
        with self.db.write() as tx:
            return alone.put_in_force(tx, self.standing, guest, terms)

    def accept(self, agreement: str) -> AgreementRow:
        row = self.row(agreement)
        with self.db.write() as tx:
            return agree.accept(tx, self.standing, self.peer(row), row)

    def decline(self, agreement: str) -> AgreementRow:
        row = self.row(agreement)
        with self.db.write() as tx:
            return agree.decline(tx, self.standing, self.peer(row), row)

    def end(self, agreement: str) -> AgreementRow:
        row = self.row(agreement)
        with self.db.write() as tx:
            return ending.end(tx, self.standing, self.peer(row), row)

    def amend(self, agreement: str, terms: Terms) -> AgreementRow:
        row = self.row(agreement)
        with self.db.write() as tx:
            return amend.amend(tx, self.standing, self.peer(row), row, terms)[0]

    def holds(self, objects: Iterable[StixObject], tlp: str = "green") -> None:
        """Objects of our own come into the holdings."""
        with self.db.write() as tx:
            tx.holdings.add((NewObject.of(one, default_tlp=tlp) for one in objects), source=self.key, now=self.now)

    def preview(self, agreement: str, *, everything: bool = True) -> Plan:
        row = self.row(agreement)
        with self.db.read() as tx:
            terms = from_canonical(row.terms)
            return outbound.decide_all(tx, self.standing, self.peer(row), row, terms, everything=everything)

    def release(self, agreement: str) -> ReleaseReport:
        row = self.row(agreement)
        with self.db.write() as tx:
            return outbound.release(tx, self.standing, self.peer(row), row, from_canonical(row.terms))

    def take(self, *ids: str) -> int:
        """Accept from the inbox what has these ids, or everything."""
        with self.db.write() as tx:
            numbers = [item.number for item in tx.inbox.items() if not ids or item.object_id in ids]
            return inbound.merge(tx, tx.inbox.take(numbers), now=self.now)

    def rule(self, party: str | None = None, kind: str | None = None, tlp_max: str | None = None) -> None:
        with self.db.write() as tx:
            tx.agreements.add_rule(party, kind, tlp_max)

    def pin(self, agreement: str, name: str, object_id: str) -> None:
        with self.db.write() as tx:
            tx.agreements.pin(agreement, name, object_id)

    # --- what moves -----------------------------------------------------------------------------------------

    def say(self, to: "Side", channel: str, *messages: AnyMessage) -> None:
        """Seal messages that no officer asked for."""
        with self.db.write() as tx:
            post(tx, self.us, self.peers[to.key], channel, messages)

    def receive(self, sender: "Side", channel: str, data: bytes) -> Arrival:
        with self.db.write() as tx:
            return inbound.receive(tx, self.standing, self.services, self.peers[sender.key], channel, data)

    def give_receipts(self, to: "Side") -> int:
        """Post the receipts that are due to one party; how many."""
        with self.db.write() as tx:
            channels = [
                party_channel(self.key, to.key),
                *(row.id for row in tx.agreements.all() if row.party == to.key),
            ]
            return sum(receipts.give_receipt(tx, self.us, self.peers[to.key], one) for one in channels)

    def sealed(self, to: "Side") -> list[OutboxItem]:
        """What waits to be carried, the party channel's first."""
        first = party_channel(self.key, to.key)
        waiting = [one for one in self.outbox(to) if one.carried_at is None]
        return sorted(waiting, key=lambda one: (one.channel != first, one.channel, one.sequence))

    def carried(self, item: OutboxItem) -> None:
        with self.db.write() as tx:
            tx.channels.carried(item.channel, item.sequence, self.now)

    # --- what it knows --------------------------------------------------------------------------------------

    def row(self, agreement: str) -> AgreementRow:
        with self.db.read() as tx:
            return next(row for row in tx.agreements.all() if row.id == agreement)

    def rows(self) -> list[AgreementRow]:
        with self.db.read() as tx:
            return tx.agreements.all()

    def state(self, agreement: str) -> str:
        return str(self.row(agreement).state)

    def terms(self, agreement: str) -> Terms:
        return from_canonical(self.row(agreement).terms)

    def channel(self, channel: str, other: "Side") -> ChannelRow:
        with self.db.read() as tx:
            return tx.channels.state(channel, other.key)

    def outbox(self, to: "Side") -> list[OutboxItem]:
        with self.db.read() as tx:
            return tx.channels.outbox(to.key)

    def held(self, **query: Any) -> list[Held]:
        with self.db.read() as tx:
            return list(tx.holdings.find(Filter(**query)))

    def ids(self, **query: Any) -> set[str]:
        return {one.id for one in self.held(**query)}

    def inbox(self) -> list[InboxItem]:
        with self.db.read() as tx:
            return list(tx.inbox.items())

    def waiting(self) -> set[str]:
        return {item.object_id for item in self.inbox()}

    def refusals(self) -> list[Refusal]:
        """What was refused, oldest first."""
        with self.db.read() as tx:
            return tx.channels.refusals(10_000)[::-1]

    def rules_broken(self) -> list[str]:
        return [one.rule for one in self.refusals()]


def between(*sides: Side) -> None:
    """All of them enrol each other."""
    for one in sides:
        for other in sides:
            if one is not other:
                one.enrol(other)


def carry(sender: Side, receiver: Side) -> Arrival:
    """Everything that the sender sealed arrives, in order; what became of it, added up."""
    arrivals = []
    for item in sender.sealed(receiver):
        arrivals.append(receiver.receive(sender, item.channel, item.data))
        sender.carried(item)
    return Arrival(
        accepted=sum(one.accepted for one in arrivals),
        held=sum(one.held for one in arrivals),
        refused=sum(one.refused for one in arrivals),
        notes=tuple(note for one in arrivals for note in one.notes),
    )


def settle(one: Side, other: Side) -> None:
    """Carry both ways until nothing is left to say, receipts among it."""
    for _ in range(12):
        busy = bool(one.sealed(other) or other.sealed(one))
        carry(one, other)
        carry(other, one)
        if not busy and not one.give_receipts(other) + other.give_receipts(one):
            return
    raise TimeoutError("the two never come to rest")


def opened(item: OutboxItem, sender: Side, receiver: Side) -> tuple[AnyMessage, ...]:
    """What an envelope says to its receiver; nothing is kept of it."""
    with receiver.db.read() as tx:
        peer = receiver.peers[sender.key]
        end = channel_end(tx, receiver.us, peer, tx.channels.state(item.channel, peer.key))
    return messages_of(unpack(open_envelope(parse(item.data), end.inward, receiver.us.private, peer.card.keys)))


def released(item: OutboxItem, sender: Side, receiver: Side) -> list[ReleasedObject]:
    """The objects in an envelope."""
    return [one for said in opened(item, sender, receiver) if isinstance(said, Release) for one in said.items]


def terms_for(proposer: Side, accepter: Side | Guest, *threats: str, **changes: Any) -> Terms:
    """Terms that two parties could agree on: half a year from the clock of the tests."""
    plain: dict[str, Any] = {
        "title": "Joint watch",
        "valid_from": NOW.replace(second=0) - DAY,
        "valid_until": NOW.replace(second=0) + 180 * DAY,
        "parties": Parties(proposer.key, accepter.key),
        "scope": Scope(threats=threats or ("Predator",), types=TYPES),
        "handling": Handling(tlp_max="amber"),
    }
    return Terms(**plain | changes)


def following(row: AgreementRow, **changes: Any) -> Terms:
    """The next version of an agreement's terms; keywords are fields of the terms, or of one of their tables."""
    terms = from_canonical(row.terms)
    for name, change in changes.items():
        table = next((one for one in _TABLES if hasattr(getattr(terms, one), name)), None)
        if table is None:
            terms = msgspec.structs.replace(terms, **{name: change})
        else:
            inner = msgspec.structs.replace(getattr(terms, table), **{name: change})
            terms = msgspec.structs.replace(terms, **{table: inner})
    return msgspec.structs.replace(terms, predecessor=row.version)


def agreed(one: Side, other: Side, *threats: str, **changes: Any) -> str:
    """An agreement in force, proposed by `one`, with nothing left to carry."""
    identifier = one.propose(other, terms_for(one, other, *threats, **changes)).id
    carry(one, other)
    other.accept(identifier)
    settle(one, other)
    return identifier


_TABLES = ("scope", "handling", "quota", "record", "requests", "retention", "matching")


@cache
def _empty_store() -> Path:
    """A store with its tables, made once and copied."""
    path = Path(mkdtemp(prefix="backchannel-tests-")) / "empty.db"
    atexit.register(shutil.rmtree, path.parent, ignore_errors=True)
    Database.open(path, create=True).close()
    return path
