import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.errors import BadProof
from backchannel.protocol.ledger import (
    HASHES,
    SALT,
    Entry,
    Kind,
    check_subject,
    commitment,
    decode_entry,
    encode_entry,
    make_entry,
    open_leaf,
)

CHANNEL, ENVELOPE = hashlib.sha256(b"channel").digest(), hashlib.sha256(b"envelope").digest()
SALTS = st.binary(min_size=SALT, max_size=SALT)
SENT = make_entry(Kind.SENT, bytes(range(32)), channel=CHANNEL, envelope=ENVELOPE)


def some(kind: Kind, salt: bytes = bytes(SALT)) -> Entry:
    """An entry of the kind, about whatever its hashes are of."""
    return make_entry(kind, salt, **{name: hashlib.sha256(name.encode()).digest() for name in HASHES[kind]})


def test_an_entry_is_the_bytes_that_the_reference_says() -> None:
    data = bytes((1, 3)) + bytes(range(32)) + CHANNEL + ENVELOPE
    assert encode_entry(SENT) == data
    assert commitment(SENT) == hashlib.sha256(b"\0" + data).digest()


def test_the_numbers_of_kinds_are_for_ever() -> None:
    assert {kind.name: int(kind) for kind in Kind} == {
        "AGREEMENT": 1, "RELEASE": 2, "SENT": 3, "RECEIVED": 4, "OUTCOME": 5, "CONSENT": 6, "RECALL": 7, "CARD": 8,
    }  # fmt: skip
    assert set(HASHES) == set(Kind)


@given(st.sampled_from(Kind), SALTS)
def test_every_entry_goes_there_and_back(kind: Kind, salt: bytes) -> None:
    entry = some(kind, salt)
    assert decode_entry(encode_entry(entry)) == entry
    assert open_leaf(commitment(entry), encode_entry(entry)) == entry


def test_hashes_are_given_as_bytes_or_in_hex() -> None:
    assert make_entry(Kind.SENT, bytes(range(32)), channel=CHANNEL.hex(), envelope=ENVELOPE.hex()) == SENT


@given(SALTS, SALTS)
def test_a_leaf_tells_nothing_of_its_entry_without_the_salt(one: bytes, other: bytes) -> None:
    """The same thing under two salts gives leaves that share nothing; all leaves are equally long."""
    if one != other:
        assert commitment(some(Kind.RECALL, one)) != commitment(some(Kind.RECALL, other))
    assert {len(commitment(some(kind, one))) for kind in Kind} == {32}


@pytest.mark.parametrize("length", [0, 15, 31, 33])
def test_a_salt_that_is_too_short_or_long_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="a salt has 32 bytes"):
        make_entry(Kind.SENT, bytes(length), channel=CHANNEL, envelope=ENVELOPE)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_hash_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="a hash 32"):
        make_entry(Kind.SENT, bytes(SALT), channel=bytes(length), envelope=ENVELOPE)


def test_an_entry_has_the_hashes_of_its_kind_by_name() -> None:
    with pytest.raises(ValueError, match="has the hashes"):
        make_entry(Kind.SENT, bytes(SALT), channel=CHANNEL)
    with pytest.raises(ValueError, match="has the hashes"):
        make_entry(Kind.CARD, bytes(SALT), channel=CHANNEL, envelope=ENVELOPE)
    with pytest.raises(ValueError, match="has 2 hashes"):
        encode_entry(Entry(Kind.SENT, bytes(SALT), (CHANNEL,)))


DATA = encode_entry(SENT)


@pytest.mark.parametrize(
    "data",
    [b"", DATA[:1], DATA[:34], DATA[:-1], DATA + b"\0", DATA + CHANNEL, DATA[:-32],
     b"\0" + DATA[1:], b"\2" + DATA[1:], b"\1\0" + DATA[2:], b"\1\x09" + DATA[2:], b"\1\xff" + DATA[2:]],
)  # fmt: skip
def test_bytes_that_are_no_entry_are_refused(data: bytes) -> None:
    with pytest.raises(BadProof):
        decode_entry(data)


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_no_changed_byte_of_an_opening_goes_unseen(at: int, bits: int) -> None:
    changed = bytearray(DATA)
    changed[at] ^= bits
    with pytest.raises(BadProof, match="not that of this leaf"):
        open_leaf(commitment(SENT), bytes(changed))


def test_an_opened_entry_speaks_of_one_thing() -> None:
    check_subject(SENT, Kind.SENT, channel=CHANNEL, envelope=ENVELOPE)
    for kind, channel, envelope in (
        (Kind.RECEIVED, CHANNEL, ENVELOPE), (Kind.SENT, ENVELOPE, CHANNEL), (Kind.SENT, CHANNEL, bytes(32)),
    ):  # fmt: skip
        with pytest.raises(BadProof, match="something else"):
            check_subject(SENT, kind, channel=channel, envelope=envelope)


def test_an_entry_shows_no_salt() -> None:
    assert SENT.salt.hex() not in repr(SENT)
    assert str(SENT.salt) not in repr(SENT)
