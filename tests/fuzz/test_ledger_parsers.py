"""Whatever the bytes, the ledger's parsers return or raise an error of the counterpart's, nothing else.

And what they return, written again, is the bytes that were read: nothing has a second reading.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.errors import CounterpartError
from backchannel.protocol.accusations import accuse, check_accusation
from backchannel.protocol.ledger import Kind, decode_entry, encode_entry, make_entry
from backchannel.protocol.merkle_proof import (
    check_consistency,
    check_inclusion,
    check_subtree_consistency,
    check_subtree_inclusion,
)
from backchannel.protocol.note_keys import parse_verifier_key
from backchannel.protocol.notes import open_note, parse_note, parse_signatures
from backchannel.protocol.proofs import LogProof, format_proof, parse_proof
from backchannel.protocol.tree_head import format_tree_head, parse_tree_head
from logs import KEYS, checkpoint

NOTE = checkpoint(13).note
TEXT = NOTE.decode().partition("\n\n")[0] + "\n"
PROOF = format_proof(LogProof(5, (bytes(32), bytes(32)), NOTE, b"entry"))
ENTRY = encode_entry(make_entry(Kind.SENT, bytes(32), channel=bytes(32), envelope=bytes(32)))
ACCUSATION = accuse(NOTE, checkpoint(13, "fork").note, KEYS)
NOISE = st.binary(max_size=120)
TOKENS = st.sampled_from(
    [b"\n", b"\n\n", "— ".encode(), b" ", b"=", b"+", b"0", b"\xff", "\u2028".encode(), b"\r", b"\0"]
)


@st.composite
def mutated(draw: st.DrawFn, good: bytes, upto: int | None = None) -> bytes:
    """A good text with a few bytes cut, doubled, changed or put in."""
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, min(len(data), upto or len(data))))
        data[at : at + draw(st.sampled_from([0, 0, 1, 2, 40]))] = draw(TOKENS | st.binary(max_size=3))
    return bytes(data)


@settings(max_examples=400)
@given(NOISE | mutated(NOTE, upto=300) | mutated(NOTE))
def test_a_note_is_read_in_one_way_or_refused(data: bytes) -> None:
    try:
        note = parse_note(data)
    except CounterpartError:
        return
    assert bytes(note) == data


@settings(max_examples=200, deadline=None)
@given(NOISE | mutated(NOTE, upto=300) | mutated(NOTE))
def test_a_note_opens_with_the_signed_text_or_not_at_all(data: bytes) -> None:
    try:
        opened = open_note(data, KEYS)
    except CounterpartError:
        return
    assert opened.text == TEXT


@settings(max_examples=400)
@given(NOISE | mutated(TEXT.encode()))
def test_a_tree_head_is_read_in_one_way_or_refused(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        head = parse_tree_head(text)
    except CounterpartError:
        return
    assert format_tree_head(head) == text


@settings(max_examples=400)
@given(NOISE | mutated(str(KEYS[0]).encode()))
def test_a_verifier_key_is_read_in_one_way_or_refused(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        key = parse_verifier_key(text)
    except CounterpartError:
        return
    assert str(key) == text


@settings(max_examples=400)
@given(NOISE | mutated(PROOF, upto=300) | mutated(PROOF))
def test_a_proof_file_is_read_in_one_way_or_refused(data: bytes) -> None:
    try:
        proof = parse_proof(data)
    except CounterpartError:
        return
    assert format_proof(proof) == data


@given(NOISE | mutated(ENTRY))
def test_an_entry_is_read_in_one_way_or_refused(data: bytes) -> None:
    try:
        entry = decode_entry(data)
    except CounterpartError:
        return
    assert encode_entry(entry) == data


@settings(deadline=None)
@given(NOISE | mutated(ACCUSATION, upto=200) | mutated(ACCUSATION))
def test_an_accusation_is_the_one_that_was_made_or_refused(data: bytes) -> None:
    try:
        check_accusation(data, KEYS)
    except CounterpartError:
        return
    assert data == ACCUSATION


@given(NOISE | mutated(NOTE.partition(b"\n\n")[2]))
def test_signature_lines_are_read_or_refused(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        lines = parse_signatures(text)
    except CounterpartError:
        return
    assert "".join(f"{line}\n" for line in lines) == text


@given(st.lists(st.integers(-3, 2**64), min_size=3, max_size=3), st.lists(st.binary(max_size=40), max_size=70))
def test_proofs_of_nothing_are_refused_and_end(numbers: list[int], hashes: list[bytes]) -> None:
    one, two, three = numbers
    for check in (
        lambda: check_inclusion(bytes(32), one, two, hashes, b"no root"),
        lambda: check_consistency(one, two, hashes, b"no root", b"none either"),
        lambda: check_subtree_inclusion(bytes(32), one, two, three, hashes, b"no root"),
        lambda: check_subtree_consistency(one, two, three, hashes, b"no root", b"none either"),
    ):
        try:
            check()
        except CounterpartError:
            continue
        raise AssertionError("nothing was shown and it was accepted")
