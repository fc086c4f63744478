import hashlib
import json
import tracemalloc
from typing import Any

import msgspec
import pytest
import rfc8785
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.errors import (
    BackchannelError,
    BadEnvelope,
    BadSignature,
    CounterpartError,
    KeyDestroyed,
    LimitExceeded,
    NotForUs,
    UnknownVersion,
)
from backchannel.protocol.crypto import SEAL_OVERHEAD, hmac_sha256, hpke_open, hpke_seal, sealing_key, sign
from backchannel.protocol.envelope import (
    MAC,
    MAGIC,
    OpenedEnvelope,
    Place,
    Route,
    SealedEnvelope,
    hash_of,
    open_envelope,
    parse,
    seal,
    seal_again,
    sign_again,
    unpack,
)
from backchannel.protocol.versions import CURRENT
from two_parties import LAB, MALLORY, VENDOR, Node, node, route, seeds, with_newest_epoch_only, with_next_epoch

CHANNEL = "c0" * 32
FIRST = Place(1, "")
ROUTE = route(LAB, VENDOR, CHANNEL)
OFF = route(LAB, VENDOR, CHANNEL, signed=False)
BODY = b'[{"message":"receipt","through":1}]'
SALT = b"\5" * 32


def sealed_as(body: bytes, place: Place = FIRST, by: Node = LAB, to: Node = VENDOR) -> SealedEnvelope:
    return seal(body, route(by, to, CHANNEL), place, to.card.sealing, by.private)


SEALED = sealed_as(BODY)


def opened(data: bytes, by: Node = VENDOR, of: Node = LAB) -> OpenedEnvelope:
    return open_envelope(parse(data), route(of, by, CHANNEL), by.private, of.card.keys)


def read(data: bytes) -> bytes:
    return unpack(opened(data))


def framed(header: bytes, rest: bytes, way: Route = ROUTE) -> bytes:
    authenticated = MAGIC + len(header).to_bytes(4, "big") + header + rest
    return authenticated + hmac_sha256(way.mac, authenticated)


def lasting(header: bytes) -> bytes:
    """A header without what changes when an envelope is sealed again."""
    return rfc8785.dumps({name: value for name, value in json.loads(header).items() if name != "epoch"})


def with_header(**fields: Any) -> bytes:
    """SEALED with another header and the same ciphertext."""
    header = {**json.loads(SEALED.header_bytes), **fields}
    return framed(rfc8785.dumps(header), SEALED.data[12 + len(SEALED.header_bytes) : -MAC])


def forged(
    packed: bytes | None = None,
    *,
    signer: Node = LAB,
    length: int | None = None,
    padding: bytes = b"",
    ed25519: bytes | None = None,
    mldsa65: bytes | None = None,
    signed_header: bytes | None = None,
    **fields: Any,
) -> bytes:
    """What a hostile owner of good keys can seal: every part can be replaced."""
    packed = zstandard.compress(BODY) if packed is None else packed
    bucket = max(4096, 1 << (3409 + len(packed) - 1).bit_length())
    commitment = hashlib.sha256(SALT + packed).hexdigest()
    said = {**msgspec.to_builtins(SEALED.header), "bucket": bucket, "commitment": commitment, **fields}
    header = rfc8785.dumps(said)
    hashes = hashlib.sha256(lasting(signed_header or header)).digest() + hashlib.sha256(packed).digest()
    signatures = sign(signer.private, "envelope", hashes)
    inner = (
        (signatures.ed25519 if ed25519 is None else ed25519)
        + (signatures.mldsa65 if mldsa65 is None else mldsa65)
        + SALT
        + (len(packed) if length is None else length).to_bytes(4, "big")
        + packed
        + padding
    )
    return framed(header, hpke_seal(VENDOR.card.sealing, header, inner.ljust(bucket, b"\0")))


# --- the way it should go ------------------------------------------------------------------------


def test_an_envelope_opens_to_what_was_sealed() -> None:
    envelope = opened(SEALED.data)
    assert unpack(envelope) == BODY
    assert envelope.digest == SEALED.digest == hashlib.sha256(lasting(SEALED.header_bytes)).hexdigest()
    assert envelope.header == SEALED.header


def test_the_header_says_where_the_envelope_belongs() -> None:
    header = sealed_as(b"x", Place(7, "ab" * 32)).header
    assert (header.channel, header.sequence, header.previous) == (CHANNEL, 7, "ab" * 32)
    assert (header.sender, header.recipient, header.epoch) == (LAB.key, VENDOR.key, 1)
    assert (header.version, header.suite) == (CURRENT.version, CURRENT.suite)


def test_the_tests_own_forger_can_make_a_good_envelope() -> None:
    assert read(forged()) == BODY


@settings(max_examples=20)
@given(st.binary(min_size=1, max_size=20_000))
def test_any_body_comes_back_as_it_was(body: bytes) -> None:
    assert read(sealed_as(body).data) == body


@pytest.mark.parametrize(("size", "bucket"), [(1, 4096), (600, 4096), (800, 8192), (5_000, 16384), (100_000, 131072)])
def test_sizes_are_padded_to_powers_of_two(size: int, bucket: int) -> None:
    body = hashlib.shake_256(b"incompressible").digest(size)
    sealed = sealed_as(body)
    assert sealed.header.bucket == bucket
    assert len(sealed.data) == 12 + len(sealed.header_bytes) + bucket + SEAL_OVERHEAD + MAC


def test_two_bodies_of_one_bucket_look_alike_in_size() -> None:
    sizes = {len(sealed_as(b"x" * n).data) for n in (1, 2, 100, 600)}
    assert len(sizes) == 1


def test_nothing_of_the_body_shows_in_the_envelope() -> None:
    assert b"receipt" not in SEALED.data
    assert zstandard.compress(BODY) not in SEALED.data


def test_the_same_body_sealed_twice_looks_different() -> None:
    again, start = sealed_as(BODY), 12 + len(SEALED.header_bytes)
    assert again.data[start : start + 1120] != SEALED.data[start : start + 1120]
    assert again.data[-MAC:] != SEALED.data[-MAC:]


def test_a_body_too_large_to_be_accepted_is_not_sealed() -> None:
    for body in (b"", bytes(CURRENT.max_body + 1)):
        with pytest.raises(BackchannelError, match="cannot be sealed"):
            sealed_as(body)
    with pytest.raises(BackchannelError, match="largest bucket"):
        sealed_as(hashlib.shake_256(b"").digest(17 * 2**20))


# --- checks 1 to 4: the frame and the header ------------------------------------------------------


@pytest.mark.parametrize("data", [b"", MAGIC, MAGIC + b"\0\0\0", b"PK\3\4" + SEALED.data, SEALED.data[1:]])
def test_what_is_no_envelope_is_refused(data: bytes) -> None:
    with pytest.raises(BadEnvelope):
        parse(data)


@pytest.mark.parametrize("kept", [12, 100, len(SEALED.header_bytes) + 12, len(SEALED.data) // 2, -1])
def test_a_truncated_envelope_is_refused(kept: int) -> None:
    with pytest.raises(BadEnvelope):
        parse(SEALED.data[:kept])


def test_an_envelope_with_bytes_after_its_end_is_refused() -> None:
    with pytest.raises(BadEnvelope, match="cut off or too long"):
        parse(SEALED.data + b"\0")


def test_changed_line_ends_are_noticed_at_once() -> None:
    with pytest.raises(BadEnvelope, match="not an envelope"):
        parse(SEALED.data.replace(b"\r\n", b"\n"))


@pytest.mark.parametrize("length", [2**32 - 1, CURRENT.max_header + 1])
def test_a_header_too_long_is_refused_before_it_is_read(length: int) -> None:
    with pytest.raises(LimitExceeded, match="header"):
        parse(MAGIC + length.to_bytes(4, "big") + SEALED.header_bytes)


def test_an_envelope_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(LimitExceeded, match="bytes"):
        parse(MAGIC + bytes(18 * 2**20))


@pytest.mark.parametrize("version", [0, 2, 999])
def test_an_unknown_version_is_refused(version: int) -> None:
    with pytest.raises(UnknownVersion, match=f"version {version}"):
        parse(with_header(version=version))
    with pytest.raises(UnknownVersion, match=f"version {version}"):
        parse(with_header(version=version, a_field_of_its_own=1))


@pytest.mark.parametrize(
    "fields",
    [
        {"suite": "none"},
        {"channel": "C0" * 32},
        {"channel": ""},
        {"channel": "../" * 21 + "x"},
        {"sender": "x" * 64},
        {"recipient": "0" * 63},
        {"epoch": 0},
        {"sequence": 0},
        {"sequence": -1},
        {"sequence": 1, "previous": "0" * 64},
        {"sequence": 2, "previous": ""},
        {"previous": "0" * 63},
        {"bucket": 4095},
        {"bucket": 2048},
        {"bucket": 6144},
        {"bucket": 2**25},
        {"bucket": 0},
        {"sequence": 1.5},
        {"sequence": "1"},
        {"sequence": True},
        {"version": "1"},
        {"extra": 1},
        {"channel": None},
    ],
)
def test_a_header_with_an_impossible_value_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(BadEnvelope):
        parse(with_header(**fields))


@pytest.mark.parametrize("bucket", [0, 2048, 4095, 6144, 2**24 - 1])
def test_a_bucket_that_is_no_bucket_is_refused_although_the_length_fits(bucket: int) -> None:
    header = rfc8785.dumps({**msgspec.to_builtins(SEALED.header), "bucket": bucket})
    with pytest.raises(BadEnvelope, match="not a power of two"):
        parse(framed(header, bytes(bucket + SEAL_OVERHEAD)))


@pytest.mark.parametrize("number", ["9007199254740992", "1e3", "1.0", "01", "1" * 400, "-0", "NaN"])
def test_numbers_that_readers_could_take_differently_are_refused(number: str) -> None:
    header = SEALED.header_bytes.replace(b'"sequence":1', b'"sequence":' + number.encode())
    with pytest.raises(BadEnvelope):
        parse(framed(header, SEALED.data[12 + len(SEALED.header_bytes) :]))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"epoch":1', b'"epoch":1,"epoch":1'),
        (b'"epoch":1', b'"epoch": 1'),
        (b'"sender"', b'"\\u0073ender"'),
        (b"}", b"}\n"),
        (b"{", b"\xef\xbb\xbf{"),
        (b'"epoch":1', b'"epoch":"\xff"'),
        (b'"epoch":1', b'"epoch":' + b"[" * 500 + b"]" * 500),
    ],
)
def test_a_header_in_another_form_is_refused(before: bytes, after: bytes) -> None:
    assert before in SEALED.header_bytes
    header = SEALED.header_bytes.replace(before, after)
    with pytest.raises(BadEnvelope):
        parse(framed(header, SEALED.data[12 + len(SEALED.header_bytes) :]))


# --- check 5: to us, from them --------------------------------------------------------------------


def test_an_envelope_for_another_recipient_is_refused() -> None:
    with pytest.raises(NotForUs, match="addressed to party"):
        opened(SEALED.data, by=MALLORY)


def test_an_envelope_readdressed_to_another_recipient_is_refused() -> None:
    # VENDOR opens LAB's envelope and seals the same signatures again, to MALLORY.
    with pytest.raises(NotForUs):
        opened(with_header(recipient=MALLORY.key))
    header = rfc8785.dumps({**msgspec.to_builtins(SEALED.header), "recipient": MALLORY.key})
    packed = zstandard.compress(BODY)
    hashes = hashlib.sha256(lasting(SEALED.header_bytes)).digest() + hashlib.sha256(packed).digest()
    signatures = sign(LAB.private, "envelope", hashes)
    inner = signatures.ed25519 + signatures.mldsa65 + SEALED.inner[3373:]
    data = framed(
        header, hpke_seal(MALLORY.card.sealing, header, inner.ljust(4096, b"\0")), route(LAB, MALLORY, CHANNEL)
    )
    with pytest.raises(BadSignature):
        opened(data, by=MALLORY)


def test_an_envelope_of_another_sender_is_refused() -> None:
    with pytest.raises(BadEnvelope, match="says to come from party"):
        opened(SEALED.data, of=MALLORY)


def test_an_envelope_in_somebody_elses_name_is_refused() -> None:
    with pytest.raises(BadSignature, match="Ed25519"):
        opened(forged(signer=MALLORY))


def test_an_envelope_of_another_channel_is_refused() -> None:
    with pytest.raises(BadEnvelope, match="belongs to channel d0d0"):
        opened(with_header(channel="d0" * 32))


# --- check 6: the HMAC ----------------------------------------------------------------------------


@pytest.mark.parametrize("position", [12, len(SEALED.header_bytes) + 20, -MAC - 1, -MAC, -1])
def test_a_wrong_hmac_is_refused_before_the_seal_is_touched(position: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backchannel.protocol.envelope.hpke_open", pytest.fail)
    data = bytearray(SEALED.data)
    data[position] ^= 0x01
    with pytest.raises(BadEnvelope):
        opened(bytes(data))


def test_what_a_stranger_seals_to_us_fails_at_the_hmac() -> None:
    # Everything in it is public: the card, and who writes to whom.
    guessed = msgspec.structs.replace(ROUTE, mac=bytes(32))
    data = seal(BODY, guessed, FIRST, VENDOR.card.sealing, LAB.private).data
    with pytest.raises(BadEnvelope, match="HMAC is wrong"):
        opened(data)


def test_an_envelope_reflected_into_the_other_direction_fails() -> None:
    back = route(VENDOR, LAB, CHANNEL)
    turned = SEALED.data.replace(LAB.key.encode(), b"X" * 64).replace(VENDOR.key.encode(), LAB.key.encode())
    turned = turned.replace(b"X" * 64, VENDOR.key.encode())
    with pytest.raises(BadEnvelope, match="HMAC is wrong"):
        open_envelope(parse(turned), back, LAB.private, VENDOR.card.keys)


# --- off the record -------------------------------------------------------------------------------


def off_record(body: bytes = BODY, place: Place = FIRST) -> SealedEnvelope:
    return seal(body, OFF, place, VENDOR.card.sealing, None)


def test_an_envelope_off_the_record_opens_to_what_was_sealed() -> None:
    assert unpack(open_envelope(parse(off_record().data), OFF, VENDOR.private, LAB.card.keys)) == BODY


def test_off_the_record_nothing_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backchannel.protocol.envelope.sign", pytest.fail)
    inner = hpke_open(VENDOR.private, 1, off_record().header_bytes, off_record_sealed())
    packed = zstandard.compress(BODY)
    assert inner[32:] == (len(packed).to_bytes(4, "big") + packed).ljust(4096 - 32, b"\0")
    assert hashlib.sha256(inner[:32] + packed).hexdigest() == off_record().header.commitment


def off_record_sealed() -> bytes:
    sealed = off_record()
    return sealed.data[12 + len(sealed.header_bytes) : -MAC]


def test_nothing_can_be_signed_by_mistake_off_the_record_nor_left_unsigned_on_it() -> None:
    for way, signer in ((OFF, LAB.private), (ROUTE, None)):
        with pytest.raises(ValueError, match="if and only if"):
            seal(BODY, way, FIRST, VENDOR.card.sealing, signer)


def test_neither_mode_passes_for_the_other() -> None:
    with pytest.raises((BadEnvelope, BadSignature)):
        open_envelope(parse(off_record().data), ROUTE, VENDOR.private, LAB.card.keys)
    with pytest.raises(BadEnvelope):
        open_envelope(parse(SEALED.data), OFF, VENDOR.private, LAB.card.keys)


def test_a_carrier_cannot_tell_the_modes_apart() -> None:
    # Of what a carrier sees, only random-looking bytes and hashes of them differ.
    on, off = sealed_as(BODY), off_record()
    assert on.header == off.header
    assert len(on.data) == len(off.data)


# --- check 7: the seal ----------------------------------------------------------------------------


def test_a_tampered_envelope_is_refused_wherever_it_was_changed() -> None:
    positions = {*range(0, len(SEALED.data), 97), *range(len(SEALED.header_bytes) + 12), len(SEALED.data) - 1}
    for position in positions:
        data = bytearray(SEALED.data)
        data[position] ^= 0x01
        with pytest.raises(CounterpartError):
            opened(bytes(data))


@pytest.mark.parametrize("fields", [{"sequence": 2, "previous": "0" * 64}, {"epoch": 2}])
def test_a_seal_does_not_open_under_another_header(fields: dict[str, Any]) -> None:
    with pytest.raises((BadEnvelope, NotForUs), match=r"seal is broken|do not hold"):
        opened(with_header(**fields))


def test_an_envelope_sealed_to_a_key_we_destroyed_is_refused() -> None:
    later = with_newest_epoch_only(with_next_epoch(VENDOR.private, seeds("later")))
    with pytest.raises(NotForUs, match="epoch 1"):
        open_envelope(parse(SEALED.data), ROUTE, later, LAB.card.keys)


# --- checks 8 and 9: the inside --------------------------------------------------------------------------


@pytest.mark.parametrize("length", [2**32 - 1, 4096 - 3409 + 1])
def test_a_body_longer_than_its_bucket_is_refused(length: int) -> None:
    with pytest.raises(BadEnvelope, match="does not fit"):
        opened(forged(length=length))


def test_padding_that_carries_something_is_refused() -> None:
    for padding in (b"hidden", b"\0" * 500 + b"\1"):
        with pytest.raises(BadEnvelope, match="not all zeros"):
            opened(forged(padding=padding))


def test_a_larger_bucket_than_needed_is_the_senders_choice() -> None:
    assert read(forged(bucket=4096)) == BODY


# --- check 8: the signatures ----------------------------------------------------------------------


@pytest.mark.parametrize(("missing", "size"), [("ed25519", 64), ("mldsa65", 3309)])
def test_one_of_two_signatures_missing_is_refused(missing: str, size: int) -> None:
    with pytest.raises(BadSignature):
        opened(forged(**{missing: bytes(size)}))


@pytest.mark.parametrize(("wrong", "named"), [("ed25519", "Ed25519"), ("mldsa65", "ML-DSA-65")])
def test_one_of_two_signatures_wrong_is_refused(wrong: str, named: str) -> None:
    other = getattr(sign(LAB.private, "envelope", b"something else"), wrong)
    with pytest.raises(BadSignature, match=f"{named} signature of the envelope is wrong"):
        opened(forged(**{wrong: other}))


def test_signatures_made_for_another_header_are_refused() -> None:
    with pytest.raises(BadSignature):
        opened(forged(signed_header=SEALED.header_bytes, sequence=2, previous="0" * 64))


def test_a_body_that_cannot_be_unpacked_is_still_the_senders_envelope() -> None:
    # The channel goes on after it; a stranger's is refused before it is looked at.
    assert opened(forged(b"not zstd at all")).packed == b"not zstd at all"
    with pytest.raises(BadSignature):
        opened(forged(b"not zstd at all", signer=MALLORY))
    with pytest.raises(BadEnvelope, match=r"not one zstd frame|cannot be unpacked"):
        read(forged(b"not zstd at all"))


# --- check 9: the packed body ---------------------------------------------------------------------


def test_a_decompression_bomb_is_refused_without_unpacking_it() -> None:
    bomb = zstandard.compress(bytes(CURRENT.max_body + 1))
    assert len(bomb) < 10_000
    envelope = opened(forged(bomb))
    tracemalloc.start()
    with pytest.raises(LimitExceeded, match=f"{CURRENT.max_body + 1} bytes unpacked"):
        unpack(envelope)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**16


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    bomb = bytearray(zstandard.compress(bytes(2**20)))
    frame = zstandard.get_frame_parameters(bytes(bomb))
    assert frame.content_size == 2**20
    position = bytes(bomb).index((2**20).to_bytes(4, "little"))
    bomb[position : position + 4] = (1000).to_bytes(4, "little")
    with pytest.raises(BadEnvelope, match="cannot be unpacked"):
        read(forged(bytes(bomb)))


def test_a_frame_that_does_not_say_its_size_is_refused() -> None:
    with pytest.raises(BadEnvelope, match="says its size"):
        read(forged(zstandard.ZstdCompressor(write_content_size=False).compress(BODY)))


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\x28\xb5\x2f\xfd",
        zstandard.compress(BODY) + b"\0",
        zstandard.compress(BODY) + zstandard.compress(BODY),
        zstandard.compress(BODY)[:-1],
        zstandard.compress(b"") + b"garbage",
        b"\x50\x2a\x4d\x18\4\0\0\0skip",
        b"\x50\x2a\x4d\x18\4\0\0\0skip" + zstandard.compress(BODY),
    ],
)
def test_a_body_that_is_not_exactly_one_frame_is_refused(packed: bytes) -> None:
    with pytest.raises(BadEnvelope):
        read(forged(packed))


def test_sealed_envelopes_are_values() -> None:
    assert isinstance(parse(SEALED.data), SealedEnvelope)
    assert parse(SEALED.data) == msgspec.structs.replace(SEALED, inner=b"")


# --- sealed again -----------------------------------------------------------------------------------

LATER = with_next_epoch(VENDOR.private, seeds("later"))
LATER_KEY = sealing_key(LATER.newest_sealing)
AGAIN = seal_again(SEALED.header, SEALED.inner, ROUTE, LATER_KEY)


def test_an_envelope_sealed_again_is_the_same_envelope() -> None:
    assert AGAIN.header.epoch == 2
    assert AGAIN.digest == SEALED.digest
    assert AGAIN.data != SEALED.data
    assert len(AGAIN.data) == len(SEALED.data)
    envelope = open_envelope(parse(AGAIN.data), ROUTE, LATER, LAB.card.keys)
    assert (unpack(envelope), envelope.digest) == (BODY, SEALED.digest)


def test_what_was_sealed_again_needs_the_newer_key() -> None:
    with pytest.raises(NotForUs, match="epoch 2, which we do not hold"):
        open_envelope(parse(AGAIN.data), ROUTE, VENDOR.private, LAB.card.keys)
    with pytest.raises(KeyDestroyed, match="epoch 1, which is destroyed"):
        open_envelope(parse(SEALED.data), ROUTE, with_newest_epoch_only(LATER), LAB.card.keys)


def test_off_the_record_an_envelope_is_sealed_again_without_anybodys_keys() -> None:
    first = off_record()
    again = seal_again(first.header, first.inner, OFF, LATER_KEY)
    assert again.digest == first.digest
    assert unpack(open_envelope(parse(again.data), OFF, LATER, LAB.card.keys)) == BODY
    assert sign_again(first.header, first.inner, OFF, LAB.private) == first.inner


def test_an_envelope_signed_again_is_the_same_envelope_under_the_newer_keys() -> None:
    newer = node("Lab with new keys")
    inner = sign_again(SEALED.header, SEALED.inner, ROUTE, newer.private)
    again = seal_again(SEALED.header, inner, ROUTE, VENDOR.card.sealing)
    assert again.digest == SEALED.digest
    assert unpack(open_envelope(parse(again.data), ROUTE, VENDOR.private, newer.card.keys)) == BODY
    with pytest.raises(BadSignature):
        open_envelope(parse(again.data), ROUTE, VENDOR.private, LAB.card.keys)


@pytest.mark.parametrize(
    "fields", [{"sequence": 2, "previous": "0" * 64}, {"commitment": "0" * 64}, {"bucket": 8192}]
)
def test_the_hash_of_an_envelope_is_that_of_everything_in_its_header_but_the_epoch(fields: dict[str, Any]) -> None:
    assert hash_of(msgspec.structs.replace(SEALED.header, **fields)) != SEALED.digest
    assert hash_of(msgspec.structs.replace(SEALED.header, epoch=7)) == SEALED.digest


def test_a_body_that_the_header_does_not_commit_to_is_refused() -> None:
    with pytest.raises(BadEnvelope, match="not the one that the header commits to"):
        opened(forged(commitment=SEALED.header.commitment))
    with pytest.raises(BadEnvelope, match="commitment"):
        parse(with_header(commitment="x"))


def test_nobody_who_guesses_the_body_can_tell_that_it_was_sent() -> None:
    """The salt depends on a key that only the two ends have, and on the place."""
    packed = zstandard.ZstdCompressor(level=3, write_content_size=True).compress(BODY)
    assert hashlib.sha256(packed).hexdigest() != SEALED.header.commitment
    elsewhere = sealed_as(BODY, Place(2, SEALED.digest)).header.commitment
    other = seal(BODY, route(LAB, MALLORY, CHANNEL), FIRST, MALLORY.card.sealing, LAB.private).header.commitment
    assert len({SEALED.header.commitment, elsewhere, other}) == 3
