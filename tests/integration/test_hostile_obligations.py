"""A counterpart with a valid agreement against what an agreement obliges a node to: recalls, consents, receipts,
ledgers, cards, retention. Whatever it says, it changes nothing that is not its own, stops nobody, and fills nothing."""

import hashlib
import os
from pathlib import Path

import msgspec
import pytest

from backchannel.core.consent import State
from backchannel.core.stix import format_timestamp
from backchannel.core.terms import Record
from backchannel.flow import recall_heard
from backchannel.flow.ports import NewObject
from backchannel.protocol import message
from backchannel.protocol.checkpoints import sign_checkpoint
from backchannel.protocol.ledger_keys import log_signers, origin
from backchannel.protocol.signing import sign_recall
from backchannel.protocol.tree_head import TreeHead
from exchange import Side, agreed, carry, settle
from onward import ONE, STORY, THREAT, TIE, asked_of, grant, requests, row
from standoff import Standoff

Three = tuple[Side, Side, Side]


def recalling(side: Side, agreement: str, *ids: str, number: int = 1) -> message.Recall:
    """A signed recall, as no node of ours would make it."""
    said = message.Recall(f"{number:032x}", agreement, ids, "Wrong.", format_timestamp(side.now), None)
    return msgspec.structs.replace(said, signatures=sign_recall(side.us.private, said.statement))


def test_a_checkpoint_larger_than_can_be_cosigned_stops_no_sync(standoff: Standoff) -> None:
    vendor = standoff.vendor
    head = TreeHead(origin(vendor.key), 1 << 60, b"\1" * 32)
    note = sign_checkpoint(head, log_signers(vendor.keys.private, vendor.key), 1).note.decode()
    vendor.say(vendor.party, message.Checkpoint(note, ()))
    standoff.sync()
    standoff.later_good_arrives()
    assert standoff.rules() == ["bad-note"]


def test_a_recall_withdraws_no_consent_to_what_another_party_gave(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, third = made
        lab.holds(STORY)
        made.release(0)
        made.release(1)
        grant(lab, asked_of(lab)[0])
        made.carry()
        agreement = made.agreements[1]
        third.holds(STORY)
        raws = tuple(message.ReleasedObject(msgspec.Raw(one.raw), "green", False) for one in STORY)
        third.say(vendor, agreement, message.Release(agreement, raws))
        third.say(vendor, agreement, recalling(third, agreement, *(one.id for one in STORY)))
        settle(third, vendor)
        states = {item.state for _, items in requests(vendor) for item in items}
        assert states == {State.GRANTED}
