"""Enrolling counterparts: which cards take the place of others."""

from pathlib import Path

import pytest

from backchannel.errors import BadArgument, BadCard
from backchannel.node import parties
from backchannel.node.node import Node
from backchannel.protocol.card import make_card
from two_parties import MALLORY, NOW, VENDOR, seeds, with_next_epoch

NEWER = with_next_epoch(VENDOR.private, seeds("next"))


@pytest.fixture
def card(tmp_path: Path) -> Path:
    (path := tmp_path / "vendor.card").write_bytes(VENDOR.card_bytes)
    return path


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    (path := tmp_path / "newer.card").write_bytes(make_card(NEWER, VENDOR.card.name, (), None, NOW))
    return path


def enrolled(node: Node) -> list[bytes]:
    return [party.card for party in parties.all_parties(node)]


def test_a_newer_card_takes_the_place_of_an_older_one(lab: Node, card: Path, newer: Path) -> None:
    parties.add(lab, card, "folder:DROP")
    parties.add(lab, newer, "folder:DROP")
    assert enrolled(lab) == [newer.read_bytes()]


def test_an_older_card_of_the_same_key_is_refused_and_the_newer_one_stays(lab: Node, card: Path, newer: Path) -> None:
    parties.add(lab, newer, "folder:DROP")
    with pytest.raises(BadCard, match=r"has the sealing key 1, the one enrolled has 2: it is an older card"):
        parties.add(lab, card, "folder:elsewhere")
    assert enrolled(lab) == [newer.read_bytes()]
    assert parties.all_parties(lab)[0].carrier.endswith("DROP")


def test_the_same_card_again_changes_the_carrier_only(lab: Node, card: Path) -> None:
    before = parties.add(lab, card, "folder:DROP")
    after = parties.add(lab, card, "folder:elsewhere")
    assert after.carrier != before.carrier
    assert (after.card, after.added_at) == (before.card, before.added_at)


@pytest.mark.parametrize(
    "name",
    ["Vendor Research", "VENDOR RESEARCH", "\uff36endor Research", "Vend0r Research", "\U0001d415endor Research"],
)
def test_a_name_that_looks_like_that_of_another_counterpart_is_refused(
    lab: Node, card: Path, tmp_path: Path, name: str
) -> None:
    parties.add(lab, card, "folder:DROP")
    (path := tmp_path / "mallory.card").write_bytes(make_card(MALLORY.private, name, (), None, NOW))
    with pytest.raises(BadCard, match=r"another counterpart .* is enrolled already, with the words"):
        parties.add(lab, path, "folder:DROP")
    assert len(enrolled(lab)) == 1


def test_our_own_card_is_no_counterparts(lab: Node, tmp_path: Path) -> None:
    (path := tmp_path / "own.card").write_bytes(lab.card_bytes)
    with pytest.raises(BadArgument, match="is our own card"):
        parties.add(lab, path, "folder:DROP")
