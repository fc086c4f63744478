"""Witnessing: each party shows its counterparts checkpoints of its ledger, and cosigns theirs.

A checkpoint travels in the party channel, in a pass in which something else was said or heard on the record; a
cosignature with the next pass, if need be alone. So what nobody answers ends after three envelopes. A witness sees
sizes and roots, and no entry.

What a witness holds is stored as the checkpoint arrives; the cosignature is made in a later transaction, from what is
stored.
"""

from datetime import datetime

import msgspec

from backchannel.core.stix_json import MAX_INTEGER
from backchannel.errors import BadNote, BadProof, Equivocation, StaleCheckpoint
from backchannel.flow.hearing import Arrival, Hearing
from backchannel.flow.parties import Peer, Standing, Us
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_ledger import OwnCheckpoint
from backchannel.flow.post import tell
from backchannel.protocol import message
from backchannel.protocol.checkpoints import (
    Checkpoint,
    Witnessed,
    cosign,
    cosignatures,
    sign_checkpoint,
    witness,
)
from backchannel.protocol.ledger_keys import log_keys, log_signers, origin, witness_keys, witness_signers
from backchannel.protocol.merkle import root_at
from backchannel.protocol.merkle_proof import prove_consistency
from backchannel.protocol.notes import parse_note, parse_signatures, with_signatures
from backchannel.protocol.tree_head import TreeHead, parse_tree_head

MOST_ACCUSATIONS = 16
"""Accusations kept of one counterpart: one proves it, and thousands would fill the disk."""

# --- our ledger ------------------------------------------------------------------------------------------------


def checkpoint_now(tx: Transaction, us: Us, now: datetime) -> OwnCheckpoint:
    """The checkpoint of our ledger as it is; signed and kept if none of this size was."""
    size = tx.ledger.size()
    made = tx.ledger.checkpoint(size)
    if made is None:
        head = TreeHead(origin(us.key), size, root_at(tx.ledger.reader(size), size))
        signed = sign_checkpoint(head, log_signers(us.private, us.key), int(now.timestamp()))
        made = OwnCheckpoint(size, head.root, signed.note, now)
        tx.ledger.put_checkpoint(made)
    return made


def has_news(tx: Transaction, party: str) -> None:
    """Note that something was said to a counterpart, or heard from it, on the record: it will be shown our ledger."""
    row = tx.ledger.witnessing(party)
    if not row.news:
        tx.ledger.put_witnessing(msgspec.structs.replace(row, news=True))


def show(tx: Transaction, standing: Standing, peer: Peer) -> bool:
    """Show a counterpart our ledger as it is, if there is news for it."""
    row = tx.ledger.witnessing(peer.key)
    size = tx.ledger.size()
    if not row.news or size <= row.shown:
        return False
    made = checkpoint_now(tx, standing.us, standing.now)
    proof = prove_consistency(tx.ledger.reader(size), row.shown, size) if row.shown else ()
    tell(tx, standing, peer, message.Checkpoint(made.note.decode(), tuple(proof)))
    tx.ledger.put_witnessing(msgspec.structs.replace(row, shown=size, news=False))
    return True


def on_cosignature(hearing: Hearing, said: message.Cosignature) -> Arrival:
    """A counterpart cosigned a checkpoint of ours.

    Raises:
        BadProof: we showed it none of that size.
        BadNote: it is not signed with all of the keys that it witnesses with.
    """
    tx, peer = hearing.tx, hearing.peer
    made = tx.ledger.checkpoint(said.size)
    row = tx.ledger.witnessing(peer.key)
    if made is None or said.size > row.shown:
        raise BadProof(f"a cosignature over a checkpoint of the size {said.size}, which it was not shown")
    keys = witness_keys(peer.card)
    # Of its lines only those in its own name: another could take the place of a signature of ours.
    names = {(key.name, key.id) for key in keys}
    lines = [one for one in parse_signatures(said.lines) if (one.name, one.key_id) in names]
    note = bytes(with_signatures(parse_note(made.note), lines))
    if {one.key for one in cosignatures(note, keys)} != set(keys):
        raise BadNote("the cosignature lacks a signature of the witness's")
    if said.size >= row.cosigned:
        tx.ledger.put_witnessing(msgspec.structs.replace(row, cosigned=said.size, cosigned_note=note))
    return Arrival()


# --- theirs ----------------------------------------------------------------------------------------------------


def on_checkpoint(hearing: Hearing, said: message.Checkpoint) -> Arrival:
    """A counterpart shows its ledger: hold what it shows, if that goes on from what we hold.

    Raises:
        Equivocation: it signed another history. The accusation is kept, whatever becomes of this message.
        BadNote, BadProof, StaleCheckpoint: it is not taken, and that is kept beside what we hold.
    """
    tx, standing, peer = hearing.tx, hearing.standing, hearing.peer
    row = tx.ledger.witnessing(peer.key)
    name, keys = origin(peer.key), log_keys(peer.card)
    last = _held(row.held_note) if row.held_note else None
    try:
        held = witness(last, said.note.encode(), name, keys, said.proof).checkpoint
        if held.head.size > MAX_INTEGER:
            # No message of ours could name it: we would try to cosign it, and fail, in every pass.
            raise BadNote(f"a checkpoint of the size {held.head.size}; a cosignature names at most 2^53-1")
    except (BadNote, BadProof, StaleCheckpoint, Equivocation) as error:
        if isinstance(error, Equivocation) and _room(tx, peer.key):
            tx.ledger.add_accusation(peer.key, error.accusation, standing.now)
        tx.ledger.put_witnessing(msgspec.structs.replace(row, problem=str(error)))
        raise
    changed = msgspec.structs.replace(
        row, held=held.head.size, held_note=held.note, held_at=standing.now, due=True, problem=""
    )
    tx.ledger.put_witnessing(changed)
    return Arrival()


def give_cosignature(tx: Transaction, standing: Standing, peer: Peer) -> bool:
    """Cosign what we hold of a counterpart's ledger, if it waits for that."""
    row = tx.ledger.witnessing(peer.key)
    if not row.due:
        return False
    us, stored = standing.us, _held(row.held_note)
    lines = cosign(stored, witness_signers(us.private, us.key), int(standing.now.timestamp()))
    tell(tx, standing, peer, message.Cosignature(row.held, "".join(f"{line}\n" for line in lines)))
    tx.ledger.put_witnessing(msgspec.structs.replace(row, due=False))
    return True


def _room(tx: Transaction, party: str) -> bool:
    return sum(one.party == party for one in tx.ledger.accusations()) < MOST_ACCUSATIONS


def _held(note: bytes) -> Witnessed:
    """What we hold, as it passed a witness's step before it was stored."""
    return Witnessed(Checkpoint(parse_tree_head(parse_note(note).text), note))
