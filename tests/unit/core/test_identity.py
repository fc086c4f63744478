import hashlib
from datetime import UTC, datetime

import pytest

from backchannel.core.identity import (
    MAX_NAME,
    KeyCard,
    LedgerKeys,
    PublicKeys,
    SealingKey,
    check_name,
    fingerprint_words,
    identity_id,
    party_key,
    same_words,
)

KEYS = PublicKeys(ed25519=b"\x01" * 32, mldsa65=b"\x02" * 40, x25519=b"\x03" * 32, mlkem768=b"\x04" * 40)
KEY = hashlib.sha256(b"a party").hexdigest()
WORDS = fingerprint_words(KEY)


def card(name: str = "Human Rights Lab") -> KeyCard:
    made = datetime(2026, 11, 22, 20, 31, tzinfo=UTC)
    return KeyCard(1, name, KEYS, SealingKey(1, b"\x05"), LedgerKeys(b"\x06", b"\x07"), (), None, made)


def test_the_party_key_is_the_hash_of_the_canonical_keys() -> None:
    text = (
        '{"ed25519":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",'
        '"mldsa65":"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg==",'
        '"mlkem768":"BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBA==",'
        '"x25519":"AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM="}'
    )
    assert party_key(KEYS) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("field", PublicKeys.__struct_fields__)
def test_the_party_key_depends_on_every_long_term_key(field: str) -> None:
    values = {name: getattr(KEYS, name) for name in PublicKeys.__struct_fields__}
    assert party_key(PublicKeys(**{**values, field: b"\x09" * 32})) != party_key(KEYS)


def test_the_party_key_does_not_depend_on_name_or_sealing_key() -> None:
    assert party_key(card("One").keys) == party_key(card("Two").keys)


def test_a_fingerprint_is_twelve_words_of_the_bip39_list() -> None:
    # BIP 39's first test vector: 128 zero bits.
    assert fingerprint_words("00" * 32) == ("abandon",) * 11 + ("about",)
    assert len(WORDS) == 12


def test_a_fingerprint_changes_with_each_of_its_128_bits() -> None:
    number = int(KEY[:32], 16)
    others = {fingerprint_words(f"{number ^ (1 << bit):032x}{KEY[32:]}") for bit in range(128)}
    assert len(others) == 128
    assert WORDS not in others


@pytest.mark.parametrize(
    "said",
    [
        " ".join(WORDS),
        " ".join(WORDS).upper(),
        ", ".join(WORDS),
        "\n".join(f"{number}. {word}" for number, word in enumerate(WORDS, 1)),
        f"  {'  '.join(WORDS)}\n",
    ],
)
def test_words_agree_however_they_are_written_down(said: str) -> None:
    assert same_words(said, WORDS)


@pytest.mark.parametrize(
    "said",
    [
        "",
        " ".join(WORDS[:-1]),
        " ".join((*WORDS, "zoo")),
        " ".join((WORDS[1], WORDS[0], *WORDS[2:])),
        " ".join(("zoo", *WORDS[1:])),
        "".join(WORDS),
    ],
)
def test_words_disagree_when_one_is_missing_wrong_or_elsewhere(said: str) -> None:
    assert not same_words(said, WORDS)


@pytest.mark.parametrize(
    "name",
    ["A", "Human Rights Lab", "Żółw & Söhne", "國家資安中心", "Лаборатория X", "Δ Lab", "CERT Ελλάς", "x" * MAX_NAME],
)
def test_a_name_of_visible_text_is_kept(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "1 to 100"),
        ("x" * (MAX_NAME + 1), "1 to 100"),
        ("two\nlines", r"U\+000A"),
        ("colour \x1b[31m", r"U\+001B"),
        ("bell\x07", r"U\+0007"),
        ("evil\u202eexe.lab", r"U\+202E"),
        ("zero\u200bwidth", r"U\+200B"),
        ("line\u2028separator", r"U\+2028"),
        ("wide\u3000blank", r"U\+3000"),
        ("surrogate\ud800", r"U\+D800"),
        ("private\ue000", r"U\+E000"),
        (" leading", "blanks"),
        ("trailing ", "blanks"),
        ("Soehne u\u0308", "composed"),
        ("Vendor  Research", "in a row"),
        ("Vend\u043er Research", "several scripts"),
        ("\u0391cme", "several scripts"),
        *((f"Vendor Research{one}", "not visible") for one in "\u3164\ufe0f\U000e0100\u2800\u034f\u00ad\u115f"),
    ],
)
def test_a_name_that_could_deceive_a_reader_is_refused(name: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_name(name)


def test_the_implied_identity_is_the_same_on_every_node() -> None:
    assert identity_id(party_key(KEYS)) == "identity--6abf3ff8-95ab-5d17-97c7-13987369c0ca"
    assert identity_id(KEY) != identity_id(party_key(KEYS))
