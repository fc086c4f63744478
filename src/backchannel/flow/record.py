"""What is kept of an agreement: its row and the sealed parts in it.

A version of terms is in force on this node as soon as this node may act on it, which can be before the counterpart
knows: a narrowing of ours, an amendment that we accepted. `Signed.line` keeps the versions before it until the
counterpart is known to have followed, since what it sends meanwhile follows one of those.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

import msgspec

from backchannel.core.agreement import State, state_at
from backchannel.core.terms import Terms, canonical, from_canonical, terms_id
from backchannel.errors import NotAgreed, WrongState
from backchannel.flow.parties import Counterpart, Peer, Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.protocol.crypto import Share, Signatures
from backchannel.protocol.handshake import ChannelSecrets


class Secrets(msgspec.Struct, frozen=True):
    """What the handshake leaves with each end: both shares, and the channel's secrets once both are known."""

    proposer: Share | None = None
    accepter: Share | None = None
    channel: ChannelSecrets | None = None


class Offer(msgspec.Struct, frozen=True):
    """An amendment that waits for the second signature. Ours left as envelope `said` of the party channel."""

    terms: msgspec.Raw
    ours: bool
    signatures: Signatures
    said: int = 0

    @property
    def version(self) -> str:
        """The id that these terms would have in force."""
        return terms_id(bytes(self.terms))


class Version(msgspec.Struct, frozen=True):
    """Terms, and who signed them: signatures by party key. `taken_up` and `said` as in `Signed`."""

    terms: msgspec.Raw
    by: dict[str, Signatures]
    taken_up: int = 0
    said: int = 0

    @property
    def id(self) -> str:
        """The id of this version."""
        return terms_id(bytes(self.terms))


class Signed(msgspec.Struct, frozen=True):
    """Who signed the version in force, and what of it the counterpart may not know yet. Nobody signed one that is
    made of narrowings that crossed; those stand in `line`.

    `line` are the versions, oldest first, that the counterpart may still follow. `taken_up` is the envelope of the
    party channel that told it that we signed its offer: until that has arrived it may withdraw, and then our own
    offer of that time, `lapsed`, waits again. 0 stands for a version that is not its offer, or that it is known to
    know. `withdrawn` are offers of ours that followed this version, each with the envelope that took it back. `said`
    is the envelope that told it of this version, if that is a narrowing of ours.
    """

    by: dict[str, Signatures]
    line: tuple[Version, ...] = ()
    taken_up: int = 0
    lapsed: Offer | None = None
    withdrawn: dict[str, int] = {}
    said: int = 0


def find(tx: Transaction, identifier: str) -> AgreementRow | None:
    """The agreement of that id, with whomever."""
    return tx.agreements.get(identifier)


def draft(tx: Transaction, standing: Standing, them: Counterpart, terms: Terms) -> AgreementRow:
    """Terms of ours as the row of an agreement, before anybody signed them.

    Raises:
        WrongState: the very same terms were proposed before.
    """
    document = canonical(terms)
    identifier = terms_id(document)
    if find(tx, identifier) is not None:
        raise WrongState(f"the same terms were proposed before, as {identifier[:12]}")
    return AgreementRow(
        id=identifier,
        version=identifier,
        party=them.key,
        state=State.DRAFT,
        title=terms.title,
        terms=document,
        proposed_by_us=True,
        signatures=msgspec.json.encode(Signed({})),
        updated_at=standing.now,
    )


def with_peer(tx: Transaction, peer: Peer, identifier: str) -> AgreementRow:
    """The agreement of that id with this counterpart; another's is as if it did not exist.

    Raises:
        NotAgreed: there is none.
    """
    row = find(tx, identifier)
    if row is None or row.party != peer.key:
        raise NotAgreed(f"there is no agreement {identifier[:12]} with this counterpart")
    return row


def state_now(row: AgreementRow, now: datetime) -> State:
    """The state of an agreement at a time."""
    return state_at(State(row.state), terms_of(row), now)


def terms_of(row: AgreementRow) -> Terms:
    """The terms in force, or proposed."""
    return _kept_terms(row.terms)


@lru_cache(maxsize=128)
def _kept_terms(document: bytes) -> Terms:
    """Terms that were checked when they came: they are read again with every step of every agreement."""
    return from_canonical(document)


def offers_of(row: AgreementRow) -> dict[bool, Offer]:
    """The amendments that were offered, ours under True and theirs under False."""
    offers = msgspec.json.decode(row.pending or b"[]", type=list[Offer])
    return {offer.ours: offer for offer in offers}


def offer_of(row: AgreementRow) -> Offer | None:
    """The amendment that waits for an answer. Where two crossed it is the one with the lesser id, on both nodes; the
    other one waits behind it."""
    return min(offers_of(row).values(), key=lambda offer: offer.version, default=None)


def with_offers(row: AgreementRow, offers: Iterable[Offer], now: datetime) -> AgreementRow:
    """The row with these amendments waiting."""
    waiting = list(offers)
    return msgspec.structs.replace(row, pending=msgspec.json.encode(waiting) if waiting else None, updated_at=now)


def follow(row: AgreementRow, standing: Standing, document: bytes, signed: Signed) -> AgreementRow:
    """The row with another version of the terms in force; what waited followed the one before, and lapses."""
    return msgspec.structs.replace(
        row,
        version=terms_id(document),
        title=from_canonical(document).title,
        terms=document,
        signatures=msgspec.json.encode(signed),
        pending=None,
        updated_at=standing.now,
    )


def signed_of(row: AgreementRow) -> Signed:
    """Who signed what."""
    return msgspec.json.decode(row.signatures, type=Signed)


def secrets_of(row: AgreementRow) -> Secrets:
    """The handshake's secrets so far."""
    return msgspec.json.decode(row.secrets, type=Secrets) if row.secrets else Secrets()


def channel_secrets(row: AgreementRow) -> ChannelSecrets | None:
    """The secrets of an agreement's channel, once it was accepted."""
    return secrets_of(row).channel


def is_signed(tx: Transaction, channel: str) -> bool:
    """Whether what is said in a channel is signed and entered in the ledger."""
    row = find(tx, channel)
    return row is None or is_on_record(row)


def is_on_record(row: AgreementRow) -> bool:
    """Whether what is said under an agreement is signed and entered in the ledger."""
    return terms_of(row).record.mode == "on"
