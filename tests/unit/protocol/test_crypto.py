import json
from typing import Any

import msgspec
import pytest

from backchannel.errors import BadCard, BadEnvelope, BadSignature, NotForUs
from backchannel.protocol import crypto
from backchannel.protocol.crypto import Signatures, sign, verify
from backchannel.protocol.ed25519_keys import check_ed25519_key
from backchannel.protocol.keys import SealingSeed
from paths import SHARED_DATA, needs_shared_data
from two_parties import LAB, MALLORY, VENDOR, seeds, with_newest_epoch_only, with_next_epoch

P = 2**255 - 19
BASE_POINT = bytes.fromhex("5866666666666666666666666666666666666666666666666666666666666666")


def number(value: int) -> bytes:
    return value.to_bytes(32, "little")


# --- signatures ----------------------------------------------------------------------------------


def test_both_signatures_verify_with_the_signers_keys() -> None:
    verify(LAB.card.keys, "envelope", b"message", sign(LAB.private, "envelope", b"message"))


@pytest.mark.parametrize("algorithm", ["ed25519", "mldsa65"])
def test_one_of_two_signatures_missing_is_refused(algorithm: str) -> None:
    signatures = sign(LAB.private, "envelope", b"message")
    with pytest.raises(BadSignature, match="missing"):
        verify(LAB.card.keys, "envelope", b"message", msgspec.structs.replace(signatures, **{algorithm: b""}))


@pytest.mark.parametrize(("algorithm", "named"), [("ed25519", "Ed25519"), ("mldsa65", "ML-DSA-65")])
def test_one_of_two_signatures_wrong_is_refused(algorithm: str, named: str) -> None:
    signatures, forged = (sign(node.private, "envelope", b"message") for node in (LAB, MALLORY))
    mixed = msgspec.structs.replace(signatures, **{algorithm: getattr(forged, algorithm)})
    with pytest.raises(BadSignature, match=f"the {named} signature of the envelope is wrong"):
        verify(LAB.card.keys, "envelope", b"message", mixed)


@pytest.mark.parametrize("algorithm", ["ed25519", "mldsa65"])
def test_each_bit_of_a_signature_counts(algorithm: str) -> None:
    signatures = sign(LAB.private, "terms", b"message")
    value = bytearray(getattr(signatures, algorithm))
    for position in (0, len(value) // 2, len(value) - 1):
        changed = bytearray(value)
        changed[position] ^= 1
        with pytest.raises(BadSignature):
            verify(
                LAB.card.keys,
                "terms",
                b"message",
                msgspec.structs.replace(signatures, **{algorithm: bytes(changed)}),
            )


@pytest.mark.parametrize(
    ("domain", "message"), [("ending", b"message"), ("terms", b"Message"), ("terms\0", b"message")]
)
def test_a_signature_for_another_domain_or_message_is_refused(domain: str, message: bytes) -> None:
    signatures = sign(LAB.private, "terms", b"message")
    with pytest.raises(BadSignature):
        verify(LAB.card.keys, domain, message, signatures)


def test_a_signature_of_somebody_else_is_refused() -> None:
    with pytest.raises(BadSignature):
        verify(VENDOR.card.keys, "terms", b"message", sign(LAB.private, "terms", b"message"))


def test_keys_that_are_no_keys_verify_nothing() -> None:
    signatures = Signatures(b"\0" * crypto.ED25519_SIGNATURE, b"\0" * crypto.MLDSA65_SIGNATURE)
    with pytest.raises(BadSignature):
        verify(msgspec.structs.replace(LAB.card.keys, ed25519=b"short"), "terms", b"", signatures)


# --- single signatures ---------------------------------------------------------------------------

SINGLE = {
    "ed25519": (crypto.ed25519_public, crypto.ed25519_sign, crypto.ed25519_verifies, crypto.ED25519_SIGNATURE),
    "mldsa44": (crypto.mldsa44_public, crypto.mldsa44_sign, crypto.mldsa44_verifies, crypto.MLDSA44_SIGNATURE),
}


@pytest.mark.parametrize("algorithm", SINGLE)
def test_a_single_signature_verifies_for_its_key_and_message_alone(algorithm: str) -> None:
    public, sign_one, verifies, length = SINGLE[algorithm]
    key, made = public(bytes(32)), sign_one(bytes(32), b"message")
    assert len(made) == length
    assert verifies(key, b"message", made)
    assert not verifies(key, b"Message", made)
    assert not verifies(public(b"\1" * 32), b"message", made)
    assert not verifies(key, b"message", made[:-1] + bytes((made[-1] ^ 1,)))


@pytest.mark.parametrize("algorithm", SINGLE)
def test_what_is_no_key_or_no_signature_verifies_nothing(algorithm: str) -> None:
    public, _, verifies, length = SINGLE[algorithm]
    assert not verifies(b"short", b"message", bytes(length))
    assert not verifies(public(bytes(32)), b"message", b"")


# --- public keys ---------------------------------------------------------------------------------


def cctv_keys() -> dict[str, set[str]]:
    """Every key of the vectors with the flags that concern it (`..._A`)."""
    path = SHARED_DATA / "vectors" / "ed25519" / "ed25519vectors.json"
    keys: dict[str, set[str]] = {}
    for vector in json.loads(path.read_text()):
        flags = {flag for flag in vector["flags"] or () if flag.endswith("_A")}
        keys.setdefault(vector["key"], set()).update(flags)
    return keys


@needs_shared_data
def test_every_low_order_or_non_canonical_key_of_the_vectors_is_refused_and_no_other() -> None:
    refused: set[str] = set()
    keys = cctv_keys()
    for key in keys:
        try:
            check_ed25519_key(bytes.fromhex(key))
        except BadCard:
            refused.add(key)
    weak = {key for key, flags in keys.items() if flags & {"low_order_A", "non_canonical_A"}}
    assert len(weak) == 14
    assert refused == weak
    assert len(keys) > len(weak)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (b"", "0 bytes"),
        (b"x" * 33, "33 bytes"),
        (number(P), "not canonical"),
        (number(P + 1), "not canonical"),
        (number(P + 3), "not canonical"),
        (number(2**255 - 1), "not canonical"),
        (number(0), "low order"),
        (number(1), "low order"),
        (number(1 | 1 << 255), "low order"),
        (number(P - 1), "low order"),
        (number(2), "not a point"),
        (number(2 | 1 << 255), "not a point"),
    ],
)
def test_a_weak_or_malformed_ed25519_key_is_refused(key: bytes, why: str) -> None:
    with pytest.raises(BadCard, match=why):
        check_ed25519_key(key)


def test_proper_ed25519_keys_pass() -> None:
    for key in (BASE_POINT, LAB.card.keys.ed25519, VENDOR.card.keys.ed25519):
        check_ed25519_key(key)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (b"x" * 31, "31 bytes"),
        (number(0), "low order"),
        (number(1), "low order"),
        (number(P - 1), "low order"),
        (bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"), "low order"),
        (bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"), "low order"),
        (number(P), "not canonical"),
        (number(9 | 1 << 255), "not canonical"),
    ],
)
def test_a_weak_or_malformed_x25519_key_is_refused(key: bytes, why: str) -> None:
    with pytest.raises(BadCard, match=why):
        crypto.check_x25519_key(key)


def test_a_low_order_key_gives_no_shared_secret() -> None:
    with pytest.raises(BadCard, match="low order"):
        crypto.x25519_secret(LAB.private, msgspec.structs.replace(VENDOR.card.keys, x25519=number(1)))


@pytest.mark.parametrize("key", [b"", b"\xff" * crypto.MLKEM768_KEY, b"\0" * (crypto.MLKEM768_KEY + 1)])
def test_a_malformed_mlkem_key_is_refused(key: bytes) -> None:
    with pytest.raises(BadCard, match="ML-KEM-768"):
        crypto.check_mlkem_key(key)
    with pytest.raises(BadCard, match="ML-KEM-768"):
        crypto.encapsulate(msgspec.structs.replace(VENDOR.card.keys, mlkem768=key))


@pytest.mark.parametrize(
    "weak",
    [{"ed25519": number(1)}, {"x25519": number(0)}, {"mlkem768": b"\xff" * 1184}, {"mldsa65": b"short"}],
)
def test_each_of_the_four_long_term_keys_is_checked(weak: dict[str, Any]) -> None:
    crypto.check_public_keys(LAB.card.keys)
    with pytest.raises(BadCard):
        crypto.check_public_keys(msgspec.structs.replace(LAB.card.keys, **weak))


def test_both_halves_of_a_sealing_key_are_checked() -> None:
    key = LAB.card.sealing.key
    crypto.check_sealing_key(key)
    for weak in (b"\xff" * 1184 + key[1184:], key[:1184] + number(1), key[:-1]):
        with pytest.raises(BadCard):
            crypto.check_sealing_key(weak)


# --- seals ---------------------------------------------------------------------------------------


def test_only_the_owner_opens_a_seal_and_only_with_the_same_info() -> None:
    sealed = crypto.hpke_seal(VENDOR.card.sealing, b"info", b"plain")
    assert len(sealed) == len(b"plain") + crypto.SEAL_OVERHEAD
    assert crypto.hpke_open(VENDOR.private, 1, b"info", sealed) == b"plain"
    for private, info in ((LAB.private, b"info"), (VENDOR.private, b"other")):
        with pytest.raises(BadEnvelope, match="seal is broken"):
            crypto.hpke_open(private, 1, info, sealed)


@pytest.mark.parametrize("position", [0, 1087, 1088, 1119, 1120, -1])
def test_a_seal_that_was_changed_anywhere_is_refused(position: int) -> None:
    sealed = bytearray(crypto.hpke_seal(VENDOR.card.sealing, b"info", b"plain"))
    sealed[position] ^= 1
    with pytest.raises(BadEnvelope):
        crypto.hpke_open(VENDOR.private, 1, b"info", bytes(sealed))


def test_a_seal_opens_as_long_as_its_epochs_key_is_kept() -> None:
    sealed = crypto.hpke_seal(VENDOR.card.sealing, b"", b"plain")
    rotated = with_next_epoch(VENDOR.private, seeds("rotation"))
    assert crypto.hpke_open(rotated, 1, b"", sealed) == b"plain"
    with pytest.raises(NotForUs, match="epoch 1"):
        crypto.hpke_open(with_newest_epoch_only(rotated), 1, b"", sealed)
    with pytest.raises(BadEnvelope):
        crypto.hpke_open(rotated, 2, b"", sealed)


def test_sealing_keys_are_derived_as_x_wing_says() -> None:
    # draft-connolly-cfrg-xwing-kem, appendix C, first vector: the start and the end of its public key.
    seed = bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26")
    key = crypto.sealing_key(SealingSeed(1, seed)).key
    assert key.hex().startswith("e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5")
    assert len(key) == 1216


# --- shared secrets ------------------------------------------------------------------------------


def test_both_ends_of_each_key_agreement_get_the_same_secret() -> None:
    ours = crypto.x25519_secret(LAB.private, VENDOR.card.keys)
    assert ours == crypto.x25519_secret(VENDOR.private, LAB.card.keys)
    share = crypto.encapsulate(VENDOR.card.keys)
    assert crypto.decapsulate(VENDOR.private, share.ciphertext) == share
    assert crypto.decapsulate(LAB.private, share.ciphertext).secret != share.secret


def test_a_share_does_not_show_its_secret() -> None:
    assert repr(crypto.encapsulate(VENDOR.card.keys)) == "Share(…)"


@pytest.mark.parametrize("size", [0, 1087, 1089])
def test_a_ciphertext_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(BadEnvelope, match=f"{size} bytes"):
        crypto.decapsulate(LAB.private, b"x" * size)


def test_hkdf_gives_the_first_vector_of_rfc_5869() -> None:
    okm = crypto.hkdf(b"\x0b" * 22, salt=bytes(range(13)), info=bytes(range(0xF0, 0xFA)), length=42)
    assert okm.hex() == ("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")


def test_hmac_gives_the_second_vector_of_rfc_4231() -> None:
    mac = crypto.hmac_sha256(b"Jefe", b"what do ya want for nothing?")
    assert mac.hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
