"""What goes out: the preview is what is sent, once, under the terms, whatever came in before."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from backchannel.core.marking import TLP_2
from backchannel.core.release import Context, Decision, Outcome
from backchannel.core.stix import StixObject, decode
from backchannel.core.terms import Handling, Parties, Quota, Scope, Terms, canonical
from backchannel.flow.outbound import Plan
from backchannel.flow.ports import NewObject
from backchannel.protocol.message import Release
from exchange import DAY, TYPES, Side, agreed, between, carry, following, opened, released, settle
from two_parties import LAB, VENDOR
from worlds import THIRD, TLP, World, link, situations, stix

TLP_2_IDS = {level: identifier for identifier, level in TLP_2.items()}
Pair = tuple[Side, Side]
Three = tuple[Side, Side, Side]

THREAT = stix("malware", "Predator")
ONE, TWO = stix("indicator", "one"), stix("indicator", "two")
STORY = [THREAT, ONE, link(ONE, THREAT, "indicates")]
ELSEWHERE = [stix("malware", "Pegasus"), stix("indicator", "three")]


def sent(pair: Pair, agreement: str) -> dict[str, bytes]:
    """What lies sealed for the counterpart, by id."""
    lab, vendor = pair
    items = [one for one in lab.sealed(vendor) if one.channel == agreement]
    return {decode(bytes(one.object)).id: bytes(one.object) for item in items for one in released(item, lab, vendor)}


def outcomes(plan: Plan) -> dict[str, str]:
    return {one.id: str(one.outcome) for one in plan.decisions}


def failing(plan: Plan, identifier: str) -> list[str]:
    """The rules that keep an object here."""
    return [
        one.rule
        for decision in plan.decisions
        if decision.id == identifier
        for one in decision.verdicts
        if one.result == "fail"
    ]


def scope(**changes: Any) -> dict[str, Any]:
    return {"scope": Scope(threats=("Predator",), types=TYPES, **changes)}


# --- preview and enforcement ------------------------------------------------------------------------------------


def staged(folder: Path, case: tuple[World, Terms, Context]) -> tuple[Pair, str]:
    """A random world in the Lab's store, and the agreement about it."""
    world, agreed_terms, known = case
    pair = lab, _ = Side(LAB, folder), Side(VENDOR, folder)
    between(*pair)
    with lab.db.write() as tx:
        tx.holdings.add((NewObject.of(one, default_tlp="green") for one in world.own), source=lab.key, now=lab.now)
        tx.holdings.add((NewObject.of(one, default_tlp="green") for one in world.theirs), source=THIRD, now=lab.now)
    quota = Quota(known.quota_left) if known.quota_left else Quota()
    changes = {name: getattr(agreed_terms, name) for name in ("scope", "handling")}
    return pair, agreed(*pair, quota=quota, **changes)


@given(case=situations())
@settings(max_examples=25)
def test_the_preview_is_what_is_sent(
    case: tuple[World, Terms, Context], tmp_path_factory: pytest.TempPathFactory
) -> None:
    pair, agreement = staged(tmp_path_factory.mktemp("world"), case)
    lab = pair[0]
    shown = {one.sent.id: one.sent.raw for one in lab.preview(agreement).decisions if one.sent is not None}
    report = lab.release(agreement)
    assert sent(pair, agreement) == shown
    assert report.objects == len(shown)
    assert lab.release(agreement).objects == 0
    for side in pair:
        side.db.close()


@given(case=situations())
@settings(max_examples=25)
def test_an_object_is_decided_alike_whether_all_are_decided_or_only_what_is_in_scope(
    case: tuple[World, Terms, Context], tmp_path_factory: pytest.TempPathFactory
) -> None:
    pair, agreement = staged(tmp_path_factory.mktemp("world"), case)
    whole, part = (pair[0].preview(agreement, everything=one) for one in (True, False))
    decided = {_key(one): one for one in part.decisions}
    for one in whole.decisions:
        if _key(one) in decided:
            other = decided.pop(_key(one))
            assert (one.outcome, one.sent and one.sent.raw) == (other.outcome, other.sent and other.sent.raw)
        else:
            assert one.outcome is Outcome.WITHHOLD
    assert decided == {}
    for side in pair:
        side.db.close()


def _key(decision: Decision) -> int:
    return decision.subject.seq


def test_what_is_released_is_byte_for_byte_what_is_held(pair: Pair) -> None:
    lab, _ = pair
    odd = decode(THREAT.raw.replace(b'"name"', b'"x_odd" :  1.50, "name"'))
    agreement = agreed(*pair)
    lab.holds([odd])
    lab.release(agreement)
    assert sent(pair, agreement) == {THREAT.id: odd.raw}


def test_the_terms_version_the_levels_and_their_definitions_travel_along(pair: Pair) -> None:
    lab, vendor = pair
    marked = stix("indicator", "marked", object_marking_refs=[TLP["amber"]])
    agreement = agreed(*pair)
    lab.holds([*STORY, marked, link(marked, THREAT)], tlp="clear")
    lab.release(agreement)
    (item,) = [one for one in lab.sealed(vendor) if one.channel == agreement]
    (said,) = opened(item, lab, vendor)
    assert isinstance(said, Release)
    assert said.version == lab.row(agreement).version
    levels = {decode(bytes(one.object)).id: one.tlp for one in said.items}
    assert (levels[marked.id], levels[THREAT.id]) == ("amber", "clear")
    assert {decode(bytes(one)).id for one in said.markings} == {TLP_2_IDS[level] for level in ("amber", "clear")}


def test_the_report_counts_what_leaves_what_is_reduced_and_what_stays(pair: Pair) -> None:
    lab, _ = pair
    noted = stix("indicator", "noted", x_case="7")
    red = stix("indicator", "red", object_marking_refs=[TLP["red"]])
    agreement = agreed(*pair, **scope(exclude_properties=("x_*",)))
    lab.holds([*STORY, noted, red, link(noted, THREAT), link(red, THREAT), *ELSEWHERE])
    report = lab.release(agreement)
    # The link to a copy is a copy too; the red indicator and its link stay; what is elsewhere is not in scope.
    assert (report.objects, report.reduced, report.withheld, report.envelopes) == (5, 2, 2, 1)


# --- again and again --------------------------------------------------------------------------------------------


def test_a_second_release_sends_nothing(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(*pair)
    lab.holds(STORY)
    assert lab.release(agreement).objects == 3
    settle(*pair)
    again = lab.release(agreement)
    assert (again.objects, again.envelopes) == (0, 0)
    assert lab.sealed(vendor) == []


def test_a_new_version_crosses_alone(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(*pair)
    lab.holds(STORY)
    lab.release(agreement)
    settle(*pair)
    vendor.take()
    newer = _newer(ONE, confidence=80)
    lab.holds([newer])
    assert lab.release(agreement).objects == 1
    assert sent(pair, agreement) == {ONE.id: newer.raw}
    settle(*pair)
    vendor.take()
    assert {one.version for one in vendor.held(ids=frozenset({ONE.id}))} == {ONE.version, newer.version}


def _newer(one: StixObject, **changes: Any) -> StixObject:
    return decode(msgspec.json.encode({**one.value, "modified": "2026-02-01T00:00:00.000Z", **changes}))


def test_only_the_newest_version_of_an_object_leaves(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair)
    lab.holds([*STORY, _newer(ONE, confidence=80)])
    lab.release(agreement)
    assert sent(pair, agreement)[ONE.id] == _newer(ONE, confidence=80).raw


def test_an_object_that_is_revoked_stays_and_so_does_its_older_version(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair)
    lab.holds([*STORY, _newer(ONE, revoked=True)])
    lab.release(agreement)
    assert ONE.id not in sent(pair, agreement)


def test_a_reduced_copy_keeps_its_id_over_releases_and_its_parents_is_never_seen(pair: Pair) -> None:
    lab, vendor = pair
    noted = stix("indicator", "noted", x_case="7")
    agreement = agreed(*pair, **scope(exclude_properties=("x_*",)))
    lab.holds([THREAT, noted, link(noted, THREAT)])
    lab.release(agreement)
    first = sent(pair, agreement)
    settle(*pair)
    assert lab.release(agreement).objects == 0
    lab.holds([_newer(noted, x_case="8", confidence=80)])
    lab.release(agreement)
    (identifier,) = sent(pair, agreement)
    assert identifier in first
    assert noted.id not in first
    settle(*pair)
    assert identifier in vendor.waiting()
    assert vendor.refusals() == []


def test_copies_have_other_ids_under_another_agreement(three: Three) -> None:
    lab, vendor, mallory = three
    noted = stix("indicator", "noted", x_case="7")
    lab.holds([THREAT, noted, link(noted, THREAT)])
    ids = []
    for other in (vendor, mallory):
        agreement = agreed(lab, other, **scope(exclude_properties=("x_*",)))
        lab.release(agreement)
        ids.append(set(sent((lab, other), agreement)))
    assert ids[0] & ids[1] == {THREAT.id}


# --- quota ------------------------------------------------------------------------------------------------------


def test_the_quota_holds_over_releases_and_is_new_after_a_day(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(*pair, quota=Quota(4))
    hosts = [stix("indicator", f"h{number}") for number in range(5)]
    lab.holds([THREAT, *hosts, *(link(one, THREAT) for one in hosts)])
    first = lab.release(agreement).objects
    assert 1 <= first <= 4
    later = 0
    for _ in range(3):
        later += lab.release(agreement).objects
    assert first + later <= 4
    settle(*pair)
    assert len(vendor.waiting()) == first + later
    assert set(failing(lab.preview(agreement), hosts[4].id)) >= {"quota"}
    for side in pair:
        side.now += DAY + timedelta(seconds=1)
    assert 1 <= lab.release(agreement).objects <= 4
    settle(*pair)
    assert vendor.refusals() == []


def test_an_update_of_what_crossed_counts_against_the_quota(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair, quota=Quota(4))
    lab.holds(STORY)
    assert lab.release(agreement).objects == 3
    settle(*pair)
    lab.holds([_newer(THREAT, description="x"), _newer(ONE, confidence=80)])
    assert lab.release(agreement).objects == 0
    assert "quota" in failing(lab.preview(agreement), ONE.id)
    for side in pair:
        side.now += DAY + timedelta(seconds=1)
    assert lab.release(agreement).objects == 2


def test_the_quota_of_the_receiver_agrees_with_that_of_the_sender(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(*pair, quota=Quota(3))
    lab.holds([*STORY, TWO, link(TWO, THREAT)])
    while lab.release(agreement).objects:
        settle(*pair)
    assert len(vendor.waiting()) == 3
    assert vendor.refusals() == []


# --- what others sent us ----------------------------------------------------------------------------------------


def accepted(pair: Pair, agreement: str, *objects: StixObject) -> None:
    """The Vendor sends objects, whatever its own release would say, and the Lab accepts them."""
    lab, vendor = pair
    vendor.holds(objects)
    vendor.release(agreement)
    carry(vendor, lab)
    lab.take()
    assert {one.id for one in objects} <= lab.ids(), lab.refusals()


def test_a_link_from_a_counterpart_does_not_pull_our_objects_into_scope(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair)
    lab.holds([*STORY, *ELSEWHERE, link(ELSEWHERE[1], ELSEWHERE[0])])
    hook = link(THREAT, ELSEWHERE[1], x_bait="1")
    with lab.db.write() as tx:
        tx.holdings.add([NewObject.of(hook, default_tlp="green")], source=VENDOR.key, now=lab.now)
    plan = lab.preview(agreement)
    for one in ELSEWHERE:
        assert "scope" in failing(plan, one.id)
    lab.release(agreement)
    assert set(sent(pair, agreement)) == {one.id for one in STORY}


def test_another_version_of_our_object_from_a_counterpart_does_not_pull_either(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair)
    report = stix("report", "ours", object_refs=[ELSEWHERE[0].id])
    lab.holds([*STORY, *ELSEWHERE, report])
    theirs = _newer(report, object_refs=[THREAT.id, ELSEWHERE[0].id])
    with lab.db.write() as tx:
        tx.holdings.add([NewObject.of(theirs, default_tlp="green")], source=VENDOR.key, now=lab.now)
    lab.release(agreement)
    assert set(sent(pair, agreement)) == {one.id for one in STORY}


def test_a_namesake_from_a_counterpart_opens_nothing_of_ours(pair: Pair) -> None:
    """A counterpart's malware of the agreed name, to which our own report on something else refers."""
    lab, _ = pair
    agreement = agreed(*pair)
    namesake = stix("malware", "a namesake", name="Predator")
    secret = stix("report", "secret", object_refs=[namesake.id, ELSEWHERE[0].id])
    lab.holds([*STORY, *ELSEWHERE, secret])
    with lab.db.write() as tx:
        tx.holdings.add([NewObject.of(namesake, default_tlp="green")], source=VENDOR.key, now=lab.now)
    lab.release(agreement)
    assert set(sent(pair, agreement)) == {one.id for one in STORY}


def test_what_a_third_party_sent_us_is_not_released(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair)
    lab.holds(STORY)
    with lab.db.write() as tx:
        tx.holdings.add([NewObject.of(one) for one in (TWO, link(TWO, THREAT))], source=THIRD, now=lab.now)
    plan = lab.preview(agreement)
    assert "originator" in failing(plan, TWO.id)
    lab.release(agreement)
    assert TWO.id not in sent(pair, agreement)


def test_what_a_counterpart_sent_us_is_not_sent_back(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair)
    accepted(pair, agreement, *STORY)
    settle(*pair)
    assert lab.release(agreement).objects == 0
    assert "originator" in failing(lab.preview(agreement), ONE.id)


def test_what_a_counterpart_sent_is_no_secret_from_it(pair: Pair) -> None:
    """Our sighting of its indicator names the id that it gave us itself."""
    lab, vendor = pair
    agreement = agreed(*pair)
    accepted(pair, agreement, *STORY)
    settle(*pair)
    seen = stix("sighting", "seen", sighting_of_ref=ONE.id, count=3)
    about = link(stix("indicator", "ours"), THREAT, description="Seen beside one.example")
    lab.holds([THREAT, seen, stix("indicator", "ours"), about])
    lab.release(agreement)
    leaving = sent(pair, agreement)
    assert about.id in leaving
    assert outcomes(lab.preview(agreement))[about.id] == "release"
    settle(*pair)
    assert about.id in vendor.waiting()


def test_to_name_an_id_is_no_way_to_free_it(pair: Pair) -> None:
    """The id of an observable follows from its value, so that a counterpart who guesses can send what we hold too."""
    lab, _ = pair
    ours = stix("domain-name", "ours", value="ours.example", object_marking_refs=[TLP["red"]])
    guess = decode(msgspec.json.encode({**ours.value, "object_marking_refs": [TLP["green"]]}))
    report = stix("report", "report", object_refs=[ONE.id, ours.id])
    lab.holds([*STORY, ours, report])
    agreement = agreed(*pair)
    accepted(pair, agreement, *STORY, guess, link(guess, THREAT))
    assert {held.own for held in lab.held(ids=frozenset({ours.id}))} == {True, False}
    lab.release(agreement)
    leaving = sent(pair, agreement)
    assert ONE.id in leaving
    assert not [raw for raw in leaving.values() if ours.id.encode() in raw]


def test_what_waits_in_the_inbox_takes_no_part(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(*pair)
    vendor.holds(STORY)
    vendor.release(agreement)
    carry(vendor, lab)
    assert lab.waiting()
    assert lab.preview(agreement).decisions == []


# --- names of threats -------------------------------------------------------------------------------------------


def test_an_ambiguous_name_releases_nothing_until_it_is_pinned(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair)
    tool = stix("tool", "Predator")
    lab.holds([*STORY, tool, TWO, link(TWO, tool)])
    plan = lab.preview(agreement)
    assert {str(one.outcome) for one in plan.decisions} == {"withhold"}
    (note,) = plan.notes
    assert "borne by 2 different threats, so nothing is released for it: pin one of" in note
    assert lab.release(agreement).objects == 0
    lab.pin(agreement, "Predator", THREAT.id)
    assert lab.preview(agreement).notes == []
    lab.release(agreement)
    assert set(sent(pair, agreement)) == {one.id for one in STORY}


def test_a_name_that_nothing_bears_releases_nothing_and_is_said(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair, "Unheard Of")
    lab.holds(STORY)
    report = lab.release(agreement)
    assert report.objects == 0
    assert "matches no threat held yet" in report.notes[0]


def test_a_name_that_comes_to_be_held_takes_effect(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair)
    assert lab.release(agreement).objects == 0
    lab.holds(STORY)
    assert lab.release(agreement).objects == 3


# --- what binds us ----------------------------------------------------------------------------------------------


def test_a_name_with_two_dashes_is_a_name(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, "Night--Owl")
    owl, one = stix("malware", "Night--Owl"), stix("indicator", "one")
    lab.holds([owl, one, link(one, owl)])
    assert lab.release(agreement).objects == 3


def test_nothing_is_released_to_a_party_of_a_designated_name(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair)
    lab.holds(STORY)
    lab.designated = frozenset({"vendor research"})
    assert lab.release(agreement).objects == 0
    assert "designation" in failing(lab.preview(agreement), THREAT.id)


def test_the_ceiling_the_types_and_the_age_of_the_terms_hold(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair, handling=Handling(tlp_max="clear"))
    lab.holds(STORY, tlp="green")
    assert lab.release(agreement).objects == 0
    assert "marking" in failing(lab.preview(agreement), ONE.id)
    assert canonical(lab.terms(agreement))


def test_each_envelope_is_announced_as_sealed(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair)
    lab.reached.clear()
    lab.holds(STORY)
    report = lab.release(agreement)
    assert lab.reached == ["release.sealed"] * report.envelopes


def test_a_release_that_fails_half_way_leaves_no_trace(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(*pair)
    lab.holds(STORY)

    def stop(_step: str) -> None:
        raise KeyboardInterrupt

    before = lab.channel(agreement, vendor)
    healthy = lab.us
    lab.us = msgspec.structs.replace(lab.us, reached=stop)
    with pytest.raises(KeyboardInterrupt):
        lab.release(agreement)
    lab.us = healthy
    assert lab.channel(agreement, vendor) == before
    assert sent(pair, agreement) == {}
    assert lab.release(agreement).objects == 3


def test_terms_name_the_parties_that_agreed(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(*pair)
    assert lab.terms(agreement).parties == Parties(lab.key, vendor.key)
    narrower = following(lab.row(agreement), depth=0)
    lab.amend(agreement, narrower)
    lab.holds(STORY)
    lab.release(agreement)
    assert set(sent(pair, agreement)) == {THREAT.id}


def test_what_no_node_would_take_stays_by_the_preview_and_costs_its_neighbours_nothing(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    busy = stix("indicator", "busy", x_lists=[[[] for _ in range(9_000)] for _ in range(30)])
    wordy = stix("indicator", "wordy", description="x" * 300_000)
    lab.holds([*STORY, busy, link(busy, THREAT, "indicates"), wordy, link(wordy, THREAT, "indicates")])
    plan = lab.preview(agreement)
    assert failing(plan, busy.id) == failing(plan, wordy.id) == ["content"]
    lab.release(agreement)
    settle(lab, vendor)
    assert {one.object_id for one in vendor.inbox()} == {one.id for one in STORY}
    assert vendor.refusals() == []


# --- names and values over time, in the store ----------------------------------------------------------------------


def told_of(name: str) -> list[StixObject]:
    """An indicator that says a name, tied to the threat."""
    one = stix("indicator", "told", description=f"dropped by {name} operators")
    return [THREAT, one, link(one, THREAT, "indicates")]


def described(pair: Pair, agreement: str) -> bool:
    """Whether that indicator leaves with what it says."""
    (leaving,) = [one.sent for one in pair[0].preview(agreement).decisions if one.id == told_of("")[1].id]
    assert leaving is not None
    return "description" in leaving.value


def test_the_alias_of_a_red_version_stays_secret_although_the_version_before_it_crossed(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair)
    tool = stix("tool", "Prober")
    lab.holds([THREAT, tool, link(tool, THREAT)])
    lab.release(agreement)
    lab.holds([_newer(tool, aliases=["Glass Onion"], object_marking_refs=[TLP["red"]]), *told_of("Glass Onion")])
    assert not described(pair, agreement)


def test_the_name_of_a_red_version_stays_secret_although_a_newer_version_leaves(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair)
    secret = stix("malware", "Glass Onion", object_marking_refs=[TLP["red"]])
    bland = _newer(secret, name="Something", object_marking_refs=[TLP["clear"]])
    lab.holds([*told_of("Glass Onion"), secret, bland, link(bland, THREAT)])
    assert not described(pair, agreement)


def test_an_object_does_not_say_the_name_that_only_its_own_red_version_bore(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair)
    secret = stix("malware", "Glass Onion", object_marking_refs=[TLP["red"]])
    clear = {"name": "Something", "description": "once Glass Onion", "object_marking_refs": [TLP["clear"]]}
    bland = _newer(secret, **clear)
    lab.holds([THREAT, secret, bland, link(bland, THREAT)])
    (leaving,) = [one.sent for one in lab.preview(agreement).decisions if one.id == bland.id]
    assert leaving is not None
    assert "description" not in leaving.value


def test_a_counterpart_frees_no_name_by_guessing_it(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(*pair)
    lab.holds([*told_of("Nightjar"), stix("tool", "Nightjar")])
    assert not described(pair, agreement)
    guess = stix("malware", "guess", aliases=["Predator", "Nighthawk", "Nightjar"])
    accepted(pair, agreement, guess)
    assert "Nightjar" in str([one.object().value for one in lab.held(source=vendor.key)])
    assert not described(pair, agreement)


def test_a_third_party_silences_no_agreement_with_another(pair: Pair) -> None:
    lab, _ = pair
    agreement = agreed(*pair)
    lab.holds(told_of("Nightjar"))
    noise = stix("malware", "noise", aliases=["dropped", "operators", "example", "told", "Nightjar"])
    with lab.db.write() as tx:
        tx.holdings.add([NewObject.of(noise)], source=THIRD, now=lab.now)
    assert described(pair, agreement)
