"""An agreement off the record: everything crosses as usual, and nothing that anybody signed exists of it."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from backchannel.core.terms import Record, prose
from backchannel.protocol import crypto, message
from backchannel.protocol.receipt import ReceiptStatement, sign_receipt
from exchange import Side, agreed, carry, opened, settle
from receipts import got
from worlds import link, stix

Pair = tuple[Side, Side]

THREAT = stix("malware", "Predator")
ONE = stix("indicator", "one")
STORY = [THREAT, ONE, link(ONE, THREAT, "indicates")]


@pytest.fixture
def off(pair: Pair) -> str:
    return agreed(*pair, record=Record(mode="off", outcomes=True))


def size(side: Side) -> int:
    with side.db.read() as tx:
        return tx.ledger.size()


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Whatever is signed from now on, with any key of anybody: the messages."""
    seen: list[bytes] = []

    def watched(name: str) -> None:
        real: Callable[..., Any] = getattr(crypto, name)

        def watch(*arguments: Any) -> Any:
            seen.append(arguments[-1])
            return real(*arguments)

        for module in ("crypto", "envelope", "receipt", "signing", "card", "note_keys"):
            monkeypatch.setattr(f"backchannel.protocol.{module}.{name}", watch, raising=False)

    for name in ("sign", "ed25519_sign", "mldsa44_sign"):
        watched(name)
    return seen


def test_objects_cross_off_the_record_as_they_do_on_it(pair: Pair, off: str) -> None:
    lab, vendor = pair
    vendor.holds(STORY)
    vendor.release(off)
    settle(lab, vendor)
    assert lab.waiting() == {one.id for one in STORY}
    assert [one for one in vendor.outbox(lab) if one.channel == off] == []
    assert lab.rules_broken() == vendor.rules_broken() == []


def test_off_the_record_nobody_signs_anything(pair: Pair, off: str, signed: list[bytes]) -> None:
    lab, vendor = pair
    vendor.holds(STORY)
    vendor.release(off)
    settle(lab, vendor)
    assert lab.waiting()
    assert signed == []
    agreed(*pair, "Pegasus")
    assert signed, "the watch sees what is signed"


def test_off_the_record_no_ledger_has_an_entry_and_no_receipt_is_kept(pair: Pair, off: str) -> None:
    lab, vendor = pair
    before = size(lab), size(vendor)
    vendor.holds(STORY)
    vendor.release(off)
    (item,) = vendor.sealed(lab)
    settle(lab, vendor)
    assert (size(lab), size(vendor)) == before
    with vendor.db.read() as tx:
        assert tx.arrivals.receipt_for(off, 1) is None
        assert tx.ledger.about(item.digest) == []


def test_nothing_that_was_said_off_the_record_is_in_what_is_signed_later(
    pair: Pair, off: str, signed: list[bytes]
) -> None:
    """Not even as a hash, when both ledgers are shown."""
    lab, vendor = pair
    vendor.holds(STORY)
    vendor.release(off)
    (item,) = vendor.sealed(lab)
    settle(lab, vendor)
    agreed(*pair, "Pegasus")
    assert signed
    hashes = [item.digest, hashlib.sha256(item.data[12:500]).hexdigest(), off]
    texts = [*hashes, *(one.id for one in STORY)]
    forms = [*(text.encode() for text in texts), *(bytes.fromhex(one) for one in hashes)]
    assert [one for one in forms if any(one in message for message in signed)] == []


def test_a_receipt_off_the_record_is_not_signed_and_one_that_is_signed_is_refused(pair: Pair, off: str) -> None:
    lab, vendor = pair
    vendor.holds(STORY)
    vendor.release(off)
    (sent,) = vendor.sealed(lab)
    carry(vendor, lab)
    items = (got(1, sent.digest),)
    signatures = sign_receipt(lab.keys.private, ReceiptStatement(off, vendor.key, lab.key, items))
    lab.say(vendor, off, message.Receipt(items, signatures))
    carry(lab, vendor)
    assert vendor.rules_broken() == ["not-agreed"]
    assert sent.digest in [one.digest for one in vendor.outbox(lab)]
    assert lab.give_receipts(vendor) == 1
    (item,) = lab.sealed(vendor)
    (said,) = opened(item, lab, vendor)
    assert isinstance(said, message.Receipt)
    assert said.signatures is None
    assert [(one.objects, one.index) for one in said.items] == [("hhh", None)]
    carry(lab, vendor)
    assert [one for one in vendor.outbox(lab) if one.channel == off] == []


def test_on_the_record_a_receipt_must_be_signed(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(*pair)
    vendor.holds(STORY)
    vendor.release(agreement)
    (sent,) = vendor.sealed(lab)
    carry(vendor, lab)
    lab.say(vendor, agreement, message.Receipt((got(1, sent.digest),), None))
    carry(lab, vendor)
    assert vendor.rules_broken() == ["not-agreed"]
    assert vendor.channel(agreement, lab).acknowledged == 0


def test_terms_off_the_record_say_so_in_words(pair: Pair, off: str) -> None:
    words = prose(pair[0].terms(off), "Lab", "Vendor")
    assert "not signed (off the record): neither can prove to others what the other sent" in words
