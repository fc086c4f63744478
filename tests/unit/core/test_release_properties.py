"""What holds for every decision, whatever the world: nothing that stays shows in what leaves."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import stix2
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.core.conformance import check
from backchannel.core.marking import LEVELS, WELL_KNOWN
from backchannel.core.mention import term_key, words
from backchannel.core.release import Context, Decision, Outcome, Result, decide, settle, summary
from backchannel.core.release_rules import RESTRICTING
from backchannel.core.stix import StixObject, decode, references
from backchannel.core.terms import Terms
from worlds import OUR_IDENTITY, TLP, World, borne, situations

Situation = tuple[World, Terms, Context]
ORDER = [Outcome.RELEASE, Outcome.REDUCE, Outcome.WITHHOLD]


def leaving(decisions: list[Decision]) -> dict[str, StixObject]:
    return {one.id: one.sent for one in decisions if one.sent is not None}


def strings(item: Any) -> Iterator[str]:
    if isinstance(item, str):
        yield item
    elif isinstance(item, dict):
        yield from item
        for inner in item.values():
            yield from strings(inner)
    elif isinstance(item, list):
        for inner in item:
            yield from strings(inner)


def says(one: StixObject, key: str) -> bool:
    """Whether an object says a term anywhere, by the simplest means there are."""
    term = key.split()
    for text in strings(one.value):
        tokens = words(text)
        if any(tokens[start : start + len(term)] == term for start in range(len(tokens))):
            return True
    return False


@settings(max_examples=120)
@given(situations())
def test_everything_that_what_leaves_refers_to_can_be_resolved_by_the_counterpart(case: Situation) -> None:
    world, agreed, known = case
    sent = leaving(world.decide(agreed, known))
    there = {one.id for one in sent.values()} | set(known.crossed.values()) | {*WELL_KNOWN, OUR_IDENTITY}
    for one in sent.values():
        assert {ref.target for ref in references(one.value)} <= there


@settings(max_examples=120)
@given(situations())
def test_no_id_of_what_stays_occurs_in_what_leaves(case: Situation) -> None:
    world, agreed, known = case
    sent = leaving(world.decide(agreed, known))
    visible = {one.id for one in sent.values()} | set(known.crossed.values())
    hidden = {one.id.partition("--")[2] for one in world.objects if one.id not in visible}
    hidden -= {identifier.partition("--")[2] for identifier in visible}
    for one in sent.values():
        text = json.dumps(one.value).lower()
        assert not [uuid for uuid in hidden if uuid in text]


@settings(max_examples=120)
@given(situations())
def test_no_name_or_value_of_what_stays_occurs_in_what_leaves(case: Situation) -> None:
    world, agreed, known = case
    decisions = world.decide(agreed, known)
    sent = leaving(decisions)
    present = {*sent, *known.crossed}
    heard = {key for one in world.objects if one.id in present for key, _ in borne(one.value)}
    for decision in decisions:
        if decision.id in present:
            continue
        restricted = any(one.result is Result.FAIL and one.rule in RESTRICTING for one in decision.verdicts)
        for key, kind in borne(decision.subject.object.value):
            free = key == term_key("Predator") or (key in heard and not restricted)
            if free or (kind != "value" and decision.subject.object.type in agreed.scope.may_name):
                continue
            assert not [one.id for one in sent.values() if says(one, key)], key


@settings(max_examples=60)
@given(situations())
def test_a_reduced_copy_is_valid_ours_and_shows_nothing_of_its_parents_id(case: Situation) -> None:
    world, agreed, known = case
    for decision in world.decide(agreed, known):
        if decision.outcome is not Outcome.REDUCE:
            continue
        assert decision.sent is not None
        assert stix2.parse(decision.sent.raw.decode(), allow_custom=True).id == decision.sent.id
        assert not [one for one in check(decision.sent.value) if one.must]
        assert decision.sent.type == "domain-name" or decision.sent.value["created_by_ref"] == OUR_IDENTITY
        assert decision.sent.version == decision.subject.object.version
        assert decision.id.partition("--")[2] not in decision.sent.raw.decode()
        assert set(decision.sent.value) - {"created_by_ref"} <= set(decision.subject.object.value)


@settings(max_examples=60)
@given(situations())
def test_what_is_released_leaves_as_its_exact_bytes_and_what_is_withheld_not_at_all(case: Situation) -> None:
    world, agreed, known = case
    for decision in world.decide(agreed, known):
        if decision.outcome is Outcome.RELEASE:
            assert decision.sent is decision.subject.object
        assert (decision.sent is None) is (decision.outcome is Outcome.WITHHOLD)


@settings(max_examples=60)
@given(situations())
def test_a_mark_above_the_ceiling_never_leaves_nor_what_another_party_gave_us(case: Situation) -> None:
    world, agreed, known = case
    for decision in world.decide(agreed, known):
        if decision.sent is not None and decision.subject.object.type != "marking-definition":
            assert decision.subject.tlp in LEVELS[:3]
        if decision.sent is not None:
            assert decision.subject.own


@settings(max_examples=60)
@given(situations(), st.data())
def test_adding_a_mark_never_widens(case: Situation, data: st.DataObject) -> None:
    world, agreed, known = case
    known = msgspec.structs.replace(known, quota_left=None)
    before = {one.id: one.outcome for one in world.decide(agreed, known)}
    number = data.draw(st.integers(0, len(world.own) - 1)) if world.own else 0
    mark = data.draw(st.sampled_from([TLP[level] for level in LEVELS]))
    own = [_marked(one, mark) if place == number else one for place, one in enumerate(world.own)]
    after = {one.id: one.outcome for one in World(own, world.theirs).decide(agreed, known)}
    for identifier, outcome in after.items():
        assert ORDER.index(outcome) >= ORDER.index(before[identifier])


def _marked(one: StixObject, mark: str) -> StixObject:
    refs = [*one.value.get("object_marking_refs", []), mark]
    return decode(msgspec.json.encode({**one.value, "object_marking_refs": refs}))


@settings(max_examples=60)
@given(situations(), st.randoms(use_true_random=False))
def test_neither_the_order_of_objects_nor_a_second_time_changes_a_decision(case: Situation, random: Any) -> None:
    world, agreed, known = case
    known = msgspec.structs.replace(known, quota_left=None)
    first = [decide(subject, agreed, known) for subject in world.subjects(agreed)]
    settled = settle(first, agreed, known, world.lookup)
    random.shuffle(first)
    again = {one.subject.seq: one for one in settle(first, agreed, known, world.lookup)}
    for decision in settled:
        other = again[decision.subject.seq]
        assert (decision.outcome, decision.verdicts) == (other.outcome, other.verdicts)
        assert (decision.sent and decision.sent.raw) == (other.sent and other.sent.raw)


@settings(max_examples=60)
@given(situations())
def test_preview_of_everything_equals_a_decision_on_what_is_in_scope(case: Situation) -> None:
    world, agreed, known = case
    subjects = world.subjects(agreed)
    near = [one for one in subjects if one.hops is not None]
    partly = settle(
        [decide(one, agreed, known) for one in near],
        agreed,
        known,
        world.lookup,
        lambda ids: [one for one in subjects if one.object.id in ids],
    )
    everything = leaving(world.decide(agreed, known))
    assert {key: one.raw for key, one in leaving(partly).items()} == {key: one.raw for key, one in everything.items()}


@settings(max_examples=60)
@given(situations())
def test_the_quota_is_never_exceeded_and_nothing_is_reduced_because_of_it(case: Situation) -> None:
    world, agreed, known = case
    limited = world.decide(agreed, msgspec.structs.replace(known, quota_left=2))
    unlimited = {one.id: one for one in world.decide(agreed, msgspec.structs.replace(known, quota_left=None))}
    assert sum(one.sent is not None and one.id not in known.crossed for one in limited) <= 2
    for decision in limited:
        if decision.sent is not None:
            assert decision.sent.raw == (unlimited[decision.id].sent or decision.sent).raw
            assert unlimited[decision.id].sent is not None


@settings(max_examples=60)
@given(situations())
def test_the_summary_counts_every_object_once_and_every_verdict(case: Situation) -> None:
    world, agreed, known = case
    decisions = world.decide(agreed, known)
    counts = summary(decisions)
    assert counts["release"] + counts["reduce"] + counts["withhold"] == len(world.objects)
    for rule, both in counts["rules"].items():
        judged = [one.verdict(rule).result for one in decisions]
        assert both["failed"] == judged.count(Result.FAIL)
        assert both["passed"] == judged.count(Result.PASS) + judged.count(Result.CUT)


@settings(max_examples=60)
@given(situations())
def test_every_object_that_stays_has_a_reason(case: Situation) -> None:
    world, agreed, known = case
    for decision in world.decide(agreed, known):
        results = [one.result for one in decision.verdicts]
        if decision.outcome is Outcome.WITHHOLD:
            assert Result.FAIL in results
        elif decision.outcome is Outcome.REDUCE:
            assert Result.CUT in results
        else:
            assert not {Result.CUT, Result.FAIL} & set(results)
