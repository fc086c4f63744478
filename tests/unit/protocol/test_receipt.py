from typing import Any

import msgspec
import pytest

from backchannel.errors import BadEnvelope, BadSignature
from backchannel.protocol.receipt import (
    ReceiptItem,
    ReceiptStatement,
    check_items,
    outcome_hash,
    sign_receipt,
    verify_receipt,
)
from receipts import got
from two_parties import LAB, MALLORY, VENDOR

CHANNEL = "c0" * 32
ITEMS = (got(7, "ab" * 32, "ah"), got(8, "cd" * 32, "r"))
STATEMENT = ReceiptStatement(CHANNEL, LAB.key, VENDOR.key, ITEMS)
SIGNED = sign_receipt(VENDOR.private, STATEMENT)


def test_a_receipt_stands_by_itself_with_the_receivers_card_alone() -> None:
    verify_receipt(VENDOR.card.keys, STATEMENT, SIGNED)


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": "d0" * 32},
        {"sender": MALLORY.key},
        {"receiver": MALLORY.key},
        {"items": ITEMS[:1]},
        {"items": (msgspec.structs.replace(ITEMS[0], objects="aa"), ITEMS[1])},
        {"items": (msgspec.structs.replace(ITEMS[0], outcome="unreadable"), ITEMS[1])},
        {"items": (msgspec.structs.replace(ITEMS[0], index=None), ITEMS[1])},
    ],
)
def test_a_receipt_for_something_else_does_not_verify(changes: dict[str, Any]) -> None:
    with pytest.raises(BadSignature):
        verify_receipt(VENDOR.card.keys, msgspec.structs.replace(STATEMENT, **changes), SIGNED)


def test_nobody_else_signs_a_receipt() -> None:
    for private in (LAB.private, MALLORY.private):
        with pytest.raises(BadSignature):
            verify_receipt(VENDOR.card.keys, STATEMENT, sign_receipt(private, STATEMENT))


@pytest.mark.parametrize(
    "changes",
    [
        {"sequence": 0},
        {"sequence": 2**53},
        {"index": -1},
        {"index": 2**53},
        {"header": "AB" * 32},
        {"envelope": ""},
        {"objects": "x"},
        {"objects": "a\n"},
    ],
)
def test_an_impossible_value_in_a_receipt_is_refused(changes: dict[str, Any]) -> None:
    ITEMS[0].check()
    with pytest.raises(BadEnvelope):
        msgspec.structs.replace(ITEMS[0], **changes).check()


@pytest.mark.parametrize("numbers", [(), (7, 7), (8, 7), (7, 9)])
def test_the_items_of_a_receipt_follow_each_other(numbers: tuple[int, ...]) -> None:
    with pytest.raises(BadEnvelope):
        check_items([got(number, "ab" * 32) for number in numbers])


def test_what_both_ledgers_enter_of_an_outcome_depends_on_all_of_it() -> None:
    item = ITEMS[0]
    others: list[ReceiptItem] = [
        msgspec.structs.replace(item, **{name: value})
        for name, value in {
            "sequence": 9,
            "header": "0" * 64,
            "envelope": "0" * 64,
            "outcome": "unreadable",
            "objects": "hh",
            "index": None,
        }.items()
    ]
    assert len({outcome_hash(one) for one in (item, *others)}) == 1 + len(others)
