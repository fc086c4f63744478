"""What an envelope says: messages between two parties, as one JSON array.

Rules:
- The text is exactly what `encode` writes: fields in the order of the classes, no blanks, no field twice,
  nothing unknown. A reader that finds other bytes refuses all of it.
- Released objects, markings and terms are carried byte for byte as JSON values; they are counted and measured
  here, and judged by those who know them (vetting, agreements).
- Limits come first (`bounds`), so that nothing is built from a text that could not be accepted.
- Terms are signed by their id, which is the hash of their canonical JSON.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec
import rfc8785

from backchannel.core.identity import is_sha256
from backchannel.core.stix import timestamp
from backchannel.core.stix_json import MAX_INTEGER
from backchannel.errors import BackchannelError, BadEnvelope, LimitExceeded
from backchannel.protocol.bounds import Bounds, check_bounds
from backchannel.protocol.crypto import Signatures
from backchannel.protocol.versions import CURRENT, Features

Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="message"):
    """One message. The subclasses are all there are."""


class Proposal(Message, frozen=True, tag="proposal"):
    """Propose an agreement: canonical terms, signatures over their id, a ciphertext for the accepter."""

    terms: msgspec.Raw
    signatures: Signatures
    kem: bytes


class Acceptance(Message, frozen=True, tag="acceptance"):
    """Accept a proposal: the terms' id (`version`), signatures over it, a ciphertext for the proposer."""

    agreement: str
    version: str
    signatures: Signatures
    kem: bytes


class Decline(Message, frozen=True, tag="decline"):
    """Decline a proposal or an amendment, without reasons."""

    agreement: str
    version: str


class Amendment(Message, frozen=True, tag="amendment"):
    """The next version of an agreement's terms: in force at once where it narrows, else once accepted."""

    agreement: str
    terms: msgspec.Raw
    signatures: Signatures


class AmendmentAcceptance(Message, frozen=True, tag="amendment-acceptance"):
    """Accept an amendment."""

    agreement: str
    version: str
    signatures: Signatures


class Ending(Message, frozen=True, tag="ending"):
    """End an agreement, one-sidedly and for good, at a time (STIX timestamp); see `signing.sign_ending`."""

    agreement: str
    at: str
    signatures: Signatures


class ReleasedObject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One STIX object as held or reduced by the releaser, and its effective TLP level."""

    object: msgspec.Raw
    tlp: Tlp
    reduced: bool


class Release(Message, frozen=True, tag="release"):
    """Objects released under the terms with the id `version`, and the definitions of the TLP levels they have.

    `markings` make a message complete for whoever reads it without Backchannel, an auditor for one. A receiver checks
    their number and size and reads nothing else in them: what counts is the `tlp` of each item and the object's own
    marks, whose definitions travel as items.
    """

    version: str
    items: tuple[ReleasedObject, ...]
    markings: tuple[msgspec.Raw, ...] = ()


class Receipt(Message, frozen=True, tag="receipt"):
    """We hold your envelopes of this channel up to sequence `through`, whose hash is `head`."""

    through: int
    head: str


AnyMessage = (
    Proposal
    | Acceptance
    | Decline
    | Amendment
    | AmendmentAcceptance
    | Ending
    | Release
    | Receipt
)  # fmt: skip


def encode(messages: Sequence[AnyMessage], limits: Features = CURRENT) -> bytes:
    """The body that carries these messages.

    Raises:
        BackchannelError: the messages exceed a limit that the counterpart would refuse; `batching` avoids it.
    """
    body = msgspec.json.encode(messages)
    try:
        decode(body, limits)
    except (BadEnvelope, LimitExceeded) as error:
        raise BackchannelError(f"a message of ours would be refused: {error}") from None
    return body


def decode(body: bytes, limits: Features = CURRENT) -> tuple[AnyMessage, ...]:
    """The messages of a body.

    Raises:
        LimitExceeded: too large, too deep, or too many of something.
        BadEnvelope: not the bytes that `encode` writes for any messages, or a field has an impossible value.
    """
    messages = _decode_exactly(body, limits)
    releases = [message for message in messages if isinstance(message, Release)]
    _at_most("messages", len(messages), limits.max_messages)
    _at_most("released objects", sum(len(release.items) for release in releases), limits.max_objects)
    _at_most("markings", sum(len(release.markings) for release in releases), limits.max_markings)
    for message in messages:
        _check(message, limits)
    return messages


def _decode_exactly(body: bytes, limits: Features) -> tuple[AnyMessage, ...]:
    _at_most("bytes", len(body), limits.max_body)
    bounds = Bounds(limits.max_depth, limits.max_strings, limits.max_containers)
    try:
        check_bounds(body, bounds)
        messages = msgspec.json.decode(body, type=tuple[AnyMessage, ...])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadEnvelope(f"the messages cannot be read: {error}") from None
    if msgspec.json.encode(messages) != body:
        raise BadEnvelope("the messages are not in their one form: a field twice, out of order, or blanks between")
    return messages


def _check(message: AnyMessage, limits: Features) -> None:
    match message:
        case Proposal(terms=terms):
            _check_terms(terms, limits)
        case Amendment(agreement=agreement, terms=terms):
            _check_hash("agreement", agreement)
            _check_terms(terms, limits)
        case Acceptance() | Decline() | AmendmentAcceptance():
            _check_hash("agreement", message.agreement)
            _check_hash("version", message.version)
        case Ending(agreement=agreement, at=at):
            _check_hash("agreement", agreement)
            _check_time(at)
        case Release():
            _check_release(message, limits)
        case Receipt(through=through, head=head):
            _check_hash("head", head)
            if not 1 <= through <= MAX_INTEGER:
                raise BadEnvelope(f"a receipt through sequence {through}")


def _check_release(release: Release, limits: Features) -> None:
    _check_hash("version", release.version)
    carried = [item.object for item in release.items]
    for raw in (*carried, *release.markings):
        view = memoryview(raw)
        _at_most("bytes in one object", len(view), limits.max_object)
        if view[0] != ord("{"):
            raise BadEnvelope("a released object is not a JSON object")


def _check_terms(raw: msgspec.Raw, limits: Features) -> None:
    terms = bytes(raw)
    _at_most("bytes of terms", len(terms), limits.max_terms)
    try:
        canonical = rfc8785.dumps(msgspec.json.decode(terms, type=dict))
    except (msgspec.DecodeError, rfc8785.CanonicalizationError) as error:
        raise BadEnvelope(f"the terms are not canonical JSON: {error}") from None
    if canonical != terms:
        raise BadEnvelope("the terms are not in canonical form (RFC 8785)")


def _check_time(at: str) -> None:
    try:
        timestamp(at)
    except ValueError as error:
        raise BadEnvelope(str(error)[:160]) from None


def _check_hash(field: str, value: str) -> None:
    if not is_sha256(value):
        raise BadEnvelope(f"{field} {value[:80]!r} is not a SHA-256 in hex")


def _at_most(what: str, number: int, limit: int) -> None:
    if number > limit:
        raise LimitExceeded(f"{number} {what}; the limit is {limit}")
