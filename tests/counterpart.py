"""A counterpart that misbehaves on demand: its own keys, card and channels, and any envelope it likes to make.

It keeps to the protocol as long as a test lets it (`meet`, `agree`, `release`, `fetch`), so that what arrives after
an attack is what an honest party would have sent. `forge` makes an envelope in which everything can be wrong; it
is written from the description in `protocol.envelope`, not with its code. No sockets, no second node.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import rfc8785
import zstandard

import receipts
from backchannel.carriers.folder import FolderCarrier
from backchannel.core.identity import KeyCard
from backchannel.core.stix import StixObject
from backchannel.core.terms import Handling, Parties, Quota, Scope, Terms, canonical, terms_id
from backchannel.flow.ports_carriers import Mailbox
from backchannel.flow.post import item_name
from backchannel.protocol import message
from backchannel.protocol.channel import Accepted, Channel, Direction, receive, send
from backchannel.protocol.crypto import Signatures, decapsulate, encapsulate, hmac_sha256, hpke_seal, sign
from backchannel.protocol.envelope import MAGIC, SealedEnvelope, unpack
from backchannel.protocol.handshake import ChannelSecrets, agreement_channel, introduction, party_channel
from backchannel.protocol.keys import PrivateKeys
from backchannel.protocol.message import AnyMessage, Release, ReleasedObject
from backchannel.protocol.receipt import ReceiptItem
from backchannel.protocol.signing import sign_ending, sign_terms
from backchannel.protocol.versions import CURRENT
from two_parties import NOW
from two_parties import Node as Keys

TYPES = ("indicator", "malware", "relationship", "report", "identity", "domain-name", "file", "note")


def terms_between(proposer: str, accepter: str, **changes: Any) -> Terms:
    """Terms on Predator, up to amber."""
    plain: dict[str, Any] = {
        "title": "Joint watch",
        "valid_from": NOW.replace(month=1, day=1, hour=0, minute=0),
        "valid_until": NOW.replace(year=2027, month=6, day=1, hour=0, minute=0),
        "parties": Parties(proposer, accepter),
        "scope": Scope(threats=("Predator",), types=TYPES),
        "handling": Handling(tlp_max="amber"),
        "quota": Quota(objects_per_day=200),
    }
    return Terms(**plain | changes)


class Counterpart:
    """One party, by its keys, and where it leaves its envelopes."""

    def __init__(self, keys: Keys, drop: Path) -> None:
        self.keys = keys
        self.drop = drop
        self.channels: dict[str, Channel] = {}
        self.secrets: dict[str, ChannelSecrets] = {}
        self.versions: dict[str, str] = {}

    @property
    def key(self) -> str:
        return self.keys.key

    def at(self, drop: Path) -> "Counterpart":
        """The same party with the same state at another place; what happens to one does not touch the other."""
        twin = Counterpart(self.keys, drop)
        twin.them = self.them
        twin.channels = dict(self.channels)
        twin.secrets = dict(self.secrets)
        twin.versions = dict(self.versions)
        return twin

    # --- keeping to the protocol ----------------------------------------------------------------------------

    def meet(self, them: KeyCard) -> None:
        """Enrol the node's card."""
        self.them = them
        self._open(introduction(self.keys.private, them.keys))

    @property
    def party(self) -> str:
        """The id of the party channel."""
        return party_channel(self.key, self.them.key)

    def seal(self, channel: str, *messages: AnyMessage, body: bytes | None = None) -> SealedEnvelope:
        """The next envelope of a channel; it counts as sent."""
        text = msgspec.json.encode(messages) if body is None else body
        sealed, after = send(self.channels[channel], text, self.keys.private, self.them)
        self.channels[channel] = after
        return sealed

    def say(self, channel: str, *messages: AnyMessage, body: bytes | None = None) -> SealedEnvelope:
        """Seal and carry."""
        sealed = self.seal(channel, *messages, body=body)
        self.carry(channel, sealed)
        return sealed

    def carry(self, channel: str, sealed: SealedEnvelope) -> str:
        """Leave a sealed envelope in the node's mailbox; its name there."""
        return self.put(channel, sealed.data, item_name(sealed.header.sequence, sealed.digest))

    def propose(self, terms: Terms, **wrong: Any) -> message.Proposal:
        """A signed proposal."""
        document = canonical(terms)
        share = encapsulate(self.them.keys)
        said = message.Proposal(msgspec.Raw(document), sign_terms(self.keys.private, document), share.ciphertext)
        return msgspec.structs.replace(said, **wrong)

    def accept(self, proposal: message.Proposal) -> str:
        """Accept the node's proposal; the agreement's id."""
        document = bytes(proposal.terms)
        identifier = terms_id(document)
        share = encapsulate(self.them.keys)
        theirs = decapsulate(self.keys.private, proposal.kem)
        private, keys = self.keys.private, self.them.keys
        self._open(agreement_channel(private, keys, identifier, proposer=theirs, accepter=share))
        self.versions[identifier] = identifier
        signatures = sign_terms(private, document)
        self.say(self.party, message.Acceptance(identifier, identifier, signatures, share.ciphertext))
        return identifier

    def ending(self, agreement: str, at: str = "2026-11-22T20:31:00.000Z") -> message.Ending:
        """A signed ending."""
        return message.Ending(agreement, at, sign_ending(self.keys.private, agreement, at))

    def amendment(self, agreement: str, terms: Terms) -> message.Amendment:
        """A signed amendment."""
        document = canonical(terms)
        return message.Amendment(agreement, msgspec.Raw(document), sign_terms(self.keys.private, document))

    def releasing(self, agreement: str, objects: Sequence[StixObject | bytes], tlp: message.Tlp = "amber") -> Release:
        """A release of objects, or of any JSON."""
        raws = [one if isinstance(one, bytes) else one.raw for one in objects]
        items = tuple(ReleasedObject(msgspec.Raw(raw), tlp, False) for raw in raws)
        return Release(self.versions[agreement], items)

    def release(self, agreement: str, objects: Sequence[StixObject | bytes], tlp: message.Tlp = "amber") -> None:
        """Seal and carry a release."""
        self.say(agreement, self.releasing(agreement, objects, tlp))

    def fetch(self, channel: str) -> Iterator[AnyMessage]:
        """What the node says in a channel, opened with our keys and taken out of the mailbox."""
        carrier, mailbox = FolderCarrier(self.drop), self.mailbox(channel, "send")
        for name in carrier.list_after(mailbox):
            step = receive(self.channels[channel], carrier.get(mailbox, name) or b"", self.keys.private, self.them)
            carrier.delete(mailbox, name)
            if isinstance(step, Accepted):
                self.channels[channel] = step.channel
                yield from message.decode(unpack(step.envelope))

    def receipt(self, channel: str) -> message.Receipt:
        """Our receipt for all that was fetched."""
        received = self.channels[channel].received
        return self.receipted(channel, receipts.got(received.last, received.head))

    def receipted(self, channel: str, *items: ReceiptItem) -> message.Receipt:
        """Our signed receipt for envelopes of a channel."""
        return receipts.signed(channel, self.them.key, self.key, self.keys.private, *items)

    # --- not keeping to it ----------------------------------------------------------------------------------

    def forge(
        self,
        channel: str,
        body: bytes = b"[]",
        *,
        header: dict[str, Any] | None = None,
        packed: bytes | None = None,
        private: PrivateKeys | None = None,
        signed: Callable[[Signatures], Signatures] = lambda signatures: signatures,
        padding: bytes = b"\0",
        sealed_to: KeyCard | None = None,
    ) -> bytes:
        """An envelope that would be the next of a channel, but for what is given. It does not count as sent."""
        packed = zstandard.compress(body) if packed is None else packed
        sent = self.channels[channel].sent
        bucket = max(4096, 1 << (3409 + len(packed) - 1).bit_length())
        salt = b"\5" * 32
        facts = {
            "version": 1,
            "suite": CURRENT.suite,
            "channel": channel,
            "sender": self.key,
            "recipient": self.them.key,
            "epoch": self.them.sealing.epoch,
            "sequence": sent.last + 1,
            "previous": sent.head,
            "bucket": bucket,
            "commitment": hashlib.sha256(salt + packed).hexdigest(),
        }
        said = facts | (header or {})
        header_bytes = rfc8785.dumps(said)
        lasting = rfc8785.dumps({name: value for name, value in said.items() if name != "epoch"})
        digests = hashlib.sha256(lasting).digest() + hashlib.sha256(packed).digest()
        signatures = signed(sign(private or self.keys.private, "envelope", digests))
        inner = signatures.ed25519 + signatures.mldsa65 + salt + len(packed).to_bytes(4, "big") + packed
        inner += padding * (bucket - len(inner))
        sealed = hpke_seal((sealed_to or self.them).sealing, header_bytes, inner)
        authenticated = MAGIC + len(header_bytes).to_bytes(4, "big") + header_bytes + sealed
        return authenticated + hmac_sha256(self.channels[channel].outward.mac, authenticated)

    def put(self, channel: str, data: bytes, name: str = "") -> str:
        """Leave any bytes in the node's mailbox; the name they lie under."""
        digest = hashlib.sha256(data).hexdigest()
        name = name or item_name(self.channels[channel].sent.last + 1, digest)
        FolderCarrier(self.drop).put(self.mailbox(channel, "receive"), name, data)
        return name

    def mailbox(self, channel: str, whose: str) -> Mailbox:
        """The mailbox that the node reads (`receive`) or writes to (`send`), in the node's words."""
        secrets = self.secrets[channel]
        if whose == "receive":
            return Mailbox.of(secrets.send.token(self.them.sealing.epoch))
        return Mailbox.of(secrets.receive.token(self.keys.card.sealing.epoch))

    def folder(self, channel: str, whose: str) -> Path:
        """Where that mailbox lies."""
        return self.drop / self.mailbox(channel, whose).name

    def rewind(self, channel: str, sent: Direction) -> None:
        """Forget what was sent since, as a node restored from a copy does."""
        self.channels[channel] = msgspec.structs.replace(self.channels[channel], sent=sent)

    def _open(self, secrets: ChannelSecrets) -> None:
        self.secrets[secrets.channel] = secrets
        self.channels[secrets.channel] = Channel(secrets, self.key, self.them.key)
