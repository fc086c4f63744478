"""Agreeing: propose, accept, decline, amend, end; and what the counterpart says of the same, as it comes in.

All of it travels in the party channel. Every step writes the agreement's row and the message in the caller's
transaction. What a counterpart may do to an agreement is decided by `core.agreement`'s table, never here.
"""

import msgspec

from backchannel.core.agreement import Change, Event, State, advance, compare
from backchannel.core.stix import format_timestamp
from backchannel.core.terms import Terms, canonical, from_canonical, terms_id
from backchannel.errors import BadTerms, NotAgreed, WrongState
from backchannel.flow.outbound import Standing
from backchannel.flow.parties import Peer, Us
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.post import post
from backchannel.protocol import message
from backchannel.protocol.crypto import Share, Signatures, decapsulate, encapsulate
from backchannel.protocol.handshake import ChannelSecrets, agreement_channel, party_channel
from backchannel.protocol.signing import sign_ending, sign_terms, verify_ending, verify_terms


class Secrets(msgspec.Struct, frozen=True):
    """What the handshake leaves with each end: both shares, and the channel's secrets once both are known."""

    proposer: Share | None = None
    accepter: Share | None = None
    channel: ChannelSecrets | None = None


class Pending(msgspec.Struct, frozen=True):
    """An amendment that waits for the second signature."""

    terms: msgspec.Raw
    ours: bool
    signatures: Signatures


# --- what we do ------------------------------------------------------------------------------------------------


def propose(tx: Transaction, standing: Standing, peer: Peer, terms: Terms) -> AgreementRow:
    """Sign terms and offer them.

    Raises:
        WrongState: the very same terms were proposed before.
    """
    document = canonical(terms)
    identifier = terms_id(document)
    if _find(tx, identifier) is not None:
        raise WrongState(f"the same terms were proposed before, as {identifier[:12]}")
    share = encapsulate(peer.card.keys)
    signatures = sign_terms(standing.us.private, document)
    row = AgreementRow(
        id=identifier,
        version=identifier,
        party=peer.key,
        state=State.OFFERED,
        title=terms.title,
        terms=document,
        proposed_by_us=True,
        signatures=_signed({}, standing.us.key, signatures),
        updated_at=standing.now,
        secrets=msgspec.json.encode(Secrets(proposer=share)),
    )
    tx.agreements.put(row)
    _tell(tx, standing, peer, message.Proposal(msgspec.Raw(document), signatures, share.ciphertext))
    return row


def accept(tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow) -> AgreementRow:
    """Sign the counterpart's proposal, or its pending amendment."""
    if row.pending is not None:
        return _accept_amendment(tx, standing, peer, row)
    state = advance(State(row.state), Event.ACCEPT)
    share = encapsulate(peer.card.keys)
    signatures = sign_terms(standing.us.private, row.terms)
    secrets = _secrets(row)
    if secrets.proposer is None:
        raise WrongState(f"agreement {row.id[:12]} is not the counterpart's proposal")
    channel = agreement_channel(
        standing.us.private, peer.card.keys, row.id, proposer=secrets.proposer, accepter=share
    )
    row = msgspec.structs.replace(
        row,
        state=state,
        signatures=_signed(_signatures(row), standing.us.key, signatures),
        secrets=msgspec.json.encode(Secrets(secrets.proposer, share, channel)),
        updated_at=standing.now,
    )
    tx.agreements.put(row)
    _tell(tx, standing, peer, message.Acceptance(row.id, row.version, signatures, share.ciphertext))
    return row


def decline(tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow) -> AgreementRow:
    """Decline the counterpart's proposal or amendment, or withdraw our own."""
    if row.pending is not None:
        pending = _pending(row)
        version = terms_id(bytes(pending.terms))
        row = msgspec.structs.replace(row, pending=None, updated_at=standing.now)
    else:
        event = Event.WITHDRAW if row.proposed_by_us else Event.DECLINE
        version = row.version
        row = msgspec.structs.replace(row, state=advance(State(row.state), event), updated_at=standing.now)
    tx.agreements.put(row)
    _tell(tx, standing, peer, message.Decline(row.id, version))
    return row


def end(tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow) -> AgreementRow:
    """End an agreement in force, at once and for good."""
    at = format_timestamp(standing.now)
    row = msgspec.structs.replace(
        row, state=advance(State(row.state), Event.END), pending=None, updated_at=standing.now
    )
    tx.agreements.put(row)
    _tell(tx, standing, peer, message.Ending(row.id, at, sign_ending(standing.us.private, row.id, at)))
    return row


def amend(
    tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow, terms: Terms
) -> tuple[AgreementRow, Change]:
    """Sign the next version of an agreement's terms. What only narrows is in force at once."""
    advance(State(row.state), Event.AMEND)
    change = compare(from_canonical(row.terms), terms)
    if not change.narrowed and not change.widened:
        raise BadTerms("the new terms say the same as those in force")
    document = canonical(terms)
    signatures = sign_terms(standing.us.private, document)
    row = _amended(row, standing, document, signatures, ours=True, by=standing.us, narrows=not change.widened)
    tx.agreements.put(row)
    _tell(tx, standing, peer, message.Amendment(row.id, msgspec.Raw(document), signatures))
    return row, change


# --- what they do ----------------------------------------------------------------------------------------------


def on_proposal(tx: Transaction, standing: Standing, peer: Peer, said: message.Proposal) -> None:
    """A proposal came in: keep it for the officer.

    Raises:
        BadTerms, NotAgreed, BadSignature, BadEnvelope: it cannot be what the counterpart may propose to us.
    """
    document = bytes(said.terms)
    terms = from_canonical(document)
    if (terms.parties.proposer, terms.parties.accepter) != (peer.key, standing.us.key):
        raise NotAgreed("the proposal names other parties than its sender and us")
    verify_terms(peer.card.keys, document, said.signatures)
    identifier = terms_id(document)
    if _find(tx, identifier) is not None:
        raise NotAgreed(f"agreement {identifier[:12]} was proposed before")
    share = decapsulate(standing.us.private, said.kem)
    tx.agreements.put(
        AgreementRow(
            id=identifier,
            version=identifier,
            party=peer.key,
            state=State.PROPOSED,
            title=terms.title,
            terms=document,
            proposed_by_us=False,
            signatures=_signed({}, peer.key, said.signatures),
            updated_at=standing.now,
            secrets=msgspec.json.encode(Secrets(proposer=share)),
        )
    )


def on_acceptance(tx: Transaction, standing: Standing, peer: Peer, said: message.Acceptance) -> None:
    """Our proposal was accepted: the agreement is in force."""
    row = _theirs(tx, peer, said.agreement)
    state = advance(State(row.state), Event.ACCEPTED)
    verify_terms(peer.card.keys, row.terms, said.signatures)
    secrets = _secrets(row)
    if said.version != row.version or secrets.proposer is None:
        raise NotAgreed(f"the acceptance of {row.id[:12]} is for other terms than ours")
    share = decapsulate(standing.us.private, said.kem)
    channel = agreement_channel(
        standing.us.private, peer.card.keys, row.id, proposer=secrets.proposer, accepter=share
    )
    tx.agreements.put(
        msgspec.structs.replace(
            row,
            state=state,
            signatures=_signed(_signatures(row), peer.key, said.signatures),
            secrets=msgspec.json.encode(Secrets(secrets.proposer, share, channel)),
            updated_at=standing.now,
        )
    )


def on_decline(tx: Transaction, standing: Standing, peer: Peer, said: message.Decline) -> None:
    """Our proposal or amendment was declined, or theirs withdrawn."""
    row = _theirs(tx, peer, said.agreement)
    if row.pending is not None and terms_id(bytes(_pending(row).terms)) == said.version:
        row = msgspec.structs.replace(row, pending=None, updated_at=standing.now)
    else:
        event = Event.DECLINED if row.proposed_by_us else Event.WITHDRAWN
        row = msgspec.structs.replace(row, state=advance(State(row.state), event), updated_at=standing.now)
    tx.agreements.put(row)


def on_ending(tx: Transaction, standing: Standing, peer: Peer, said: message.Ending) -> None:
    """The counterpart ended an agreement."""
    row = _theirs(tx, peer, said.agreement)
    verify_ending(peer.card.keys, said.agreement, said.at, said.signatures)
    if State(row.state) is State.ENDED:
        return
    tx.agreements.put(
        msgspec.structs.replace(
            row, state=advance(State(row.state), Event.ENDED), pending=None, updated_at=standing.now
        )
    )


def on_amendment(tx: Transaction, standing: Standing, peer: Peer, said: message.Amendment) -> None:
    """New terms came in: in force where they only narrow, else kept for the officer."""
    row = _theirs(tx, peer, said.agreement)
    advance(State(row.state), Event.AMEND)
    document = bytes(said.terms)
    terms, current = from_canonical(document), from_canonical(row.terms)
    verify_terms(peer.card.keys, document, said.signatures)
    if terms.predecessor != row.version or terms.parties != current.parties:
        raise NotAgreed(f"the amendment of {row.id[:12]} does not follow the version in force")
    narrows = not compare(current, terms).widened
    tx.agreements.put(_amended(row, standing, document, said.signatures, ours=False, by=peer, narrows=narrows))


def on_amendment_acceptance(
    tx: Transaction, standing: Standing, peer: Peer, said: message.AmendmentAcceptance
) -> None:
    """Our widening amendment was accepted."""
    row = _theirs(tx, peer, said.agreement)
    pending = _pending(row) if row.pending is not None else None
    if pending is None or not pending.ours or terms_id(bytes(pending.terms)) != said.version:
        raise NotAgreed(f"the acceptance for {row.id[:12]} is for no amendment of ours that waits")
    verify_terms(peer.card.keys, bytes(pending.terms), said.signatures)
    both = {standing.us.key: pending.signatures, peer.key: said.signatures}
    tx.agreements.put(_in_force(row, standing, bytes(pending.terms), both))


# --- the pieces ------------------------------------------------------------------------------------------------


def channel_secrets(row: AgreementRow) -> ChannelSecrets | None:
    """The secrets of an agreement's channel, once it was accepted."""
    return _secrets(row).channel


def _accept_amendment(tx: Transaction, standing: Standing, peer: Peer, row: AgreementRow) -> AgreementRow:
    pending = _pending(row)
    if pending.ours:
        raise WrongState(f"the amendment of {row.id[:12]} is ours; it waits for the counterpart's signature")
    document = bytes(pending.terms)
    signatures = sign_terms(standing.us.private, document)
    row = _in_force(row, standing, document, {peer.key: pending.signatures, standing.us.key: signatures})
    tx.agreements.put(row)
    _tell(tx, standing, peer, message.AmendmentAcceptance(row.id, row.version, signatures))
    return row


def _amended(
    row: AgreementRow,
    standing: Standing,
    document: bytes,
    signatures: Signatures,
    *,
    ours: bool,
    by: Us | Peer,
    narrows: bool,
) -> AgreementRow:
    if narrows:
        return _in_force(row, standing, document, {by.key: signatures})
    pending = Pending(msgspec.Raw(document), ours, signatures)
    return msgspec.structs.replace(row, pending=msgspec.json.encode(pending), updated_at=standing.now)


def _in_force(
    row: AgreementRow, standing: Standing, document: bytes, signatures: dict[str, Signatures]
) -> AgreementRow:
    """The row with a new version of the terms in force."""
    return msgspec.structs.replace(
        row,
        version=terms_id(document),
        title=from_canonical(document).title,
        terms=document,
        signatures=msgspec.json.encode(signatures),
        pending=None,
        updated_at=standing.now,
    )


def _tell(tx: Transaction, standing: Standing, peer: Peer, said: message.AnyMessage) -> None:
    post(tx, standing.us, peer, party_channel(standing.us.key, peer.key), [said])


def _find(tx: Transaction, identifier: str) -> AgreementRow | None:
    return next((row for row in tx.agreements.all() if row.id == identifier), None)


def _theirs(tx: Transaction, peer: Peer, identifier: str) -> AgreementRow:
    """The agreement of that id with this counterpart; another's is as if it did not exist."""
    row = _find(tx, identifier)
    if row is None or row.party != peer.key:
        raise NotAgreed(f"there is no agreement {identifier[:12]} with this counterpart")
    return row


def _secrets(row: AgreementRow) -> Secrets:
    return msgspec.json.decode(row.secrets, type=Secrets) if row.secrets else Secrets()


def _pending(row: AgreementRow) -> Pending:
    return msgspec.json.decode(row.pending or b"null", type=Pending)


def _signatures(row: AgreementRow) -> dict[str, Signatures]:
    return msgspec.json.decode(row.signatures, type=dict[str, Signatures])


def _signed(before: dict[str, Signatures], key: str, signatures: Signatures) -> bytes:
    return msgspec.json.encode({**before, key: signatures})


def pending_is_ours(row: AgreementRow) -> bool:
    """Did we propose the amendment that is pending? False if none is."""
    return row.pending is not None and _pending(row).ours
