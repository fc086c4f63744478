"""Key cards: made and signed by their owner, read by everybody else.

A card is one JSON document in canonical form (RFC 8785), with the statement and both signatures over it.
Reading checks, in this order:
 1. size, then nesting and counts of the JSON (`bounds`);
 2. the shape: exactly the known fields, and exactly the canonical bytes. That leaves no room for a key twice,
    an unknown field, another spelling of a number or a lax base64;
 3. a version this program speaks;
 4. name, endpoints, certificate pin and time;
 5. every public key (`crypto.check_public_keys` and its neighbours), before any of them is used;
 6. the successions, from the party's first keys to these (`succession`);
 7. both signatures, made with the card's own keys.
Not checked: that the keys belong to who the name says. People do that, by comparing the fingerprint words.
"""

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec
import rfc8785

from backchannel.core.identity import KeyCard, LedgerKeys, PublicKeys, SealingKey, check_name, is_sha256
from backchannel.core.stix import format_timestamp, timestamp
from backchannel.core.stix_json import MAX_INTEGER
from backchannel.errors import BadCard, BadSignature, LimitExceeded, UnknownVersion
from backchannel.protocol.bounds import Bounds, check_bounds
from backchannel.protocol.crypto import (
    Signatures,
    check_ledger_keys,
    check_public_keys,
    check_sealing_key,
    ledger_keys,
    public_keys,
    sealing_key,
    sign,
    verify,
)
from backchannel.protocol.keys import PrivateKeys
from backchannel.protocol.succession import History, Link, verify_chain
from backchannel.protocol.versions import CURRENT, features

MAX_CARD = CURRENT.max_card
"""Largest card, in bytes. A card with the longest name and endpoints and as many successions as there may be fits."""
MAX_ENDPOINTS = 8
MAX_ENDPOINT = 255
"""Longest endpoint, in characters."""

_DOMAIN = "key-card"
_BOUNDS = Bounds(depth=6, strings=512, containers=64)
_ENDPOINT = re.compile(r"https://[a-z0-9.\-\[\]:]+(?:/[A-Za-z0-9._~/\-]*)?")


class _Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    version: int
    name: str
    keys: PublicKeys
    sealing: SealingKey
    ledger: LedgerKeys
    endpoints: tuple[str, ...]
    tls_pin: str | None
    created: str
    first: PublicKeys | None = None
    successions: tuple[Link, ...] = ()


class _SignedCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    card: _Statement
    signatures: Signatures


def make_card(
    private: PrivateKeys,
    name: str,
    endpoints: tuple[str, ...],
    tls_pin: str | None,
    now: datetime,
    history: History | None = None,
) -> bytes:
    """A signed card with the newest sealing key, as one line of JSON.

    `endpoints` are `https://host[:port][/path]`, in lower-case ASCII. `now` is when the first keys were made (to
    the millisecond); a card issued again passes the first card's `created`. `history` is how the party came to these
    keys, if they are not its first.

    Raises:
        ValueError: a name, endpoint or pin that `read_card` would refuse.
    """
    statement = _Statement(
        version=CURRENT.version,
        name=name,
        keys=public_keys(private),
        sealing=sealing_key(private.newest_sealing),
        ledger=ledger_keys(private),
        endpoints=endpoints,
        tls_pin=tls_pin,
        created=format_timestamp(now),
        first=history.first if history else None,
        successions=history.links if history else (),
    )
    _check_values(statement)
    signatures = sign(private, _DOMAIN, _canonical(statement))
    return _canonical(_SignedCard(statement, signatures))


def read_card(data: bytes) -> KeyCard:
    """The card in these bytes. Blanks and line ends around it do not matter.

    Raises:
        BadCard: one of the checks of the module's list failed; the message says which and shows the value.
    """
    data = data.strip(b" \t\r\n")
    if len(data) > MAX_CARD:
        raise BadCard(f"a key card has at most {MAX_CARD} bytes, not {len(data)}")
    signed = _decode(data)
    card = signed.card
    try:
        features(card.version)
        _check_values(card)
    except (UnknownVersion, ValueError) as error:
        raise BadCard(str(error)) from None
    check_public_keys(card.keys)
    check_sealing_key(card.sealing.key)
    check_ledger_keys(card.ledger)
    former = verify_chain(card.first, card.successions, card.keys)
    try:
        verify(card.keys, _DOMAIN, _canonical(card), signed.signatures)
    except BadSignature as error:
        raise BadCard(str(error)) from None
    return KeyCard(
        version=card.version,
        name=card.name,
        keys=card.keys,
        sealing=card.sealing,
        ledger=card.ledger,
        endpoints=card.endpoints,
        tls_pin=card.tls_pin,
        created=timestamp(card.created),
        former=former,
        rekeyed=timestamp(card.successions[-1].succession.at) if card.successions else None,
    )


def _decode(data: bytes) -> _SignedCard:
    try:
        check_bounds(data, _BOUNDS)
        signed = msgspec.json.decode(data, type=_SignedCard)
        canonical = _canonical(signed)
    except LimitExceeded as error:
        raise BadCard(f"not a key card: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, rfc8785.CanonicalizationError) as error:
        raise BadCard(f"not a key card: {error}") from None
    if canonical != data:
        raise BadCard("the key card is not in canonical form (RFC 8785): a field twice, or bytes changed on the way")
    return signed


def _check_values(card: _Statement) -> None:
    check_name(card.name)
    if not 1 <= card.sealing.epoch <= MAX_INTEGER:
        raise ValueError(f"the sealing key's epoch is {card.sealing.epoch}; epochs count from 1")
    if len(card.endpoints) > MAX_ENDPOINTS:
        raise ValueError(f"a card has at most {MAX_ENDPOINTS} endpoints, not {len(card.endpoints)}")
    for endpoint in card.endpoints:
        _check_endpoint(endpoint)
    if card.tls_pin is not None and not is_sha256(card.tls_pin):
        raise ValueError(f"the certificate pin {card.tls_pin[:80]!r} is not 64 lower-case hex digits")
    if format_timestamp(timestamp(card.created).astimezone(UTC)) != card.created:
        raise ValueError(f"the time {card.created!r} is not like 2026-11-22T20:31:00.000Z")


def _check_endpoint(endpoint: str) -> None:
    shown = endpoint[:80]
    if len(endpoint) > MAX_ENDPOINT or not _ENDPOINT.fullmatch(endpoint):
        raise ValueError(f"the endpoint {shown!r} is not like https://host:port in lower-case ASCII")
    try:
        parts = urlsplit(endpoint)
        valid = bool(parts.hostname) and (parts.port is None or parts.port > 0) and ".." not in parts.path
    except ValueError:
        valid = False
    if not valid:
        raise ValueError(f"the endpoint {shown!r} has no valid host, port or path")


def _canonical(value: msgspec.Struct) -> bytes:
    return rfc8785.dumps(msgspec.to_builtins(value))
