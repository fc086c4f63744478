"""What two parties' envelopes said, opened behind both their backs, and what must hold of it whatever chance did.

`Letters.read` opens what left; `look_at` compares a seat's tables with it after every step; `at_rest` compares both
seats' once the carrier delivers everything again. The rules are kept here in plain sets and counters, apart from the
code that they judge.
"""

import hashlib
import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import zstandard

from backchannel.core.marking import LEVELS
from backchannel.flow.ports_channels import ChannelRow
from backchannel.flow.post import channel_end
from backchannel.flow.record import offers_of
from backchannel.protocol.envelope import open_envelope, parse, unpack
from backchannel.protocol.handshake import party_channel
from backchannel.protocol.ledger import Kind
from backchannel.protocol.merkle import leaf_hash, root_of
from backchannel.protocol.message import ANSWERS, AnyMessage, Checkpoint, Release, Request, decode
from backchannel.protocol.notes import parse_note
from backchannel.protocol.receipt import ReceiptItem, outcome_hash
from backchannel.protocol.tree_head import parse_tree_head
from seats import Seat

DAY = timedelta(days=1)
SECRET = b"kept-back"
"""Stands in every object that must not leave."""

LIVE = {"offered": "proposed", "proposed": "offered", "in force": "in force"}
SERIOUS = {"fork", "reflection", "equivocation", "stale-checkpoint", "bad-proof", "bad-note", "bad-signature"}
"""What honest sides are never accused of once an envelope was opened."""


class Letter(NamedTuple):
    """An envelope that left, opened."""

    channel: str
    sender: str
    sequence: int
    previous: str
    digest: str
    messages: tuple[AnyMessage, ...]

    @property
    def is_answer(self) -> bool:
        return all(isinstance(one, ANSWERS) for one in self.messages)

    @property
    def releases(self) -> list[Release]:
        return [one for one in self.messages if isinstance(one, Release)]


class Sealing(NamedTuple):
    """A release of one side: when by its clock, under which quota and ceiling, and in which envelope."""

    at: datetime
    quota: int
    ceiling: str
    digest: str


class Asking(NamedTuple):
    """A request of one side: when by its clock, how many it may make in 24 hours, and its id (None: not made)."""

    at: datetime
    most: int
    request: str | None


class Letters:
    """All that ever left, of two seats."""

    def __init__(self, seats: tuple[Seat, Seat]) -> None:
        self.seats = {seat.key: seat for seat in seats}
        self.sent: dict[tuple[str, str], dict[int, Letter]] = defaultdict(dict)
        self.sealings: dict[tuple[str, str], list[Sealing]] = defaultdict(list)
        self.askings: dict[tuple[str, str], list[Asking]] = defaultdict(list)
        self.known: set[bytes] = set()
        self.recalls: dict[tuple[str, str], dict[str, int]] = {}
        self.roots: dict[tuple[str, int], bytes] = {}
        self._waiting: list[bytes] = []
        self._asked: set[str] = set()
        self._witnessed: dict[str, tuple[int, int]] = {}
        self._received: dict[tuple[str, str], int] = Counter()

    def put(self, data: bytes) -> None:
        """Something leaves; it is read when its sender is at rest."""
        if data not in self.known:
            self._waiting.append(data)
            self.known.add(data)

    def other(self, seat: Seat) -> Seat:
        return next(one for key, one in self.seats.items() if key != seat.key)

    def sealed(self, seat: Seat, agreement: str, before: int, quota: int, ceiling: str) -> None:
        """A seat may have released since its channel stood at `before`."""
        for sequence, digest in seat.query("SELECT sequence, digest FROM outbox WHERE channel = ?", agreement):
            if sequence > before:
                self.sealings[agreement, seat.key].append(Sealing(seat.now, quota, ceiling, digest))

    def crossed(self) -> list[tuple[str, str]]:
        """What left, by its sender and id, in the order of the envelopes."""
        return [
            (letter.sender, identifier)
            for sent in self.sent.values()
            for letter in sent.values()
            for said in letter.releases
            for identifier, _ in identities(said)
        ]

    def recalled(self, seat: Seat, object_id: str) -> None:
        """A seat has recalled an object: it is in no release that is sealed from now on."""
        sealed = {agreement: len(found) for (agreement, key), found in self.sealings.items() if key == seat.key}
        self.recalls.setdefault((seat.key, object_id), sealed)

    def begin(self, letters: "Letters") -> None:
        """Go on from what left before."""
        self.known = set(letters.known)
        self.sent = defaultdict(dict, {way: dict(sent) for way, sent in letters.sent.items()})
        self.roots = dict(letters.roots)

    # --- what left ------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Open what left since, and check what must hold of it for ever."""
        for data in self._waiting:
            letter = self.opened(data)
            self._place(letter)
            for said in letter.messages:
                if isinstance(said, Checkpoint):
                    head = parse_tree_head(parse_note(said.note.encode()).text)
                    root = self.roots.setdefault((letter.sender, head.size), head.root)
                    assert root == head.root, f"two checkpoints of the size {head.size}"
                if isinstance(said, Release):
                    self._check_release(letter, said)
                if isinstance(said, Request):
                    self._asked.add(said.request)
                    self._check_budget(letter, said)
        self._waiting.clear()

    def opened(self, data: bytes) -> Letter:
        """What an envelope says, whether or not it left."""
        sealed = parse(data)
        header = sealed.header
        sender, receiver = self.seats[header.sender], self.seats[header.recipient]
        row = ChannelRow(header.channel, receiver.key)
        end = sender.read(lambda tx: channel_end(tx, sender.node.us, receiver.as_peer, row))
        signed = header.channel == party_channel(sender.key, receiver.key) or self._mode(sender, row.channel) == "on"
        assert end.signed == signed, "an envelope is signed on the record, and only there"
        body = unpack(open_envelope(sealed, end.outward, receiver.keys.private, sender.keys.card.keys))
        assert SECRET not in body, "what was withheld left"
        return Letter(header.channel, header.sender, header.sequence, header.previous, sealed.digest, decode(body))

    def _mode(self, seat: Seat, agreement: str) -> str:
        return seat.terms(agreement).record.mode

    def _place(self, letter: Letter) -> None:
        chain = self.sent[letter.channel, letter.sender]
        assert letter.sequence not in chain, f"two envelopes with the number {letter.sequence} left"
        before = chain[letter.sequence - 1].digest if letter.sequence > 1 else ""
        assert letter.previous == before, "an envelope follows another one than the last that left"
        chain[letter.sequence] = letter

    def _check_release(self, letter: Letter, said: Release) -> None:
        """It is within the quota of 24 hours, and what is in it within the ceiling and new."""
        sealings = self.sealings[letter.channel, letter.sender]
        mine = next(place for place, one in enumerate(sealings) if one.digest == letter.digest)
        sealing = sealings[mine]
        counts = {one.digest: sum(len(r.items) for r in one.releases) for one in self._releases(letter)}
        counts[letter.digest] = len(said.items)
        spent = sum(counts.get(one.digest, 0) for one in sealings[: mine + 1] if one.at >= sealing.at - DAY)
        assert spent <= sealing.quota, f"{spent} objects in 24 hours; the quota is {sealing.quota}"
        strictest = max(LEVELS.index(item.tlp) for item in said.items)
        assert strictest <= LEVELS.index(sealing.ceiling), "an object above the ceiling left"
        for identifier, _ in identities(said):
            then = self.recalls.get((letter.sender, identifier))
            assert then is None or mine < then.get(letter.channel, 0), "a recalled object was released again"
        before = [identity for one in self._releases(letter) for r in one.releases for identity in identities(r)]
        assert not set(before) & set(identities(said)), "an object crossed twice"

    def _check_budget(self, letter: Letter, said: Request) -> None:
        """It is within the requests of 24 hours."""
        askings = self.askings[letter.channel, letter.sender]
        mine = next(place for place, one in enumerate(askings) if one.request == said.request)
        at, most, _ = askings[mine]
        asked = sum(one.request in self._asked for one in askings[: mine + 1] if one.at >= at - DAY)
        assert asked <= most, f"{asked} requests in 24 hours; the budget is {most}"

    def _releases(self, letter: Letter) -> list[Letter]:
        """The earlier envelopes of its direction."""
        return [one for one in self.sent[letter.channel, letter.sender].values() if one.sequence < letter.sequence]

    # --- after every step -----------------------------------------------------------------------------------

    def look_at(self, seat: Seat) -> None:
        """What must hold of a seat at any time."""
        other = self.other(seat)
        outbox = defaultdict(list)
        for channel, sequence in seat.query("SELECT channel, sequence FROM outbox ORDER BY channel, sequence"):
            outbox[channel].append(sequence)
        arrived: dict[str, list[str]] = defaultdict(list)
        for place in seat.query("SELECT channel, sequence, envelope FROM arrival ORDER BY channel, sequence"):
            arrived[place[0]].append(place[2])
            assert place[1] == len(arrived[place[0]]), "an envelope was received with one missing before it"
        for channel, sent, received, acknowledged in seat.query(
            "SELECT channel, sent, received, acknowledged FROM channel"
        ):
            assert len(arrived[channel]) == received >= self._received[seat.key, channel]
            self._received[seat.key, channel] = received
            theirs = self.sent[channel, other.key]
            assert arrived[channel] == [theirs[number].digest for number in range(1, received + 1)]
            assert outbox[channel] == list(range(acknowledged + 1, sent + 1)), (
                "kept until its receipt came, no longer"
            )
            got = other.query("SELECT received FROM channel WHERE channel = ?", channel)
            assert acknowledged <= (got[0][0] if got else 0), "a receipt for what never arrived"
        self._look_at_witness(seat)

    def _look_at_witness(self, seat: Seat) -> None:
        assert not seat.query("SELECT number FROM ledger_accusation"), "an honest side was accused"
        for held, cosigned, shown, problem in seat.query(
            "SELECT held, cosigned, shown, problem FROM ledger_witnessing"
        ):
            before = self._witnessed.get(seat.key, (0, 0))
            assert problem == "", problem
            assert held >= before[0], "a witness holds less than before"
            assert before[1] <= cosigned <= shown, "what was cosigned grows, and was shown"
            self._witnessed[seat.key] = held, cosigned

    # --- at rest --------------------------------------------------------------------------------------------

    def at_rest(self) -> None:
        """What must hold of both once everything was delivered."""
        one, other = self.seats.values()
        self._same_agreements(one, other)
        for seat in (one, other):
            self.look_at(seat)
            entries = Entries(seat)
            entries.check_tree(self.roots)
            for channel in self._channels(seat):
                self._check_sent(seat, channel, entries)
            self._check_off_record(seat, entries)
            self._check_kept(seat)
            refused = {rule for (rule,) in seat.query("SELECT rule FROM refusal WHERE envelope IS NOT NULL")}
            assert not refused & SERIOUS, refused

    def _channels(self, seat: Seat) -> list[str]:
        """Those that something can still be said in."""
        other = self.other(seat)
        open_ones = [row.id for row in seat.rows().values() if row.state == "in force"]
        return [party_channel(seat.key, other.key), *open_ones]

    def _same_agreements(self, one: Seat, other: Seat) -> None:
        ours, theirs = one.rows(), other.rows()
        assert ours.keys() == theirs.keys()
        for identifier, row in ours.items():
            twin = theirs[identifier]
            assert LIVE.get(row.state) == (twin.state if twin.state in LIVE else None), (row.state, twin.state)
            if row.state in LIVE:
                assert row.version == twin.version, "both hold the same terms"
                assert row.terms == twin.terms
                waiting = {ours: offer.version for ours, offer in offers_of(row).items()}
                assert waiting == {not ours: offer.version for ours, offer in offers_of(twin).items()}

    def _check_sent(self, seat: Seat, channel: str, entries: "Entries") -> None:
        """What a seat sent arrived, all but answers, and both have it on record in the same way."""
        other, sent = self.other(seat), self.sent[channel, seat.key]
        theirs = Entries(other)
        signed = channel == party_channel(seat.key, other.key) or self._mode(seat, channel) == "on"
        items = arrivals(other, channel)
        last = max((number for number, one in sent.items() if not one.is_answer), default=0)
        stands = seat.query("SELECT sent, acknowledged FROM channel WHERE channel = ?", channel)
        assert stands or not sent
        if stands:
            assert stands[0][0] == len(sent), "what was sealed left"
            assert stands[0][1] >= last, "there is a receipt for all but answers"
        assert len(items) >= last
        receipts = receipt_items(seat, channel)
        assert bool(receipts) <= signed
        for number, letter in sent.items():
            came = items.get(number)
            assert entries.count(Kind.SENT, channel, letter.digest) == (1 if signed else 0), "sent: entered once"
            received = theirs.count(Kind.RECEIVED, channel, letter.digest)
            assert received == (1 if signed and came else 0), "received: entered once"
            if came is not None and signed and number <= stands[0][1]:
                assert receipts[number] == came, "both have the same receipt"
            outcome = outcome_hash(came) if came else ""
            heard = signed and number <= stands[0][1]
            assert entries.count(Kind.OUTCOME, letter.digest, outcome or None) == (1 if heard else 0), "outcome heard"
            told = theirs.count(Kind.OUTCOME, letter.digest, outcome or None)
            assert told == (1 if signed and came else 0), "outcome: entered once, by both in the same words"
            if signed and letter.releases:
                assert entries.has_decision(letter), "what was decided is on record"

    def _check_off_record(self, seat: Seat, entries: "Entries") -> None:
        off = {row.id for row in seat.rows().values() if self._mode(seat, row.id) == "off"}
        hushed = off | {row.version for row in seat.rows().values() if row.id in off}
        hushed |= {one.digest for (channel, _), sent in self.sent.items() if channel in off for one in sent.values()}
        assert not hushed & entries.hashes, "the ledger speaks of what is off the record"
        for channel in off:
            assert not seat.query("SELECT 1 FROM receipt WHERE channel = ?", channel), (
                "a signed receipt off the record"
            )

    def _check_kept(self, seat: Seat) -> None:
        """Each object that came is held or waits once, as its letter's code says; the counters say the same."""
        other = self.other(seat)
        held = Counter(seat.query(_HELD, other.key))
        waiting = Counter(seat.query("SELECT object_id, version FROM inbox WHERE party = ?", other.key))
        assert set(held.values()) | set(waiting.values()) <= {1}, "an object is there twice"
        assert not held.keys() & waiting.keys()
        refused = set(seat.query("SELECT envelope, subject FROM refusal"))
        for row in seat.rows().values():
            kept = 0
            for number, item in arrivals(seat, row.id).items():
                letter = self.sent[row.id, other.key][number]
                came = [one for said in letter.releases for one in identities(said)]
                for identity, code in zip(came, item.objects, strict=False):
                    # "h" tells a counterpart no more than that it was not accepted for all to see.
                    taken = code == "a" or (code == "h" and (letter.digest, identity[0]) not in refused)
                    assert taken or (letter.digest, identity[0]) in refused, "what was not taken in was refused"
                    kept += taken
                    gone = (other.key, identity[0]) in self.recalls or row.state != "in force"
                    here = identity in held or identity in waiting
                    assert gone or here >= taken, "what was taken in is there"
                    assert not (here and gone and row.state == "in force"), "what was recalled is not"
            assert self._count(seat, "received", row.id) == kept
            crossed = sum(len(r.items) for one in self.sent[row.id, seat.key].values() for r in one.releases)
            released = self._count(seat, "released", row.id)
            # What a carrier was offered before the end may have left, for all that the seat knows.
            offered = row.state != "in force" and released >= crossed
            assert released == crossed or offered, "what left is on record as having crossed"

    def _count(self, seat: Seat, table: str, agreement: str) -> int:
        where = "WHERE agreement = (SELECT number FROM label WHERE text = ?)"
        return int(seat.query(f"SELECT count(*) FROM {table} {where}", agreement)[0][0])


class Entries:
    """A ledger's entries, read without the code that writes them."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.bodies = [bytes(data) for (data,) in seat.query("SELECT data FROM ledger_entry ORDER BY number")]
        self._found: Counter[tuple[int, tuple[str, ...]]] = Counter()
        self.hashes: set[str] = set()
        for body in self.bodies:
            hashes = tuple(body[at : at + 32].hex() for at in range(34, len(body), 32))
            self.hashes.update(hashes)
            self._found[body[1], hashes] += 1
        self._by_first = Counter[tuple[int, str]]()
        for (kind, hashes), number in self._found.items():
            self._by_first[kind, hashes[0]] += number

    def count(self, kind: Kind, first: str, second: str | None) -> int:
        return self._by_first[kind, first] if second is None else self._found[kind, (first, second)]

    def has_decision(self, letter: Letter) -> bool:
        """Whether the list of what left in an envelope is kept, and its hash entered."""
        left = [hashlib.sha256(bytes(item.object)).hexdigest() for r in letter.releases for item in r.items]
        for digest, data in self.seat.query("SELECT digest, data FROM ledger_record"):
            record = json.loads(zstandard.decompress(data))
            if (record["agreement"], record["sequence"]) != (letter.channel, letter.sequence):
                continue
            if [one[3] for one in record["objects"]] == left:
                return self._found[Kind.RELEASE, (record["version"], bytes(digest).hex())] == 1
        return False

    def check_tree(self, shown: dict[tuple[str, int], bytes]) -> None:
        """Every checkpoint that left is of this history."""
        leaves = [leaf_hash(body) for body in self.bodies]
        for (party, size), root in shown.items():
            if party == self.seat.key:
                assert size <= len(leaves)
                assert root_of(leaves[:size]) == root, "a checkpoint of another history"


_HELD = "SELECT id, version FROM holding JOIN source ON source.number = holding.source WHERE source.key = ?"


def identities(said: Release) -> list[tuple[str, str]]:
    """The ids and versions of what a release brings."""
    values = [json.loads(bytes(item.object)) for item in said.items]
    return [(value["id"], value.get("modified", "")) for value in values]


def arrivals(seat: Seat, channel: str) -> dict[int, ReceiptItem]:
    """What a seat has on record of what came in a channel."""
    columns = "sequence, header, envelope, outcome, objects, entry"
    rows = seat.query(f"SELECT {columns} FROM arrival WHERE channel = ?", channel)
    return {row[0]: ReceiptItem(*row) for row in rows}


def receipt_items(seat: Seat, channel: str) -> dict[int, ReceiptItem]:
    """What the receipts say that a seat keeps."""
    found: dict[int, ReceiptItem] = {}
    for (data,) in seat.query("SELECT statement FROM receipt WHERE channel = ? ORDER BY through DESC", channel):
        statement: dict[str, Any] = json.loads(data)["statement"]
        for item in statement["items"]:
            found[item["sequence"]] = ReceiptItem(**item)
    return found
