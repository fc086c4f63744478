"""Envelopes: one sealed, sequenced message, on or off the record. Bytes in, opened envelopes out.

The file is: magic, length of the header (4 bytes, big-endian), header (canonical JSON, RFC 8785), HPKE
encapsulation and ciphertext, and an HMAC-SHA256 over all of that (32 bytes) under the key that only the two ends of
the channel have, one for each direction. The header is bound as HPKE `info`. The sealed text is: on the record,
Ed25519 signature and ML-DSA-65 signature; salt (32 bytes), length of the packed body (4 bytes), packed body (one zstd
frame), zeros up to the bucket. The header commits to the body: it has the SHA-256 of salt and packed body.

An envelope's hash (`digest`) is that of its header without `epoch`. Sealed again, for another sealing key of the
recipient (`seal_again`), it is the same envelope, with the same number, hash and signatures: both are over the hash
and the SHA-256 of the packed body.

Off the record there are no signatures: the HMAC, which either end can make, is all that authenticates. From outside
the two look alike: the header has the same fields, and the padded sizes are the same ones. Which of the two a channel
is, its agreement says.

`parse` checks, before any key is touched:
 1. size, magic, length of the header;
 2. the version, then that the header has exactly its fields in canonical form;
 3. the values: ids, epoch, sequence, `previous` (empty if and only if the sequence is 1), bucket;
 4. that exactly one bucket of ciphertext and an HMAC follow.
`open_envelope` checks:
 5. that it is addressed to us, of this channel, and says to come from its other end;
 6. the HMAC: what a stranger made costs no more than that;
 7. the seal;
 8. the length of the packed body, that only zeros follow it, and that the header commits to it;
 9. on the record, both signatures.
`unpack` checks:
10. the packed body: one zstd frame that says its size, within the limit, with nothing after it.
Not checked: the sequence (`channel`), the messages (`message`), and whether an agreement covers them
(`flow`).
"""

import hashlib
from hmac import compare_digest
from typing import NamedTuple

import msgspec
import rfc8785
import zstandard

from backchannel.core.identity import PublicKeys, SealingKey, is_sha256
from backchannel.core.stix_json import MAX_INTEGER
from backchannel.errors import BackchannelError, BadEnvelope, LimitExceeded, NotForUs
from backchannel.protocol.crypto import (
    ED25519_SIGNATURE,
    MLDSA65_SIGNATURE,
    SEAL_OVERHEAD,
    Signatures,
    hmac_sha256,
    hpke_open,
    hpke_seal,
    sign,
    verify,
)
from backchannel.protocol.keys import PrivateKeys
from backchannel.protocol.versions import CURRENT, Features, features

MAGIC = b"BKCHNL\r\n"
"""Starts every envelope; the line end shows when a carrier changed line ends."""

MAC = 32
"""Length of the HMAC at the end, in bytes."""

_DOMAIN = "envelope"
_LENGTH = 4
_PREFIX = len(MAGIC) + _LENGTH
_SALT = 32
_LEVEL = 3


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a carrier sees: ids are SHA-256 in hex; `previous` is the hash of the sender's envelope before, in
    this channel; `bucket` is the padded size of what is sealed, in bytes; `commitment` is the SHA-256, in hex, of the
    salt and the packed body."""

    version: int
    suite: str
    channel: str
    sender: str
    recipient: str
    epoch: int
    sequence: int
    previous: str
    bucket: int
    commitment: str


class SealedEnvelope(msgspec.Struct, frozen=True):
    """An envelope whose framing is right and whose header is well-formed; nothing about it is proven."""

    header: Header
    header_bytes: bytes
    data: bytes
    digest: str
    """The envelope's hash (`hash_of`), in hex: what `previous` and receipts name."""
    inner: bytes = b""
    """What is sealed, without its padding. Only its sender has it; `seal_again` takes it."""


class OpenedEnvelope(msgspec.Struct, frozen=True):
    """An envelope of the channel's other end, to us: signed by it, or off the record made by one of the two ends.
    Only `open_envelope` makes one.

    `packed` is the body as it was authenticated. It is unpacked by `unpack`, apart: a body that cannot be read is
    still the sender's envelope with this number, so that refusing the body does not stop the channel.
    """

    header: Header
    packed: bytes
    digest: str
    header_digest: str
    """SHA-256 of the header's bytes, in hex: what receipts name beside `digest`."""


class Route(msgspec.Struct, frozen=True):
    """One direction of a channel: its id, the party keys of who sends and who receives, the key of its HMACs (32
    bytes), and whether it is on the record, so that envelopes are signed."""

    channel: str
    sender: str
    recipient: str
    mac: bytes
    signed: bool = True

    def __repr__(self) -> str:
        return f"Route({self.channel[:8]}…, {self.sender[:8]}… to {self.recipient[:8]}…, signed={self.signed})"


class Place(NamedTuple):
    """Where an envelope goes in its direction: the sequence, and the hash of the one before ('' for the first)."""

    sequence: int
    previous: str


class _Version(msgspec.Struct, frozen=True):
    version: int


def seal(
    body: bytes,
    route: Route,
    place: Place,
    recipient: SealingKey,
    signer: PrivateKeys | None,
    limits: Features = CURRENT,
) -> SealedEnvelope:
    """Pack, sign if it is on the record, seal and authenticate a body.

    Off the record there is no signer, and nothing is needed that the recipient does not have as well.

    Raises:
        BackchannelError: the body is empty, or too large (packed or not); `batching` keeps below that.
        ValueError: a signer where nothing may be signed, or none where it must be.
    """
    if (signer is not None) != route.signed:
        raise ValueError("an envelope is signed if and only if its channel is on the record")
    if not 1 <= len(body) <= limits.max_body:
        raise BackchannelError(f"a body of {len(body)} bytes cannot be sealed; the limit is {limits.max_body}")
    packed = zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True).compress(body)
    salt = _salt(route, place, packed)
    header = Header(
        version=limits.version,
        suite=limits.suite,
        channel=route.channel,
        sender=route.sender,
        recipient=route.recipient,
        epoch=recipient.epoch,
        sequence=place.sequence,
        previous=place.previous,
        bucket=_bucket(_signatures_size(route) + _SALT + _LENGTH + len(packed), limits),
        commitment=hashlib.sha256(salt + packed).hexdigest(),
    )
    inner = salt + len(packed).to_bytes(_LENGTH, "big") + packed
    if signer is not None:
        inner = _signatures(signer, header, packed) + inner
    return _sealed(header, inner, route, recipient)


def seal_again(header: Header, inner: bytes, route: Route, recipient: SealingKey) -> SealedEnvelope:
    """Seal and authenticate what was sealed before, to the key that the recipient has now. It stays the same
    envelope."""
    return _sealed(msgspec.structs.replace(header, epoch=recipient.epoch), inner, route, recipient)


def sign_again(header: Header, inner: bytes, route: Route, signer: PrivateKeys) -> bytes:
    """What is sealed, signed with the keys that its sender has now; as it is off the record. It stays the same
    envelope."""
    if not route.signed:
        return inner
    unsigned = inner[_signatures_size(route) :]
    return _signatures(signer, header, unsigned[_SALT + _LENGTH :]) + unsigned


def is_authentic(data: bytes, route: Route) -> bool:
    """Whether either end of a channel made these bytes, with that key of its HMACs."""
    return compare_digest(hmac_sha256(route.mac, memoryview(data)[:-MAC]), data[-MAC:])


def hash_of(header: Header) -> str:
    """The hash of an envelope, in hex: SHA-256 of its header (canonical JSON) without the field `epoch`."""
    lasting = msgspec.to_builtins(header)
    del lasting["epoch"]
    return hashlib.sha256(rfc8785.dumps(lasting)).hexdigest()


def _sealed(header: Header, inner: bytes, route: Route, recipient: SealingKey) -> SealedEnvelope:
    header_bytes = rfc8785.dumps(msgspec.to_builtins(header))
    sealed = hpke_seal(recipient, header_bytes, inner.ljust(header.bucket, b"\0"))
    authenticated = b"".join((MAGIC, len(header_bytes).to_bytes(_LENGTH, "big"), header_bytes, sealed))
    data = authenticated + hmac_sha256(route.mac, authenticated)
    return SealedEnvelope(header, header_bytes, data, hash_of(header), inner)


def _signatures(signer: PrivateKeys, header: Header, packed: bytes) -> bytes:
    signatures = sign(signer, _DOMAIN, _signed(hash_of(header), packed))
    return signatures.ed25519 + signatures.mldsa65


def _salt(route: Route, place: Place, packed: bytes) -> bytes:
    """A salt that only the two ends can tell: without it the commitment would show a carrier that guesses the body
    right."""
    where = f"{route.sender}{place.sequence}\0{place.previous}".encode("ascii")
    return hmac_sha256(route.mac, b"backchannel/1 salt\0" + where + hashlib.sha256(packed).digest())


def parse(data: bytes) -> SealedEnvelope:
    """Read the frame and the header: checks 1 to 4.

    Raises:
        BadEnvelope: not an envelope, cut off, with bytes after its end, or its header is not canonical.
        UnknownVersion: of a version this program does not speak.
        LimitExceeded: the header or the whole is too large.
    """
    if len(data) > _PREFIX + CURRENT.max_header + CURRENT.max_bucket + SEAL_OVERHEAD + MAC:
        raise LimitExceeded(f"an envelope of {len(data)} bytes")
    if len(data) < _PREFIX or not data.startswith(MAGIC):
        raise BadEnvelope(f"not an envelope: it has {len(data)} bytes and starts with {data[:8].hex()}")
    length = int.from_bytes(data[len(MAGIC) : _PREFIX], "big")
    if length > CURRENT.max_header:
        raise LimitExceeded(f"a header of {length} bytes; the limit is {CURRENT.max_header}")
    header_bytes = data[_PREFIX : _PREFIX + length]
    header = _decode_header(header_bytes)
    ciphertext = len(data) - _PREFIX - length - MAC
    if ciphertext != header.bucket + SEAL_OVERHEAD:
        raise BadEnvelope(
            f"the envelope is cut off or too long: {ciphertext} bytes of ciphertext instead of "
            f"{header.bucket + SEAL_OVERHEAD}"
        )
    return SealedEnvelope(header, header_bytes, data, hash_of(header))


def open_envelope(sealed: SealedEnvelope, route: Route, private: PrivateKeys, sender: PublicKeys) -> OpenedEnvelope:
    """Open an envelope that came along a route, from the party with these keys: checks 5 to 9.

    Raises:
        NotForUs: addressed to another party, or sealed to a key of ours that we do not hold.
        KeyDestroyed: sealed to a key of ours that we destroyed.
        BadEnvelope: from another sender or channel, changed, not made by either end, or not padded as it must be.
        BadSignature: either signature is missing or wrong.
    """
    check_addressed(sealed.header, route)
    data = memoryview(sealed.data)
    if not is_authentic(sealed.data, route):
        raise BadEnvelope("its HMAC is wrong: it was changed, or neither end of this channel made it")
    start = _PREFIX + len(sealed.header_bytes)
    inner = memoryview(hpke_open(private, sealed.header.epoch, sealed.header_bytes, data[start:-MAC]))
    size = _signatures_size(route)
    packed = _packed_body(sealed.header, inner[size:])
    if route.signed:
        signatures = Signatures(bytes(inner[:ED25519_SIGNATURE]), bytes(inner[ED25519_SIGNATURE:size]))
        verify(sender, _DOMAIN, _signed(sealed.digest, packed), signatures)
    return OpenedEnvelope(sealed.header, packed, sealed.digest, hashlib.sha256(sealed.header_bytes).hexdigest())


def unpack(envelope: OpenedEnvelope) -> bytes:
    """The body of an opened envelope, for `message.decode`: check 9.

    Raises:
        LimitExceeded: the body is larger than it may be; no memory was taken for it.
        BadEnvelope: not exactly one zstd frame that says its size.
    """
    packed, limit = envelope.packed, features(envelope.header.version).max_body
    try:
        frame = zstandard.get_frame_parameters(packed)
        if frame.content_size in (0, zstandard.CONTENTSIZE_UNKNOWN):
            raise BadEnvelope("the packed body is not one zstd frame that says its size")
        if frame.content_size > limit:
            raise LimitExceeded(f"a body of {frame.content_size} bytes unpacked; the limit is {limit}")
        unpacker = zstandard.ZstdDecompressor()
        return unpacker.decompress(packed, read_across_frames=False, allow_extra_data=False)
    except (zstandard.ZstdError, MemoryError) as error:
        raise BadEnvelope(f"the packed body cannot be unpacked: {error}") from None


def _decode_header(header_bytes: bytes) -> Header:
    try:
        # A newer version may have other fields, and deserves the better message.
        limits = features(msgspec.json.decode(header_bytes, type=_Version).version)
        header = msgspec.json.decode(header_bytes, type=Header)
        canonical = rfc8785.dumps(msgspec.to_builtins(header))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, rfc8785.CanonicalizationError) as error:
        raise BadEnvelope(f"the header cannot be read: {error}") from None
    if canonical != header_bytes:
        raise BadEnvelope("the header is not in canonical form (RFC 8785)")
    _check_header(header, limits)
    return header


def _check_header(header: Header, limits: Features) -> None:
    if header.suite != limits.suite:
        raise BadEnvelope(f"the suite {header.suite[:80]!r} is not that of version {limits.version}")
    for field, value in (
        ("channel", header.channel), ("sender", header.sender), ("recipient", header.recipient),
        ("previous", header.previous or "0" * 64), ("commitment", header.commitment),
    ):  # fmt: skip
        if not is_sha256(value):
            raise BadEnvelope(f"the header's {field} {value[:80]!r} is not a SHA-256 in hex")
    for field, number in (("epoch", header.epoch), ("sequence", header.sequence)):
        if not 1 <= number <= MAX_INTEGER:
            raise BadEnvelope(f"the header's {field} is {number}; it counts from 1 to 2^53-1")
    if (header.sequence == 1) != (header.previous == ""):
        raise BadEnvelope(f"sequence {header.sequence} with previous {header.previous!r}: only the first has none")
    bucket = header.bucket
    if not limits.min_bucket <= bucket <= limits.max_bucket or bucket.bit_count() != 1:
        raise BadEnvelope(f"the bucket of {bucket} bytes is not a power of two from 4 KiB to 16 MiB")


def check_addressed(header: Header, route: Route) -> None:
    """Does this header belong to this direction of the channel? Cheap, and proves nothing.

    Raises:
        NotForUs: it is addressed to another party.
        BadEnvelope: it belongs to another channel or says to come from another party.
    """
    if header.recipient != route.recipient:
        raise NotForUs(f"it is addressed to party {header.recipient[:16]}…; ours is {route.recipient[:16]}…")
    if header.channel != route.channel:
        raise BadEnvelope(f"it belongs to channel {header.channel[:16]}…, not to {route.channel[:16]}…")
    if header.sender != route.sender:
        raise BadEnvelope(f"it says to come from party {header.sender[:16]}…, not from {route.sender[:16]}…")


def _packed_body(header: Header, inner: memoryview) -> bytes:
    start = _SALT + _LENGTH
    length = int.from_bytes(inner[_SALT:start], "big")
    end = start + length
    if end > len(inner):
        raise BadEnvelope(f"a packed body of {length} bytes does not fit {len(inner)} bytes")
    if bytes(inner[end:]).strip(b"\0"):
        raise BadEnvelope("the padding after the body is not all zeros")
    packed = bytes(inner[start:end])
    if hashlib.sha256(bytes(inner[:_SALT]) + packed).hexdigest() != header.commitment:
        raise BadEnvelope("the body is not the one that the header commits to")
    return packed


def _signatures_size(route: Route) -> int:
    return ED25519_SIGNATURE + MLDSA65_SIGNATURE if route.signed else 0


def _signed(digest: str, packed: bytes) -> bytes:
    return bytes.fromhex(digest) + hashlib.sha256(packed).digest()


def _bucket(size: int, limits: Features) -> int:
    bucket = max(limits.min_bucket, 1 << (size - 1).bit_length())
    if bucket > limits.max_bucket:
        raise BackchannelError(f"{size} bytes do not fit the largest bucket of {limits.max_bucket}")
    return bucket
