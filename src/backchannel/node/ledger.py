"""Our ledger, verified and shown: whole or since a size, one entry proven, and what witnesses hold.

What can be checked by a stranger (`check`, `check_accusation`) needs no node.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice, product
from pathlib import Path

import msgspec

from backchannel.core.identity import KeyCard
from backchannel.errors import BadArgument, BadNote, BadProof, NotFound, StoreBroken, UnreadableFile
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_ledger import OwnCheckpoint, Witnessing
from backchannel.flow.witness import checkpoint_now
from backchannel.node.node import Node
from backchannel.node.parties import find_party, party_names, peer_of
from backchannel.protocol.accusations import Accusation
from backchannel.protocol.card import read_card
from backchannel.protocol.checkpoints import Checkpoint, cosignatures, open_checkpoint
from backchannel.protocol.evidence import Evidence, check_accusation_file, check_evidence, write_accusation
from backchannel.protocol.handshake import party_channel
from backchannel.protocol.ledger import Entry, decode_entry
from backchannel.protocol.ledger_keys import log_keys, origin, witness_keys
from backchannel.protocol.merkle import Frontier, frontier_at, leaf_hashes, root_at
from backchannel.protocol.merkle_proof import prove_inclusion
from backchannel.protocol.proofs import prove_entry

BATCH = 65_536
"""Entries hashed at a time."""

MAX_FILE = 16 * 1024 * 1024
"""Largest file that `check` reads: far more than any proof has."""

_HASH = re.compile(r"[0-9a-f]{16,64}")


class Verified(msgspec.Struct, frozen=True):
    """Whether the ledger is what it was: its size, its root in hex, whether everything fits, the largest size that a
    counterpart cosigned, and what does not fit."""

    size: int
    root: str
    ok: bool
    witnessed_size: int
    problems: tuple[str, ...] = ()


class Shown(msgspec.Struct, frozen=True):
    """One entry: its index, kind, hashes by their names, what those of them stand for that we know (a party, an
    agreement, a channel), and the record behind one of them if it is kept."""

    index: int
    kind: str
    hashes: dict[str, str]
    known: dict[str, str]
    record: msgspec.Raw | None = None


class WitnessView(msgspec.Struct, frozen=True):
    """How a counterpart and we witness each other; sizes in entries."""

    party: str
    key: str
    shown: int
    cosigned: int
    held: int
    problem: str
    accused: bool


def verify(node: Node, since: int = 0) -> Verified:
    """Compute the ledger's root from its entries, all or those from a size on, and compare it with its tiles, with
    every checkpoint that we signed, and with those that counterparts cosigned.

    Raises:
        BadArgument: the ledger is not as large as `since`.
    """
    with node.db.read() as tx:
        size = tx.ledger.size()
        if not 0 <= since <= size:
            raise BadArgument(f"--since {since}: the ledger has {size} entries")
        witnesses = tx.ledger.witnesses()
        try:
            frontier = _grown(tx, since)
            root = frontier.root()
            problems = [*_tiles(tx, size, root), *_own(tx, node, since), *_cosigned(tx, node, witnesses)]
        except (StoreBroken, BadProof) as error:
            return Verified(size, "", False, 0, (str(error),))
        if frontier.size != size:
            problems.append(f"{frontier.size} entries are there, not {size}")
        witnessed = max((one.cosigned for one in witnesses), default=0)
    return Verified(size, root.hex(), not problems, witnessed, tuple(problems))


def show(node: Node, wanted: str) -> list[Shown]:
    """The entries that `wanted` names: an index, or at least 16 digits of the hash that they are about.

    Raises:
        NotFound: there is none.
    """
    with node.db.read() as tx:
        known = _known(tx, node)
        return [_shown(tx, index, known) for index in _indices(tx, wanted)]


def prove(node: Node, wanted: str) -> tuple[Shown, bytes]:
    """A file that proves one entry to anybody, by a checkpoint that a counterpart cosigned if there is one.

    Raises:
        NotFound: no entry is named so.
        BadArgument: several are.
    """
    with node.db.write() as tx:
        found = _indices(tx, wanted)
        if len(found) > 1:
            raise BadArgument(f"{wanted} names the entries {', '.join(map(str, found))}: give the number of one")
        (index,) = found
        size, note, cards = _best_checkpoint(tx, node, index)
        entry = tx.ledger.entry(index) or b""
        path = prove_inclusion(tx.ledger.reader(size), index, size)
        return _shown(tx, index, _known(tx, node)), prove_entry(entry, index, path, note, cards)


def witnesses(node: Node) -> list[WitnessView]:
    """Every counterpart with which anything was shown."""
    with node.db.read() as tx:
        names = party_names(tx)
        accused = {one.party for one in tx.ledger.accusations()}
        return [
            WitnessView(
                names.get(one.party, one.party[:12]),
                one.party,
                one.shown,
                one.cosigned,
                one.held,
                one.problem,
                one.party in accused,
            )
            for one in tx.ledger.witnesses()
        ]


def accuse(node: Node, name: str) -> bytes:
    """The file that accuses a counterpart of two histories.

    Raises:
        NotFound: there is nothing to accuse it of.
    """
    with node.db.read() as tx:
        party = peer_of(find_party(tx, name), "it has no ledger").party
        found = [one.document for one in tx.ledger.accusations() if one.party == party.key]
        cards = [party.card, *tx.cards.former(party.key)]
    if not found:
        raise NotFound(f"{party.name} has shown no two histories of its ledger: there is nothing to accuse it of")
    # The card of the keys that signed both: they may have been replaced since.
    for document, card in product(found, cards):
        data = write_accusation(document, card)
        with suppress(BadNote, BadProof):
            check_accusation_file(data)
            return data
    return write_accusation(found[0], party.card)


def check(path: Path) -> Evidence:
    """Check a proof file. No node is needed.

    Raises:
        UnreadableFile: there is no such file, or it is too long.
        BadProof, BadNote: it proves nothing.
    """
    return check_evidence(_read(path))


def check_accusation(path: Path) -> tuple[KeyCard, Accusation]:
    """Check an accusation. No node is needed.

    Raises:
        UnreadableFile: there is no such file, or it is too long.
        BadProof, BadNote: it accuses nobody.
    """
    return check_accusation_file(_read(path))


# --- the pieces ------------------------------------------------------------------------------------------------


def _grown(tx: Transaction, since: int) -> Frontier:
    """The right edge of the tree, from the tiles up to a size and from the entries after it."""
    frontier = frontier_at(tx.ledger.reader(since), since) if since else Frontier()
    entries = tx.ledger.entries(since)
    while batch := list(islice(entries, BATCH)):
        frontier = frontier.extended(leaf_hashes(batch))
    return frontier


def _tiles(tx: Transaction, size: int, root: bytes) -> Iterator[str]:
    if tx.ledger.hashed() != size:
        yield f"there are {size} entries, and hashes of {tx.ledger.hashed()}"
    if root_at(tx.ledger.reader(size), size) != root:
        yield "the entries are not those that the stored hashes are of"


def _own(tx: Transaction, node: Node, since: int) -> Iterator[str]:
    """Every checkpoint that we signed is one of this tree."""
    size = tx.ledger.size()
    last: OwnCheckpoint | None = None
    for one in tx.ledger.checkpoints():
        if one.size > size:
            yield f"a checkpoint of {one.size} entries was signed, more than there are"
        elif one.size > since and root_at(tx.ledger.reader(one.size), one.size) != one.root:
            yield f"the checkpoint of size {one.size} was signed with another root"
        last = one
    if last is not None:
        try:
            _opened(tx, node, last.note)
        except BadNote as error:
            yield f"the checkpoint of size {last.size}: {error}"


def _cosigned(tx: Transaction, node: Node, rows: list[Witnessing]) -> Iterator[str]:
    """What counterparts cosigned are checkpoints of this tree, and their signatures are theirs."""
    parties = {party.key: party for party in tx.agreements.parties()}
    for one in rows:
        if not one.cosigned:
            continue
        party = parties.get(one.party)
        if party is None or party.is_guest:
            continue
        try:
            head = _opened(tx, node, one.cosigned_note).head
            theirs = [peer_of(party).card, *map(read_card, tx.cards.former(party.key))]
            signed = [found for card in theirs for found in cosignatures(one.cosigned_note, witness_keys(card))]
        except BadNote as error:
            yield f"what {party.name} cosigned: {error}"
            continue
        if not signed:
            yield f"what {party.name} cosigned has no signature of it"
        if head.size > tx.ledger.size() or root_at(tx.ledger.reader(head.size), head.size) != head.root:
            yield f"{party.name} cosigned another history at size {head.size}"


def _opened(tx: Transaction, node: Node, note: bytes) -> Checkpoint:
    """A checkpoint of ours, signed with the keys of its time.

    Raises:
        BadNote: none of our keys signed it.
    """
    for own in tx.cards.owned():
        with suppress(BadNote):
            return open_checkpoint(note, origin(node.us.key), log_keys(read_card(own.card)))
    return open_checkpoint(note, origin(node.us.key), log_keys(node.us.card))


def _indices(tx: Transaction, wanted: str) -> list[int]:
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 16:
        found = [int(wanted)] if int(wanted) < tx.ledger.size() else []
    elif _HASH.fullmatch(wanted.lower()):
        candidates = tx.ledger.about(wanted.lower())
        found = [index for index in candidates if _entry(tx, index).subject.hex().startswith(wanted.lower())]
    else:
        raise BadArgument(f"{wanted!r} is neither the number of an entry nor 16 to 64 digits of a hash")
    if not found:
        raise NotFound(f"the ledger has no entry {wanted}")
    return found


def _entry(tx: Transaction, index: int) -> Entry:
    return decode_entry(tx.ledger.entry(index) or b"")


def _known(tx: Transaction, node: Node) -> dict[str, str]:
    """What ids stand for: parties, what is agreed with them, and the channel between them and us."""
    names = party_names(tx)
    agreed = {
        identifier: f"“{row.title}” with {names.get(row.party, row.party[:12])}"
        for row in tx.agreements.all()
        for identifier in (row.id, row.version)
    }
    channels = {party_channel(node.us.key, key): f"the party channel with {name}" for key, name in names.items()}
    return {**channels, **agreed, **names, node.us.key: node.us.card.name}


def _shown(tx: Transaction, index: int, known: dict[str, str]) -> Shown:
    entry = _entry(tx, index)
    record = tx.ledger.record(entry.subject)
    hashes = {name: value.hex() for name, value in entry.named.items()}
    return Shown(
        index,
        entry.kind.name.lower(),
        hashes,
        {name: known[value] for name, value in hashes.items() if value in known},
        msgspec.Raw(record) if record is not None else None,
    )


def _best_checkpoint(tx: Transaction, node: Node, index: int) -> tuple[int, bytes, list[bytes]]:
    """A checkpoint that holds an entry, with the cards that it takes to check it."""
    for one in sorted(tx.ledger.witnesses(), key=lambda one: -one.cosigned):
        party = next((party for party in tx.agreements.parties() if party.key == one.party), None)
        if one.cosigned > index and party is not None and not party.is_guest:
            return one.cosigned, one.cosigned_note, [node.card_bytes, party.card]
    made = checkpoint_now(tx, node.us, node.clock())
    return made.size, made.note, [node.card_bytes]


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}") from None
    if len(data) > MAX_FILE:
        raise UnreadableFile(f"{path} is too long for a proof or an accusation")
    return data
