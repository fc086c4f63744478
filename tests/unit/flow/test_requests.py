"""What is kept of requests: taken back before it left, forgotten when its time is over, and what survives both."""

from datetime import timedelta

import msgspec
import pytest

from backchannel.core.canonical import Observable
from backchannel.core.terms import Record, Requests
from backchannel.errors import BudgetSpent
from backchannel.flow.requests import forget
from backchannel.protocol.ledger import Kind
from exchange import DAY, Side, carry, following, settle
from inquiry import (
    answer,
    answering_with,
    answers,
    ask,
    asked,
    close,
    decline,
    in_force,
    kept,
    requests,
    saying,
    state,
)
from worlds import link, stix

Pair = tuple[Side, Side]

THREAT = stix("malware", "Predator")
ONE = stix("indicator", "one", pattern="[domain-name:value = 'one.example']")
STORY = [THREAT, ONE, link(ONE, THREAT, "indicates")]
SEEN = (Observable("domain-name", "unheard-of.example"),)


def narrow(side: Side, agreement: str) -> None:
    """What was sealed and not carried is taken back."""
    side.amend(agreement, following(side.row(agreement), tlp_max="green"))


# --- taken back ------------------------------------------------------------------------------------------------


def test_a_request_that_never_left_is_closed_shown_as_that_and_counts_against_no_budget(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair, requests=Requests(per_day=1))
    request = ask(lab, agreement).id
    narrow(lab, agreement)
    one = kept(lab, request)
    assert (one.taken_back, one.said, state(lab, request)) == (True, 0, "closed")
    again = ask(lab, agreement, "Ask again?").id
    settle(*pair)
    assert [one.id for one in requests(vendor)] == [again]
    with pytest.raises(BudgetSpent):
        ask(lab, agreement)


def test_a_request_that_left_is_not_taken_back(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    request = asked(lab, vendor, agreement)
    later = ask(lab, agreement).id
    narrow(lab, agreement)
    assert (kept(lab, request).taken_back, kept(lab, later).taken_back) == (False, True)
    assert state(lab, request) == "open"


def test_an_answer_that_never_left_is_undone_and_the_request_waits_again(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    lab.holds(STORY)
    request = asked(vendor, lab, agreement)
    answer(lab, request, "Here.", ONE.id)
    narrow(lab, agreement)
    assert (answers(lab, request), state(lab, request)) == ([], "open")
    answer(lab, request, "Here, under the new terms.", ONE.id)
    settle(*pair)
    assert [one.note for one in answers(vendor, request)] == ["Here, under the new terms."]
    assert ONE.id in vendor.waiting()


def test_an_answer_before_the_one_that_never_left_stays(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    request = asked(vendor, lab, agreement)
    answer(lab, request, "First.")
    carry(lab, vendor)
    answer(lab, request, "Second.")
    narrow(lab, agreement)
    assert [one.note for one in answers(lab, request)] == ["First."]
    assert state(lab, request) == "answered"


def test_a_decline_or_closing_that_never_left_is_undone(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    theirs, ours = asked(vendor, lab, agreement), asked(lab, vendor, agreement)
    decline(lab, theirs)
    close(lab, ours)
    narrow(lab, agreement)
    assert (state(lab, theirs), state(lab, ours)) == ("open", "open")
    decline(lab, theirs)
    settle(*pair)
    assert state(vendor, theirs) == "declined"


def test_what_the_counterpart_did_to_a_request_stays_done(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    closed, declined = asked(vendor, lab, agreement), asked(lab, vendor, agreement)
    close(vendor, closed)
    decline(vendor, declined)
    carry(vendor, lab)
    lab.say(vendor, agreement, saying(lab, agreement))
    narrow(lab, agreement)
    assert (state(lab, closed), state(lab, declined)) == ("closed", "declined")


def test_ending_takes_back_what_did_not_leave(pair: Pair) -> None:
    lab, _ = pair
    agreement = in_force(*pair)
    request = ask(lab, agreement).id
    lab.end(agreement)
    assert kept(lab, request).taken_back


# --- forgotten -------------------------------------------------------------------------------------------------


def forgotten(side: Side, agreement: str, before: timedelta = timedelta()) -> int:
    with side.db.write() as tx:
        return forget(tx, agreement, side.now + before)


def test_what_was_asked_of_us_is_forgotten_and_that_it_was_asked_is_not(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    request = asked(vendor, lab, agreement, "Who runs it?", observables=SEEN, threat="Predator")
    before = kept(lab, request)
    lab.now += DAY
    assert forgotten(lab, agreement) == 1
    assert kept(lab, request) == msgspec.structs.replace(
        before, question="", observables=(), threat=None, forgotten=True
    )


def test_what_was_answered_to_us_is_forgotten_and_what_we_said_is_ours(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    ours, theirs = asked(lab, vendor, agreement), asked(vendor, lab, agreement)
    answer(lab, theirs, "Ours to keep.")
    vendor.say(lab, agreement, answering_with(vendor, agreement, ours, note="Theirs.", objects=(ONE.id,)))
    carry(vendor, lab)
    lab.now += DAY
    assert forgotten(lab, agreement) == 2
    (theirs_of, ours_of) = answers(lab, ours)[0], answers(lab, theirs)[0]
    assert (theirs_of.note, theirs_of.objects, theirs_of.forgotten) == ("", (), True)
    assert (ours_of.note, ours_of.forgotten) == ("Ours to keep.", False)
    assert kept(lab, ours).question != ""


def test_only_what_is_older_and_of_that_agreement_is_forgotten_and_only_once(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    old = asked(vendor, lab, agreement)
    lab.now += DAY
    young = asked(vendor, lab, agreement)
    assert forgotten(lab, "0" * 64) == 0
    assert forgotten(lab, agreement) == 1
    assert forgotten(lab, agreement) == 0
    assert (kept(lab, old).forgotten, kept(lab, young).forgotten) == (True, False)


def test_what_is_forgotten_goes_on_counting_and_its_id_stays_taken(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair, requests=Requests(per_day=1))
    lab.say(vendor, agreement, saying(lab, agreement))
    carry(lab, vendor)
    forgotten(vendor, agreement, before=DAY)
    lab.say(vendor, agreement, saying(lab, agreement), saying(lab, agreement, request="1" * 32))
    carry(lab, vendor)
    assert vendor.rules_broken() == ["bad-request"] * 2
    assert len(requests(vendor)) == 1


def test_what_is_forgotten_can_still_be_answered_or_declined(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    request = asked(vendor, lab, agreement)
    forgotten(lab, agreement, before=DAY)
    decline(lab, request)
    carry(lab, vendor)
    assert state(vendor, request) == "declined"


# --- off the record --------------------------------------------------------------------------------------------


def entries(side: Side) -> int:
    with side.db.read() as tx:
        return tx.ledger.size()


def test_off_the_record_a_request_is_asked_and_answered_and_leaves_no_entry(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair, record=Record(mode="off"))
    lab.holds(STORY)
    before = entries(lab), entries(vendor)
    request = asked(vendor, lab, agreement)
    answer(lab, request, "Here.", ONE.id)
    settle(*pair)
    close(vendor, request)
    settle(*pair)
    assert (state(lab, request), [one.note for one in answers(vendor, request)]) == ("closed", ["Here."])
    assert ONE.id in vendor.waiting()
    assert (entries(lab), entries(vendor)) == before


def test_on_the_record_what_an_answer_sends_is_entered_as_a_release(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    lab.holds(STORY)
    request = asked(vendor, lab, agreement)
    before = entries(lab)
    answer(lab, request, "Here.", ONE.id)
    with lab.db.read() as tx:
        kinds = [entry[1] for entry in tx.ledger.entries(before)]
    assert Kind.RELEASE in kinds
