"""Messages about recalls: what they may say, and what is signed of them."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from backchannel.core.recall import Answer
from backchannel.errors import BackchannelError, BadEnvelope, BadSignature, LimitExceeded
from backchannel.protocol import message
from backchannel.protocol.signing import sign_lift, sign_recall, verify_lift, verify_recall
from backchannel.protocol.versions import CURRENT
from two_parties import LAB, VENDOR

AGREEMENT = "a" * 64
OBJECT = "indicator--00000000-0000-4000-8000-000000000001"
AT = "2026-11-22T20:31:00.000Z"
RECALL = message.Recall("b" * 32, AGREEMENT, (OBJECT,), "It was wrong.", AT, None)
LIFT = message.RecallLift("b" * 32, AGREEMENT, AT, None)


def read(said: message.AnyMessage) -> message.AnyMessage:
    (one,) = message.decode(msgspec.json.encode([said]))
    return one


def test_a_recall_its_lifting_and_its_answer_are_read_as_they_were_written() -> None:
    signed = msgspec.structs.replace(RECALL, signatures=sign_recall(LAB.private, RECALL.statement))
    for said in (RECALL, signed, LIFT, message.RecallAnswer("b" * 32, AGREEMENT, Answer.PASSED_ON)):
        assert read(said) == said


def test_the_form_on_the_wire_is_the_one_in_the_reference() -> None:
    assert json.loads(msgspec.json.encode(RECALL)) == {
        "message": "recall",
        "recall": "b" * 32,
        "agreement": AGREEMENT,
        "ids": [OBJECT],
        "reason": "It was wrong.",
        "at": AT,
        "signatures": None,
    }
    assert list(json.loads(msgspec.json.encode(LIFT))) == ["message", "recall", "agreement", "at", "signatures"]
    answer = message.RecallAnswer("b" * 32, AGREEMENT, Answer.INCOMPLETE)
    assert msgspec.json.encode(answer).endswith(b'"state":"incomplete"}')


WRONG: Mapping[str, Mapping[str, Any]] = {
    "no hex": {"recall": "B" * 32},
    "too short an id": {"recall": "b" * 31},
    "no agreement": {"agreement": "a"},
    "no ids": {"ids": ()},
    "an id twice": {"ids": (OBJECT, OBJECT)},
    "no id": {"ids": ("indicator",)},
    "an id with a line end": {"ids": (OBJECT + "\n",)},
    "no reason": {"reason": ""},
    "a reason with an escape": {"reason": "\x1b[2J"},
    "a reason that reorders": {"reason": "\u202eabc"},
    "no time": {"at": "yesterday"},
}


@pytest.mark.parametrize("which", WRONG)
def test_a_recall_with_an_impossible_value_is_refused(which: str) -> None:
    with pytest.raises(BadEnvelope):
        read(msgspec.structs.replace(RECALL, **WRONG[which]))


def test_a_recall_names_so_many_objects_and_its_reason_has_so_many_characters() -> None:
    ids = tuple(f"indicator--00000000-0000-4000-8000-{number:012x}" for number in range(CURRENT.max_recalled + 1))
    assert read(msgspec.structs.replace(RECALL, ids=ids[1:], reason="x" * CURRENT.max_reason))
    for wrong in ({"ids": ids}, {"reason": "x" * (CURRENT.max_reason + 1)}):
        with pytest.raises(LimitExceeded):
            read(msgspec.structs.replace(RECALL, **wrong))
    with pytest.raises(BackchannelError):
        message.encode([msgspec.structs.replace(RECALL, ids=ids)])


def test_an_answer_is_one_of_four() -> None:
    body = msgspec.json.encode([message.RecallAnswer("b" * 32, AGREEMENT, Answer.REFUSED)])
    with pytest.raises(BadEnvelope):
        message.decode(body.replace(b"refused", b"no"))


@pytest.mark.parametrize("field", ["recall", "agreement", "ids", "reason", "at"])
def test_every_field_of_a_recall_is_signed(field: str) -> None:
    signatures = sign_recall(LAB.private, RECALL.statement)
    verify_recall(LAB.card.keys, RECALL.statement, signatures)
    other = {
        "recall": "c" * 32,
        "agreement": "c" * 64,
        "ids": (OBJECT.replace("1", "2"),),
        "reason": "It was right.",
        "at": "2026-11-22T20:31:01.000Z",
    }[field]
    changed = msgspec.structs.replace(RECALL, **{field: other})
    with pytest.raises(BadSignature):
        verify_recall(LAB.card.keys, changed.statement, signatures)


def test_a_signature_of_a_recall_is_none_of_its_lifting_nor_of_anybody_else() -> None:
    signatures = sign_lift(LAB.private, LIFT.statement)
    verify_lift(LAB.card.keys, LIFT.statement, signatures)
    with pytest.raises(BadSignature):
        verify_recall(LAB.card.keys, LIFT.statement, signatures)
    with pytest.raises(BadSignature):
        verify_lift(VENDOR.card.keys, LIFT.statement, signatures)
