"""Requests that we ask: judged before a byte is sealed, counted, and heard when they are answered."""

from datetime import timedelta
from typing import Any

import pytest

from backchannel.core.canonical import Observable
from backchannel.core.terms import Requests
from backchannel.errors import BackchannelError, BadArgument, BudgetSpent, Withheld, WrongState
from backchannel.flow.ports import NewObject
from backchannel.protocol.message import Answer, Request, RequestClose, RequestDecline
from exchange import DAY, Side, agreed, carry, following, opened, settle
from inquiry import (
    ID,
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
    with_ids,
)
from worlds import TLP, link, stix

Pair = tuple[Side, Side]
Three = tuple[Side, Side, Side]

THREAT = stix("malware", "Predator")
ONE = stix("indicator", "one", pattern="[domain-name:value = 'one.example']")
STORY = [THREAT, ONE, link(ONE, THREAT, "indicates")]
RED = stix("indicator", "red", pattern="[domain-name:value = 'red.example']", object_marking_refs=[TLP["red"]])
APART = stix("indicator", "apart", pattern="[domain-name:value = 'apart.example']")


def said_in(lab: Side, vendor: Side, agreement: str) -> list[Any]:
    return [one for item in lab.sealed(vendor) if item.channel == agreement for one in opened(item, lab, vendor)]


# --- asking ----------------------------------------------------------------------------------------------------


def test_what_is_asked_is_what_leaves_and_what_is_kept(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    until = lab.now + 7 * DAY
    seen = (Observable("ipv4-addr", "192.0.2.7"),)
    request = ask(lab, agreement, "Who runs it?", observables=seen, threat="Predator", wanted_by=until, pap="amber")
    (said,) = said_in(lab, vendor, agreement)
    assert isinstance(said, Request)
    assert (said.question, said.threat, said.tlp, said.pap) == ("Who runs it?", "Predator", "green", "amber")
    assert [(one.type, one.value) for one in said.observables] == [("ipv4-addr", "192.0.2.7")]
    assert said.request == request.id == requests(lab)[0].id
    carry(lab, vendor)
    theirs, ours = kept(vendor, request.id), kept(lab, request.id)
    for name in ("question", "observables", "threat", "wanted_by", "tlp", "pap"):
        assert getattr(theirs, name) == getattr(ours, name), name
    assert (theirs.ours, ours.ours) == (False, True)
    assert theirs.envelope is not None
    assert "request.asked" in lab.reached


def test_an_id_is_128_random_bits(pair: Pair) -> None:
    lab, _ = pair
    agreement = in_force(*pair)
    assert [len(bytes.fromhex(ask(lab, agreement).id)) for _ in range(2)] == [16, 16]
    assert len({one.id for one in requests(lab)}) == 2


def test_what_breaks_a_rule_of_requests_is_not_asked(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    for facts in ({"tlp": "red"}, {"threat": "Nightjar"}, {"wanted_by": lab.now}):
        with pytest.raises(BadArgument):
            ask(lab, agreement, **facts)
    for text in ("x" * 2001, "", "a\nb"):
        with pytest.raises(BadArgument):
            ask(lab, agreement, text)
    many = tuple(Observable("domain-name", f"h{number}.example") for number in range(101))
    with pytest.raises(BadArgument, match="101 observables in a request; the limit is 100"):
        ask(lab, agreement, observables=many)
    assert requests(lab) == []
    assert lab.sealed(vendor) == []


def test_nothing_is_asked_under_an_agreement_that_is_not_in_force(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    lab.end(agreement)
    with pytest.raises(WrongState, match="is ended"):
        ask(lab, agreement)
    other = agreed(*pair, valid_until=(lab.now + 2 * DAY).replace(second=0, microsecond=0))
    lab.now += 3 * DAY
    with pytest.raises(WrongState, match="is expired"):
        ask(lab, other)
    assert requests(lab) == []
    assert vendor.refusals() == []


# --- what may not be named -------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelt", ["red.example", "RED[.]example", "hxxp://red.example/path", "is red example yours"])
def test_a_question_that_names_what_is_withheld_is_not_asked(pair: Pair, spelt: str) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    lab.holds([*STORY, RED, link(RED, THREAT, "indicates")])
    with pytest.raises(Withheld, match=r"the question: says 'red example' \(indicator\), which stays"):
        ask(lab, agreement, f"Do you know {spelt}?")
    assert requests(lab) == []
    assert lab.sealed(vendor) == []


def test_an_observable_that_names_what_is_withheld_is_not_asked(pair: Pair) -> None:
    lab, _ = pair
    agreement = in_force(*pair)
    lab.holds([*STORY, RED])
    for kind, value in (("domain-name", "red.example"), ("url", "https://red.example/a")):
        with pytest.raises(Withheld, match=f"the {kind}: says 'red example'"):
            ask(lab, agreement, observables=(Observable(kind, value),))


def test_a_question_that_names_what_another_party_told_us_is_not_asked(three: Three) -> None:
    lab, vendor, mallory = three
    agreement = in_force(lab, vendor)
    with lab.db.write() as tx:
        tx.holdings.add([NewObject.of(APART, "clear")], source=mallory.key, now=lab.now)
    with pytest.raises(Withheld, match="apart example"):
        ask(lab, agreement, "What is apart.example?")


def test_a_question_that_says_an_id_of_ours_is_not_asked(pair: Pair) -> None:
    lab, _ = pair
    agreement = in_force(*pair)
    lab.holds([RED])
    for identifier in (RED.id, RED.id.partition("--")[2]):
        with pytest.raises(Withheld, match="which stays"):
            ask(lab, agreement, f"Have you {identifier}?")


def test_what_is_out_of_scope_is_nobodys_business_either(pair: Pair) -> None:
    lab, _ = pair
    agreement = in_force(*pair)
    lab.holds([*STORY, APART])
    with pytest.raises(Withheld, match="apart example"):
        ask(lab, agreement, "What is apart.example?")


def test_the_agreed_threat_and_what_leaves_or_crossed_may_be_named(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    lab.holds(STORY)
    ask(lab, agreement, "Does Predator use one.example?", threat="Predator")
    lab.release(agreement)
    settle(*pair)
    ask(lab, agreement, "Does Predator still use one.example?")
    assert len(requests(vendor)) == 1
    assert vendor.refusals() == []


def test_what_nobody_here_holds_may_be_asked(pair: Pair) -> None:
    lab, _ = pair
    agreement = in_force(*pair)
    lab.holds([*STORY, RED])
    assert ask(lab, agreement, "What is unheard-of.example?").although == ""


def test_what_the_counterpart_told_us_may_be_asked_back(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    vendor.holds(STORY)
    vendor.release(agreement)
    settle(*pair)
    lab.take()
    assert ask(lab, agreement, "Is one.example still up?").although == ""


def test_what_another_party_asked_us_is_not_passed_on_in_a_question(three: Three) -> None:
    lab, vendor, mallory = three
    with_ids(*three)
    mine, other = agreed(lab, vendor), agreed(lab, mallory, title="Another watch")
    asked(mallory, lab, other, observables=(Observable("domain-name", "secret-interest.example"),))
    with pytest.raises(Withheld, match=r"'secret interest example' \(request\), which stays"):
        ask(lab, mine, "What is secret-interest.example?")
    assert ask(lab, other, "Why do you ask about secret-interest.example?").although == ""


def test_what_another_party_asked_keeps_no_object_back_nor_a_question_about_what_leaves(three: Three) -> None:
    lab, vendor, mallory = three
    with_ids(*three)
    mine, other = agreed(lab, vendor), agreed(lab, mallory, title="Another watch")
    lab.holds(STORY)
    before = [(one.id, one.outcome) for one in lab.preview(mine).decisions]
    asked(mallory, lab, other, observables=(Observable("domain-name", "one.example"),))
    assert [(one.id, one.outcome) for one in lab.preview(mine).decisions] == before
    assert ask(lab, mine, "Is one.example still up?").although == ""


def test_an_officer_may_name_what_is_withheld_and_that_is_on_record(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    lab.holds([*STORY, RED])
    request = ask(lab, agreement, "Is red.example yours?", although=True)
    assert "'red example' (indicator)" in kept(lab, request.id).although
    carry(lab, vendor)
    assert kept(vendor, request.id).although == ""
    assert b"indicator" not in str(said_in(lab, vendor, agreement)).encode()


def test_a_designated_name_is_never_said_whatever_the_officer_chooses(pair: Pair) -> None:
    lab, _ = pair
    agreement = in_force(*pair)
    lab.designated = frozenset({"acme spyware"})
    for text in ("Does ACME-Spyware sell it?", "acme spyware?"):
        for although in (False, True):
            with pytest.raises(Withheld, match="says 'acme spyware', which is on a list that binds us"):
                ask(lab, agreement, text, although=although)
    assert ask(lab, agreement, "Does Acme sell it?").although == ""


def test_a_designated_counterpart_is_asked_nothing(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    lab.designated = frozenset({vendor.keys.card.name.casefold()})
    with pytest.raises(Withheld, match="the counterpart, Vendor Research, is on a list"):
        ask(lab, agreement, although=True)


def test_asking_changes_nothing_of_what_leaves(pair: Pair) -> None:
    """A text draws nothing into scope, frees no name and takes nothing of the day's quota."""
    lab, _ = pair
    agreement = in_force(*pair)
    noted = stix("indicator", "noted", description="see red.example")
    lab.holds([*STORY, RED, APART, noted, link(noted, THREAT, "indicates")])
    before = lab.preview(agreement).summary
    ask(lab, agreement, "apart.example, red.example: yours?", although=True)
    assert lab.preview(agreement).summary == before


# --- the budget ------------------------------------------------------------------------------------------------


def test_our_own_requests_stop_at_the_budget_before_anything_is_sealed(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair, requests=Requests(per_day=2))
    ask(lab, agreement)
    ask(lab, agreement)
    with pytest.raises(BudgetSpent, match="2 requests were asked within 24 hours"):
        ask(lab, agreement)
    assert len(said_in(lab, vendor, agreement)) == 2
    lab.now += timedelta(days=1, microseconds=1)
    ask(lab, agreement)


def test_without_a_budget_nothing_is_asked(pair: Pair) -> None:
    lab, _ = pair
    agreement = in_force(*pair, requests=Requests(per_day=0))
    with pytest.raises(BudgetSpent, match="allows no requests"):
        ask(lab, agreement)


def test_what_was_refused_does_not_count(pair: Pair) -> None:
    lab, _ = pair
    agreement = in_force(*pair, requests=Requests(per_day=1))
    lab.holds([*STORY, RED])
    with pytest.raises(Withheld):
        ask(lab, agreement, "red.example?")
    ask(lab, agreement)


def test_each_agreement_and_direction_has_a_budget_of_its_own(pair: Pair) -> None:
    lab, vendor = pair
    with_ids(*pair)
    one, other = (agreed(*pair, title=title, requests=Requests(per_day=1)) for title in ("one", "two"))
    for side in pair:
        for agreement in (one, other):
            ask(side, agreement)
    settle(*pair)
    assert (len(requests(lab)), len(requests(vendor))) == (4, 4)
    assert lab.refusals() == vendor.refusals() == []


# --- what they say to it ---------------------------------------------------------------------------------------


def test_an_answer_is_kept_with_its_note_and_what_it_names(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    request = asked(lab, vendor, agreement)
    vendor.say(lab, agreement, answering_with(vendor, agreement, request, objects=(ONE.id,)))
    arrival = carry(vendor, lab)
    (one,) = answers(lab, request)
    assert (one.note, one.objects, one.ours, one.tlp) == ("Yes.", (ONE.id,), False, "green")
    assert state(lab, request) == "answered"
    assert arrival.refused == 0


def refused(pair: Pair, agreement: str, *said: Any, rule: str = "bad-request") -> str:
    """The Vendor says something that the Lab refuses, with one refusal on record; why."""
    lab, vendor = pair
    before = (requests(lab), [answers(lab, one.id) for one in requests(lab)])
    recorded = len(lab.refusals())
    vendor.say(lab, agreement, *said)
    assert carry(vendor, lab).refused == len(said)
    assert (requests(lab), [answers(lab, one.id) for one in requests(lab)]) == before
    found = lab.refusals()[recorded:]
    assert {one.rule for one in found} == {rule}
    return found[0].message


def test_an_answer_to_a_request_that_was_never_made_is_refused(pair: Pair) -> None:
    _, vendor = pair
    agreement = in_force(*pair)
    for said in (answering_with(vendor, agreement), RequestDecline(ID), RequestClose(ID)):
        assert "there is no request" in refused(pair, agreement, said)


def test_an_answer_to_a_request_made_to_another_party_is_refused(three: Three) -> None:
    lab, vendor, mallory = three
    with_ids(*three)
    mine, other = agreed(lab, vendor), agreed(lab, mallory, title="Another watch")
    request = asked(lab, vendor, mine)
    for said in (answering_with(mallory, other, request), RequestDecline(request)):
        assert "there is no request" in refused((lab, mallory), other, said)
    assert state(lab, request) == "open"


def test_an_answer_in_the_channel_of_another_agreement_is_refused(pair: Pair) -> None:
    lab, vendor = pair
    with_ids(*pair)
    one, other = agreed(*pair), agreed(*pair, title="two")
    request = asked(lab, vendor, one)
    assert "there is no request" in refused(pair, other, answering_with(vendor, other, request))


def test_an_answer_after_the_request_was_closed_is_refused(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    request = asked(lab, vendor, agreement)
    close(lab, request)
    why = refused(pair, agreement, answering_with(vendor, agreement, request), rule="wrong-state")
    assert why == "the request is closed, so it cannot be answered by the counterpart"


def test_declining_twice_is_refused(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    request = asked(lab, vendor, agreement)
    decline(vendor, request)
    carry(vendor, lab)
    assert state(lab, request) == state(vendor, request) == "declined"
    with pytest.raises(WrongState, match="is declined, so it cannot be declined"):
        decline(vendor, request)
    refused(pair, agreement, RequestDecline(request), rule="wrong-state")
    refused(pair, agreement, answering_with(vendor, agreement, request), rule="wrong-state")


def test_the_counterpart_cannot_close_our_request_or_answer_its_own(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    request = asked(lab, vendor, agreement)
    refused(pair, agreement, RequestClose(request), rule="wrong-state")
    own = asked(vendor, lab, agreement)
    refused(pair, agreement, answering_with(vendor, agreement, own), rule="wrong-state")
    refused(pair, agreement, RequestDecline(own), rule="wrong-state")


@pytest.mark.parametrize(
    "facts", [{"note": "a\u202eb"}, {"note": "a\x00b"}, {"note": "https://u:passw0rd@h.example/"}, {"tlp": "red"}]
)
def test_a_note_that_breaks_a_rule_is_refused(pair: Pair, facts: dict[str, Any]) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    request = asked(lab, vendor, agreement)
    refused(pair, agreement, answering_with(vendor, agreement, request, **facts))
    assert state(lab, request) == "open"


def test_so_many_answers_to_one_request_are_kept_and_no_more(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    lab, vendor = pair
    monkeypatch.setattr("backchannel.flow.asking.MOST_ANSWERS", 3)
    agreement = in_force(*pair)
    request = asked(lab, vendor, agreement)
    vendor.say(lab, agreement, *(answering_with(vendor, agreement, request, note=f"{n}") for n in range(3)))
    carry(vendor, lab)
    assert "more are not kept" in refused(pair, agreement, answering_with(vendor, agreement, request))
    assert [one.note for one in answers(lab, request)] == ["0", "1", "2"]


def test_an_answer_after_the_agreement_ended_is_refused(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    request = asked(lab, vendor, agreement)
    vendor.say(lab, agreement, answering_with(vendor, agreement, request))
    lab.end(agreement)
    carry(vendor, lab)
    assert lab.rules_broken() == ["not-agreed"]
    assert answers(lab, request) == []
    assert state(lab, request) == "expired"


def test_a_late_answer_that_was_given_in_time_is_heard(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    request = asked(lab, vendor, agreement, wanted_by=lab.now + DAY)
    vendor.say(lab, agreement, answering_with(vendor, agreement, request))
    lab.now += 2 * DAY
    assert state(lab, request) == "expired"
    carry(vendor, lab)
    assert state(lab, request) == "answered"


# --- closing ---------------------------------------------------------------------------------------------------


def test_closing_tells_the_counterpart_and_nothing_more_is_answered(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    request = asked(lab, vendor, agreement)
    close(lab, request)
    assert said_in(lab, vendor, agreement) == [RequestClose(request)]
    carry(lab, vendor)
    assert state(lab, request) == state(vendor, request) == "closed"
    with pytest.raises(WrongState, match="is closed, so it cannot be closed"):
        close(lab, request)
    with pytest.raises(WrongState, match="is closed, so it cannot be declined"):
        decline(vendor, request)


def test_only_who_asked_closes(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    request = asked(lab, vendor, agreement)
    with pytest.raises(WrongState, match="only who asked closes it"):
        close(vendor, request)
    lab.say(vendor, agreement, RequestClose(request), RequestClose(request))
    carry(lab, vendor)
    assert vendor.rules_broken() == ["wrong-state"]


def test_what_a_decline_says_is_that_it_is_declined_and_nothing_else() -> None:
    assert RequestDecline.__struct_fields__ == ("request",)
    assert not {"reason", "why", "withheld"} & set(Answer.__struct_fields__)


def test_asking_under_a_version_tells_that_it_is_known(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    row = lab.row(agreement)
    vendor.amend(agreement, following(row, tlp_max="green"))
    carry(vendor, lab)
    request = saying(lab, agreement)
    lab.say(vendor, agreement, request)
    carry(lab, vendor)
    assert kept(vendor, request.request).agreement == agreement


def test_whatever_fails_leaves_nothing_behind(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    lab.holds([RED])
    before = lab.channel(agreement, vendor)
    for text in ("red.example", "", "a\nb"):
        with pytest.raises(BackchannelError):
            ask(lab, agreement, text)
    assert lab.channel(agreement, vendor) == before
    assert requests(lab) == []
