"""What two parties derive without asking anybody: channel ids, mailbox tokens, and keys for a later mode.

- The **party channel** exists as soon as both enrolled each other's card. Its id is a hash of both party
  keys; its mailbox tokens come from the static X25519 secret, so that only these two can compute them.
- An **agreement's channel** has the agreement's id. The proposer encapsulates to the accepter's ML-KEM key
  (the ciphertext travels in the proposal), the accepter to the proposer's (in the acceptance); both secrets
  and the static X25519 secret are needed for its tokens and keys.

Rules: every derivation is bound to both party keys, the purpose and the direction, so that no two give the
same bytes. Mailboxes rotate with the recipient's sealing epoch: a sender writes to the mailbox of the epoch
on the card it holds, a recipient looks into those of every epoch it can still open.
Source: HKDF, RFC 5869. The authentication keys (`mac`) are derived and kept; nothing uses them yet.
"""

import hashlib
from typing import NamedTuple, Self

import msgspec

from backchannel.core.identity import PublicKeys, party_key
from backchannel.protocol.crypto import Share, hkdf, hmac_sha256, own_party_key, x25519_secret
from backchannel.protocol.keys import FormerKeys, PrivateKeys


class Ends(NamedTuple):
    """The party keys of both ends of a channel. They stay when a party replaces its keys, and so cannot always be
    told from the keys that a secret is derived from."""

    us: str
    them: str

    @classmethod
    def of(cls, private: PrivateKeys, theirs: PublicKeys) -> Self:
        """The ends if the counterpart has its first keys."""
        return cls(own_party_key(private), party_key(theirs))


class DirectionSecrets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secrets of one direction of a channel: keys of 32 bytes each."""

    mailbox: bytes
    mac: bytes

    def __repr__(self) -> str:
        return "DirectionSecrets(…)"

    def token(self, epoch: int) -> bytes:
        """The token (32 bytes) of this direction's mailbox while the recipient's sealing epoch is `epoch`."""
        return hmac_sha256(self.mailbox, b"backchannel/1 mailbox\0" + epoch.to_bytes(8, "big"))


class ChannelSecrets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one end of a channel needs to be carried: `send` is what we write to, `receive` what we read."""

    channel: str
    send: DirectionSecrets
    receive: DirectionSecrets


def party_channel(ours: str, theirs: str) -> str:
    """The id of the party channel between two party keys, the same from both ends (64 hex digits)."""
    first, second = sorted((ours, theirs))
    return hashlib.sha256(f"backchannel/1 party channel\0{first}{second}".encode("ascii")).hexdigest()


def introduction(private: PrivateKeys | FormerKeys, theirs: PublicKeys, ends: Ends | None = None) -> ChannelSecrets:
    """The party channel's secrets, from two enrolled cards alone: one pair of keys gives one set of secrets.

    `ends` must be given where either party has replaced keys.

    Raises:
        BadCard: their X25519 key has low order.
    """
    ends = ends or _ends(private, theirs)
    return _derive(x25519_secret(private, theirs), party_channel(*ends), ends, salt=b"introduction")


def agreement_channel(
    private: PrivateKeys | FormerKeys,
    theirs: PublicKeys,
    agreement: str,
    *,
    proposer: Share,
    accepter: Share,
    ends: Ends | None = None,
) -> ChannelSecrets:
    """The secrets of an agreement's channel, the same from both ends.

    `proposer` is the share that the proposer encapsulated, `accepter` the accepter's: each end made one of
    them with `crypto.encapsulate` and got the other with `crypto.decapsulate`. `ends` as in `introduction`.

    Raises:
        BadCard: their X25519 key has low order.
    """
    secret = proposer.secret + accepter.secret + x25519_secret(private, theirs)
    salt = b"agreement" + hashlib.sha256(proposer.ciphertext + accepter.ciphertext).digest()
    return _derive(secret, agreement, ends or _ends(private, theirs), salt=salt)


def _ends(private: PrivateKeys | FormerKeys, theirs: PublicKeys) -> Ends:
    if isinstance(private, FormerKeys):
        raise ValueError("keys of a former generation do not say whose they are")
    return Ends.of(private, theirs)


def _derive(secret: bytes, channel: str, ends: Ends, *, salt: bytes) -> ChannelSecrets:
    ours, theirs = ends

    def direction(sender: str, recipient: str) -> DirectionSecrets:
        def key(purpose: str) -> bytes:
            info = f"backchannel/1 {purpose}\0{channel}{sender}{recipient}".encode("ascii")
            return hkdf(secret, salt=salt, info=info)

        return DirectionSecrets(mailbox=key("mailbox"), mac=key("mac"))

    return ChannelSecrets(channel, send=direction(ours, theirs), receive=direction(theirs, ours))
