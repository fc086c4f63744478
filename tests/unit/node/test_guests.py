"""Guests: enrolled without a card, never verified, never spoken for, and refused clearly where a node is needed."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from backchannel.core.identity import fingerprint_words
from backchannel.errors import BadArgument, BadCard, IsGuest, WrongState
from backchannel.node import agreements, exchange, guests, parties
from backchannel.node.hosting import KnownMailboxes
from backchannel.node.node import Node
from backchannel.node.sync import sync
from backchannel.protocol.card import make_card, read_card
from backchannel.protocol.keys import PrivateKeys
from two_parties import NOW, VENDOR

NAME = "Birch Desk"
TERMS = '[scope]\nthreats = ["Predator"]\ndepth = 1\n'


@pytest.fixture
def terms(tmp_path: Path) -> Path:
    (path := tmp_path / "terms.toml").write_text(TERMS)
    return path


def card_of(folder: Path, name: str) -> Path:
    """The Vendor's card under another name."""
    (path := folder / "vendor.card").write_bytes(make_card(VENDOR.private, name, (), None, NOW))
    return path


def names(node: Node) -> list[str]:
    return [party.name for party in parties.all_parties(node)]


# --- who it is -------------------------------------------------------------------------------------------------


def test_a_guest_has_no_keys_that_anybody_could_sign_with(lab: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PrivateKeys, "generate", lambda _source: pytest.fail("keys were made for a guest"))
    guest = guests.add(lab, NAME)
    assert (guest.card, guest.carrier, guest.is_guest) == (b"", "", True)
    assert parties.all_parties(lab) == [guest]
    with pytest.raises(BadCard):
        read_card(guest.card)


@pytest.mark.parametrize("drawn", [bytes.fromhex(VENDOR.key), b"", b"\0" * 32])
def test_no_card_has_a_guests_key_whatever_it_was_drawn_from(lab: Node, tmp_path: Path, drawn: bytes) -> None:
    """A card's key is the hash of JSON; what a guest's is the hash of begins with something else."""
    guest = guests.add(replace(lab, us=msgspec.structs.replace(lab.us, random=lambda _size: drawn)), NAME)
    assert guest.key == hashlib.sha256(b"backchannel/1 guest\0" + drawn).hexdigest()
    enrolled = parties.add(lab, card_of(tmp_path, "Vendor Research"), "self")
    assert enrolled.key == VENDOR.key != guest.key
    assert [party.is_guest for party in parties.all_parties(lab)] == [True, False]


def test_a_guest_is_never_verified_whatever_words_are_given(lab: Node) -> None:
    guest = guests.add(lab, NAME)
    for words in (" ".join(fingerprint_words(guest.key)), "zoo " * 12, "one"):
        with pytest.raises(
            IsGuest, match=r"Birch Desk is a guest, .* it has no key card, and so no words to compare"
        ):
            parties.verify(lab, NAME, words)
    assert not parties.all_parties(lab)[0].verified


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "1 to 100 characters"), ("x" * 101, "1 to 100 characters"), (" Birch", "blanks"),
        ("Bi\x1b[31mrch", "U\\+001B"), ("Birch\u202e", "U\\+202E"), ("Birch\nBeech", "U\\+000A"),
        ("B\u0456rch", "mixes letters"), ("deadbeef00", "for a key"), ("Human Rights Lab", "for our own"),
        ("human rights 1ab", "for our own"), ("Vendor Research", "is enrolled already"),
        ("Vend0r Research", "whose name looks like 'Vend0r Research', 'Vendor Research'"),
        ("Aspen Desk", "with the name 'Aspen Desk' is enrolled already"), ("ASPEN DESK", "is enrolled already"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("how", ["enrolled", "renamed"])
def test_a_guests_name_that_could_deceive_a_reader_is_refused(
    lab: Node, tmp_path: Path, name: str, why: str, how: str
) -> None:
    parties.add(lab, card_of(tmp_path, "Vendor Research"), "self")
    guests.add(lab, "Aspen Desk")
    guests.add(lab, NAME)
    before = parties.all_parties(lab)
    with pytest.raises(BadArgument, match=why):
        guests.add(lab, name) if how == "enrolled" else guests.rename(lab, NAME, name)
    assert parties.all_parties(lab) == before


def test_a_guest_that_gets_a_node_is_enrolled_beside_the_guest_under_its_own_name(
    lab: Node, tmp_path: Path, terms: Path
) -> None:
    guest = guests.add(lab, NAME)
    row, _ = agreements.propose(lab, terms, NAME, one_sided=True)
    card = card_of(tmp_path, NAME)
    with pytest.raises(BadArgument, match=r"a guest with the name 'Birch Desk' .*`backchannel party rename-guest`"):
        parties.add(lab, card, "self")
    assert names(lab) == [NAME]
    assert guests.rename(lab, NAME, "Birch before its node").key == guest.key
    assert parties.add(lab, card, "self").key == VENDOR.key
    assert names(lab) == ["Birch before its node", NAME]
    (view,) = agreements.all_agreements(lab)
    assert (view.id, view.with_, view.guest) == (row.id, "Birch before its node", True)


def test_a_guest_keeps_its_own_name_when_that_is_given_anew(lab: Node) -> None:
    guest = guests.add(lab, NAME)
    assert guests.rename(lab, NAME, "BIRCH DESK").key == guest.key
    assert names(lab) == ["BIRCH DESK"]


def test_a_party_that_names_itself_is_not_renamed(lab: Node, tmp_path: Path) -> None:
    parties.add(lab, card_of(tmp_path, "Vendor Research"), "self")
    with pytest.raises(BadArgument, match="Vendor Research is no guest"):
        guests.rename(lab, "Vendor Research", "Other")
    assert names(lab) == ["Vendor Research"]


# --- terms -----------------------------------------------------------------------------------------------------


def test_terms_with_a_guest_are_in_force_only_if_it_is_said_that_one_signature_is_meant(
    lab: Node, terms: Path
) -> None:
    guests.add(lab, NAME)
    with pytest.raises(
        BadArgument, match=r"is a guest and signs nothing: your signature alone puts .* say --one-sided"
    ):
        agreements.propose(lab, terms, NAME)
    assert agreements.all_agreements(lab) == []
    row, _ = agreements.propose(lab, terms, NAME, one_sided=True)
    (view,) = agreements.all_agreements(lab)
    assert (view.id, view.state, view.guest, view.signed_by) == (row.id, "in force", True, ("Human Rights Lab",))


def test_terms_with_a_party_that_has_a_node_are_never_one_sided(lab: Node, tmp_path: Path, terms: Path) -> None:
    parties.add(lab, card_of(tmp_path, "Vendor Research"), "self")
    with pytest.raises(BadArgument, match="Vendor Research has a node and signs for itself: leave out --one-sided"):
        agreements.propose(lab, terms, "Vendor Research", one_sided=True)
    assert agreements.all_agreements(lab) == []
    row, _ = agreements.propose(lab, terms, "Vendor Research")
    with pytest.raises(BadArgument, match="leave out --one-sided"):
        agreements.amend(lab, row.id, terms, one_sided=True)
    (view,) = agreements.all_agreements(lab)
    assert (view.state, view.guest, view.signed_by) == ("proposed", False, ("Human Rights Lab",))


def test_widening_with_a_guest_needs_to_be_said_and_narrowing_does_not(lab: Node, terms: Path) -> None:
    guests.add(lab, NAME)
    row, _ = agreements.propose(lab, terms, NAME, one_sided=True)
    terms.write_text(TERMS.replace("depth = 1", "depth = 2"))
    with pytest.raises(BadArgument, match=r"widens what is in force at once \(scope.depth: 1 becomes 2\)"):
        agreements.amend(lab, row.id, terms)
    assert agreements.all_agreements(lab)[0].version == row.version
    after, change = agreements.amend(lab, row.id, terms, one_sided=True)
    assert (change.widened, after.pending) == (["scope.depth: 1 becomes 2"], None)
    terms.write_text(TERMS.replace("depth = 1", "depth = 0"))
    after, change = agreements.amend(lab, row.id, terms)
    (view,) = agreements.all_agreements(lab)
    assert (view.version, view.amendment, view.signed_by) == (after.version, None, ("Human Rights Lab",))


def test_what_is_shown_of_terms_with_a_guest_says_who_signed_and_who_did_not(lab: Node, terms: Path) -> None:
    guests.add(lab, NAME)
    row, _ = agreements.propose(lab, terms, NAME, one_sided=True)
    view, text, _ = agreements.show(lab, row.id)
    assert "Signed by Human Rights Lab alone: Birch Desk is a guest, a counterpart without a node" in text
    assert "over TAXII and not signed" in text
    assert "signed (on the record)" not in text
    assert (view.guest, view.signed_by) == (True, ("Human Rights Lab",))


# --- what needs a node -----------------------------------------------------------------------------------------

NEEDS_A_NODE: dict[str, tuple[Callable[[Node, str], object], str]] = {
    "a release": (
        exchange.release,
        "it reads its collection over TAXII, and what it reads there is `backchannel preview",
    ),
    "accepting": (agreements.accept, "it offers nothing, so nothing of it waits for an answer"),
    "declining": (agreements.decline, "it offers nothing, so nothing of it waits for an answer"),
}


@pytest.mark.parametrize("what", NEEDS_A_NODE)
def test_what_needs_the_counterparts_node_is_refused_for_a_guest(lab: Node, terms: Path, what: str) -> None:
    guests.add(lab, NAME)
    row, _ = agreements.propose(lab, terms, NAME, one_sided=True)
    step, why = NEEDS_A_NODE[what]
    with pytest.raises(IsGuest, match=f"Birch Desk is a guest, a counterpart without a node: {why}"):
        step(lab, row.id)
    assert agreements.all_agreements(lab)[0].state == "in force"


def test_a_release_to_a_guest_says_so_also_when_the_agreement_is_over(lab: Node, terms: Path) -> None:
    guests.add(lab, NAME)
    row, _ = agreements.propose(lab, terms, NAME, one_sided=True)
    assert agreements.end(lab, row.id).state == "ended"
    with pytest.raises(IsGuest):
        exchange.release(lab, row.id)
    with pytest.raises(WrongState):
        agreements.end(lab, row.id)


def test_a_sync_carries_nothing_to_a_guest_and_has_no_trouble_with_it(lab: Node, terms: Path) -> None:
    guests.add(lab, NAME)
    agreements.propose(lab, terms, NAME, one_sided=True)
    report = sync(lab)
    assert (report.sent, report.received, report.problems, report.troubled, report.failed) == (0, 0, [], [], False)


def test_no_mailbox_is_hosted_for_a_guest(lab: Node, tmp_path: Path, terms: Path) -> None:
    guests.add(lab, NAME)
    agreements.propose(lab, terms, NAME, one_sided=True)
    known = KnownMailboxes(lab.home)
    assert not known("0" * 64)
    assert known.owners() == 0
    parties.add(lab, card_of(tmp_path, "Vendor Research"), "self")
    assert not known("0" * 64)
    assert known.owners() == 1
