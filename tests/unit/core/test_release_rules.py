"""The rules that judge one object by itself: all are asked, and none depends on another."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.known_by import terms_of
from backchannel.core.marking import LEVELS, rank
from backchannel.core.mention import term_key
from backchannel.core.release import Context, Decision, Outcome, Result, Subject, decide
from backchannel.core.release_rules import RULES
from backchannel.core.stix import StixObject
from backchannel.core.terms import Handling, Terms
from worlds import NOW, OUR_IDENTITY, context, stix, terms

INDICATOR = stix("indicator", "one")


def subject(one: StixObject = INDICATOR, **known: Any) -> Subject:
    defaults: dict[str, Any] = {"seq": 1, "object": one, "own": True, "tlp": "green", "hops": 1}
    return Subject(**(defaults | known))


def judged(case: Subject, agreed: Terms | None = None, known: Context | None = None) -> Decision:
    return decide(case, agreed or terms(), known or context())


def failed(decision: Decision) -> set[str]:
    return {one.rule for one in decision.verdicts if one.result is Result.FAIL}


def test_an_object_that_breaks_no_rule_is_released_as_its_exact_bytes() -> None:
    decision = judged(subject())
    assert decision.outcome is Outcome.RELEASE
    assert decision.sent is INDICATOR
    assert [one.rule for one in decision.verdicts] == list(RULES)


def test_every_broken_rule_is_named_not_only_the_first() -> None:
    revoked = stix("tool", "Old", revoked=True, payload_bin="A" * 300)
    decision = judged(
        subject(revoked, own=False, tlp="red", hops=None),
        terms(types=("indicator",)),
        context(quota_left=0, designated=frozenset({"old"})),
    )
    assert decision.outcome is Outcome.WITHHOLD
    assert decision.sent is None
    assert failed(decision) == {
        "type", "scope", "marking", "originator", "lifecycle", "content", "designation", "quota",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("case", "agreed", "rule", "evidence"),
    [
        (subject(stix("tool", "Net")), terms(types=("indicator",)), "type", "does not speak of tool"),
        (subject(hops=3), terms(), "scope", "not within 2 hops of a named threat"),
        (subject(hops=None), terms(), "scope", "not within 2 hops"),
        (subject(hops=1), terms(depth=0), "scope", "not within 0 hops"),
        (subject(tlp="red"), terms(), "marking", "TLP:RED is above the ceiling TLP:AMBER"),
        (subject(tlp="amber+strict"), terms(), "marking", "TLP:AMBER+STRICT is above the ceiling TLP:AMBER"),
        (subject(tlp="purple"), terms(handling=Handling(tlp_max="red")), "marking", "TLP:PURPLE is above"),
        (subject(own=False), terms(), "originator", "it came from another party"),
        (subject(stix("indicator", "i", revoked=True)), terms(), "lifecycle", "it is revoked"),
        (subject(stix("indicator", "i", revoked="no")), terms(), "lifecycle", "it is revoked"),
        (
            subject(stix("indicator", "i", valid_until="2026-11-22T12:00:00Z")),
            terms(),
            "lifecycle",
            "it expired on 2026-11-22",
        ),
        (subject(stix("indicator", "i", valid_until="soon")), terms(), "lifecycle", "cannot be read"),
        (subject(stix("artifact", "a", payload_bin="TVqQAAMA")), terms(), "content", "payload_bin"),
        (subject(stix("user-account", "u", credential="hunter2")), terms(), "content", "credential"),
        (subject(stix("indicator", "i", created="1")), terms(since=NOW), "age", "its times cannot be read"),
        (subject(), terms(since=NOW), "age", "2026-01-02 is before 2026-11-22"),
    ],
)
def test_a_broken_rule_says_why(case: Subject, agreed: Terms, rule: str, evidence: str) -> None:
    verdict = judged(case, agreed).verdict(rule)
    assert verdict.result is Result.FAIL
    assert evidence in verdict.evidence
    assert judged(case, agreed).outcome is Outcome.WITHHOLD


def test_evidence_never_repeats_a_credential() -> None:
    decision = judged(subject(stix("user-account", "u", credential="hunter2")))
    assert not [one for one in decision.verdicts if "hunter2" in one.evidence]


def test_the_newest_time_of_an_object_counts_for_its_age() -> None:
    agreed = terms(since=NOW - timedelta(days=30))
    old = stix("indicator", "i")
    updated = stix("indicator", "i", modified="2026-11-01T00:00:00.1234567Z")
    seen = stix("malware", "m", last_seen="2026-11-20T00:00:00Z")
    assert "age" in failed(judged(subject(old), agreed))
    assert "age" not in failed(judged(subject(updated), agreed))
    assert "age" not in failed(judged(subject(seen), agreed))


def test_an_object_without_a_time_has_no_age() -> None:
    verdict = judged(subject(stix("domain-name", "one")), terms(since=NOW)).verdict("age")
    assert verdict.result is Result.MOOT


def test_an_indicator_that_is_still_valid_passes_and_the_last_moment_counts() -> None:
    case = subject(stix("indicator", "i", valid_until="2026-11-22T12:00:00.5Z"))
    assert judged(case).verdict("lifecycle").result is Result.PASS


def test_an_artifact_that_only_points_to_its_content_passes() -> None:
    one = stix("artifact", "a", url="https://files.example/a.bin", hashes={"SHA-256": "a" * 64})
    assert judged(subject(one), terms(types=("artifact",))).outcome is Outcome.RELEASE


def test_nothing_leaves_to_a_designated_counterpart() -> None:
    known = context(counterpart_name="ACME Holding", designated=frozenset({term_key("Acme Holding")}))
    assert "designation" in failed(judged(subject(stix("malware", "one")), terms(), known))
    assert "designation" not in failed(
        judged(subject(stix("malware", "one")), terms(), context(counterpart_name="ACME Holding"))
    )


def test_an_object_that_no_node_would_take_stays() -> None:
    assert "content" in failed(judged(subject(stix("malware", "one", description="a " * (1 << 19)))))
    assert "content" not in failed(judged(subject(stix("malware", "one", description="a " * (1 << 17)))))


@pytest.mark.parametrize(
    "one",
    [
        stix("malware", "Acme Holding"),
        stix("malware", "m", aliases=["other", "ACME  holding"]),
        stix("indicator", "i", pattern="[url:value = 'acme holding']"),
        stix("file", "f", hashes={"MD5": "Acme Holding"}),
        stix("domain-name", "d", value="acme.holding"),
        stix("file", "f", extensions={"archive-ext": {"x": [{"hashes": {"MD5": "Acme Holding"}}]}}),
        stix("user-account", "u", display_name="Acme Holding"),
        stix("windows-registry-key", "w", values=[{"name": "Acme Holding"}]),
        stix("indicator", "i", pattern="[file:name = 'Acme\\'Holding']"),
        stix("x-acme-thing", "x", value="Acme Holding"),
    ],
)
def test_what_bears_a_designated_name_or_value_stays(one: StixObject) -> None:
    key = term_key("Acme Holding")
    known = context(designated=frozenset({key}))
    assert key in {found for found, _ in terms_of(one.value)}
    assert "designation" in failed(judged(subject(one), terms(), known))
    assert "designation" not in failed(judged(subject(one)))


def test_the_quota_counts_what_is_new_to_the_counterpart() -> None:
    known = {INDICATOR.id: INDICATOR.id}
    assert "quota" in failed(judged(subject(), known=context(quota_left=0)))
    assert "quota" not in failed(judged(subject(), known=context(quota_left=1)))
    assert "quota" not in failed(judged(subject(), known=context(quota_left=None)))
    assert "quota" not in failed(judged(subject(), known=context(quota_left=0, crossed=known)))
    older = {INDICATOR.id: "2025-01-01T00:00:00Z"}
    assert "quota" in failed(judged(subject(), known=context(quota_left=0, crossed=known, crossed_versions=older)))


def test_an_excluded_property_makes_a_reduced_copy() -> None:
    one = stix("indicator", "i", x_note="for us", description="for all")
    decision = judged(subject(one), terms(exclude_properties=("x_*",)))
    assert decision.outcome is Outcome.REDUCE
    assert decision.sent is None
    assert decision.verdict("properties").evidence == "leaves without x_note"


def test_an_excluded_property_deep_inside_takes_the_property_that_holds_it() -> None:
    one = stix("indicator", "i", external_references=[{"source_name": "a", "x_case": "42"}])
    decision = judged(subject(one), terms(exclude_properties=("x_case",)))
    assert decision.verdict("properties").evidence == "leaves without external_references"


def test_an_excluded_property_that_the_type_needs_keeps_the_object() -> None:
    family = stix("malware", "Predator")
    variant = stix("malware", "Predator", is_family=False)
    agreed = terms(exclude_properties=("name",))
    assert "properties" in failed(judged(subject(family), agreed))
    assert judged(subject(variant), agreed).outcome is Outcome.REDUCE


def test_our_own_identity_as_creator_is_nothing_to_exclude() -> None:
    agreed = terms(exclude_properties=("created_by_ref",))
    ours = stix("indicator", "i", created_by_ref=OUR_IDENTITY)
    other = stix("indicator", "i", created_by_ref="identity--0b7a1a5e-3c2d-4f0e-8b1a-2d3c4e5f6a7b")
    assert judged(subject(ours), agreed).outcome is Outcome.RELEASE
    assert judged(subject(other), agreed).outcome is Outcome.REDUCE


def test_evidence_cannot_drive_a_terminal() -> None:
    one = stix("x-evil\x1b[2J", "x", revoked=True, valid_until="2020-01-01T00:00:00Z")
    assert "\x1b" not in " ".join(verdict.evidence for verdict in judged(subject(one)).verdicts)


values = st.fixed_dictionaries(
    {},
    optional={
        "revoked": st.booleans(),
        "valid_until": st.sampled_from(["2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z", "x"]),
        "x_note": st.just("n"),
        "name": st.sampled_from(["Predator", "Acme"]),
        "payload_bin": st.just("TVqQ"),
    },
)
subjects = st.builds(
    lambda value, own, tlp, hops: subject(stix("indicator", "i", **value), own=own, tlp=tlp, hops=hops),
    values,
    st.booleans(),
    st.sampled_from(LEVELS),
    st.none() | st.integers(0, 4),
)
known = st.builds(
    lambda left, lists: context(quota_left=left, designated=lists),
    st.none() | st.integers(0, 1),
    st.sampled_from([frozenset(), frozenset({"acme"})]),
)
agreements = st.builds(
    lambda types, depth, since, excluded, ceiling: terms(
        types=types, depth=depth, since=since, exclude_properties=excluded, handling=Handling(tlp_max=ceiling)
    ),
    st.sampled_from([("indicator",), ("malware",)]),
    st.integers(0, 3),
    st.none() | st.just(NOW),
    st.sampled_from([(), ("x_*",)]),
    st.sampled_from(LEVELS),
)


@given(subjects, agreements, known, st.permutations(list(RULES)))
def test_the_order_of_the_rules_never_matters(
    case: Subject, agreed: Terms, around: Context, order: list[str]
) -> None:
    one = decide(case, agreed, around)
    other = decide(case, agreed, around, {rule: RULES[rule] for rule in order})
    assert one.outcome is other.outcome
    assert set(one.verdicts) == set(other.verdicts)


@given(subjects, agreements, known)
def test_deciding_again_gives_the_same_decision(case: Subject, agreed: Terms, around: Context) -> None:
    again = Subject(**{**msgspec.structs.asdict(case), "object": StixObject(case.object.raw, case.object.value)})
    assert decide(case, agreed, around) == decide(again, agreed, around)


@given(subjects, agreements, known, st.sampled_from(LEVELS))
def test_a_stricter_mark_never_widens(case: Subject, agreed: Terms, around: Context, level: str) -> None:
    order = [Outcome.RELEASE, Outcome.REDUCE, Outcome.WITHHOLD]
    stricter = msgspec.structs.replace(case, tlp=max(case.tlp, level, key=rank))
    before, after = decide(case, agreed, around).outcome, decide(stricter, agreed, around).outcome
    assert order.index(after) >= order.index(before)
