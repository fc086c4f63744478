import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.errors import BackchannelError, BadEnvelope, CounterpartError, LimitExceeded
from backchannel.protocol.consent import Consent, ItemName, Originator, make_consent
from backchannel.protocol.crypto import Signatures, encapsulate
from backchannel.protocol.message import (
    Acceptance,
    Amendment,
    AmendmentAcceptance,
    AnyMessage,
    Checkpoint,
    ConsentGrant,
    ConsentRefusal,
    ConsentRequest,
    Cosignature,
    Decline,
    Ending,
    Proposal,
    Provenance,
    Receipt,
    Release,
    ReleasedObject,
    decode,
    encode,
)
from backchannel.protocol.signing import sign_terms, verify_terms
from backchannel.protocol.versions import CURRENT
from receipts import got, unsigned
from two_parties import LAB, VENDOR

ID = "ab" * 32
TERMS = b'{"threats":["Predator"],"title":"Joint watch"}'
CONSENT = make_consent(
    Originator(b"s" * 32, "ab" * 32),
    [],
    recipient="ab" * 32,
    until="2027-01-01T00:00:00.000Z",
    at="2026-11-22T20:31:00.000Z",
)
SIGNATURES = Signatures(b"\1" * 64, b"\2" * 3309)
OBJECT = b'{ "type" : "indicator", "x_custom": 1.50, "name":"caf\\u00e9" }'


def released(raw: bytes = OBJECT, tlp: Any = "amber") -> ReleasedObject:
    return ReleasedObject(msgspec.Raw(raw), tlp, reduced=False)


def release(*raws: bytes) -> Release:
    return Release(ID, tuple(map(released, raws)))


EVERY_KIND: list[AnyMessage] = [
    Proposal(msgspec.Raw(TERMS), SIGNATURES, b"\3" * 1088),
    Acceptance(ID, ID, SIGNATURES, b"\3" * 1088),
    Decline(ID, ID),
    Amendment(ID, msgspec.Raw(TERMS), SIGNATURES),
    AmendmentAcceptance(ID, ID, SIGNATURES),
    Ending(ID, "2026-11-22T20:31:00.000Z", SIGNATURES),
    Release(ID, (released(),), (msgspec.Raw(b'{"type":"marking-definition"}'),)),
    Receipt((got(7, ID), got(8, ID, "ahr", None)), SIGNATURES),
    Checkpoint("note", (b"h" * 32,)),
    Cosignature(7, "lines"),
    ConsentRequest(ID, (ItemName("malware--1", "", ID),), ID, "", "", ""),
    ConsentGrant(ID, (0, 2), (ID, ID), CONSENT),
    ConsentRefusal(ID, (1,)),
]


def body_of(*values: Any) -> bytes:
    return json.dumps(list(values), separators=(",", ":")).encode()


ARRIVED = {"sequence": 1, "header": ID, "envelope": ID, "outcome": "received", "objects": "", "index": 0}
RECEIPT = {"message": "receipt", "items": [ARRIVED], "signatures": None}


def received(**wrong: Any) -> dict[str, Any]:
    """A receipt with a wrong value in its item."""
    return {**RECEIPT, "items": [{**ARRIVED, **wrong}]}


RELEASE = {"message": "release", "version": ID, "items": [], "markings": [], "consents": []}
BESIDE = {"origin": ID, "onward": "ask", "destroy_by": "", "passed": "", "nonce": "", "consents": []}
ITEM = {"object": {}, "tlp": "amber", "reduced": False, "provenance": BESIDE}
REQUEST = {
    "message": "consent-request",
    "request": ID,
    "items": [{"id": "malware--1", "version": "", "sha256": ID}],
    "recipient": ID,
    "salt": "",
    "to": "",
    "by": "",
}
REFUSAL = {"message": "consent-refusal", "request": ID, "items": [0]}


@pytest.mark.parametrize("message", EVERY_KIND, ids=lambda message: type(message).__name__)
def test_every_kind_of_message_comes_back_as_it_was(message: AnyMessage) -> None:
    again = decode(encode([message]))
    assert [type(item) for item in again] == [type(message)]
    assert encode(again) == encode([message])


def test_several_messages_keep_their_order() -> None:
    assert [type(message) for message in decode(encode(EVERY_KIND))] == [type(m) for m in EVERY_KIND]


def test_the_tests_own_bodies_are_good() -> None:
    assert decode(body_of(RECEIPT)) == (unsigned(1, ID),)
    assert len(decode(body_of({**RELEASE, "items": [ITEM]}))) == 1


def test_an_object_has_an_origin_tag_beside_it_or_none() -> None:
    """Messages from before there were tags have none, and are read as they were."""
    tagged = {**ITEM, "provenance": {**BESIDE, "tag": ID}}
    (release,) = decode(body_of({**RELEASE, "items": [ITEM, tagged]}))
    assert isinstance(release, Release)
    assert [one.provenance.tag for one in release.items] == [msgspec.UNSET, ID]
    assert encode([release]) == body_of({**RELEASE, "items": [ITEM, tagged]})


def test_released_objects_keep_every_byte() -> None:
    (message,) = decode(encode([release(OBJECT, b"{}")]))
    assert isinstance(message, Release)
    assert [bytes(item.object) for item in message.items] == [OBJECT, b"{}"]


@given(
    st.lists(
        st.dictionaries(
            st.text(max_size=5),
            st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
        ),
        max_size=5,
    ),
    st.integers(0, 3),
)
def test_objects_of_any_spelling_keep_every_byte(objects: list[dict[str, Any]], indent: int) -> None:
    raws = [json.dumps(value, indent=indent, ensure_ascii=bool(indent % 2)).encode() for value in objects]
    (message,) = decode(encode([release(*raws)]))
    assert isinstance(message, Release)
    assert [bytes(item.object) for item in message.items] == raws


def test_terms_arrive_with_the_bytes_that_were_signed() -> None:
    share = encapsulate(VENDOR.card.keys)
    proposal = Proposal(msgspec.Raw(TERMS), sign_terms(LAB.private, TERMS), share.ciphertext)
    (arrived,) = decode(encode([proposal]))
    assert isinstance(arrived, Proposal)
    verify_terms(LAB.card.keys, bytes(arrived.terms), arrived.signatures)
    assert bytes(arrived.terms) == TERMS
    assert arrived.kem == share.ciphertext


# --- the one form ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b'[{"message":"receipt","through":1,"through":2,"head":"' + ID.encode() + b'"}]',
        b'[{"message":"receipt","message":"receipt","through":1,"head":"' + ID.encode() + b'"}]',
        b'[{"message":"receipt","head":"' + ID.encode() + b'","through":1}]',
        b'[{"through":1,"message":"receipt","head":"' + ID.encode() + b'"}]',
        body_of(RECEIPT).replace(b":1,", b": 1,"),
        body_of(RECEIPT) + b"\n",
        body_of(RECEIPT).replace(b"receipt", b"rec\\u0065ipt"),
        body_of({**RELEASE, "items": [ITEM]}).replace(b'"tlp"', b'"tlp":"red","tlp"'),
        body_of({key: RELEASE[key] for key in ("message", "version", "items")}),
    ],
)
def test_duplicate_keys_and_other_spellings_are_refused(body: bytes) -> None:
    with pytest.raises(BadEnvelope):
        decode(body)


@pytest.mark.parametrize(
    "value",
    [
        {"message": "shutdown"},
        {"through": 1, "head": ID},
        {**RECEIPT, "extra": 1},
        {**RELEASE, "items": [{**ITEM, "extra": 1}]},
        received(sequence="1"),
        received(sequence=1.5),
        received(sequence=True),
        received(sequence=None),
        {**RELEASE, "items": [{**ITEM, "tlp": "purple"}]},
        {**RELEASE, "items": [{**ITEM, "reduced": 0}]},
        {**RELEASE, "items": {}},
        None,
        [],
        "receipt",
    ],
)
def test_unknown_messages_fields_and_types_are_refused(value: Any) -> None:
    with pytest.raises(BadEnvelope, match="cannot be read"):
        decode(body_of(value))


@pytest.mark.parametrize("body", [b"", b"[", b"{}", b"null", b"[}", b'["', b"\xff", b"[1e999]", b"[]]"])
def test_what_is_no_list_of_messages_is_refused(body: bytes) -> None:
    with pytest.raises(CounterpartError):
        decode(body)


def test_invalid_utf8_is_refused_inside_an_object_too() -> None:
    body = body_of({**RELEASE, "items": [{**ITEM, "object": {"name": "x"}}]}).replace(b'"x"', b'"\xff"')
    with pytest.raises(BadEnvelope, match="utf-8"):
        decode(body)


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        {**RECEIPT, "items": []},
        {**RECEIPT, "items": [ARRIVED, ARRIVED]},
        {**RECEIPT, "items": [ARRIVED, {**ARRIVED, "sequence": 3}]},
        received(sequence=0),
        received(sequence=-1),
        received(sequence=2**53),
        received(index=-1),
        received(envelope=""),
        received(header="../../etc/passwd"),
        received(objects="ahx"),
        {"message": "checkpoint", "note": "", "proof": ["AAAA"]},
        {"message": "cosignature", "size": -1, "lines": ""},
        {**RELEASE, "version": ID.upper()},
        {"message": "decline", "agreement": "x", "version": ID},
        {"message": "decline", "agreement": ID, "version": ID + "\n"},
        {**RELEASE, "items": [{**ITEM, "object": None}]},
        {**RELEASE, "items": [{**ITEM, "object": [{}]}]},
        {**RELEASE, "items": [{**ITEM, "object": "{}"}]},
        {**RELEASE, "markings": [1]},
        *(
            {**RELEASE, "items": [{**ITEM, "provenance": {**BESIDE, **wrong}}]}
            for wrong in (
                {"origin": "x"},
                {"origin": ID.upper()},
                {"tag": ""},
                {"tag": ID.upper()},
                {"tag": [ID]},
                {"onward": "always"},
                {"destroy_by": "soon"},
                {"passed": "yes"},
                {"passed": "consent"},
                {"passed": "consent", "nonce": ID},
                {"consents": ["x"]},
                {"nonce": ID},
            )
        ),
        {**RELEASE, "consents": [{"statement": [], "salt": "", "signed": None}]},
        {**RELEASE, "consents": [{"statement": {}, "salt": "x", "signed": None}]},
        {**RELEASE, "consents": [{"statement": {}, "salt": "", "signed": None}] * 2},
        *(
            {**REQUEST, **wrong}
            for wrong in (
                {"request": ""},
                {"items": []},
                {"recipient": "me"},
                {"salt": ID},
                {"to": ID},
                {"by": "x"},
                {"items": [{"id": "", "version": "", "sha256": ID}]},
                {"items": [{"id": "a" * 301, "version": "", "sha256": ID}]},
                {"items": [{"id": "a", "version": "", "sha256": "x"}]},
            )
        ),
        *(
            {**REFUSAL, **wrong}
            for wrong in (
                {"items": []},
                {"items": [1, 1]},
                {"items": [2, 1]},
                {"items": [-1]},
                {"items": [1000]},
                {"request": "x"},
            )
        ),
    ],
)
def test_impossible_values_are_refused(value: Any) -> None:
    with pytest.raises(BadEnvelope):
        decode(body_of(value))


@pytest.mark.parametrize("at", ["", "soon", "2026-11-22", "2026-11-22T20:31:00+01:00", "2026-02-30T00:00:00Z"])
def test_an_ending_at_no_real_time_is_refused(at: str) -> None:
    with pytest.raises(BadEnvelope):
        decode(msgspec.json.encode([Ending(ID, at, SIGNATURES)]))


@pytest.mark.parametrize(
    "terms",
    [
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'{"a":1.0}',
        b'{"a":9007199254740993}',
        b'{"a":1e400}',
        b'{"a":' + b"1" * 5000 + b"}",
        b'{"a":"\\u0041"}',
        b"[]",
        b"1",
        b"null",
    ],
)
def test_terms_that_are_not_canonical_are_refused(terms: bytes) -> None:
    with pytest.raises(BadEnvelope):
        decode(msgspec.json.encode([Amendment(ID, msgspec.Raw(terms), SIGNATURES)]))
    with pytest.raises(BadEnvelope):
        decode(msgspec.json.encode([Proposal(msgspec.Raw(terms), SIGNATURES, b"")]))


# --- limits ---------------------------------------------------------------------------------------


def test_a_body_too_large_is_refused() -> None:
    with pytest.raises(LimitExceeded, match="bytes"):
        decode(b" " * (CURRENT.max_body + 1))


@pytest.mark.parametrize("deep", [b"[" * 10_000, b"[" * 10_000 + b"]" * 10_000, b'[{"a":' * 10_000])
def test_json_10_000_deep_is_refused_cleanly(deep: bytes) -> None:
    with pytest.raises(LimitExceeded, match="deeper than"):
        decode(deep)


def test_an_object_64_deep_passes_and_65_deep_does_not() -> None:
    def nested(depth: int) -> bytes:
        return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)

    assert len(decode(encode([release(nested(64))]))) == 1
    with pytest.raises(LimitExceeded, match="deeper than 68"):
        decode(msgspec.json.encode([release(nested(65))]))


def test_a_million_tiny_objects_are_refused_cleanly() -> None:
    items = b",".join([b'{"object":{},"tlp":"red","reduced":false}'] * 500_000)
    body = b'[{"message":"release","version":"' + ID.encode() + b'","items":[' + items + b'],"markings":[]}]'
    with pytest.raises(LimitExceeded, match="strings; the limit is"):
        decode(body)


def test_one_released_object_too_many_is_refused() -> None:
    fits = release(*[b"{}"] * CURRENT.max_objects)
    assert len(decode(encode([fits]))) == 1
    with pytest.raises(LimitExceeded, match="5001 released objects"):
        decode(msgspec.json.encode([fits, release(b"{}")]))


def test_too_many_markings_or_messages_are_refused() -> None:
    with pytest.raises(LimitExceeded, match="501 markings"):
        decode(msgspec.json.encode([Release(ID, (), (msgspec.Raw(b"{}"),) * 501)]))
    with pytest.raises(LimitExceeded, match="65 messages"):
        decode(msgspec.json.encode([unsigned(1, ID)] * 65))


def test_too_many_consents_items_or_hops_are_refused() -> None:
    many = tuple(Consent(msgspec.Raw(b'{"n":%d}' % number)) for number in range(CURRENT.max_consents + 1))
    with pytest.raises(LimitExceeded, match="49 consents"):
        decode(msgspec.json.encode([Release(ID, (), (), many)]))
    with pytest.raises(LimitExceeded, match="49 consents"):
        decode(msgspec.json.encode([Release(ID, (), (), many[:25]), Release(ID, (), (), many[25:])]))
    items = (ItemName("malware--1", "", ID),) * (CURRENT.max_consent_items + 1)
    with pytest.raises(LimitExceeded, match="1001 items"):
        decode(msgspec.json.encode([ConsentRequest(ID, items, ID, "", "", "")]))
    large = Consent(msgspec.Raw(b'{"a":"' + b"x" * CURRENT.max_consent + b'"}'))
    with pytest.raises(LimitExceeded, match="bytes in a consent"):
        decode(msgspec.json.encode([Release(ID, (), (), (large,))]))
    hops = Provenance(ID, "never", "", "consent", ID, (ID,) * (CURRENT.max_chain + 1))
    with pytest.raises(LimitExceeded, match="9 consents of one object"):
        decode(msgspec.json.encode([Release(ID, (ReleasedObject(msgspec.Raw(b"{}"), "red", False, hops),))]))


def test_an_object_too_large_is_refused() -> None:
    large = b'{"a":"' + b"x" * CURRENT.max_object + b'"}'
    with pytest.raises(LimitExceeded, match="bytes in one object"):
        decode(msgspec.json.encode([release(large)]))
    with pytest.raises(LimitExceeded, match="bytes in one object"):
        decode(msgspec.json.encode([Release(ID, (), (msgspec.Raw(large),))]))


def test_terms_too_large_are_refused() -> None:
    terms = b'{"a":"' + b"x" * CURRENT.max_terms + b'"}'
    with pytest.raises(LimitExceeded, match="bytes of terms"):
        decode(msgspec.json.encode([Amendment(ID, msgspec.Raw(terms), SIGNATURES)]))


# --- sending --------------------------------------------------------------------------------------


def test_we_never_encode_what_the_counterpart_would_refuse() -> None:
    with pytest.raises(BackchannelError, match="would be refused: 5001 released objects") as refusal:
        encode([release(*[b"{}"] * 5001)])
    assert refusal.value.blame == "us"
    with pytest.raises(BackchannelError, match="would be refused"):
        encode([unsigned(0, ID)])
