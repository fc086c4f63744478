"""Agreements: one table of what can happen, and what needs both signatures."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.agreement import FINAL, TRANSITIONS, Change, Event, State, advance, compare, in_force
from backchannel.core.terms import Handling, Matching, Parties, Quota, Retention, Scope, Terms
from backchannel.errors import WrongState

START, END = datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC)
TERMS = Terms(
    title="Joint watch",
    valid_from=START,
    valid_until=END,
    parties=Parties("a" * 64, "b" * 64),
    scope=Scope(threats=("Predator", "Pegasus"), types=("indicator", "malware"), exclude_properties=("x_*",)),
    matching=Matching(("domain-name", "url"), 100),
)


def changed(path: str, value: Any) -> Terms:
    name, _, inner = path.partition(".")
    if inner:
        value = msgspec.structs.replace(getattr(TERMS, name), **{inner: value})
    return msgspec.structs.replace(TERMS, **{name: value})


def test_a_proposal_is_accepted_and_ended() -> None:
    ours = advance(State.OFFERED, Event.ACCEPTED)
    theirs = advance(State.PROPOSED, Event.ACCEPT)
    assert ours is theirs is State.IN_FORCE
    assert advance(ours, Event.END) is advance(theirs, Event.ENDED) is State.ENDED


def test_nobody_can_accept_their_own_proposal() -> None:
    with pytest.raises(WrongState, match="the agreement is proposed, so it cannot be accepted"):
        advance(State.OFFERED, Event.ACCEPT)
    with pytest.raises(WrongState):
        advance(State.PROPOSED, Event.ACCEPTED)


@pytest.mark.parametrize("state", [state for state in State if state is not State.DRAFT])
def test_what_was_offered_to_anybody_is_never_in_force_by_our_signature_alone(state: State) -> None:
    with pytest.raises(WrongState, match="cannot be put in force by one signature"):
        advance(state, Event.SIGN_ALONE)


@pytest.mark.parametrize(("state", "event"), [*product(State, Event)])
def test_what_is_not_in_the_table_is_refused(state: State, event: Event) -> None:
    if (state, event) in TRANSITIONS:
        assert advance(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(WrongState, match=f"the agreement is {state.shown}, so it cannot be "):
            advance(state, event)


@given(st.sampled_from(State), st.lists(st.sampled_from(Event), max_size=8))
def test_there_is_no_way_out_of_a_final_state(state: State, events: list[Event]) -> None:
    ended = False
    for event in events:
        ended = ended or state in FINAL
        try:
            state = advance(state, event)
        except WrongState:
            continue
        assert not ended


def test_every_state_can_be_reached_and_every_event_has_a_use() -> None:
    assert {State.DRAFT, *TRANSITIONS.values()} == set(State)
    assert {event for _, event in TRANSITIONS} == set(Event)
    assert {state for state, _ in TRANSITIONS} == set(State) - FINAL


def test_both_sides_reach_the_same_end_when_withdrawal_and_acceptance_cross() -> None:
    proposer = advance(State.OFFERED, Event.WITHDRAW)
    accepter = advance(advance(State.PROPOSED, Event.ACCEPT), Event.WITHDRAWN)
    assert proposer in FINAL
    assert accepter in FINAL


def test_a_proposal_is_shown_as_one_whoever_made_it() -> None:
    assert State.OFFERED.shown == State.PROPOSED.shown == "proposed"
    assert State.IN_FORCE.shown == "in force"


@pytest.mark.parametrize(
    ("state", "moment", "holds"),
    [
        (State.IN_FORCE, START, True),
        (State.IN_FORCE, END - timedelta(seconds=1), True),
        (State.IN_FORCE, END, False),
        (State.IN_FORCE, START - timedelta(seconds=1), False),
        (State.OFFERED, START, False),
        (State.PROPOSED, START, False),
        (State.ENDED, START, False),
    ],
)
def test_an_agreement_holds_from_its_beginning_until_before_its_end(
    state: State, moment: datetime, holds: bool
) -> None:
    assert in_force(state, TERMS, moment) is holds


NARROWER = [
    ("valid_from", START + timedelta(days=1)),
    ("valid_until", END - timedelta(days=1)),
    ("scope.threats", ("Predator",)),
    ("scope.types", ("indicator",)),
    ("scope.depth", 1),
    ("scope.since", START),
    ("scope.exclude_properties", ("x_*", "labels")),
    ("scope.exclude_properties", ("*_x", "x*")),
    ("handling.tlp_max", "green"),
    ("handling.permitted_actions", "none"),
    ("handling.onward", "never"),
    ("matching", None),
    ("matching.types", ("url",)),
    ("matching.per_day", 99),
    ("quota.objects_per_day", 1),
    ("requests.per_day", 19),
    ("retention.destroy_after_days", 1),
]
WIDER = [
    ("title", "Something else"),
    ("valid_from", START - timedelta(days=1)),
    ("valid_until", END + timedelta(days=1)),
    ("scope.threats", ("Predator", "Pegasus", "Reign")),
    ("scope.types", ("indicator", "malware", "report")),
    ("scope.depth", 3),
    ("scope.exclude_properties", ()),
    ("scope.exclude_properties", ("x_a*",)),
    ("scope.may_name", ("tool",)),
    ("handling.tlp_max", "red"),
    ("handling.permitted_actions", "externally-visible-direct-actions"),
    ("handling.provider_attribution", "may"),
    ("handling.provider_attribution", "must"),
    ("handling.onward", "listed"),
    ("handling.onward_to", ("c" * 64,)),
    ("handling.onward_names", True),
    ("record.outcomes", True),
    ("requests.per_day", 21),
    ("matching.types", ("domain-name", "url", "ipv4-addr")),
    ("matching.per_day", 101),
    ("quota.objects_per_day", 50_001),
    ("retention.destroy_after_days", 366),
    ("retention.on_end", "keep"),
    ("parties", Parties("a" * 64, "c" * 64)),
]


@pytest.mark.parametrize(("path", "value"), NARROWER)
def test_what_allows_less_narrows_and_needs_one_signature(path: str, value: Any) -> None:
    change = compare(TERMS, changed(path, value))
    assert change.narrowed
    assert not change.widened
    assert change.narrowed[0].startswith(path)


@pytest.mark.parametrize(("path", "value"), NARROWER)
def test_taking_a_narrowing_back_widens(path: str, value: Any) -> None:
    assert compare(changed(path, value), TERMS).widened


@pytest.mark.parametrize(("path", "value"), WIDER)
def test_what_allows_more_or_cannot_be_compared_widens(path: str, value: Any) -> None:
    change = compare(TERMS, changed(path, value))
    assert change.widened
    assert change.widened[0].startswith(path)


def test_exchanging_one_threat_for_another_both_narrows_and_widens() -> None:
    change = compare(TERMS, changed("scope.threats", ("Predator", "Reign\x1b")))
    assert change == Change(["scope.threats without Pegasus"], ["scope.threats also Reign\\x1b"])


def test_forbidding_attribution_that_was_allowed_narrows() -> None:
    allowed = changed("handling.provider_attribution", "may")
    assert compare(allowed, TERMS).narrowed
    assert not compare(allowed, TERMS).widened


def test_the_same_terms_in_another_version_change_nothing() -> None:
    assert compare(TERMS, msgspec.structs.replace(TERMS, predecessor="d" * 64)) == Change([], [])


sections = st.fixed_dictionaries(
    {
        "scope": st.builds(
            Scope,
            threats=st.lists(st.sampled_from(["Predator", "Pegasus", "Reign"]), min_size=1, unique=True).map(tuple),
            depth=st.integers(0, 5),
            since=st.none() | st.sampled_from([START, END]),
            exclude_properties=st.lists(st.sampled_from(["x_*", "x_a", "labels"]), unique=True).map(tuple),
        ),
        "handling": st.builds(
            Handling,
            tlp_max=st.sampled_from(["clear", "amber", "red"]),
            provider_attribution=st.sampled_from(["must-not", "may", "must"]),
            onward=st.sampled_from(["never", "ask", "listed"]),
        ),
        "quota": st.builds(Quota, objects_per_day=st.integers(1, 3)),
        "retention": st.builds(Retention, destroy_after_days=st.integers(1, 3)),
    }
)


@given(sections, sections)
def test_terms_that_differ_always_narrow_or_widen_and_never_narrow_both_ways(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    old, new = (msgspec.structs.replace(TERMS, **fields) for fields in (one, other))
    there, back = compare(old, new), compare(new, old)
    if not there.narrowed and not there.widened:
        assert {*old.scope.threats} == {*new.scope.threats}
        assert (old.handling, old.quota, old.retention) == (new.handling, new.quota, new.retention)
    if there.narrowed and not there.widened:
        assert back.widened


@given(sections, sections, sections)
def test_narrowing_twice_is_narrowing(one: dict[str, Any], two: dict[str, Any], three: dict[str, Any]) -> None:
    first, second, third = (msgspec.structs.replace(TERMS, **fields) for fields in (one, two, three))
    if not compare(first, second).widened and not compare(second, third).widened:
        assert not compare(first, third).widened
