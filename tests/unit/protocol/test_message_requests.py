"""The messages about requests: one form on the wire, and bounds on everything in them."""

from typing import Any

import msgspec
import pytest

from backchannel.errors import BadEnvelope, LimitExceeded
from backchannel.protocol.message import (
    Answer,
    AskedObservable,
    Request,
    RequestClose,
    RequestDecline,
    decode,
    encode,
)
from backchannel.protocol.versions import CURRENT

ID, VERSION = "0123456789abcdef" * 2, "c" * 64
OBJECT = "indicator--52d1affa-10b5-4491-8517-68f0ffdc56e5"
REQUEST = Request(
    ID,
    VERSION,
    "Who runs it?",
    (AskedObservable("ipv4-addr", "192.0.2.7"),),
    "Predator",
    "2026-12-24T12:00:00.000Z",
    "amber",
    "green",
)
ANSWER = Answer(ID, VERSION, "Nobody.", "green", (OBJECT,))


def changed(message: Any, **fields: Any) -> bytes:
    """A body with one message in which some fields say something else."""
    return msgspec.json.encode([{**msgspec.to_builtins(message), **fields}])


def test_the_wire_form_is_that_of_the_page() -> None:
    assert encode([REQUEST]) == (
        b'[{"message":"request","request":"0123456789abcdef0123456789abcdef","version":"%s",'
        b'"question":"Who runs it?","observables":[{"type":"ipv4-addr","value":"192.0.2.7"}],"threat":"Predator",'
        b'"wanted_by":"2026-12-24T12:00:00.000Z","tlp":"amber","pap":"green"}]' % VERSION.encode()
    )
    assert encode([ANSWER]) == (
        b'[{"message":"answer","request":"0123456789abcdef0123456789abcdef","version":"%s","note":"Nobody.",'
        b'"tlp":"green","objects":["%s"]}]' % (VERSION.encode(), OBJECT.encode())
    )
    assert encode([RequestDecline(ID), RequestClose(ID)]) == (
        b'[{"message":"request-decline","request":"%s"},{"message":"request-close","request":"%s"}]'
        % (ID.encode(), ID.encode())
    )


@pytest.mark.parametrize("said", [REQUEST, ANSWER, RequestDecline(ID), RequestClose(ID)])
def test_what_is_written_is_read(said: Any) -> None:
    assert decode(encode([said])) == (said,)


def test_what_is_not_asked_is_null() -> None:
    plain = msgspec.structs.replace(REQUEST, observables=(), threat=None, wanted_by=None, pap=None)
    assert decode(encode([plain])) == (plain,)
    assert b'"threat":null,"wanted_by":null' in encode([plain])


@pytest.mark.parametrize("said", [REQUEST, ANSWER, RequestDecline(ID), RequestClose(ID)])
@pytest.mark.parametrize("identifier", ["", ID[:-1], ID + "0", ID.upper(), ID + "\n", "../" * 10 + "ab", 7, None])
def test_an_id_that_is_not_128_bits_in_hex_is_refused(said: Any, identifier: Any) -> None:
    with pytest.raises(BadEnvelope):
        decode(changed(said, request=identifier))


@pytest.mark.parametrize(
    "fields",
    [
        {"version": "x"},
        {"wanted_by": "soon"},
        {"wanted_by": "2026-12-24"},
        {"tlp": "public"},
        {"tlp": None},
        {"pap": "amber+strict"},
        {"observables": [{"type": "ipv4-addr"}]},
        {"observables": [{"type": "ipv4-addr", "value": 7}]},
        {"observables": [{"value": "192.0.2.7", "type": "ipv4-addr"}]},
        {"question": None},
        {"reason": "none"},
    ],
)
def test_a_request_with_impossible_values_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(BadEnvelope):
        decode(changed(REQUEST, **fields))


@pytest.mark.parametrize(
    "fields",
    [{"version": ""}, {"objects": ["x"]}, {"objects": [OBJECT, OBJECT]}, {"objects": [OBJECT + "\n"]}, {"why": 3}],
)
def test_an_answer_with_impossible_values_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(BadEnvelope):
        decode(changed(ANSWER, **fields))


@pytest.mark.parametrize("said", [RequestDecline(ID), RequestClose(ID)])
def test_there_is_no_place_for_a_reason(said: Any) -> None:
    with pytest.raises(BadEnvelope):
        decode(changed(said, reason="we hold something red"))


def many(number: int) -> list[dict[str, str]]:
    return [{"type": "domain-name", "value": f"h{one}.example"} for one in range(number)]


def ids(number: int) -> list[str]:
    return [f"indicator--52d1affa-10b5-4491-8517-{one:012x}" for one in range(number)]


@pytest.mark.parametrize(
    ("said", "most", "more"),
    [
        (REQUEST, {"question": "é" * CURRENT.max_question}, {"question": "é" * (CURRENT.max_question + 1)}),
        (
            REQUEST,
            {"observables": many(CURRENT.max_observables)},
            {"observables": many(CURRENT.max_observables + 1)},
        ),
        (
            REQUEST,
            {"observables": [{"type": "mutex", "value": "v" * CURRENT.max_value}]},
            {"observables": [{"type": "mutex", "value": "v" * (CURRENT.max_value + 1)}]},
        ),
        (REQUEST, {"threat": "t" * CURRENT.max_value}, {"threat": "t" * (CURRENT.max_value + 1)}),
        (ANSWER, {"note": "é" * CURRENT.max_note}, {"note": "é" * (CURRENT.max_note + 1)}),
        (ANSWER, {"objects": ids(CURRENT.max_named)}, {"objects": ids(CURRENT.max_named + 1)}),
    ],
    ids=["question", "observables", "value", "threat", "note", "objects"],
)
def test_so_much_of_everything_and_no_more(said: Any, most: dict[str, Any], more: dict[str, Any]) -> None:
    assert len(decode(changed(said, **most))) == 1
    with pytest.raises(LimitExceeded):
        decode(changed(said, **more))


def test_a_kind_of_endless_length_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        decode(changed(REQUEST, observables=[{"type": "t" * (CURRENT.max_value + 1), "value": "v"}]))
