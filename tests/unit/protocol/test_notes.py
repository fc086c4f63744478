"""Signed notes: those that others published, and what a hostile one may try."""

from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.errors import BadNote
from backchannel.protocol.checkpoints import cosignatures, open_checkpoint
from backchannel.protocol.note_keys import SignatureType, Signer, VerifierKey, parse_verifier_key
from backchannel.protocol.notes import (
    MAX_NOTE,
    MAX_SIGNATURES,
    Note,
    Signature,
    make_signature,
    open_note,
    parse_note,
    parse_signatures,
    sign_note,
    with_signatures,
)
from logs import KEYS, ORIGIN, TIME, checkpoint, keys, log_signers, signer, witness_signers

GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PUBLISHED = [
    (  # C2SP signed-note, "Verifier keys", Example
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "This is an example message.\n\n— example.com/foo "
        "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
    ),
    (  # golang.org/x/mod/sumdb/note, package documentation
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        f"{GO_TEXT}\n— PeterNeumann "
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
    ),
]
GO_SIGNER = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")
"""The private key of the same documentation: a byte for the kind, and the seed."""
WITNESSED = """\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
"""  # noqa: E501
"""A checkpoint of a public log with cosignatures of public witnesses, from the tests of florolf/tlog-scales."""
WITNESSED_LOG = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
REMORA = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
MLDSA44 = Path(__file__).parent / "notes"
"""The log of filippo.io/torchwood, cmd/litewitness/testdata/mldsa.txt: key and checkpoint."""

ONE, OTHER = signer("one.example", SignatureType.ED25519), signer("two.example", SignatureType.ED25519)
NOTE = sign_note("hello\n", [ONE, OTHER], TIME)
DATA = bytes(NOTE)


# --- notes of others -----------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "note"), PUBLISHED, ids=["signed-note", "sumdb"])
def test_published_notes_verify(key: str, note: str) -> None:
    opened = open_note(note.encode(), [parse_verifier_key(key)])
    assert f"{opened.text}\n" == note.partition("—")[0]
    assert [str(one.key) for one in opened.signed] == [key]
    assert bytes(parse_note(note.encode())) == note.encode()


@pytest.mark.parametrize(("key", "note"), PUBLISHED, ids=["signed-note", "sumdb"])
def test_published_notes_with_a_changed_letter_do_not_verify(key: str, note: str) -> None:
    for at in range(note.index("\n\n")):
        changed = note[:at] + chr(ord(note[at]) ^ 1) + note[at + 1 :]
        with pytest.raises(BadNote):
            open_note(changed.encode(), [parse_verifier_key(key)])


def test_the_published_private_key_makes_the_published_note() -> None:
    go = Signer("PeterNeumann", SignatureType(GO_SIGNER[0]), GO_SIGNER[1:])
    assert str(go.verifier_key) == PUBLISHED[1][0]
    assert bytes(sign_note(GO_TEXT, [go], TIME)).decode() == PUBLISHED[1][1]


def test_the_poem_of_the_specification_is_read_with_its_empty_line() -> None:
    poem = (
        "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
        "— quasimodo.example/salvatore "
        "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
    ).encode()
    note = parse_note(poem)
    assert note.text.endswith("sole:\n\ned è subito sera.\n")
    assert note.signatures[0].key_id.hex() == "367ba04b"
    assert bytes(note) == poem


def test_a_checkpoint_of_a_public_log_and_its_witness_verify() -> None:
    log = parse_verifier_key(WITNESSED_LOG)
    opened = open_checkpoint(WITNESSED.encode(), "arche2025h1.staging.ct.transparency.dev", [log])
    assert opened.head.size == 1432088532
    (signed,) = cosignatures(WITNESSED.encode(), [parse_verifier_key(REMORA)])
    assert signed.time == 0x6A122120
    with pytest.raises(BadNote, match="is wrong"):
        cosignatures(WITNESSED.replace("532\n", "533\n").encode(), [parse_verifier_key(REMORA)])


def test_a_checkpoint_signed_with_ml_dsa_44_by_another_program_verifies() -> None:
    key = parse_verifier_key((MLDSA44 / "mldsa44-log.vkey").read_text().strip())
    data = (MLDSA44 / "mldsa44-log.checkpoint").read_bytes()
    assert key.kind is SignatureType.MLDSA44
    assert open_checkpoint(data, "example.com/mldsa-log", [key]).head.size == 1
    with pytest.raises(BadNote, match="is wrong"):
        open_checkpoint(data.replace(b"\n1\n", b"\n2\n"), "example.com/mldsa-log", [key])


# --- our own -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["hello\n", "\n", "a\n\nb\n", "— a\n", "é\n\n\n", "a\n\n— b\n"])
def test_a_note_opens_with_the_text_that_was_signed(text: str) -> None:
    assert open_note(bytes(sign_note(text, [ONE], TIME)), [ONE.verifier_key]).text == text


@pytest.mark.parametrize("text", ["", "hello", "a\tb\n", "a\r\n", "a\0\n"])
def test_a_text_that_could_not_be_read_is_not_signed(text: str) -> None:
    with pytest.raises(BadNote):
        sign_note(text, [ONE], TIME)


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    stranger = Signature("three.example", b"\0\0\0\0", b"whatever")
    data = bytes(with_signatures(NOTE, [stranger]))
    assert [one.key for one in open_note(data, [ONE.verifier_key]).signed] == [ONE.verifier_key]


def test_a_key_that_shares_only_name_or_only_id_is_unknown() -> None:
    (line,) = sign_note("hello\n", [ONE], TIME).signatures
    for other in (Signature("one.other", line.key_id, line.value), Signature(line.name, b"\1\2\3\4", line.value)):
        with pytest.raises(BadNote, match="nobody"):
            open_note(bytes(Note("hello\n", (other,))), [ONE.verifier_key])


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    for known in ([], [signer("three.example", SignatureType.ED25519).verifier_key]):
        with pytest.raises(BadNote, match="nobody"):
            open_note(DATA, known)


def test_one_wrong_signature_of_a_known_key_refuses_the_note_though_another_is_right() -> None:
    forged = Signature(OTHER.name, OTHER.verifier_key.id, bytes(64))
    data = bytes(with_signatures(NOTE, [forged]))
    with pytest.raises(BadNote, match="is wrong"):
        open_note(data, keys([ONE, OTHER]))


def test_a_known_key_that_signed_twice_is_refused() -> None:
    first, _ = NOTE.signatures
    with pytest.raises(BadNote, match="twice"):
        open_note(bytes(Note(NOTE.text, (first, first))), [ONE.verifier_key])
    witness, _ = witness_signers()
    text = parse_note(checkpoint(7).note).text
    lines = tuple(make_signature(witness, text, time) for time in (TIME, TIME + 1))
    with pytest.raises(BadNote, match="twice"):
        open_note(bytes(Note(text, lines)), [witness.verifier_key])


def test_a_newer_signature_of_a_key_takes_the_place_of_the_older() -> None:
    witness, _ = witness_signers()
    note = parse_note(checkpoint(7).note)
    for time in (TIME, TIME + 1):
        note = with_signatures(note, [make_signature(witness, note.text, time)])
    (signed,) = cosignatures(bytes(note), [witness.verifier_key])
    assert signed.time == TIME + 1


# --- hostile notes -------------------------------------------------------------------------------

GOOD_LINE = str(NOTE.signatures[0])
BASE64 = GOOD_LINE.split(" ")[2]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"hello\n",
        b"hello\n\n",
        f"hello\n{GOOD_LINE}\n".encode(),
        f"hello\n\n{GOOD_LINE}".encode(),
        f"hello\n\n{GOOD_LINE}\n\n".encode(),
        f"hello\n\n{GOOD_LINE}\nmore\n".encode(),
        f"hello\n\n{GOOD_LINE}\r\n".encode(),
        f"hello\r\n\n{GOOD_LINE}\n".encode(),
        f"hel\tlo\n\n{GOOD_LINE}\n".encode(),
        f"hel\0lo\n\n{GOOD_LINE}\n".encode(),
        f"hel\x1blo\n\n{GOOD_LINE}\n".encode(),
        b"hel\xfflo\n\n" + f"{GOOD_LINE}\n".encode(),
        b"hel\xed\xa0\x80lo\n\n" + f"{GOOD_LINE}\n".encode(),
        f"hello\n\n{GOOD_LINE} \n".encode(),
        f"hello\n\n {GOOD_LINE}\n".encode(),
        f"hello\n\n- one.example {BASE64}\n".encode(),
        f"hello\n\n—one.example {BASE64}\n".encode(),
        f"hello\n\n—  {BASE64}\n".encode(),
        f"hello\n\n— one.example  {BASE64}\n".encode(),
        f"hello\n\n— one\u2003example {BASE64}\n".encode(),
        f"hello\n\n— one+example {BASE64}\n".encode(),
        f"hello\n\n— {'n' * 256} {BASE64}\n".encode(),
        "hello\n\n— one.example\n".encode(),
        "hello\n\n— one.example \n".encode(),
        "hello\n\n— one.example AAAAAA==\n".encode(),
        f"hello\n\n— one.example {BASE64[:-1]}\n".encode(),
        f"hello\n\n— one.example {BASE64}=\n".encode(),
        f"hello\n\n— one.example {BASE64[:9]}\u00e9{BASE64[10:]}\n".encode(),
        f"hello\n\n— one.example {BASE64[:9]}-{BASE64[10:]}\n".encode(),
    ],
)
def test_a_malformed_note_is_refused(data: bytes) -> None:
    with pytest.raises(BadNote):
        parse_note(data)


def test_base64_with_unused_bits_set_is_refused() -> None:
    value = b64encode(NOTE.signatures[0].key_id + NOTE.signatures[0].value).decode()
    assert value.endswith("=")
    at = len(value.rstrip("=")) - 1
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = value[:at] + alphabet[alphabet.index(value[at]) + 1] + value[at + 1 :]
    assert b64decode(other) == b64decode(value)
    with pytest.raises(BadNote, match="base64"):
        parse_note(f"hello\n\n— one.example {other}\n".encode())


def test_a_note_may_have_as_many_signatures_as_the_limit_and_no_more() -> None:
    large = [Signature(f"w{number}.example", b"abcd", bytes(4900)) for number in range(16)]
    assert len(parse_note(bytes(Note("hello\n", tuple(large)))).signatures) == 16, "signed-note asks for 16"
    many = tuple(Signature(f"w{number}.example", b"abcd", b"x") for number in range(MAX_SIGNATURES + 1))
    assert parse_note(bytes(Note("hello\n", many[1:])))
    with pytest.raises(BadNote, match="at most 64"):
        parse_note(bytes(Note("hello\n", many)))


def test_a_note_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadNote, match="at most 262144 bytes"):
        parse_note(b"\xff" * (MAX_NOTE + 1))


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_no_changed_byte_of_a_note_goes_unseen(at: int, bits: int) -> None:
    changed = bytearray(DATA)
    changed[at] ^= bits
    try:
        opened = open_note(bytes(changed), keys([ONE, OTHER]))
    except BadNote:
        return
    assert opened.text == NOTE.text
    assert len(opened.signed) == 1, "a changed name or id is that of a key that nobody knows"


def test_signature_lines_that_travel_alone_are_read_as_strictly() -> None:
    lines = "".join(f"{one}\n" for one in NOTE.signatures)
    assert parse_signatures(lines) == NOTE.signatures
    for wrong in ("", "\n", lines[:-1], lines + "\n", f"\n{lines}", "hello\n", lines * 40):
        with pytest.raises(BadNote):
            parse_signatures(wrong)


def test_a_log_signs_with_both_algorithms() -> None:
    opened = open_note(checkpoint(7).note, KEYS)
    assert {one.key for one in opened.signed} == set(keys(log_signers()))
    assert all(isinstance(one.key, VerifierKey) and one.key.name == ORIGIN for one in opened.signed)
