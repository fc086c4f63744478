import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
import rfc8785

from backchannel.core.identity import MAX_NAME, party_key
from backchannel.errors import BadCard
from backchannel.protocol import card as module
from backchannel.protocol.card import MAX_CARD, MAX_ENDPOINT, MAX_ENDPOINTS, make_card, read_card
from backchannel.protocol.crypto import sign
from paths import SHARED_DATA, needs_shared_data
from two_parties import LAB, MALLORY, NOW, PIN, VENDOR, seeds, with_next_epoch


def document() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(LAB.card_bytes)
    return value


def signed(statement: dict[str, Any]) -> bytes:
    """A card that says this, signed with LAB's keys: what a hostile owner of good keys can make."""
    signatures = sign(LAB.private, "key-card", rfc8785.dumps(statement))
    return rfc8785.dumps({"card": statement, "signatures": msgspec.to_builtins(signatures)})


def altered(**fields: Any) -> bytes:
    return signed({**document()["card"], **fields})


def test_a_card_says_what_its_owner_put_in() -> None:
    card = LAB.card
    assert card.name == "Lab of Human Rights"
    assert card.endpoints == ("https://lab.example:8443",)
    assert card.tls_pin == PIN
    assert card.created == NOW
    assert card.sealing.epoch == 1
    assert party_key(card.keys) == LAB.key


def test_blanks_around_a_card_do_not_matter() -> None:
    assert read_card(b"\r\n " + LAB.card_bytes + b"\r\n\n") == LAB.card


def test_the_tests_own_forger_can_make_a_good_card() -> None:
    assert read_card(altered()) == LAB.card


def test_a_card_issued_again_keeps_the_party() -> None:
    rotated = with_next_epoch(LAB.private, seeds("rotated"))
    again = read_card(make_card(rotated, "Renamed", (), None, NOW))
    assert again.sealing.epoch == 2
    assert party_key(again.keys) == LAB.key


def test_times_are_kept_in_utc_to_the_millisecond() -> None:
    moment = datetime(2026, 11, 22, 21, 31, 0, 123_999, tzinfo=timezone(timedelta(hours=1)))
    card = read_card(make_card(LAB.private, "Lab", (), None, moment))
    assert card.created == datetime(2026, 11, 22, 20, 31, 0, 123_000, tzinfo=UTC)


def test_the_largest_card_is_below_the_limit() -> None:
    endpoint = "https://h.example/" + "x" * (MAX_ENDPOINT - 18)
    data = make_card(LAB.private, "\U0001d54f" * MAX_NAME, (endpoint,) * MAX_ENDPOINTS, PIN, NOW)
    assert len(data) < MAX_CARD // 2
    assert len(read_card(data).endpoints) == MAX_ENDPOINTS


def test_a_card_too_large_is_refused() -> None:
    with pytest.raises(BadCard, match="at most 131072 bytes"):
        read_card(b"x" * (MAX_CARD + 1))


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"null", b"[]", b"\xff\xfe", b'{"card":1}', b"[" * 10_000, b"[" * 5_000 + b"]" * 5_000],
)
def test_what_is_no_card_is_refused(data: bytes) -> None:
    with pytest.raises(BadCard, match="not a key card"):
        read_card(data)


@pytest.mark.parametrize("field", ["name", "version", "keys", "sealing", "endpoints", "tls_pin", "created"])
def test_a_card_without_one_of_its_fields_is_refused(field: str) -> None:
    statement = document()["card"]
    del statement[field]
    with pytest.raises(BadCard):
        read_card(signed(statement))


def test_unknown_fields_are_refused_at_every_level() -> None:
    for inside in ((), ("card",), ("card", "keys"), ("card", "sealing"), ("signatures",)):
        value = target = document()
        for key in inside:
            target = target[key]
        target["extra"] = 1
        with pytest.raises(BadCard, match="unknown field"):
            read_card(rfc8785.dumps(value))


def test_a_key_given_twice_is_refused() -> None:
    twice = LAB.card_bytes.replace(b'"name":', b'"name":"Somebody","name":', 1)
    with pytest.raises(BadCard, match="canonical"):
        read_card(twice)


@pytest.mark.parametrize(
    ("before", "after"),
    [(b'"version":1', b'"version": 1'), (b'"version":1', b'"version":1.0'), (b"Lab of", b"Lab\\u0020of")],
)
def test_another_spelling_of_the_same_card_is_refused(before: bytes, after: bytes) -> None:
    assert before in LAB.card_bytes
    with pytest.raises(BadCard):
        read_card(LAB.card_bytes.replace(before, after, 1))


def test_lax_base64_is_refused() -> None:
    text = document()["signatures"]["ed25519"]
    assert text.endswith("==")
    # The last letter before the padding carries four unused bits.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    lax = text[:-3] + alphabet[alphabet.index(text[-3]) + 1] + "=="
    with pytest.raises(BadCard, match="canonical"):
        read_card(LAB.card_bytes.replace(text.encode(), lax.encode()))


@pytest.mark.parametrize("version", [0, 2, -1, 2**53 - 1])
def test_a_card_of_an_unknown_version_is_refused(version: int) -> None:
    with pytest.raises(BadCard, match="protocol version"):
        read_card(altered(version=version))


@pytest.mark.parametrize("name", ["", "x" * 101, "a\nb", "a\x1b[2Jb", "a\u202eb", " a"])
def test_a_card_with_a_deceptive_name_is_refused(name: str) -> None:
    with pytest.raises(BadCard, match="name"):
        read_card(altered(name=name))
    with pytest.raises(ValueError, match="name"):
        make_card(LAB.private, name, (), None, NOW)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://lab.example",
        "https://",
        "https://user:secret@lab.example",
        "https://lab.example:99999",
        "https://lab.example:0",
        "https://lab.example/../etc",
        "https://lab.example/?q=1",
        "https://lab.example/\x1b[31m",
        "https://LAB.example",
        "https://läb.example",
        "https://[not-an-address",
        "file:///etc/passwd",
        "https://lab.example/" + "x" * MAX_ENDPOINT,
    ],
)
def test_an_endpoint_that_is_no_plain_https_address_is_refused(endpoint: str) -> None:
    with pytest.raises(BadCard, match="endpoint"):
        read_card(altered(endpoints=[endpoint]))


@pytest.mark.parametrize(
    "endpoint", ["https://lab.example", "https://192.0.2.1:8443/", "https://[2001:db8::1]:8443/box"]
)
def test_a_plain_https_address_is_kept(endpoint: str) -> None:
    assert read_card(altered(endpoints=[endpoint])).endpoints == (endpoint,)


def test_too_many_endpoints_are_refused() -> None:
    with pytest.raises(BadCard, match="at most 8 endpoints"):
        read_card(altered(endpoints=["https://lab.example"] * 9))


@pytest.mark.parametrize("pin", ["", "0" * 63, "A" * 64, "0" * 64 + "\n"])
def test_a_malformed_certificate_pin_is_refused(pin: str) -> None:
    with pytest.raises(BadCard, match="pin"):
        read_card(altered(tls_pin=pin))


@pytest.mark.parametrize(
    "created",
    ["", "yesterday", "2026-11-22T20:31:00Z", "2026-13-22T20:31:00.000Z", "2026-11-22T20:31:00.0001Z"],
)
def test_a_malformed_time_is_refused(created: str) -> None:
    with pytest.raises(BadCard):
        read_card(altered(created=created))


@pytest.mark.parametrize("epoch", [0, -1, 2**53])
def test_an_impossible_epoch_is_refused(epoch: int) -> None:
    statement = document()["card"]
    statement["sealing"]["epoch"] = epoch
    if epoch == 2**53:
        data = LAB.card_bytes.replace(b'"epoch":1', b'"epoch":9007199254740992')
    else:
        data = signed(statement)
    with pytest.raises(BadCard):
        read_card(data)


@pytest.mark.parametrize("algorithm", ["ed25519", "mldsa65"])
def test_a_card_with_one_of_two_signatures_missing_or_wrong_is_refused(algorithm: str) -> None:
    other = json.loads(VENDOR.card_bytes)["signatures"][algorithm]
    for value in ("", other):
        forged = document()
        forged["signatures"][algorithm] = value
        with pytest.raises(BadCard, match="signature"):
            read_card(rfc8785.dumps(forged))


@pytest.mark.parametrize("field", ["name", "tls_pin", "endpoints", "created"])
def test_a_changed_card_is_refused(field: str) -> None:
    forged = document()
    forged["card"][field] = {
        "name": "Lab of Wrongs", "tls_pin": None, "endpoints": [], "created": "2026-11-22T20:31:00.001Z",
    }[field]  # fmt: skip
    with pytest.raises(BadCard, match="signature of the key-card is wrong"):
        read_card(rfc8785.dumps(forged))


def test_a_card_with_somebody_elses_keys_is_refused() -> None:
    statement = document()["card"]
    statement["keys"] = json.loads(MALLORY.card_bytes)["card"]["keys"]
    with pytest.raises(BadCard, match="signature"):
        read_card(signed(statement))


def with_ed25519_key(key: bytes) -> bytes:
    statement = document()["card"]
    statement["keys"]["ed25519"] = base64.b64encode(key).decode()
    return signed(statement)


@needs_shared_data
def test_low_order_and_non_canonical_keys_of_the_vectors_are_refused_at_enrolment() -> None:
    path = SHARED_DATA / "vectors" / "ed25519" / "ed25519vectors.json"
    weak = {
        vector["key"]
        for vector in json.loads(path.read_text())
        if {"low_order_A", "non_canonical_A"} & set(vector["flags"] or ())
    }
    assert len(weak) == 14
    for key in weak:
        with pytest.raises(BadCard, match=r"low order|not canonical"):
            read_card(with_ed25519_key(bytes.fromhex(key)))


def test_weak_keys_are_refused_before_any_signature_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    def verify(*_: object) -> None:
        raise AssertionError("a signature was verified")

    monkeypatch.setattr(module, "verify", verify)
    with pytest.raises(BadCard, match="low order"):
        read_card(with_ed25519_key(b"\1" + b"\0" * 31))


def test_a_weak_sealing_key_is_refused() -> None:
    statement = document()["card"]
    statement["sealing"]["key"] = base64.b64encode(LAB.card.sealing.key[:1184] + b"\0" * 32).decode()
    with pytest.raises(BadCard, match="low order"):
        read_card(signed(statement))
