"""Agreeing: propose, accept, decline; and what the counterpart says of the same, as it comes in.

All of it travels in the party channel, as do amendments (`flow.amend`) and endings (`flow.ending`). Every step
writes the agreement's row and the message in the caller's transaction. What a counterpart may do to an agreement is
decided by `core.agreement`'s table, never here.
"""

from datetime import timedelta

import msgspec

from backchannel.core.agreement import Event, State, advance
from backchannel.core.terms import Terms, from_canonical, terms_id
from backchannel.errors import NotAgreed, WrongState
from backchannel.flow.amend import accept_amendment, drop_amendment, on_amendment_dropped
from backchannel.flow.ending import closed
from backchannel.flow.hearing import Arrival, Hearing, note_of
from backchannel.flow.ledger import enter_agreement
from backchannel.flow.parties import Peer, Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.post import tell
from backchannel.flow.record import (
    Secrets,
    Signed,
    draft,
    find,
    offer_of,
    secrets_of,
    signed_of,
    state_now,
    with_peer,
)
from backchannel.protocol import message
from backchannel.protocol.crypto import Share, Signatures, decapsulate, encapsulate
from backchannel.protocol.handshake import Ends, agreement_channel
from backchannel.protocol.keys import FormerKeys, PrivateKeys
from backchannel.protocol.signing import sign_terms, verify_terms

MOST_PROPOSALS = 100
"""Proposals kept of one counterpart that wait, or came to nothing within `PROPOSALS_WINDOW`."""
PROPOSALS_WINDOW = timedelta(days=30)

_CAME_TO_NOTHING = frozenset({State.DECLINED, State.WITHDRAWN})

# --- what we do ------------------------------------------------------------------------------------------------


def propose(tx: Transaction, standing: Standing, peer: Peer, terms: Terms) -> AgreementRow:
    """Sign terms and offer them.

    Raises:
        WrongState: the very same terms were proposed before.
    """
    row = draft(tx, standing, peer, terms)
    share = encapsulate(peer.card.keys)
    signatures = sign_terms(standing.us.private, row.terms)
    row = msgspec.structs.replace(
        row,
        state=advance(State.DRAFT, Event.PROPOSE),
        signatures=msgspec.json.encode(Signed({standing.us.key: signatures})),
        secrets=msgspec.json.encode(Secrets(proposer=share)),
    )
    tx.agreements.put(row)
    document = msgspec.Raw(row.terms)
    tell(tx, standing, peer, message.Proposal(document, signatures, share.ciphertext, peer.card.generation))
    return row


def accept(tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow) -> AgreementRow:
    """Sign the counterpart's proposal, or its amendment that waits.

    Raises:
        WrongState: nothing of theirs waits for us, or it is over.
    """
    offer = offer_of(row)
    if offer is not None:
        return accept_amendment(tx, standing, peer, row, offer)
    state = advance(state_now(row, standing.now), Event.ACCEPT)
    share = encapsulate(peer.card.keys)
    signatures = sign_terms(standing.us.private, row.terms)
    ours = standing.us.private
    row = _concluded(row, standing, peer, state, ours, share, standing.us.key, signatures)
    tx.agreements.put(row)
    enter_agreement(tx, standing.us, row, row.version)
    accepted = message.Acceptance(row.id, row.version, signatures, share.ciphertext, peer.card.generation)
    tell(tx, standing, peer, accepted)
    return row


def decline(tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow) -> AgreementRow:
    """Decline the counterpart's proposal or amendment, or withdraw our own.

    Raises:
        WrongState: nothing waits that could be declined.
    """
    offer = offer_of(row)
    if offer is not None:
        return drop_amendment(tx, standing, peer, row, offer)
    event = Event.WITHDRAW if row.proposed_by_us else Event.DECLINE
    row = closed(tx, standing, row, advance(state_now(row, standing.now), event))
    tell(tx, standing, peer, message.Decline(row.id, row.version))
    return row


# --- what they do ----------------------------------------------------------------------------------------------


def on_proposal(hearing: Hearing, said: message.Proposal) -> Arrival:
    """A proposal came in: keep it for the officer.

    Raises:
        BadTerms, NotAgreed, BadSignature, BadEnvelope: it cannot be what the counterpart may propose to us.
    """
    tx, standing, peer = hearing.tx, hearing.standing, hearing.peer
    document = bytes(said.terms)
    terms = from_canonical(document)
    if (terms.parties.proposer, terms.parties.accepter) != (peer.key, standing.us.key):
        raise NotAgreed("the proposal names other parties than its sender and us")
    verify_terms(peer.card.keys, document, said.signatures)
    identifier = terms_id(document)
    if find(tx, identifier) is not None:
        raise NotAgreed(f"agreement {identifier[:12]} was proposed before")
    _check_not_flooding(tx, standing, peer)
    share = decapsulate(_keys_of(standing, said.generation), said.kem)
    tx.agreements.put(
        AgreementRow(
            id=identifier,
            version=identifier,
            party=peer.key,
            state=advance(State.DRAFT, Event.PROPOSED),
            title=terms.title,
            terms=document,
            proposed_by_us=False,
            signatures=msgspec.json.encode(Signed({peer.key: said.signatures})),
            updated_at=standing.now,
            secrets=msgspec.json.encode(Secrets(proposer=share)),
        )
    )
    return Arrival()


def _check_not_flooding(tx: Transaction, standing: Standing, peer: Peer) -> None:
    """One that proposes without end, and withdraws again, would fill the store and bury what matters."""
    recent = standing.now - PROPOSALS_WINDOW
    idle = sum(
        row.party == peer.key
        and not row.proposed_by_us
        and (row.state == State.PROPOSED or (row.state in _CAME_TO_NOTHING and row.updated_at > recent))
        for row in tx.agreements.all()
    )
    if idle >= MOST_PROPOSALS:
        raise NotAgreed(f"{idle} of the counterpart's proposals wait or came to nothing lately; more are not kept")


def on_acceptance(hearing: Hearing, said: message.Acceptance) -> Arrival:
    """Our proposal was accepted: the agreement is in force."""
    tx, standing, peer = hearing.tx, hearing.standing, hearing.peer
    row = with_peer(tx, peer, said.agreement)
    state = advance(state_now(row, standing.now), Event.ACCEPTED)
    if said.version != row.version:
        raise NotAgreed(f"the acceptance of {row.id[:12]} is for other terms than ours")
    verify_terms(peer.card.keys, row.terms, said.signatures)
    ours = _keys_of(standing, said.generation)
    share = decapsulate(ours, said.kem)
    row = _concluded(row, standing, peer, state, ours, share, peer.key, said.signatures)
    tx.agreements.put(row)
    enter_agreement(tx, standing.us, row, row.version)
    return note_of(peer, "accepted", row)


def on_decline(hearing: Hearing, said: message.Decline) -> Arrival:
    """Our proposal or amendment was declined, or theirs withdrawn."""
    tx, standing, peer = hearing.tx, hearing.standing, hearing.peer
    row = with_peer(tx, peer, said.agreement)
    event = Event.DECLINED if row.proposed_by_us else Event.WITHDRAWN
    state = state_now(row, standing.now)
    if said.version == row.id:
        closed(tx, standing, row, advance(state, event))
        return note_of(peer, "declined" if row.proposed_by_us else "withdrew", row)
    advance(state, Event.AMEND)
    on_amendment_dropped(tx, standing, peer, row, said.version)
    return note_of(peer, "declined or withdrew new terms for", row)


def _keys_of(standing: Standing, generation: int) -> PrivateKeys | FormerKeys:
    """Our keys that the counterpart had when it wrote.

    Raises:
        NotAgreed: they are destroyed.
    """
    keys = standing.us.private.of_generation(generation)
    if keys is None:
        raise NotAgreed(f"it was made for our keys number {generation}, which are destroyed; it must be said again")
    return keys


def _concluded(
    row: AgreementRow,
    standing: Standing,
    peer: Peer,
    state: State,
    ours: PrivateKeys | FormerKeys,
    share: Share,
    signer: str,
    signatures: Signatures,
) -> AgreementRow:
    """The row with the accepter's share and signature: both ends derive the channel's secrets from the same two."""
    proposer = secrets_of(row).proposer
    if proposer is None:
        raise WrongState(f"agreement {row.id[:12]} has no share of its proposer")
    ends = Ends(standing.us.key, peer.key)
    channel = agreement_channel(ours, peer.card.keys, row.id, proposer=proposer, accepter=share, ends=ends)
    return msgspec.structs.replace(
        row,
        state=state,
        signatures=msgspec.json.encode(Signed({**signed_of(row).by, signer: signatures})),
        secrets=msgspec.json.encode(Secrets(proposer, share, channel)),
        updated_at=standing.now,
    )
