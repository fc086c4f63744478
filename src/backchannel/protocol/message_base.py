"""What all messages have in common: a tag, and checks of their values.

Rules: a message says in `check` what its fields may be. It is asked for each message that is read, and for each of
our own before it leaves.
"""

import msgspec
import rfc8785

from backchannel.core.identity import is_sha256
from backchannel.core.stix import timestamp
from backchannel.errors import BadEnvelope, LimitExceeded
from backchannel.protocol.versions import Features


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="message"):
    """One message. Its subclasses in `message.AnyMessage` are all there are."""

    def check(self, limits: Features) -> None:
        """Check the values.

        Raises:
            BadEnvelope: a field has an impossible value.
            LimitExceeded: too large, or too many of something.
        """


def check_terms(raw: msgspec.Raw, limits: Features) -> None:
    """Terms are short, and canonical JSON. What they say is for `core.terms`."""
    terms = bytes(raw)
    at_most("bytes of terms", len(terms), limits.max_terms)
    try:
        canonical = rfc8785.dumps(msgspec.json.decode(terms, type=dict))
    except (msgspec.DecodeError, rfc8785.CanonicalizationError) as error:
        raise BadEnvelope(f"the terms are not canonical JSON: {error}") from None
    if canonical != terms:
        raise BadEnvelope("the terms are not in canonical form (RFC 8785)")


def check_object(raw: msgspec.Raw, limits: Features) -> None:
    """A carried STIX object is a JSON object, and not too large. What it says is for vetting."""
    view = memoryview(raw)
    at_most("bytes in one object", len(view), limits.max_object)
    if view[0] != ord("{"):
        raise BadEnvelope("a released object is not a JSON object")


def check_time(at: str) -> None:
    """A time is a STIX timestamp."""
    try:
        timestamp(at)
    except ValueError as error:
        raise BadEnvelope(str(error)[:160]) from None


def check_hash(field: str, value: str) -> None:
    """An id or a hash is a SHA-256 in hex."""
    if not is_sha256(value):
        raise BadEnvelope(f"{field} {value[:80]!r} is not a SHA-256 in hex")


def at_most(what: str, number: int, limit: int) -> None:
    """There are no more of something than there may be."""
    if number > limit:
        raise LimitExceeded(f"{number} {what}; the limit is {limit}")
