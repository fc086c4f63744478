"""Ending an agreement: at once and for good, by one side alone. Nothing is sent under it from that moment on."""

import msgspec

from backchannel.core.agreement import Event, State, advance
from backchannel.core.stix import format_timestamp
from backchannel.flow.hearing import Arrival, Hearing, note_of
from backchannel.flow.ledger import ending_hash, enter_agreement
from backchannel.flow.parties import Peer, Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.post import tell
from backchannel.flow.record import state_now, with_peer
from backchannel.flow.retract import take_back
from backchannel.protocol import message
from backchannel.protocol.signing import sign_ending, verify_ending

OVER = frozenset({State.ENDED, State.EXPIRED})


def end(tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow) -> AgreementRow:
    """End an agreement in force, and tell the counterpart.

    Raises:
        WrongState: it is not in force.
    """
    at = format_timestamp(standing.now)
    row = closed(tx, standing, row, advance(state_now(row, standing.now), Event.END))
    tell(tx, standing, peer, message.Ending(row.id, at, sign_ending(standing.us.private, row.id, at)))
    enter_agreement(tx, standing.us, row, ending_hash(row.id, at))
    return row


def on_ending(hearing: Hearing, said: message.Ending) -> Arrival:
    """The counterpart ended an agreement. One that is over is over: both may end it at the same time."""
    tx, standing, peer = hearing.tx, hearing.standing, hearing.peer
    row = with_peer(tx, peer, said.agreement)
    verify_ending(peer.card.keys, said.agreement, said.at, said.signatures)
    if state_now(row, standing.now) in OVER:
        return Arrival()
    closed(tx, standing, row, advance(State(row.state), Event.ENDED))
    enter_agreement(tx, standing.us, row, ending_hash(said.agreement, said.at))
    return note_of(peer, "ended", row)


def closed(tx: Transaction, standing: Standing, row: AgreementRow, state: State) -> AgreementRow:
    """The agreement in a final state: nothing waits, and what was sealed but has not left is taken back."""
    row = msgspec.structs.replace(row, state=state, pending=None, updated_at=standing.now)
    tx.agreements.put(row)
    take_back(tx, row.id, row.party)
    return row
