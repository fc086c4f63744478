"""Consents: an originator's permission to pass objects on to one party, and what it signs them with.

A consent is a statement (canonical JSON) that names nobody: items, recipient and originator stand in it as salted
commitments. It is signed with keys that the originator has for one agreement alone and that nobody has seen before:
what it released earlier commits to them (`origin`). Whoever gets a consent opens the one item it is shown, its own
name, and the origin of the object in its hands, and learns nothing of the others.

Rules, numbered as `Proof.check` makes them:
 1. every consent that an item names is there, and its statement is in its one form;
 2. it is signed by keys that open the object's origin; of an object without an origin it is unsigned;
 3. the item in it is this object, in this version, with this content;
 4. the last one opens to us, has not expired, and what is said of passing on is not weaker than its word.

Not checked: that whoever committed to the origin is the one who saw the thing. A first hop can invent an origin.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec
import rfc8785

from backchannel.core.identity import is_sha256
from backchannel.core.provenance import Provenance, is_weaker
from backchannel.core.stix import StixObject, timestamp
from backchannel.errors import BadCard, BadConsent, BadSignature
from backchannel.protocol.crypto import (
    MLDSA65_KEY,
    Signatures,
    hkdf,
    hmac_sha256,
    sign,
    signing_keys,
    verify,
)
from backchannel.protocol.ed25519_keys import check_ed25519_key
from backchannel.protocol.versions import CURRENT

DOMAIN = "consent"
"""What consents are signed as."""


class ConsentSeeds(msgspec.Struct, frozen=True):
    """The private half of consent keys: two seeds of 32 bytes."""

    ed25519: bytes
    mldsa65: bytes

    def __repr__(self) -> str:
        return "ConsentSeeds(…)"


class ConsentKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The public half. Nobody sees it before the first consent."""

    ed25519: bytes
    mldsa65: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the keys as canonical JSON."""
        return hashlib.sha256(rfc8785.dumps(msgspec.to_builtins(self))).digest()


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed. The fields stand in the order of canonical JSON. `onward` is what the recipient may do."""

    at: str
    items: tuple[str, ...]
    onward: Literal["never", "ask"]
    recipient: str
    until: str
    version: Literal[1] = 1


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of the originator for one agreement, and their signatures over a statement."""

    keys: ConsentKeys
    signatures: Signatures


class Consent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One consent. `salt` opens the recipient, for whoever may know it; else it is empty. Off the record nothing is
    signed: each hop vouches for it to the next."""

    statement: msgspec.Raw
    salt: str = ""
    signed: Signed | None = None

    @property
    def id(self) -> str:
        """SHA-256 of the statement, in hex."""
        return hashlib.sha256(bytes(self.statement)).hexdigest()


class ItemName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One object version and its content: id, version, SHA-256 of its bytes in hex."""

    id: str
    version: str
    sha256: str

    @classmethod
    def of(cls, one: StixObject) -> "ItemName":
        """The name of an object in hand."""
        return cls(one.id, one.version, hashlib.sha256(one.raw).hexdigest())


class Originator:
    """What the node derives for one agreement: consent keys, and a commitment for each object it releases.

    Derived from the node's secret, which outlives the keys of its card: what was released before those were replaced
    can still be consented to.
    """

    def __init__(self, secret: bytes, agreement: str) -> None:
        seeds = hkdf(secret, salt=b"consent", info=b"backchannel/1 consent keys\0" + agreement.encode(), length=64)
        self.seeds = ConsentSeeds(seeds[:32], seeds[32:])
        self.keys = ConsentKeys(*signing_keys(self.seeds))
        self._keys = self.keys.digest
        self._secret, self._prefix = secret, b"backchannel/1 origin nonce\0" + agreement.encode()

    def nonce(self, object_id: str) -> bytes:
        """What opens an object's origin: unguessable until it is shown."""
        return hmac_sha256(self._secret, self._prefix + object_id.encode())

    def origin(self, object_id: str) -> str:
        """The commitment that travels with an object."""
        return _origin(self.nonce(object_id), self._keys)


def recipient_commitment(salt: bytes, party: str) -> str:
    """The name of a recipient for whoever must not know it: hides it, and binds whoever made it."""
    return hashlib.sha256(b"backchannel/1 recipient\0" + salt + party.encode()).hexdigest()


def item_commitment(nonce: bytes, item: ItemName) -> str:
    """One item of a statement: tells nothing of the object without the nonce."""
    named = rfc8785.dumps([item.id, item.version, item.sha256])
    return hashlib.sha256(b"backchannel/1 consent item\0" + nonce + named).hexdigest()


def make_consent(
    originator: Originator,
    items: Iterable[ItemName],
    *,
    recipient: str,
    until: str,
    at: str,
    onward: Literal["never", "ask"] = "never",
    on_record: bool = True,
) -> Consent:
    """Consent to items for the party that `recipient` commits to; times are STIX timestamps."""
    named = tuple(item_commitment(originator.nonce(item.id), item) for item in items)
    statement = msgspec.json.encode(Statement(at, named, onward, recipient, until))
    signed = Signed(originator.keys, sign(originator.seeds, DOMAIN, statement)) if on_record else None
    return Consent(msgspec.Raw(statement), signed=signed)


def read_statement(raw: bytes | msgspec.Raw) -> Statement:
    """The statement of a consent.

    Raises:
        BadConsent: it is not in its one form, or a value is impossible.
    """
    data = bytes(raw)
    try:
        statement = msgspec.json.decode(data, type=Statement)
        timestamp(statement.at)
        timestamp(statement.until)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise BadConsent(f"the statement of a consent cannot be read: {str(error)[:160]}") from None
    if msgspec.json.encode(statement) != data:
        raise BadConsent("the statement of a consent is not in its one form")
    if not statement.items or len(set(statement.items)) != len(statement.items):
        # What repeats packs to nothing, and is kept unpacked.
        raise BadConsent("the statement of a consent names no item, or one twice")
    if len(statement.items) > CURRENT.max_consent_items:
        raise BadConsent(f"the statement of a consent names {len(statement.items)} items")
    if not all(map(is_sha256, (statement.recipient, *statement.items))):
        raise BadConsent("a consent names its items and its recipient by SHA-256 in hex")
    return statement


class Proof:
    """The consents that came together, each read and verified once, whatever number of objects needs it."""

    def __init__(self, consents: Iterable[Consent], us: str, now: datetime) -> None:
        self._consents = {one.id: one for one in consents}
        self._us, self._now = us, now
        self._read: dict[str, tuple[Statement, frozenset[str], bytes | None]] = {}
        self._bad: dict[str, str] = {}

    def check(self, item: ItemName, said: Provenance) -> None:
        """Whether an object may have been passed on to us (rules 1 to 4 above).

        Raises:
            BadConsent: with the reason.
        """
        nonce = opening(said.nonce)
        if not said.consents:
            raise BadConsent("it was passed on by consent, and no consent came with it")
        for identifier in said.consents:
            self.opens(identifier, item, nonce, said.origin)
        last = self._consents[said.consents[-1]]
        statement = self._read[last.id][0]
        if recipient_commitment(opening(last.salt), self._us) != statement.recipient:
            raise BadConsent("its consent is for another recipient")
        if timestamp(statement.until) <= self._now:
            raise BadConsent(f"its consent expired on {statement.until[:10]}")
        if is_weaker(said.onward, statement.onward):
            raise BadConsent(f"its consent says {statement.onward!r} of passing it on, its sender {said.onward!r}")

    def opens(self, identifier: str, item: ItemName, nonce: bytes, origin: str) -> Statement:
        """The statement of a consent that is its originator's and names this item (rules 1 to 3).

        Raises:
            BadConsent: with the reason.
        """
        statement, items, keys = self._verified(identifier)
        if origin and keys is None:
            raise BadConsent("a consent is not signed, and its object commits to keys that could have")
        if keys is not None and _origin(nonce, keys) != origin:
            raise BadConsent("a consent is signed by other keys than its object commits to")
        if item_commitment(nonce, item) not in items:
            raise BadConsent("a consent does not name this object in this version and content")
        return statement

    def _verified(self, identifier: str) -> tuple[Statement, frozenset[str], bytes | None]:
        found = self._read.get(identifier)
        if found is not None:
            return found
        if identifier in self._bad:
            raise BadConsent(self._bad[identifier])
        try:
            return self._verify(identifier)
        except BadConsent as error:
            self._bad[identifier] = str(error)
            raise

    def _verify(self, identifier: str) -> tuple[Statement, frozenset[str], bytes | None]:
        consent = self._consents.get(identifier)
        if consent is None:
            raise BadConsent("a consent that it names did not come with it")
        statement = read_statement(consent.statement)
        if consent.signed is not None:
            _verify(consent.signed, bytes(consent.statement))
        keys = consent.signed.keys.digest if consent.signed is not None else None
        self._read[identifier] = statement, frozenset(statement.items), keys
        return self._read[identifier]


def opening(text: str) -> bytes:
    """A nonce or salt from its hex form.

    Raises:
        BadConsent: it is not 32 bytes in hex.
    """
    if not is_sha256(text):
        raise BadConsent("what opens a consent is missing, or is not 32 bytes in hex")
    return bytes.fromhex(text)


def _verify(signed: Signed, statement: bytes) -> None:
    if len(signed.keys.mldsa65) != MLDSA65_KEY:
        raise BadConsent("a consent's ML-DSA-65 key has the wrong length")
    try:
        check_ed25519_key(signed.keys.ed25519)
        verify(signed.keys, DOMAIN, statement, signed.signatures)
    except (BadCard, BadSignature) as error:
        raise BadConsent(f"a consent is not signed as it has to be: {error}") from None


def _origin(nonce: bytes, keys: bytes) -> str:
    return hashlib.sha256(b"backchannel/1 origin\0" + nonce + keys).hexdigest()
