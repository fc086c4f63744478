import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from backchannel.errors import BadNote, BadProof
from backchannel.protocol.accusations import MAX_ACCUSATION, accuse, check_accusation
from backchannel.protocol.checkpoints import Witnessed, cosign
from backchannel.protocol.notes import Note, parse_note, sign_note, with_signatures
from backchannel.protocol.tree_head import format_tree_head
from logs import KEYS, ORIGIN, TIME, WITNESS_KEYS, checkpoint, log_signers, tree, witness_signers

ONE, OTHER = checkpoint(13), checkpoint(13, "fork")
DOCUMENT = accuse(ONE.note, OTHER.note, KEYS)


def rewritten(**fields: object) -> bytes:
    """The document with other fields, in canonical form."""
    return rfc8785.dumps({**json.loads(DOCUMENT), **fields})


def test_two_roots_of_one_size_accuse_their_log() -> None:
    shown = check_accusation(DOCUMENT, KEYS)
    assert (shown.one.origin, shown.one.size) == (shown.other.origin, shown.other.size) == (ORIGIN, 13)
    assert {shown.one.root, shown.other.root} == {tree(13).root(), tree(13, "fork").root()}
    assert shown.keys == KEYS


def test_an_accusation_does_not_depend_on_who_saw_which_checkpoint_first() -> None:
    assert accuse(OTHER.note, ONE.note, KEYS) == DOCUMENT


def test_an_accusation_does_not_tell_who_the_witnesses_are() -> None:
    lines = cosign(Witnessed(ONE), witness_signers(), TIME)
    cosigned = bytes(with_signatures(parse_note(ONE.note), lines))
    assert accuse(cosigned, OTHER.note, KEYS) == DOCUMENT


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [(ONE, ONE, "same root"), (ONE, checkpoint(14), "different logs or sizes"),
     (ONE, checkpoint(13, "fork", "ledger.example/other"), "nobody")],
)  # fmt: skip
def test_checkpoints_that_can_both_be_true_accuse_nobody(one: object, other: object, why: str) -> None:
    with pytest.raises((BadProof, BadNote), match=why):
        accuse(one.note, other.note, KEYS)  # type: ignore[attr-defined]


def test_two_logs_of_one_key_accuse_nobody() -> None:
    text = format_tree_head(checkpoint(13, "fork", "ledger.example/other").head)
    note = bytes(sign_note(text, log_signers(), TIME))
    with pytest.raises(BadProof, match="different logs"):
        accuse(ONE.note, note, KEYS[:1])


def test_nobody_is_accused_with_a_signature_that_is_not_theirs() -> None:
    forged = Note(parse_note(OTHER.note).text, parse_note(ONE.note).signatures)
    with pytest.raises(BadNote, match="is wrong"):
        accuse(ONE.note, bytes(forged), KEYS)
    with pytest.raises(BadNote, match="nobody"):
        check_accusation(DOCUMENT, WITNESS_KEYS)
    with pytest.raises(BadNote, match="nobody"):
        check_accusation(DOCUMENT, [])


@pytest.mark.parametrize("at", [0, 1])
def test_nobody_is_accused_by_one_of_two_algorithms(at: int) -> None:
    note = parse_note(OTHER.note)
    half = bytes(Note(note.text, note.signatures[at : at + 1]))
    with pytest.raises(BadNote, match="lacks a signature"):
        accuse(ONE.note, half, KEYS)
    assert accuse(ONE.note, half, KEYS[at : at + 1])


NOTES = json.loads(DOCUMENT)["checkpoints"]


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"{}",
        DOCUMENT + b"\n",
        b" " + DOCUMENT,
        json.dumps(json.loads(DOCUMENT)).encode(),
        rewritten(accusation=2),
        rewritten(more=1),
        rewritten(checkpoints=NOTES[:1]),
        rewritten(checkpoints=NOTES[::-1]),
        rewritten(checkpoints=[NOTES[0], NOTES[0]]),
        rewritten(checkpoints=[NOTES[0], "no note"]),
        rewritten(checkpoints=[NOTES[0], 5]),
        b"[" * 100_000,
        b'{"accusation":1,"accusation":1,' + DOCUMENT.partition(b",")[2],
        DOCUMENT.replace(b"\\n13\\n", b"\\n12\\n"),
    ],
)
def test_a_document_in_any_other_form_is_refused(document: bytes) -> None:
    with pytest.raises((BadProof, BadNote)):
        check_accusation(document, KEYS)


def test_a_document_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadProof, match="at most"):
        check_accusation(b"{" * (MAX_ACCUSATION + 1), KEYS)


@given(st.integers(0, len(DOCUMENT) - 1), st.integers(1, 255))
def test_no_changed_byte_of_an_accusation_goes_unseen(at: int, bits: int) -> None:
    changed = bytearray(DOCUMENT)
    changed[at] ^= bits
    with pytest.raises((BadProof, BadNote)):
        check_accusation(bytes(changed), KEYS)
