"""Versions of the protocol: each a frozen record of named features. Code asks a feature, never compares
numbers.

A record, once released, never changes: another suite, limit or field is another version.
"""

import msgspec

from backchannel.core.matching import AT_ONCE
from backchannel.errors import UnknownVersion

KIB = 1024
MIB = 1024 * KIB


class Features(msgspec.Struct, frozen=True):
    """What one version of the protocol says. Sizes are in bytes; `docs/reference/protocol.md` explains
    each.
    """

    version: int
    suite: str
    """Seal, authentication and signatures. It names the signatures whether there are any or not: a carrier cannot
    tell what is on the record from what is off it."""
    max_header: int
    """Longest header of an envelope."""
    min_bucket: int
    """Smallest padded size; buckets are powers of two from here to `max_bucket`."""
    max_bucket: int
    max_body: int
    """Largest body once unpacked."""
    max_depth: int
    """Deepest nesting of a body's JSON: 64 levels of an object, and the four around it."""
    max_strings: int
    """Most strings (names and values) in a body."""
    max_containers: int
    """Most JSON objects and arrays in a body."""
    max_messages: int
    """Most messages in an envelope."""
    max_objects: int
    """Most released objects in an envelope, markings not counted."""
    max_receipts: int
    """Most envelopes that one receipt is for."""
    max_markings: int
    """Most marking definitions in an envelope."""
    max_object: int
    """Largest released object or marking definition."""
    max_terms: int
    """Largest terms of an agreement."""
    max_card: int
    """Largest key card."""
    max_successions: int
    """How often a party may replace its long-term keys: each is on its card."""
    max_recalled: int
    """Most ids in a recall."""
    max_reason: int
    """Most characters in the reason of a recall."""
    max_consents: int
    """Most consents beside the objects of an envelope."""
    max_consent: int
    """Largest statement of a consent."""
    max_consent_items: int
    """Most items of a consent request, and so of a consent."""
    max_chain: int
    """Most consents of one object: how often it can be passed on by asking."""
    consent_requests_a_day: int
    """Most consent requests that a party takes from another in 24 hours, and so asks."""
    open_consent_requests: int
    """Most consent requests of a party that may wait for an answer at another."""
    max_question: int
    """Most characters of the question of a request for information."""
    max_observables: int
    """Most observables in a request."""
    max_value: int
    """Most characters of an observable in a request, and of the name of a threat in it."""
    max_asked: int
    """Most characters of all observables of a request together."""
    max_note: int
    """Most characters of the note of an answer."""
    max_named: int
    """Most objects that an answer names."""
    max_matched: int
    """Most elements, or tags, of one kind in a message of a matching session."""
    max_match_parts: int
    """Most parts of an evaluated shard."""
    batch: int
    """How many bytes of objects a sender puts into one envelope: fits a bucket even if nothing compresses."""


V1 = Features(
    version=1,
    suite="MLKEM768-X25519,HKDF-SHA256,AES-256-GCM;HMAC-SHA256;Ed25519,ML-DSA-65",
    max_header=2 * KIB,
    min_bucket=4 * KIB,
    max_bucket=16 * MIB,
    max_body=32 * MIB,
    max_depth=68,
    max_strings=1_000_000,
    max_containers=500_000,
    max_messages=64,
    max_objects=5_000,
    max_receipts=1_000,
    max_markings=500,
    max_object=4 * MIB,
    max_terms=64 * KIB,
    max_card=128 * KIB,
    max_successions=8,
    max_recalled=1_000,
    max_reason=500,
    max_consents=48,
    max_consent=72 * KIB,
    max_consent_items=1_000,
    max_chain=8,
    consent_requests_a_day=50,
    open_consent_requests=100,
    max_question=2_000,
    max_observables=100,
    max_value=4_096,
    max_asked=65_536,
    max_note=4_000,
    max_named=1_000,
    max_matched=AT_ONCE,
    max_match_parts=400,
    batch=8 * MIB,
)

CURRENT = V1
"""The version this program speaks first."""

_KNOWN = {V1.version: V1}


def features(version: int) -> Features:
    """The features of a version.

    Raises:
        UnknownVersion: this program does not speak it.
    """
    known = _KNOWN.get(version)
    if known is None:
        raise UnknownVersion(f"protocol version {version}; this program speaks {', '.join(map(str, _KNOWN))}")
    return known
