"""Whatever the bytes, the protocol's parsers return or raise an error of the counterpart's, nothing else."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from backchannel.errors import CounterpartError
from backchannel.protocol.card import read_card
from backchannel.protocol.channel import Channel, receive
from backchannel.protocol.envelope import Place, open_envelope, parse, seal, unpack
from backchannel.protocol.message import Release, ReleasedObject, decode, encode
from receipts import unsigned
from two_parties import LAB, VENDOR, route, secrets_at

CHANNEL = "c0" * 32
ID = "ab" * 32
MESSAGES = encode([unsigned(1, ID), Release(ID, (ReleasedObject(Raw(b'{"a":[1,"\\"x"]}'), "red", True),))])
ROUTE = route(LAB, VENDOR, CHANNEL)
ENVELOPE = seal(MESSAGES, ROUTE, Place(1, ""), VENDOR.card.sealing, LAB.private)

NOISE = st.binary(max_size=200)
JSON_LIKE = st.text(alphabet='{}[]",:\\ \n0123456789.eE+-aulsetrfn\u00e9\ud7ff', max_size=200).map(str.encode)


@st.composite
def mutated(draw: st.DrawFn, good: bytes, upto: int | None = None) -> bytes:
    """A good text with a few bytes cut, doubled, changed or put in."""
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, min(len(data), upto or len(data))))
        cut = draw(st.sampled_from([0, 0, 1, 2, 7]))
        put = draw(st.binary(max_size=3) | st.sampled_from([b'"', b"{", b"[", b"\\", b"1e999", b"-0", b"null"]))
        data[at : at + cut] = put
    return bytes(data)


@given(NOISE | JSON_LIKE | mutated(LAB.card_bytes, upto=400) | mutated(LAB.card_bytes))
def test_a_card_is_read_or_refused(data: bytes) -> None:
    try:
        card = read_card(data)
    except CounterpartError:
        return
    assert card == LAB.card, "only the signed card itself may pass"


@settings(max_examples=300)
@given(NOISE | JSON_LIKE | mutated(MESSAGES))
def test_messages_are_decoded_or_refused(data: bytes) -> None:
    try:
        messages = decode(data)
    except CounterpartError:
        return
    assert encode(messages) == data


@settings(max_examples=300)
@given(NOISE | mutated(ENVELOPE.data, upto=600) | mutated(ENVELOPE.data))
def test_an_envelope_is_opened_or_refused(data: bytes) -> None:
    try:
        opened = open_envelope(parse(data), ROUTE, VENDOR.private, LAB.card.keys)
    except CounterpartError:
        return
    assert data == ENVELOPE.data
    assert unpack(opened) == MESSAGES


@given(NOISE | mutated(ENVELOPE.data, upto=600))
def test_a_channel_accepts_or_refuses(data: bytes) -> None:
    try:
        receive(Channel(secrets_at(VENDOR, LAB, CHANNEL), VENDOR.key, LAB.key), data, VENDOR.private, LAB.card)
    except CounterpartError:
        return
    assert data == ENVELOPE.data
