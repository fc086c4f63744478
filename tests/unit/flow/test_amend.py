"""Amending, through messages: one-sided narrowing, widening by two signatures, and everything that crosses."""

import os
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.core.terms import Parties, canonical, from_canonical, terms_id
from backchannel.errors import BadTerms, WrongState
from backchannel.flow import amend
from backchannel.flow.ports import AgreementRow
from backchannel.flow.record import offer_of, offers_of, signed_of
from backchannel.protocol.handshake import party_channel
from backchannel.protocol.message import Amendment, AmendmentAcceptance, Decline, Ending, Release
from backchannel.protocol.signing import sign_ending, sign_terms, verify_terms
from exchange import DAY, TYPES, Side, agreed, between, carry, following, settle
from two_parties import LAB, VENDOR

Pair = tuple[Side, Side]
Three = tuple[Side, Side, Side]

NARROW = {"depth": 1}
WIDE = {"depth": 3}
MIXED = {"depth": 1, "tlp_max": "red"}


def change(side: Side, agreement: str, **changes: Any) -> str:
    """Amend the version that a side has in force; the id of the new version."""
    side.amend(agreement, following(side.row(agreement), **changes))
    row = side.row(agreement)
    return offers(row, ours=True) or row.version


def both_hold(pair: Pair, agreement: str, version: str) -> None:
    for side in pair:
        row = side.row(agreement)
        assert row.version == version == terms_id(row.terms)
        assert (row.state, row.pending) == ("in force", None)


# --- narrowing and widening ----------------------------------------------------------------------------------------


def test_a_narrowing_is_in_force_at_once_here_and_on_arrival_there(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    version = change(lab, identifier, **NARROW)
    assert lab.row(identifier).version == version
    assert lab.terms(identifier).scope.depth == 1
    assert vendor.terms(identifier).scope.depth == 2
    settle(lab, vendor)
    both_hold(pair, identifier, version)
    assert signed_of(vendor.row(identifier)).by.keys() == {lab.key}


def test_either_party_may_narrow(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    version = change(vendor, identifier, tlp_max="green")
    settle(lab, vendor)
    both_hold(pair, identifier, version)


@pytest.mark.parametrize("wider", [WIDE, MIXED], ids=["wider", "narrower and wider"])
def test_a_widening_waits_for_the_second_signature(pair: Pair, wider: dict[str, Any]) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    version = change(lab, identifier, **wider)
    settle(lab, vendor)
    for side, ours in ((lab, True), (vendor, False)):
        row = side.row(identifier)
        assert row.version == identifier
        offer = offer_of(row)
        assert offer is not None
        assert (offer.version, offer.ours) == (version, ours)
    vendor.accept(identifier)
    assert vendor.row(identifier).version == version
    assert lab.row(identifier).version == identifier
    settle(lab, vendor)
    both_hold(pair, identifier, version)
    for side in pair:
        row = side.row(identifier)
        signatures = signed_of(row).by
        assert signatures.keys() == {lab.key, vendor.key}
        for signer in pair:
            verify_terms(signer.keys.card.keys, row.terms, signatures[signer.key])


def test_a_declined_amendment_is_gone_on_both_sides(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    change(lab, identifier, **WIDE)
    settle(lab, vendor)
    vendor.decline(identifier)
    settle(lab, vendor)
    both_hold(pair, identifier, identifier)
    assert lab.refusals() == vendor.refusals() == []


def test_a_withdrawn_amendment_is_gone_on_both_sides(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    change(lab, identifier, **WIDE)
    settle(lab, vendor)
    lab.decline(identifier)
    settle(lab, vendor)
    both_hold(pair, identifier, identifier)
    with pytest.raises(WrongState):
        vendor.accept(identifier)


def test_the_same_is_not_offered_twice(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    change(lab, identifier, **WIDE)
    with pytest.raises(WrongState, match="waits for the counterpart's signature already"):
        change(lab, identifier, **WIDE)
    assert len(lab.sealed(vendor)) == 1


def test_ours_is_not_accepted_by_ourselves(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    change(lab, identifier, **WIDE)
    with pytest.raises(WrongState, match="is ours; it waits for the counterpart's signature"):
        lab.accept(identifier)
    assert lab.row(identifier).version == identifier


def test_amendments_follow_one_another_for_the_whole_life(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    for side, changes in ((lab, {"depth": 1}), (vendor, {"tlp_max": "green"}), (vendor, {"objects_per_day": 10})):
        version = change(side, identifier, **changes)
        settle(lab, vendor)
        both_hold(pair, identifier, version)
    version = change(lab, identifier, depth=5, title="Wider watch")
    settle(lab, vendor)
    vendor.accept(identifier)
    settle(lab, vendor)
    both_hold(pair, identifier, version)
    assert {side.row(identifier).title for side in pair} == {"Wider watch"}
    assert signed_of(lab.row(identifier)).line == ()


def test_a_second_amendment_of_ours_takes_the_place_of_the_first(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    change(lab, identifier, depth=3)
    settle(lab, vendor)
    second = change(lab, identifier, depth=4)
    settle(lab, vendor)
    vendor.accept(identifier)
    settle(lab, vendor)
    both_hold(pair, identifier, second)


def test_terms_that_say_the_same_are_no_amendment(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    with pytest.raises(BadTerms, match="say the same as those in force"):
        change(lab, identifier)
    assert lab.sealed(vendor) == []


def test_theirs_is_answered_before_ours_is_offered_but_narrowing_never_waits(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    change(lab, identifier, **WIDE)
    settle(lab, vendor)
    with pytest.raises(WrongState, match="waits for our answer: accept or decline it first"):
        change(vendor, identifier, tlp_max="red")
    version = change(vendor, identifier, **NARROW)
    settle(lab, vendor)
    both_hold(pair, identifier, version)


@pytest.mark.parametrize("way", ["ended", "expired"])
def test_nothing_is_amended_once_it_is_over(pair: Pair, way: str) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    terms = following(vendor.row(identifier), **NARROW)
    change(vendor, identifier, **WIDE)
    settle(lab, vendor)
    if way == "ended":
        lab.end(identifier)
    else:
        lab.now += 365 * DAY
    for step in (lab.accept, lambda one: change(lab, one, **NARROW)):
        with pytest.raises(WrongState, match=f"the agreement is {way}"):
            step(identifier)
    vendor.amend(identifier, terms)
    carry(vendor, lab)
    assert lab.row(identifier).version == identifier
    assert set(lab.rules_broken()) == {"wrong-state"}


# --- what crosses --------------------------------------------------------------------------------------------------


def test_both_end_at_once_and_nothing_is_refused(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    lab.end(identifier)
    vendor.end(identifier)
    settle(lab, vendor)
    assert (lab.state(identifier), vendor.state(identifier)) == ("ended", "ended")
    assert lab.refusals() == vendor.refusals() == []


def test_an_ending_that_arrives_after_the_last_day_is_no_news(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    vendor.end(identifier)
    lab.now += 365 * DAY
    carry(vendor, lab)
    assert lab.refusals() == []


def test_both_offer_at_once_and_the_same_one_waits_on_both_sides(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    versions = {change(lab, identifier, depth=3): lab, change(vendor, identifier, tlp_max="red"): vendor}
    settle(lab, vendor)
    offers = {side.key: offer_of(side.row(identifier)) for side in pair}
    waiting = {offer.version for offer in offers.values() if offer is not None}
    assert waiting == {min(versions)}
    author = versions[min(versions)]
    answerer = vendor if author is lab else lab
    assert [offers[side.key].ours for side in (author, answerer)] == [True, False]  # type: ignore[union-attr]  # both are there
    answerer.accept(identifier)
    settle(lab, vendor)
    both_hold(pair, identifier, min(versions))


def test_both_offer_the_same_at_once_and_it_is_in_force(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    version = change(lab, identifier, **WIDE)
    assert change(vendor, identifier, **WIDE) == version
    settle(lab, vendor)
    both_hold(pair, identifier, version)
    assert signed_of(lab.row(identifier)).by == signed_of(vendor.row(identifier)).by


def test_who_offers_the_same_and_withdraws_it_leaves_the_others_offer_waiting(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    version = change(lab, identifier, **WIDE)
    change(vendor, identifier, **WIDE)
    vendor.decline(identifier)
    settle(lab, vendor)
    assert {side.row(identifier).version for side in pair} == {identifier}
    vendor.accept(identifier)
    settle(lab, vendor)
    both_hold(pair, identifier, version)


def test_both_narrow_at_once_and_hold_what_neither_forbids(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    change(lab, identifier, depth=1, types=TYPES[:4])
    change(vendor, identifier, tlp_max="green", types=TYPES[2:])
    settle(lab, vendor)
    version = lab.row(identifier).version
    both_hold(pair, identifier, version)
    terms = lab.terms(identifier)
    assert (terms.scope.depth, terms.handling.tlp_max) == (1, "green")
    assert set(terms.scope.types) == set(TYPES[2:4])
    assert lab.refusals() == vendor.refusals() == []
    later = change(vendor, identifier, objects_per_day=7)
    settle(lab, vendor)
    both_hold(pair, identifier, later)


def test_both_narrow_several_times_before_they_hear_of_each_other(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    for depth, ceiling in ((1, "green"), (0, "clear")):
        change(lab, identifier, depth=depth)
        change(vendor, identifier, tlp_max=ceiling)
    settle(lab, vendor)
    both_hold(pair, identifier, lab.row(identifier).version)
    assert (lab.terms(identifier).scope.depth, lab.terms(identifier).handling.tlp_max) == (0, "clear")


def test_two_that_narrow_alike_at_once_and_go_on_narrowing_hold_the_same(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    change(vendor, identifier, tlp_max="green")
    change(vendor, identifier, depth=1)
    change(lab, identifier, tlp_max="green")
    carry_some(vendor, lab, identifier, "carry one")
    change(lab, identifier, objects_per_day=10)
    settle(vendor, lab)
    both_hold(pair, identifier, lab.row(identifier).version)
    terms = lab.terms(identifier)
    assert (terms.scope.depth, terms.handling.tlp_max, terms.quota.objects_per_day) == (1, "green", 10)
    assert lab.refusals() == vendor.refusals() == []


def test_a_narrowing_that_crosses_one_contained_in_it_stands_as_it_was_signed(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    change(vendor, identifier, depth=1)
    narrower = change(lab, identifier, depth=1, tlp_max="green")
    settle(lab, vendor)
    both_hold(pair, identifier, narrower)


def test_one_who_amends_often_and_is_heard_can_be_crossed(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    for quota in range(amend.MOST_VERSIONS + 5, 0, -1):
        change(lab, identifier, objects_per_day=100 + quota)
        settle(lab, vendor)
    change(lab, identifier, tlp_max="green")
    change(vendor, identifier, depth=1)
    settle(lab, vendor)
    both_hold(pair, identifier, lab.row(identifier).version)
    terms = vendor.terms(identifier)
    assert (terms.scope.depth, terms.handling.tlp_max) == (1, "green")


def test_narrowings_that_leave_nothing_in_common_end_the_agreement_on_both_sides(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    change(lab, identifier, types=("indicator",))
    change(vendor, identifier, types=("malware",))
    settle(lab, vendor)
    assert (lab.state(identifier), vendor.state(identifier)) == ("ended", "ended")


def test_a_narrowing_that_crosses_an_offer_holds_and_the_offer_lapses(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    version = change(lab, identifier, **NARROW)
    change(vendor, identifier, tlp_max="red")
    settle(lab, vendor)
    both_hold(pair, identifier, version)
    assert [one.message for one in lab.refusals()] == [
        f"the amendment of {identifier[:12]} crossed one of ours that is in force, and lapses"
    ]


def test_a_withdrawal_that_crosses_the_acceptance_of_an_amendment_wins(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    change(lab, identifier, **WIDE)
    settle(lab, vendor)
    vendor.accept(identifier)
    lab.decline(identifier)
    settle(lab, vendor)
    both_hold(pair, identifier, identifier)
    assert vendor.terms(identifier).scope.depth == 2


def test_a_narrowing_that_crosses_the_acceptance_of_the_offer_before_it_wins(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    change(lab, identifier, **WIDE)
    settle(lab, vendor)
    vendor.accept(identifier)
    version = change(lab, identifier, **NARROW)
    settle(lab, vendor)
    both_hold(pair, identifier, version)


def test_what_was_withdrawn_is_offered_again_only_when_the_counterpart_knows(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    change(lab, identifier, **WIDE)
    settle(lab, vendor)
    vendor.accept(identifier)
    lab.decline(identifier)
    with pytest.raises(WrongState, match=r"withdrawn and the counterpart has not confirmed that: sync"):
        change(lab, identifier, **WIDE)
    settle(lab, vendor)
    both_hold(pair, identifier, identifier)
    version = change(lab, identifier, **WIDE)
    settle(lab, vendor)
    vendor.accept(identifier)
    settle(lab, vendor)
    both_hold(pair, identifier, version)


# --- withdrawing what was accepted ---------------------------------------------------------------------------------


def accepted(pair: Pair) -> tuple[str, str]:
    """An agreement whose widening the Vendor has just accepted, and the version; nothing of it is carried yet."""
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    version = change(lab, identifier, **WIDE)
    settle(lab, vendor)
    vendor.accept(identifier)
    return identifier, version


def show(pair: Pair, identifier: str, version: str, how: str) -> None:
    """The Lab shows that it has the acceptance: by a receipt, or a release or an amendment under the version."""
    lab, vendor = pair
    if how == "receipt":
        lab.give_receipts(vendor)
    elif how == "release":
        lab.say(vendor, identifier, Release(version, ()))
    else:
        said = amendment(lab, identifier, following(lab.row(identifier), objects_per_day=9))
        lab.say(vendor, party_channel(lab.key, vendor.key), said)
    carry(lab, vendor)


@pytest.mark.parametrize("how", ["receipt", "release", "amendment"])
@pytest.mark.parametrize("narrowed", [False, True], ids=["as accepted", "narrowed since"])
def test_an_accepted_amendment_holds_once_its_proposer_is_known_to_know(
    pair: Pair, how: str, *, narrowed: bool
) -> None:
    lab, vendor = pair
    identifier, version = accepted(pair)
    carry(vendor, lab)
    if narrowed:
        change(vendor, identifier, tlp_max="green")
    show(pair, identifier, version, how)
    before = vendor.row(identifier)
    say(lab, vendor, Decline(identifier, version))
    assert vendor.row(identifier) == before
    assert vendor.terms(identifier).scope.depth == 3
    assert vendor.rules_broken() == ["not-agreed"]


def test_an_offer_that_both_made_cannot_be_withdrawn_once_the_others_has_arrived(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    version = change(lab, identifier, **WIDE)
    change(vendor, identifier, **WIDE)
    settle(lab, vendor)
    for one, other in (pair, pair[::-1]):
        say(one, other, Decline(identifier, version))
        assert other.rules_broken() == ["not-agreed"]
    both_hold(pair, identifier, version)


@pytest.mark.parametrize("how", ["receipt for what was before", "release under what was before"])
def test_a_word_that_does_not_show_the_acceptance_leaves_the_withdrawal_possible(pair: Pair, how: str) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    change(lab, identifier, **WIDE)
    settle(lab, vendor)
    vendor.say(lab, party_channel(vendor.key, lab.key), Decline(identifier, "0" * 64))
    carry(vendor, lab)
    vendor.accept(identifier)
    lab.decline(identifier)
    if how.startswith("receipt"):
        lab.give_receipts(vendor)
    else:
        lab.say(vendor, identifier, Release(identifier, ()))
    settle(lab, vendor)
    both_hold(pair, identifier, identifier)


# --- more that crosses ---------------------------------------------------------------------------------------------


def test_an_amendment_that_crosses_the_end_changes_nothing(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    lab.end(identifier)
    change(vendor, identifier, **NARROW)
    settle(lab, vendor)
    assert (lab.state(identifier), vendor.state(identifier)) == ("ended", "ended")
    assert lab.row(identifier).version == identifier


def test_a_withdrawal_that_crosses_an_acceptance_and_a_narrowing_leaves_the_narrowing(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    change(lab, identifier, depth=4, tlp_max="red")
    settle(lab, vendor)
    vendor.accept(identifier)
    change(vendor, identifier, types=TYPES[:3])
    change(lab, identifier, objects_per_day=7)
    settle(lab, vendor)
    both_hold(pair, identifier, lab.row(identifier).version)
    terms = vendor.terms(identifier)
    assert (terms.scope.depth, terms.handling.tlp_max) == (2, "amber")
    assert (set(terms.scope.types), terms.quota.objects_per_day) == (set(TYPES[:3]), 7)


def test_a_withdrawal_that_crosses_a_narrowing_back_restores_the_version_before(
    pair: Pair,
) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    change(lab, identifier, **WIDE)
    settle(lab, vendor)
    vendor.accept(identifier)
    change(vendor, identifier, depth=2)
    lab.decline(identifier)
    settle(lab, vendor)
    both_hold(pair, identifier, identifier)


def test_who_offers_what_the_counterpart_offers_is_told_to_accept_it(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    changes = {change(lab, identifier, depth=3): {"depth": 3}, change(vendor, identifier, depth=4): {"depth": 4}}
    settle(lab, vendor)
    first, second = min(changes), max(changes)
    author, other = (lab, vendor) if changes[first] == {"depth": 3} else (vendor, lab)
    with pytest.raises(WrongState, match=r"offers the same .*: decline \(withdraw\) ours, then accept"):
        change(author, identifier, **changes[second])
    author.decline(identifier)
    author.accept(identifier)
    settle(author, other)
    both_hold(pair, identifier, second)


MOVES: dict[str, dict[str, Any]] = {
    "narrow depth": {"depth": 1},
    "narrow ceiling": {"tlp_max": "green"},
    "narrow types": {"types": TYPES[:5]},
    "narrow quota": {"objects_per_day": 10},
    "widen depth": {"depth": 4},
    "widen ceiling": {"tlp_max": "red"},
    "mixed": {"depth": 5, "objects_per_day": 5},
    "accept": {},
    "decline": {},
    "end": {},
}
STEPS = [*sorted(MOVES), "carry one", "carry", "carry releases", "receipts", "release"]
_steps = st.lists(st.tuples(st.booleans(), st.sampled_from(STEPS)), max_size=8)


def move(side: Side, agreement: str, name: str, title: str) -> None:
    """One step of an officer, where it is possible."""
    changes = dict(MOVES[name])
    if name.startswith(("widen", "mixed")):
        changes["title"] = title
    try:
        if changes:
            change(side, agreement, **changes)
        else:
            {"accept": side.accept, "decline": side.decline, "end": side.end}[name](agreement)
    except (WrongState, BadTerms):
        return  # not possible now; the test is about what is


def carry_some(sender: Side, receiver: Side, agreement: str, which: str) -> None:
    """What was sealed arrives: all of it, the first envelope, or the agreement's channel ahead of the other."""
    sealed = sender.sealed(receiver)
    if which == "carry one":
        sealed = sealed[:1]
    elif which == "carry releases":
        sealed = [one for one in sealed if one.channel == agreement]
    for item in sealed:
        receiver.receive(sender, item.channel, item.data)
        sender.carried(item)


def step(side: Side, other: Side, agreement: str, name: str, title: str) -> None:
    if name.startswith("carry"):
        carry_some(side, other, agreement, name)
    elif name == "receipts":
        side.give_receipts(other)
    elif name == "release":
        side.say(other, agreement, Release(side.row(agreement).version, ()))
    else:
        move(side, agreement, name, title)


def offers(row: AgreementRow, *, ours: bool) -> str | None:
    offer = offers_of(row).get(ours)
    return offer and offer.version


@given(rounds=st.lists(st.tuples(_steps, st.booleans()), min_size=1, max_size=4), again=st.booleans())
@settings(max_examples=int(os.environ.get("CROSSINGS", "20")))
def test_whatever_crosses_both_come_to_hold_the_same(
    rounds: list[tuple[list[tuple[bool, str]], bool]], *, again: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each offer is another one, by its title; or, `again`, the same things are offered time and again."""
    folder = tmp_path_factory.mktemp("crossing")
    pair = Side(LAB, folder), Side(VENDOR, folder)
    between(*pair)
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    number = count()
    for steps, lab_first in rounds:
        for by_lab, name in steps:
            title = "Watch" if again else f"Watch {next(number)}"
            step(*(pair if by_lab else pair[::-1]), identifier, name, title)
        settle(*(pair if lab_first else pair[::-1]))
        rows = [side.row(identifier) for side in pair]
        assert rows[0].state == rows[1].state
        if rows[0].state == "in force":
            assert rows[0].terms == rows[1].terms
            assert offers(rows[0], ours=True) == offers(rows[1], ours=False)
            assert offers(rows[0], ours=False) == offers(rows[1], ours=True)
    for side in pair:
        side.db.close()


# --- what a counterpart may not do ---------------------------------------------------------------------------------


def say(sender: Side, receiver: Side, *messages: object) -> None:
    sender.say(receiver, party_channel(sender.key, receiver.key), *messages)
    carry(sender, receiver)


def amendment(signer: Side, agreement: str, terms: object) -> Amendment:
    document = canonical(terms)  # type: ignore[arg-type]  # terms of any kind
    return Amendment(agreement, msgspec.Raw(document), sign_terms(signer.keys.private, document))


def test_a_third_party_amends_nothing(three: Three) -> None:
    lab, vendor, mallory = three
    identifier = agreed(lab, vendor)
    change(lab, identifier, **WIDE)
    settle(lab, vendor)
    before = lab.row(identifier)
    offer = offer_of(before)
    assert offer is not None
    terms = following(before, **NARROW)
    say(mallory, lab, amendment(mallory, identifier, terms), amendment(vendor, identifier, terms))
    say(mallory, lab, AmendmentAcceptance(identifier, offer.version, sign_terms(mallory.keys.private, offer.terms)))
    say(mallory, lab, Decline(identifier, offer.version))
    assert lab.row(identifier) == before
    assert lab.rules_broken() == ["not-agreed"] * 4


def test_an_amendment_signed_by_another_is_refused(three: Three) -> None:
    lab, vendor, mallory = three
    identifier = agreed(lab, vendor)
    before = lab.row(identifier)
    say(vendor, lab, amendment(mallory, identifier, following(before, **NARROW)))
    assert lab.row(identifier) == before
    assert lab.rules_broken() == ["bad-signature"]


def test_an_amendment_of_the_parties_is_refused(three: Three) -> None:
    lab, vendor, mallory = three
    identifier = agreed(lab, vendor)
    before = lab.row(identifier)
    terms = following(before, parties=Parties(mallory.key, vendor.key))
    say(vendor, lab, amendment(vendor, identifier, terms))
    assert lab.row(identifier) == before
    assert lab.rules_broken() == ["not-agreed"]


@pytest.mark.parametrize("predecessor", ["", "0" * 64])
def test_an_amendment_of_a_version_that_we_do_not_know_is_refused(pair: Pair, predecessor: str) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    before = lab.row(identifier)
    terms = msgspec.structs.replace(following(before, **NARROW), predecessor=predecessor)
    say(vendor, lab, amendment(vendor, identifier, terms))
    assert lab.row(identifier) == before
    assert lab.rules_broken() == ["not-agreed"]


def test_a_version_that_the_counterpart_has_left_cannot_be_amended_any_more(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    stale = following(vendor.row(identifier), tlp_max="green")
    change(lab, identifier, **NARROW)
    settle(lab, vendor)
    change(vendor, identifier, objects_per_day=10)
    settle(lab, vendor)
    before = lab.row(identifier)
    say(vendor, lab, amendment(vendor, identifier, stale))
    assert lab.row(identifier) == before
    assert lab.rules_broken() == ["not-agreed"]


def test_a_crossing_narrowing_never_widens_what_we_send(pair: Pair) -> None:
    """The counterpart says that it follows the version before our narrowing, and is narrower than that one only."""
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    stale = following(vendor.row(identifier), tlp_max="green")
    change(lab, identifier, **NARROW)
    say(vendor, lab, amendment(vendor, identifier, stale))
    assert lab.terms(identifier).scope.depth == 1
    assert lab.terms(identifier).handling.tlp_max == "green"


def test_a_decline_never_takes_our_narrowing_back(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    version = change(lab, identifier, **NARROW)
    stale = following(vendor.row(identifier), tlp_max="green")
    say(vendor, lab, Decline(identifier, version))
    assert lab.row(identifier).version == version
    say(vendor, lab, amendment(vendor, identifier, stale))
    both = lab.row(identifier).version
    assert both != version
    for one in (both, version, terms_id(canonical(stale))):
        say(vendor, lab, Decline(identifier, one))
    assert lab.row(identifier).version == both
    assert lab.rules_broken() == ["not-agreed"] * 4


def test_an_acceptance_for_what_does_not_wait_changes_nothing(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    before = lab.row(identifier)
    document = canonical(following(before, **WIDE))
    said = AmendmentAcceptance(identifier, terms_id(document), sign_terms(vendor.keys.private, document))
    say(vendor, lab, said)
    assert lab.row(identifier) == before
    assert lab.rules_broken() == ["not-agreed"]


def test_an_acceptance_signed_by_another_leaves_the_amendment_waiting(three: Three) -> None:
    lab, vendor, mallory = three
    identifier = agreed(lab, vendor)
    version = change(lab, identifier, **WIDE)
    settle(lab, vendor)
    before = lab.row(identifier)
    document = canonical(following(before, **WIDE))
    say(vendor, lab, AmendmentAcceptance(identifier, version, sign_terms(mallory.keys.private, document)))
    assert lab.row(identifier) == before
    assert lab.rules_broken() == ["bad-signature"]


def test_the_counterparts_own_offer_is_not_accepted_by_its_own_word(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    version = change(vendor, identifier, **WIDE)
    settle(lab, vendor)
    before = lab.row(identifier)
    offer = offer_of(before)
    assert offer is not None
    say(vendor, lab, AmendmentAcceptance(identifier, version, offer.signatures))
    assert lab.row(identifier) == before


def test_the_versions_that_cross_are_bounded(pair: Pair) -> None:
    lab, vendor = pair
    identifier = agreed(lab, vendor)
    first = vendor.row(identifier)
    change(lab, identifier, **NARROW)
    for quota in range(2 * amend.MOST_VERSIONS, 0, -1):
        terms = following(first, objects_per_day=quota)
        say(vendor, lab, amendment(vendor, identifier, terms))
    assert len(signed_of(lab.row(identifier)).line) <= amend.MOST_VERSIONS
    assert lab.state(identifier) == "in force"
    assert "not-agreed" in lab.rules_broken()


def test_ending_needs_the_signature_of_the_party_itself(three: Three) -> None:
    lab, vendor, mallory = three
    identifier = agreed(lab, vendor)
    other = agreed(lab, mallory, "Pegasus")
    mallory.end(other)
    forged = msgspec.structs.replace(_ending(mallory, other), agreement=identifier)
    say(mallory, lab, forged)
    say(vendor, lab, forged)
    assert lab.state(identifier) == "in force"
    assert lab.rules_broken()[-2:] == ["not-agreed", "bad-signature"]


def _ending(side: Side, agreement: str) -> Ending:
    at = "2026-11-22T20:31:00.000Z"
    return Ending(agreement, at, sign_ending(side.keys.private, agreement, at))


def test_an_agreement_of_ours_stays_on_the_record(pair: Pair) -> None:
    agreement = agreed(*pair)
    with pytest.raises(BadTerms, match="stays 'on' for the whole life"):
        change(pair[0], agreement, mode="off")


def test_a_counterpart_cannot_take_an_agreement_off_the_record(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    terms = following(vendor.row(agreement), mode="off")
    say(vendor, lab, amendment(vendor, agreement, terms))
    assert lab.rules_broken() == ["not-agreed"]
    assert from_canonical(lab.row(agreement).terms).record.mode == "on"
