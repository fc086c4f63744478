"""Requests that are asked of us: vetted, kept, and answered by what the release decision lets go and nothing else."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from backchannel.core.stix import StixObject, decode
from backchannel.core.terms import Handling, Quota, Requests
from backchannel.errors import BadArgument, CounterpartError, Withheld, WrongState
from backchannel.protocol.message import Answer, AskedObservable, Release, ReleasedObject, Request, RequestDecline
from exchange import DAY, Side, agreed, carry, opened, settle
from inquiry import (
    ID,
    answer,
    answers,
    ask,
    asked,
    decline,
    in_force,
    kept,
    plan,
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
TWO = stix("indicator", "two", pattern="[domain-name:value = 'two.example']")
TIES = [link(ONE, THREAT, "indicates"), link(TWO, THREAT, "indicates")]
STORY = [THREAT, ONE, TWO, *TIES]
RED = stix("indicator", "red", pattern="[domain-name:value = 'red.example']", object_marking_refs=[TLP["red"]])
RED_TIE = link(RED, THREAT, "indicates")
NOTED = stix("indicator", "noted", description="replaces red.example", x_case="7")


def said_in(lab: Side, vendor: Side, agreement: str) -> list[Any]:
    """Everything that lies sealed in a channel, one list an envelope."""
    return [list(opened(item, lab, vendor)) for item in lab.sealed(vendor) if item.channel == agreement]


def sent_by(messages: list[Any]) -> dict[str, bytes]:
    releases = [one for one in messages if isinstance(one, Release)]
    return {decode(bytes(item.object)).id: bytes(item.object) for one in releases for item in one.items}


# --- what comes in ---------------------------------------------------------------------------------------------


def comes(pair: Pair, agreement: str, **facts: Any) -> str | None:
    """The Lab asks this of the Vendor, unchecked; the rule by which it is refused, or None."""
    lab, vendor = pair
    before = len(vendor.refusals())
    lab.say(vendor, agreement, saying(lab, agreement, **facts))
    carry(lab, vendor)
    found = vendor.refusals()[before:]
    return found[0].rule if found else None


def test_a_request_waits_for_the_officer_and_nothing_is_said_back(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    assert comes(pair, agreement) is None
    (one,) = requests(vendor)
    assert (one.id, one.ours, state(vendor, one.id)) == (ID, False, "open")
    assert vendor.sealed(lab) == []


@pytest.mark.parametrize(
    "text", ["", "a\nb", "\x1b[31mred", "safe \u202eexe.gpj", "in\u200bvisible", "https://u:passw0rd@h.example/"]
)
def test_a_question_with_bidi_control_or_active_content_is_refused(pair: Pair, text: str) -> None:
    _, vendor = pair
    agreement = in_force(*pair)
    assert comes(pair, agreement, question=text) == "bad-request"
    assert requests(vendor) == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("domain-name", "EVIL.example"),
        ("domain-name", "evil[.]example"),
        ("ipv4-addr", "192.0.2.300"),
        ("file-md5", "AB" * 16),
        ("weather", "rain"),
        ("url", "javascript:alert(1)"),
        ("domain-name", "evil.example\u202e"),
    ],
)
def test_an_observable_that_is_not_canonical_is_refused(pair: Pair, kind: str, value: str) -> None:
    _, vendor = pair
    agreement = in_force(*pair)
    assert comes(pair, agreement, observables=(AskedObservable(kind, value),)) == "bad-request"
    assert requests(vendor) == []


@pytest.mark.parametrize(
    "facts",
    [
        {"tlp": "red"},
        {"tlp": "amber+strict"},
        {"threat": "Nightjar"},
        {"threat": "predator"},
        {"wanted_by": "2026-11-22T20:31:00.000Z"},
        {"wanted_by": "2020-01-01T00:00:00Z"},
        {"wanted_by": "2031-01-01T00:00:00Z"},
    ],
)
def test_a_request_outside_the_terms_is_refused(pair: Pair, facts: dict[str, Any]) -> None:
    _, vendor = pair
    agreement = in_force(*pair)
    assert comes(pair, agreement, **facts) == "bad-request"
    assert requests(vendor) == []


def test_a_mark_is_held_against_the_ceiling_of_these_terms(pair: Pair) -> None:
    agreement = in_force(*pair, handling=Handling(tlp_max="green"))
    assert comes(pair, agreement, tlp="amber") == "bad-request"
    assert comes(pair, agreement, tlp="green") is None


def test_a_request_after_the_agreement_ended_is_refused(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    lab.say(vendor, agreement, saying(lab, agreement))
    vendor.end(agreement)
    carry(lab, vendor)
    assert vendor.rules_broken() == ["not-agreed"]
    assert requests(vendor) == []


def test_a_request_before_the_agreement_begins_or_after_it_expired_is_refused(pair: Pair) -> None:
    lab, vendor = pair
    with_ids(*pair)
    early = agreed(*pair, valid_from=lab.now.replace(second=0) + DAY)
    assert comes(pair, early) == "not-agreed"
    late = agreed(*pair, valid_until=lab.now.replace(second=0) + DAY)
    vendor.now += 2 * DAY
    assert comes(pair, late) == "not-agreed"
    assert requests(vendor) == []


def test_an_id_that_was_used_is_refused_also_under_another_agreement(pair: Pair) -> None:
    _, vendor = pair
    with_ids(*pair)
    one, other = agreed(*pair), agreed(*pair, title="two")
    assert comes(pair, one) is None
    first = requests(vendor)
    assert comes(pair, one, question="Something else?") == "bad-request"
    assert comes(pair, other) == "bad-request"
    assert requests(vendor) == first


def test_an_id_of_our_own_request_is_refused(pair: Pair) -> None:
    _, vendor = pair
    agreement = in_force(*pair)
    own = ask(vendor, agreement).id
    assert comes(pair, agreement, request=own) == "bad-request"
    assert [one.ours for one in requests(vendor)] == [True]


def test_a_replayed_envelope_asks_nothing_twice(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    lab.say(vendor, agreement, saying(lab, agreement))
    (item,) = [one for one in lab.sealed(vendor) if one.channel == agreement]
    arrivals = [vendor.receive(lab, item.channel, item.data) for _ in range(3)]
    assert [one.requests for one in arrivals] == [1, 0, 0]
    assert [one.duplicate for one in arrivals] == [False, True, True]
    assert len(requests(vendor)) == 1
    assert vendor.refusals() == []


def test_a_flood_of_requests_stops_at_the_budget(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair, requests=Requests(per_day=3))
    lab.say(vendor, agreement, *(saying(lab, agreement, request=f"{n:032x}") for n in range(60)))
    carry(lab, vendor)
    assert [one.id for one in requests(vendor)] == [f"{n:032x}" for n in range(3)]
    assert set(vendor.rules_broken()) == {"bad-request"}
    assert len(vendor.refusals()) == 57


def test_the_budget_comes_back_after_a_day_and_not_before(pair: Pair) -> None:
    _, vendor = pair
    agreement = in_force(*pair, requests=Requests(per_day=1))
    assert comes(pair, agreement) is None
    vendor.now += DAY - timedelta(microseconds=1)
    assert comes(pair, agreement, request="1" * 32) == "bad-request"
    vendor.now += timedelta(microseconds=1)
    assert comes(pair, agreement, request="2" * 32) is None


def test_without_a_budget_every_request_is_refused(pair: Pair) -> None:
    agreement = in_force(*pair, requests=Requests(per_day=0))
    assert comes(pair, agreement) == "bad-request"


def test_a_request_in_the_channel_of_another_party_is_refused(three: Three) -> None:
    lab, vendor, mallory = three
    with_ids(*three)
    mine, other = agreed(lab, vendor), agreed(lab, mallory, title="Another watch")
    mallory.say(lab, other, saying(lab, other))
    (item,) = [one for one in mallory.sealed(lab) if one.channel == other]
    with pytest.raises(CounterpartError):
        lab.receive(mallory, mine, item.data)
    assert requests(lab) == []


def test_what_follows_a_refused_request_in_its_envelope_is_heard(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    bad = saying(lab, agreement, request="1" * 32, tlp="red")
    lab.say(vendor, agreement, bad, saying(lab, agreement))
    carry(lab, vendor)
    assert [one.id for one in requests(vendor)] == [ID]


# --- answering -------------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(pair: Pair) -> tuple[Side, Side, str, str]:
    """The Vendor has asked the Lab, which holds a story, something red and something to be reduced."""
    lab, vendor = pair
    agreement = in_force(*pair)
    lab.holds([*STORY, RED, RED_TIE, NOTED, link(NOTED, THREAT, "indicates")])
    return lab, vendor, agreement, asked(vendor, lab, agreement)


Waiting = tuple[Side, Side, str, str]


def test_an_answer_sends_what_was_chosen_what_it_needs_and_nothing_else(waiting: Waiting) -> None:
    lab, vendor, agreement, request = waiting
    made = answer(lab, request, "Two of ours.", ONE.id)
    (envelope,) = said_in(lab, vendor, agreement)
    assert [type(one) for one in envelope] == [Release, Answer]
    assert sent_by(envelope) == {one.id: one.raw for one in (THREAT, ONE, TIES[0])}
    assert (envelope[1].note, envelope[1].objects, envelope[1].request) == ("Two of ours.", (ONE.id,), request)
    assert {one.sent.id for one in made.leaving} == set(sent_by(envelope))
    assert state(lab, request) == "answered"
    assert "request.answered" in lab.reached


def test_an_answer_preview_is_what_is_sent(waiting: Waiting) -> None:
    lab, vendor, agreement, request = waiting
    shown = plan(lab, agreement, "Here.", ONE.id, RED.id, NOTED.id)
    made = answer(lab, request, "Here.", ONE.id, RED.id, NOTED.id)
    (envelope,) = said_in(lab, vendor, agreement)
    assert {one.sent.id: one.sent.raw for one in shown.leaving} == sent_by(envelope)
    assert (shown.named, shown.staying) == (made.named, made.staying)
    assert envelope[1].objects == shown.named


def test_each_object_of_an_answer_is_decided_as_a_release_decides_it(waiting: Waiting) -> None:
    lab, _, agreement, _ = waiting
    decided = {one.id: one for one in lab.preview(agreement).decisions}
    chosen = plan(lab, agreement, "Here.", *decided)
    assert len(chosen.plan.decisions) == len(decided)
    for one in chosen.plan.decisions:
        assert (one.outcome, one.sent and one.sent.raw) == (
            decided[one.id].outcome,
            decided[one.id].sent and decided[one.id].sent.raw,
        )
    assert {one.id for one in chosen.staying} == {one.id for one in decided.values() if one.sent is None}


def test_what_is_withheld_is_in_no_envelope_and_its_reasons_are_shown_to_our_officer_alone(waiting: Waiting) -> None:
    lab, vendor, agreement, request = waiting
    made = answer(lab, request, "One of ours.", ONE.id, RED.id)
    assert [one.id for one in made.staying] == [RED.id]
    assert {v.rule for one in made.staying for v in one.verdicts if v.result == "fail"} == {"marking"}
    (envelope,) = said_in(lab, vendor, agreement)
    assert envelope[1].objects == (ONE.id,)
    everything = msgspec.json.encode(envelope)
    for secret in (RED.id.partition("--")[2], "red.example", "withheld", "marking is above"):
        assert secret.encode() not in everything
    carry(lab, vendor)
    assert answers(vendor, request)[0].objects == (ONE.id,)


def test_an_object_of_another_party_is_not_given_in_an_answer(three: Three) -> None:
    lab, vendor, mallory = three
    with_ids(*three)
    mine, other = agreed(lab, vendor), agreed(lab, mallory, title="Another watch")
    mallory.holds([THREAT, ONE, TIES[0]])
    mallory.release(other)
    carry(mallory, lab)
    lab.take()
    request = asked(vendor, lab, mine)
    with pytest.raises(Withheld, match="originator"):
        answer(lab, request, "", ONE.id)
    assert state(lab, request) == "open"


def test_a_reduced_copy_is_named_by_the_id_it_leaves_under(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    lab.holds([*STORY, RED, NOTED, link(NOTED, THREAT, "indicates")])
    request = asked(vendor, lab, agreement)
    answer(lab, request, "", NOTED.id)
    (envelope,) = said_in(lab, vendor, agreement)
    (named,) = envelope[1].objects
    assert named != NOTED.id
    assert named in sent_by(envelope)
    assert NOTED.id.encode() not in msgspec.json.encode(envelope)
    settle(*pair)
    assert named in vendor.waiting()


def test_a_note_alone_is_an_answer(waiting: Waiting) -> None:
    lab, vendor, agreement, request = waiting
    answer(lab, request, "We have seen nothing.")
    assert [[type(one) for one in envelope] for envelope in said_in(lab, vendor, agreement)] == [[Answer]]
    carry(lab, vendor)
    assert [one.note for one in answers(vendor, request)] == ["We have seen nothing."]


def test_an_answer_that_says_nothing_is_not_given(waiting: Waiting) -> None:
    lab, vendor, agreement, request = waiting
    with pytest.raises(BadArgument, match="a note, objects, or both"):
        answer(lab, request)
    with pytest.raises(Withheld, match=f"nothing of it may leave: {RED.id}: marking, TLP:RED is above"):
        answer(lab, request, "", RED.id)
    assert said_in(lab, vendor, agreement) == []
    assert state(lab, request) == "open"


def test_a_note_that_names_what_is_withheld_is_not_sent(waiting: Waiting) -> None:
    lab, vendor, agreement, request = waiting
    with pytest.raises(Withheld, match="the note: says 'red example'"):
        answer(lab, request, "Look at red[.]example too.", ONE.id)
    assert said_in(lab, vendor, agreement) == []
    made = answer(lab, request, "Look at red[.]example too.", ONE.id, although=True)
    assert "red example" in made.overruled
    assert "red example" in answers(lab, request)[0].although


def test_a_note_may_name_what_leaves_with_it(waiting: Waiting) -> None:
    lab, _, _, request = waiting
    assert answer(lab, request, "one.example is of Predator.", ONE.id).overruled == ""


def test_a_note_takes_nothing_of_the_days_quota(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair, quota=Quota(objects_per_day=3))
    lab.holds([THREAT, ONE, TIES[0]])
    request = asked(vendor, lab, agreement)
    assert len(answer(lab, request, "All that we have.", ONE.id).leaving) == 3


@pytest.mark.parametrize(
    ("note", "tlp"),
    [("a\nb", "green"), ("https://u:passw0rd@h.example/", "green"), ("fine", "red"), ("x" * 4001, "green")],
)
def test_a_note_that_breaks_a_rule_is_not_sent(waiting: Waiting, note: str, tlp: str) -> None:
    lab, vendor, agreement, request = waiting
    with pytest.raises(BadArgument):
        answer(lab, request, note, tlp=tlp, although=True)
    assert said_in(lab, vendor, agreement) == []


def test_an_answer_can_be_given_again_and_sends_nothing_twice(waiting: Waiting) -> None:
    lab, vendor, agreement, request = waiting
    answer(lab, request, "First.", ONE.id)
    answer(lab, request, "Again, and one more.", ONE.id, TWO.id)
    first, second = said_in(lab, vendor, agreement)
    assert set(sent_by(second)) == {TWO.id, TIES[1].id}
    assert second[1].objects == (ONE.id, TWO.id)
    assert set(sent_by(first)) & set(sent_by(second)) == set()
    carry(lab, vendor)
    assert [one.note for one in answers(vendor, request)] == ["First.", "Again, and one more."]


def test_what_an_answer_sent_is_not_released_again_and_the_rest_is(waiting: Waiting) -> None:
    lab, vendor, agreement, request = waiting
    answer(lab, request, "", ONE.id)
    lab.release(agreement)
    first, second = said_in(lab, vendor, agreement)
    assert set(sent_by(first)) & set(sent_by(second)) == set()
    assert {TWO.id, TIES[1].id} <= set(sent_by(second))


def test_the_receiver_vets_the_objects_of_an_answer_as_any_others(waiting: Waiting) -> None:
    lab, vendor, _, request = waiting
    answer(lab, request, "Here.", ONE.id)
    carry(lab, vendor)
    assert vendor.waiting() == {THREAT.id, ONE.id, TIES[0].id}
    assert vendor.refusals() == []


def test_an_answer_with_objects_outside_scope_is_kept_and_its_objects_are_refused(waiting: Waiting) -> None:
    lab, vendor, agreement, request = waiting
    stray = [stix("indicator", "stray"), stix("malware", "Pegasus")]
    items = tuple(_item(one) for one in stray)
    version = lab.row(agreement).version
    lab.say(
        vendor,
        agreement,
        Release(version, items),
        Answer(request, version, "Here.", "green", tuple(one.id for one in stray)),
    )
    carry(lab, vendor)
    assert vendor.waiting() == set()
    assert set(vendor.rules_broken()) == {"scope"}
    assert answers(vendor, request)[0].note == "Here."


def _item(one: StixObject) -> Any:
    return ReleasedObject(msgspec.Raw(one.raw), "green", False)


def test_too_much_for_one_envelope_is_refused_before_anything_is_sealed(waiting: Waiting) -> None:
    lab, vendor, agreement, request = waiting
    large = [stix("indicator", f"large {n}", description="many words " * 22_000) for n in range(40)]
    lab.holds([*large, *(link(one, THREAT, "indicates") for one in large)])
    with pytest.raises(BadArgument, match="give several answers"):
        answer(lab, request, "", *(one.id for one in large))
    assert said_in(lab, vendor, agreement) == []
    answer(lab, request, "", *(one.id for one in large[:20]))


def test_what_is_asked_by_us_is_not_ours_to_answer_or_decline(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    request = asked(lab, vendor, agreement)
    with pytest.raises(WrongState, match="the counterpart's to answer"):
        answer(lab, request, "Yes.")
    with pytest.raises(WrongState, match="close it instead"):
        decline(lab, request)


def test_nothing_is_answered_late_or_once_the_agreement_is_over(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    first = asked(vendor, lab, agreement, wanted_by=lab.now + DAY)
    second = asked(vendor, lab, agreement)
    lab.now += 2 * DAY
    with pytest.raises(WrongState, match="is expired"):
        answer(lab, first, "Late.")
    lab.end(agreement)
    for act in (lambda: answer(lab, second, "Late."), lambda: decline(lab, second)):
        with pytest.raises(WrongState, match="is expired"):
            act()


def test_declining_says_that_and_nothing_else(waiting: Waiting) -> None:
    lab, vendor, agreement, request = waiting
    decline(lab, request)
    assert said_in(lab, vendor, agreement) == [[RequestDecline(request)]]
    (item,) = [one for one in lab.sealed(vendor) if one.channel == agreement]
    assert msgspec.json.encode(opened(item, lab, vendor)) == (
        b'[{"message":"request-decline","request":"%s"}]' % request.encode()
    )
    with pytest.raises(WrongState, match="is declined"):
        answer(lab, request, "After all.")


def test_the_answered_side_is_told_nothing_of_what_stayed(waiting: Waiting) -> None:
    """An answer with something withheld is byte for byte the answer in which nothing else was chosen."""
    lab, vendor, agreement, request = waiting
    row = kept(lab, request)
    with_red = plan(lab, agreement, "Here.", ONE.id, RED.id)
    without = plan(lab, agreement, "Here.", ONE.id)
    assert (with_red.named, [one.sent.raw for one in with_red.leaving]) == (
        without.named,
        [one.sent.raw for one in without.leaving],
    )
    assert row == kept(lab, request)
    assert vendor.refusals() == []


def test_requests_travel_in_no_party_channel(pair: Pair) -> None:
    lab, vendor = pair
    agreement = in_force(*pair)
    ask(lab, agreement)
    channels = {
        one.channel for one in lab.sealed(vendor) for said in opened(one, lab, vendor) if isinstance(said, Request)
    }
    assert channels == {agreement}
