"""Consents: what a recipient is shown, and everything that does not let an object pass."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.provenance import Provenance
from backchannel.errors import BadConsent
from backchannel.protocol.consent import (
    Consent,
    ItemName,
    Originator,
    Proof,
    Signed,
    item_commitment,
    make_consent,
    read_statement,
    recipient_commitment,
)
from two_parties import LAB, MALLORY, VENDOR

NOW = datetime(2026, 11, 22, tzinfo=UTC)
UNTIL = "2026-12-01T00:00:00.000Z"
AGREEMENT, OTHER = "a1" * 32, "a2" * 32
SALT = b"salt" * 8
ITEM = ItemName("indicator--1", "2026-01-01T00:00:00.000Z", "cd" * 32)
SECOND = ItemName("indicator--2", "2026-01-01T00:00:00.000Z", "ce" * 32)
ORIGINATOR = Originator(b"secret of the originator" + b"x" * 8, AGREEMENT)


def consent(*items: ItemName, by: Originator = ORIGINATOR, to: str = VENDOR.key, **how: Any) -> Consent:
    given = {"until": UNTIL, "at": "2026-11-22T00:00:00.000Z", **how}
    made = make_consent(by, items or (ITEM, SECOND), recipient=recipient_commitment(SALT, to), **given)
    return msgspec.structs.replace(made, salt=SALT.hex())


def said(*consents: Consent, by: Originator = ORIGINATOR, item: ItemName = ITEM, **how: Any) -> Provenance:
    plain = {
        "origin": by.origin(item.id),
        "onward": "never",
        "passed": "consent",
        "nonce": by.nonce(item.id).hex(),
        "consents": tuple(one.id for one in consents),
    }
    return Provenance(**{**plain, **how})


def check(*consents: Consent, item: ItemName = ITEM, us: str = VENDOR.key, now: datetime = NOW, **how: Any) -> None:
    Proof(consents, us, now).check(item, said(*consents, **how))


def test_a_consent_lets_the_object_it_names_pass_to_its_recipient() -> None:
    check(consent())
    check(
        consent(),
        item=SECOND,
        by=ORIGINATOR,
        nonce=ORIGINATOR.nonce(SECOND.id).hex(),
        origin=ORIGINATOR.origin(SECOND.id),
    )


def test_a_consent_for_another_recipient_is_refused() -> None:
    with pytest.raises(BadConsent, match="another recipient"):
        check(consent(to=MALLORY.key))
    with pytest.raises(BadConsent, match="another recipient"):
        check(consent(), us=LAB.key)


def test_a_consent_whose_recipient_is_not_opened_is_refused() -> None:
    with pytest.raises(BadConsent, match="what opens a consent is missing"):
        check(msgspec.structs.replace(consent(), salt=""))
    with pytest.raises(BadConsent, match="another recipient"):
        check(msgspec.structs.replace(consent(), salt="ab" * 32))


def test_a_consent_for_another_object_is_refused() -> None:
    with pytest.raises(BadConsent, match="does not name this object"):
        check(consent(SECOND))


@pytest.mark.parametrize("change", [{"version": "2026-02-01T00:00:00.000Z"}, {"sha256": "ff" * 32}])
def test_a_consent_for_another_version_or_content_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(BadConsent, match="does not name this object"):
        check(consent(), item=msgspec.structs.replace(ITEM, **change))


def test_a_consent_that_expired_is_refused() -> None:
    with pytest.raises(BadConsent, match="expired on 2026-12-01"):
        check(consent(), now=datetime(2026, 12, 1, tzinfo=UTC))


def test_a_consent_by_other_keys_is_refused() -> None:
    forger = Originator(b"secret of somebody else" + b"x" * 9, AGREEMENT)
    forged = consent(by=forger)
    with pytest.raises(BadConsent, match="other keys"):
        check(forged)
    named = item_commitment(ORIGINATOR.nonce(ITEM.id), ITEM)
    mixed = consent(by=forger)
    assert named not in read_statement(mixed.statement).items
    swapped = msgspec.structs.replace(consent(), signed=forged.signed)
    with pytest.raises(BadConsent, match="not signed as it has to be"):
        check(swapped)


def test_a_consent_from_another_agreement_is_refused() -> None:
    """The same originator released the same object under two agreements, and consented under the other one."""
    elsewhere = Originator(b"secret of the originator" + b"x" * 8, OTHER)
    assert elsewhere.origin(ITEM.id) != ORIGINATOR.origin(ITEM.id)
    with pytest.raises(BadConsent, match="other keys"):
        check(consent(by=elsewhere), nonce=elsewhere.nonce(ITEM.id).hex())


def test_a_consent_with_a_stripped_onward_word_is_refused() -> None:
    value = json.loads(bytes(consent().statement))
    del value["onward"]
    stripped = msgspec.structs.replace(
        consent(), statement=msgspec.Raw(json.dumps(value, separators=(",", ":")).encode())
    )
    with pytest.raises(BadConsent, match="cannot be read"):
        check(stripped)


def test_a_consent_with_a_weakened_onward_word_is_refused() -> None:
    weaker = msgspec.structs.replace(
        consent(), statement=msgspec.Raw(bytes(consent().statement).replace(b'"never"', b'"ask"'))
    )
    with pytest.raises(BadConsent, match="not signed as it has to be"):
        check(weaker)
    with pytest.raises(BadConsent, match="says 'never' of passing it on, its sender 'ask'"):
        check(consent(), onward="ask")
    check(consent(onward="ask"), onward="ask")


def test_a_signed_object_cannot_pass_by_an_unsigned_consent() -> None:
    with pytest.raises(BadConsent, match="not signed"):
        check(consent(on_record=False))
    check(consent(on_record=False), origin="")


def test_an_object_without_an_origin_cannot_pass_by_a_signed_consent_of_anybody() -> None:
    with pytest.raises(BadConsent, match="other keys"):
        check(consent(), origin="")


def test_a_consent_that_is_named_has_to_be_there() -> None:
    with pytest.raises(BadConsent, match="did not come with it"):
        Proof((), VENDOR.key, NOW).check(ITEM, said(consent()))
    with pytest.raises(BadConsent, match="no consent came"):
        Proof((), VENDOR.key, NOW).check(ITEM, said())


def test_every_consent_of_a_chain_is_verified() -> None:
    first = msgspec.structs.replace(consent(to=LAB.key, until="2026-11-01T00:00:00.000Z", onward="ask"), salt="")
    check(first, consent())
    forged = consent(by=Originator(b"f" * 32, AGREEMENT), to=LAB.key)
    with pytest.raises(BadConsent, match="other keys"):
        check(forged, consent())
    with pytest.raises(BadConsent, match="another recipient"):
        check(consent(), consent(to=LAB.key))


def test_a_statement_tells_nothing_of_items_and_recipient_without_what_opens_them() -> None:
    text = bytes(consent().statement)
    for name in (ITEM.id, ITEM.sha256, VENDOR.key, AGREEMENT, ORIGINATOR.nonce(ITEM.id).hex()):
        assert name.encode() not in text


def test_objects_of_one_originator_cannot_be_linked_before_a_consent() -> None:
    origins = [ORIGINATOR.origin(f"indicator--{number}") for number in range(100)]
    assert len(set(origins)) == 100
    assert Originator(b"secret of the originator" + b"x" * 8, OTHER).keys != ORIGINATOR.keys
    assert Originator(b"secret of the originator" + b"x" * 8, AGREEMENT).origin(ITEM.id) == ORIGINATOR.origin(ITEM.id)


@pytest.mark.parametrize("algorithm", ["ed25519", "mldsa65"])
def test_a_consent_needs_both_signatures(algorithm: str) -> None:
    whole = consent()
    assert whole.signed is not None
    signatures = msgspec.structs.replace(whole.signed.signatures, **{algorithm: b""})
    with pytest.raises(BadConsent, match="not signed as it has to be"):
        check(msgspec.structs.replace(whole, signed=Signed(whole.signed.keys, signatures)))


@pytest.mark.parametrize("key", [b"", b"\0" * 32, b"\1" + b"\0" * 31, b"\xff" * 32])
def test_weak_and_malformed_consent_keys_are_refused(key: bytes) -> None:
    whole = consent()
    assert whole.signed is not None
    for name in ("ed25519", "mldsa65"):
        keys = msgspec.structs.replace(whole.signed.keys, **{name: key})
        with pytest.raises(BadConsent):
            check(msgspec.structs.replace(whole, signed=Signed(keys, whole.signed.signatures)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"version":1', b'"version":2'),
        (b'"version":1', b'"version":1,"extra":1'),
        (b'"at":', b'"at" :'),
        (b'"until":"2026-12-01T00:00:00.000Z"', b'"until":"soon"'),
        (b'"onward":"never"', b'"onward":"listed"'),
        (b'"recipient":"', b'"recipient":"X'),
        (b'"items":[', b'"items":["x",'),
    ],
)
def test_a_statement_has_one_form(old: bytes, new: bytes) -> None:
    statement = bytes(consent().statement)
    assert old in statement
    with pytest.raises(BadConsent):
        read_statement(statement.replace(old, new))


def test_a_statement_is_canonical_json() -> None:
    statement = bytes(consent().statement)
    value = json.loads(statement)
    assert json.dumps(value, sort_keys=True, separators=(",", ":")).encode() == statement


@given(st.binary(max_size=300))
def test_whatever_the_bytes_a_statement_is_read_or_refused(data: bytes) -> None:
    with pytest.raises(BadConsent):
        read_statement(data)


def test_a_changed_byte_of_a_consent_never_lets_anything_pass() -> None:
    whole = consent()
    document = msgspec.json.encode(whole)
    provenance = said(whole)
    passed = []
    for at in range(0, len(document), 97):
        changed = document[:at] + bytes([document[at] ^ 1]) + document[at + 1 :]
        try:
            other = msgspec.json.decode(changed, type=Consent)
            Proof((other,), VENDOR.key, NOW).check(ITEM, provenance)
        except (BadConsent, msgspec.DecodeError, UnicodeDecodeError):
            continue
        passed.append(at)
    assert passed == []


def test_secrets_are_not_shown() -> None:
    assert repr(ORIGINATOR.seeds) == "ConsentSeeds(…)"
