from base64 import b64encode
from hashlib import sha256

import pytest

from backchannel.errors import BadNote
from backchannel.protocol.note_keys import (
    SignatureType,
    Signer,
    VerifierKey,
    parse_verifier_key,
    sign_text,
    verify_text,
)
from logs import ORIGIN, TIME, checkpoint, signer
from two_parties import LAB

PUBLISHED = {
    # C2SP signed-note, "Verifier keys", Example
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k": SignatureType.ED25519,
    # golang.org/x/mod/sumdb/note, package documentation
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW": SignatureType.ED25519,
    # a witness of the public network; transparency-dev/formats, note/note_cosigv1_test.go
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2": SignatureType.COSIGNATURE,
}
ALL = [signer(ORIGIN, kind) for kind in SignatureType]
TEXT = checkpoint(7).note.decode().partition("\n\n")[0] + "\n"


def vkey(name: str, kind: int, key: bytes, written: str | None = None) -> str:
    """A verifier key with the right id, whatever is in it."""
    found = sha256(name.encode() + b"\n" + bytes((kind,)) + key).hexdigest()[:8]
    return f"{name}+{written or found}+{b64encode(bytes((kind,)) + key).decode()}"


@pytest.mark.parametrize("text", PUBLISHED)
def test_published_keys_are_read_and_written(text: str) -> None:
    key = parse_verifier_key(text)
    assert key.kind is PUBLISHED[text]
    assert str(key) == text


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.kind.name)
def test_our_keys_go_there_and_back(one: Signer) -> None:
    assert parse_verifier_key(str(one.verifier_key)) == one.verifier_key


def test_ids_of_one_key_under_other_names_and_kinds_are_others() -> None:
    key = LAB.card.keys.ed25519
    ids = {VerifierKey(name, kind, key).id for name in ("a", "b") for kind in SignatureType}
    assert len(ids) == 6


GOOD = LAB.card.keys.ed25519


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a+b",
        vkey("a", 1, GOOD, "00000000"),
        vkey("a", 1, GOOD).replace("+", "+0", 1),
        vkey("", 1, GOOD),
        vkey("a b", 1, GOOD),
        vkey("a\u00a0b", 1, GOOD),
        vkey("a\nb", 1, GOOD),
        vkey("a" * 256, 1, GOOD),
        vkey("a", 2, GOOD),
        vkey("a", 5, GOOD),
        vkey("a", 255, GOOD),
        vkey("a", 1, b""),
        vkey("a", 1, GOOD + b"\0"),
        vkey("a", 4, GOOD[:-1]),
        vkey("a", 6, GOOD),
        vkey("a", 1, GOOD) + "\n",
        vkey("a", 1, GOOD) + "=",
        vkey("a", 1, GOOD).upper(),
    ],
)
def test_a_malformed_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        parse_verifier_key(text)


@pytest.mark.parametrize("kind", [SignatureType.ED25519, SignatureType.COSIGNATURE])
@pytest.mark.parametrize("key", [bytes(32), b"\1" + bytes(31), b"\xee" + b"\xff" * 30 + b"\x7f", b"\2" + bytes(31)])
def test_a_weak_or_non_canonical_ed25519_key_is_refused(kind: SignatureType, key: bytes) -> None:
    with pytest.raises(BadNote, match="cannot be used"):
        parse_verifier_key(vkey("a", kind, key))


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.kind.name)
def test_a_signature_verifies_and_gives_its_time(one: Signer) -> None:
    made = sign_text(one, TEXT, TIME)
    expected = None if one.kind is SignatureType.ED25519 else TIME
    assert verify_text(one.verifier_key, TEXT, made) == expected


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.kind.name)
def test_a_signature_with_a_changed_byte_or_text_or_length_is_refused(one: Signer) -> None:
    made = sign_text(one, TEXT, TIME)
    for at in {0, 7, 8, len(made) // 2, len(made) - 1}:
        changed = bytearray(made)
        changed[at] ^= 1
        with pytest.raises(BadNote, match="is wrong"):
            verify_text(one.verifier_key, TEXT, bytes(changed))
    for wrong in (b"", made[:-1], made + b"\0"):
        with pytest.raises(BadNote, match="bytes"):
            verify_text(one.verifier_key, TEXT, wrong)
    with pytest.raises(BadNote, match="is wrong"):
        verify_text(one.verifier_key, TEXT.replace("\n7\n", "\n8\n"), made)


def test_no_kind_of_signature_verifies_as_another_of_the_same_key() -> None:
    """The seed is one; only kinds and so messages differ."""
    seed = bytes(range(32))
    plain, witness = (Signer(ORIGIN, kind, seed) for kind in (SignatureType.ED25519, SignatureType.COSIGNATURE))
    with pytest.raises(BadNote):
        verify_text(plain.verifier_key, TEXT, sign_text(witness, TEXT, TIME)[8:])
    with pytest.raises(BadNote):
        verify_text(witness.verifier_key, TEXT, bytes(8) + sign_text(plain, TEXT, TIME))


def test_what_a_witness_signs_is_no_checkpoint_that_its_key_could_have_signed_as_a_log() -> None:
    """The text that a cosignature covers, taken as a note of its own."""
    witness = Signer(ORIGIN, SignatureType.COSIGNATURE, bytes(range(32)))
    signed = f"cosignature/v1\ntime {TIME}\n{TEXT}"
    log = VerifierKey(ORIGIN, SignatureType.ED25519, witness.verifier_key.key)
    assert verify_text(log, signed, sign_text(witness, TEXT, TIME)[8:]) is None
    with pytest.raises(BadNote, match="decimal"):
        sign_text(witness, signed, TIME)


def test_an_ml_dsa_44_signature_holds_for_one_name_and_origin_alone() -> None:
    one = signer("witness.example", SignatureType.MLDSA44)
    made = sign_text(one, TEXT, TIME)
    with pytest.raises(BadNote, match="is wrong"):
        verify_text(VerifierKey("other.example", one.kind, one.verifier_key.key), TEXT, made)
    with pytest.raises(BadNote, match="is wrong"):
        verify_text(one.verifier_key, TEXT.replace(ORIGIN, "ledger.example/bal"), made)


@pytest.mark.parametrize("kind", [SignatureType.COSIGNATURE, SignatureType.MLDSA44])
def test_a_cosignature_is_made_over_checkpoints_alone(kind: SignatureType) -> None:
    one = signer(ORIGIN, kind)
    with pytest.raises(BadNote, match="three lines"):
        sign_text(one, "hello\n", TIME)
    with pytest.raises(BadNote, match="three lines"):
        verify_text(one.verifier_key, "hello\n", sign_text(one, TEXT, TIME))


@pytest.mark.parametrize("time", [-1, 2**63])
def test_a_time_out_of_range_is_neither_written_nor_read(time: int) -> None:
    one = signer(ORIGIN, SignatureType.COSIGNATURE)
    with pytest.raises(ValueError, match="2\\^63"):
        sign_text(one, TEXT, time)
    with pytest.raises(BadNote, match="2\\^63"):
        verify_text(one.verifier_key, TEXT, b"\xff" * 8 + bytes(64))


def test_a_signer_shows_no_seed() -> None:
    one = signer(ORIGIN, SignatureType.ED25519)
    assert one.seed.hex() not in repr(one)
    assert str(one.seed) not in repr(one)
