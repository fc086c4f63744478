"""Vetting: a good batch passes whole, and each way to abuse it is caught under its own name."""

import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.assess.echo import UNKNOWN, Background, Echo
from backchannel.core.conformance import Finding as Wrong
from backchannel.core.poison import assets
from backchannel.core.size import MAX_LIST
from backchannel.core.stix import MAX_OBJECT_BYTES, StixObject, decode
from backchannel.core.vetting import Finding, Incoming, named_ids, vet
from backchannel.core.vetting_verdicts import Verdicts
from paths import SHARED_DATA, needs_shared_data
from vetting_world import (
    EVERYTHING,
    MARK,
    NOW,
    OUR_IDENTITY,
    THEIR_IDENTITY,
    THEM,
    THIRD,
    US,
    Rule,
    context,
    held,
    incoming,
    indicator,
    link,
    make_id,
    poisoned_by,
    refusing,
    rules_of,
    stix,
    story,
    terms,
    threat,
    vetted,
)

# --- what passes -----------------------------------------------------------------------------------------------


def test_a_batch_that_keeps_to_the_agreement_is_accepted_whole() -> None:
    found = vetted(story())
    assert [one.outcome for one in found] == ["accept"] * 3
    assert [one.findings for one in found] == [()] * 3
    assert [one.hops for one in found] == [0, 1, 1]
    assert {one.grade for one in found} == {"F6"}


def test_without_a_standing_rule_everything_waits_for_the_officer() -> None:
    assert [one.outcome for one in vetted(story(), rules=())] == ["hold"] * 3


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        (Rule(party=THEM), "accept"),
        (Rule(party=THIRD), "hold"),
        (Rule(type="indicator"), "accept"),
        (Rule(type="report"), "hold"),
        (Rule(tlp_max="amber"), "accept"),
        (Rule(tlp_max="green"), "hold"),
        (Rule(party=THEM, type="indicator", tlp_max="green"), "hold"),
    ],
)
def test_a_standing_rule_accepts_by_party_type_and_mark_together(rule: Rule, outcome: str) -> None:
    assert vetted(story(), rules=(rule,))[1].outcome == outcome


def test_a_flag_keeps_an_object_from_being_accepted_by_a_rule() -> None:
    found = vetted(story("search.example"), poison=poisoned_by(assets([]), popular="search.example"))
    assert [one.outcome for one in found] == ["accept", "hold", "accept"]
    assert found[1].flags == (("popular", "'search.example' is on the list 'a list'"),)


def test_the_bytes_and_the_order_of_a_batch_are_kept() -> None:
    batch = story()
    assert [one.object.raw for one in vetted(batch)] == [one.raw for one in batch]


def test_whether_a_copy_is_reduced_is_passed_on() -> None:
    malware, one, relation = story()
    found = vet([Incoming(malware, "amber"), Incoming(one, "amber", reduced=True)], context())
    assert [result.reduced for result in found] == [False, True]
    assert relation.type == "relationship"


# --- 1 and 2: limits, STIX -------------------------------------------------------------------------------------


def test_an_object_over_the_byte_limit_is_refused_and_looked_into_no_further() -> None:
    huge = indicator(labels=["x" * 1_000] * (MAX_OBJECT_BYTES // 1_000))
    found = vetted([threat(), huge, link(huge, threat())])
    assert rules_of(found[1]) >= {"limits"}
    assert "depends" in refusing(found[2])


def test_an_object_with_an_endless_list_is_refused_and_one_at_the_limit_passes() -> None:
    assert refusing(vetted([threat(labels=["x"] * (MAX_LIST + 1))])[0]) == {"limits"}
    assert vetted([threat(labels=["x"] * MAX_LIST)])[0].outcome == "accept"


def test_a_violated_must_refuses_and_a_warning_is_a_note() -> None:
    wrong = [Wrong("pattern", "does not parse"), Wrong("pattern-name", "unusual", must=False)]
    found = vetted([threat()], validate=lambda _value: wrong)[0]
    assert found.refusals == (("stix", "pattern: does not parse"),)
    assert found.flags == (("stix", "pattern-name: unusual"),)


def test_a_warning_alone_does_not_stop_a_standing_rule() -> None:
    found = vetted([threat()], validate=lambda _value: [Wrong("media-type", "odd", must=False)])[0]
    assert found.outcome == "accept"
    assert len(found.flags) == 1


# --- 3: type ---------------------------------------------------------------------------------------------------


def test_a_type_that_the_agreement_does_not_name_is_refused() -> None:
    malware = threat()
    actor = stix("threat-actor", "X", name="X")
    assert refusing(vetted([malware, actor, link(malware, actor)])[1]) == {"type"}


def test_a_marking_definition_passes_for_the_objects_that_it_marks() -> None:
    statement = stix(
        "marking-definition", "s", modified=None, definition_type="statement", definition={"statement": "©"}
    )
    found = vetted([statement, threat(object_marking_refs=[statement.id])])
    assert [one.outcome for one in found] == ["accept", "accept"]


def test_an_extension_definition_passes_for_the_objects_that_use_it() -> None:
    extension = stix("extension-definition", "e", name="E", created_by_ref=THEIR_IDENTITY)
    user = threat(extensions={extension.id: {"extension_type": "property-extension", "x": 1}})
    assert [one.outcome for one in vetted([extension, user])] == ["accept", "accept"]


def test_a_definition_that_nothing_needs_is_refused() -> None:
    statement = stix("marking-definition", "s", definition_type="statement", definition={"statement": "smuggled"})
    assert refusing(vetted([statement, threat()])[0]) == {"type"}


def test_a_definition_that_only_a_refused_object_needs_is_refused() -> None:
    statement = stix("marking-definition", "s", definition_type="statement", definition={"statement": "smuggled"})
    stray = stix("malware", "Other", name="Other", object_marking_refs=[statement.id])
    found = vetted([statement, stray, threat()])
    assert [one.outcome for one in found] == ["refuse", "refuse", "accept"]


def test_a_definition_passes_for_a_definition_that_passes() -> None:
    outer = stix("marking-definition", "o", definition_type="statement", definition={"statement": "©"})
    inner = stix("extension-definition", "i", name="I", object_marking_refs=[outer.id], created_by_ref=THEIR_IDENTITY)
    user = threat(extensions={inner.id: {"extension_type": "property-extension", "x": 1}})
    assert [one.outcome for one in vetted([outer, inner, user])] == ["accept"] * 3


def marked_by(maker: StixObject) -> list[StixObject]:
    """A threat under a mark that an identity made, with both."""
    statement = stix(
        "marking-definition", "s", created_by_ref=maker.id, definition_type="statement", definition={"statement": "©"}
    )
    return [maker, statement, threat(object_marking_refs=[statement.id])]


def test_the_identity_that_made_a_mark_passes_with_it_whatever_the_agreement_is_about() -> None:
    old = {"created": "2001-01-01T00:00:00.000Z", "modified": "2001-01-01T00:00:00.000Z"}
    agreed = terms(types=("malware",), since=datetime(2020, 1, 1, tzinfo=UTC), depth=0)
    found = vetted(marked_by(stix("identity", "Lab", name="Lab", **old)), terms=agreed)
    assert [one.outcome for one in found] == ["accept"] * 3
    assert {rule for one in found for rule in rules_of(one)} == set()


def test_an_identity_that_made_no_mark_here_is_refused_and_with_it_what_links_to_it() -> None:
    agreed = terms(types=("malware", "relationship"))
    malware, stranger = threat(), stix("identity", "Other", name="Other")
    named = stix(
        "marking-definition", "n", definition_type="statement", definition={"statement": "©"}, x_ref=stranger.id
    )
    marked = threat(created_by_ref=stranger.id, object_marking_refs=[named.id])
    for objects in ([stranger, malware, link(malware, stranger)], [stranger, named, marked]):
        found = vetted(objects, terms=agreed)
        assert refusing(found[0]) == {"type"}
    assert [one.outcome for one in vetted([stranger, malware, link(malware, stranger)], terms=agreed)] == [
        "refuse", "accept", "refuse",
    ]  # fmt: skip


def test_the_maker_of_a_mark_that_only_a_refused_object_bears_is_refused() -> None:
    maker, statement, _ = marked_by(stix("identity", "Lab", name="Lab"))
    stray = stix("malware", "Other", name="Other", object_marking_refs=[statement.id])
    found = vetted([maker, statement, stray, threat()], terms=terms(types=("malware",)))
    assert [one.outcome for one in found] == ["refuse", "refuse", "refuse", "accept"]


def test_an_identity_that_another_check_refuses_is_not_let_in_by_the_mark_it_made() -> None:
    maker = stix("identity", "Lab", name="Lab", object_marking_refs=[MARK["red"]])
    assert refusing(vetted(marked_by(maker), terms=terms(types=("malware",)))[0]) == {"type", "marking", "scope"}


def test_a_newer_version_of_an_identity_that_came_with_a_mark_passes_alone() -> None:
    maker = stix("identity", "Lab", name="Lab")
    newer = stix("identity", "Lab", name="Laboratory", modified="2026-07-01T00:00:00.000Z")
    agreed = terms(types=("malware",))
    found = vetted([newer, threat()], terms=agreed, held=held(maker, THEM))
    assert [one.outcome for one in found] == ["accept", "accept"]
    assert vetted([newer, threat()], terms=agreed)[0].outcome == "refuse"


# --- 4: marks --------------------------------------------------------------------------------------------------


def test_an_object_over_the_ceiling_is_refused() -> None:
    found = vetted([threat(object_marking_refs=[MARK["red"]])])[0]
    assert refusing(found) == {"marking"}
    assert found.refusals[0][1] == "TLP:RED is over the ceiling TLP:AMBER"


def test_a_weaker_level_declared_beside_an_object_does_not_weaken_its_own_mark() -> None:
    assert refusing(vetted([threat(object_marking_refs=[MARK["red"]])], tlp="clear")[0]) == {"marking"}


def test_a_stricter_level_declared_beside_an_object_counts() -> None:
    found = vetted([threat(object_marking_refs=[MARK["clear"]])], tlp="amber+strict")[0]
    assert refusing(found) == {"marking"}
    assert found.tlp == "amber+strict"


def test_a_granular_mark_over_the_ceiling_refuses_the_object() -> None:
    marked = threat(granular_markings=[{"marking_ref": MARK["red"], "selectors": ["name"]}])
    assert refusing(vetted([marked])[0]) == {"marking"}


def test_a_mark_that_nobody_can_resolve_is_read_as_the_strictest() -> None:
    assert "marking" in refusing(vetted([threat(object_marking_refs=[make_id("marking-definition", "?")])])[0])


def test_a_level_that_does_not_exist_is_read_as_the_strictest() -> None:
    assert refusing(vetted([threat()], tlp="purple")[0]) == {"marking"}


# --- 5: scope --------------------------------------------------------------------------------------------------


def test_an_object_that_is_not_connected_to_the_threat_is_refused() -> None:
    other = threat("Other")
    found = vetted([*story(), other, indicator("stray.example"), link(indicator("stray.example"), other)])
    assert [one.outcome for one in found] == ["accept"] * 3 + ["refuse"] * 3
    assert refusing(found[4]) == {"scope"}


def test_scope_ends_at_the_agreed_depth() -> None:
    malware, first, second = threat(), stix("infrastructure", "A", name="A"), stix("infrastructure", "B", name="B")
    batch = [malware, first, link(first, malware), second, link(second, first)]
    assert [one.hops for one in vetted(batch, terms=terms(depth=2))] == [0, 1, 1, 2, 2]
    shallow = vetted(batch, terms=terms(depth=1))
    assert [one.outcome for one in shallow] == ["accept"] * 3 + ["refuse"] * 2


def test_a_threat_is_known_by_an_alias_too() -> None:
    assert vetted([threat("Spyware X", aliases=["PREDATOR"])])[0].hops == 0


def test_a_threat_is_known_by_the_id_that_the_agreement_names() -> None:
    other = threat("Anything")
    assert vetted([other], terms=terms(threats=(other.id,)))[0].hops == 0
    assert vetted([other], threat_ids=frozenset({other.id}))[0].hops == 0


def test_only_a_threat_can_bear_the_name_of_the_threat() -> None:
    found = vetted([stix("report", "r", name="Predator", published="2026-06-01T00:00:00Z", object_refs=[])])[0]
    assert refusing(found) == {"scope"}


def test_shared_vocabulary_does_not_connect_two_threats() -> None:
    somebody = stix("identity", "i", name="Somebody")
    other = threat("Other", created_by_ref=somebody.id)
    found = vetted([threat(created_by_ref=somebody.id), somebody, other])
    assert [one.outcome for one in found] == ["accept", "accept", "refuse"]


def test_scope_goes_on_from_what_was_received_before_at_its_distance() -> None:
    before = make_id("infrastructure", "before")
    one = indicator()
    assert vetted([one, link(one, before)], hops={before: 1})[0].hops == 2
    assert refusing(vetted([one, link(one, before)], hops={before: 2})[0]) == {"scope"}
    assert refusing(vetted([one], hops={one.id: 3})[0]) == {"scope"}


def test_scope_goes_on_from_what_we_released() -> None:
    ours = threat("Ours")
    one = indicator()
    found = vetted([one, link(one, ours)], released={ours.id}, held=held(ours, US, own=True))
    assert [result.outcome for result in found] == ["accept", "accept"]


def test_a_link_that_was_refused_brings_nothing_into_scope() -> None:
    malware, one = threat(), indicator()
    bad_link = link(one, malware, object_marking_refs=[MARK["red"]])
    found = vetted([malware, one, bad_link])
    assert refusing(found[1]) == {"scope"}
    assert refusing(found[2]) == {"marking"}


# --- 6: age, excluded properties -------------------------------------------------------------------------------


def test_an_object_older_than_agreed_is_refused() -> None:
    since = datetime(2026, 6, 2, tzinfo=UTC)
    assert refusing(vetted([threat()], terms=terms(since=since))[0]) == {"age"}
    assert vetted([threat(modified="2026-06-02T00:00:00Z")], terms=terms(since=since))[0].outcome == "accept"


def test_an_object_is_as_old_as_its_newest_time_as_for_the_sender() -> None:
    since = datetime(2026, 6, 2, tzinfo=UTC)
    found = vetted([indicator(valid_from="2026-06-03T00:00:00Z")], terms=terms(since=since))
    assert "age" not in refusing(found[0])


def test_a_version_from_the_future_is_held() -> None:
    found = vetted([threat(modified="2027-06-01T00:00:00.000Z")])[0]
    assert (found.outcome, rules_of(found)) == ("hold", {"future"})


def test_a_clock_that_goes_fast_by_a_day_is_no_future() -> None:
    just_inside, just_outside = "2026-12-02T00:00:00.000Z", "2026-12-02T00:00:00.001Z"
    assert rules_of(vetted([threat(modified=just_inside)])[0]) == set()
    assert rules_of(vetted([threat(modified=just_outside)])[0]) == {"future"}


def test_a_time_that_cannot_be_read_is_refused_where_age_matters() -> None:
    found = vetted([threat(created="soon")], terms=terms(since=datetime(2020, 1, 1, tzinfo=UTC)))
    assert refusing(found[0]) == {"age"}


@pytest.mark.parametrize("properties", [{"x_source": "agent 7"}, {"extensions": {"e": {"x_source": 1}}}])
def test_an_object_with_an_excluded_property_is_refused(properties: dict[str, Any]) -> None:
    assert refusing(vetted([threat(**properties)], terms=terms(exclude_properties=("x_*",)))[0]) == {"excluded"}


def test_a_reduced_copy_may_name_the_releaser_where_creators_are_excluded() -> None:
    agreed = terms(exclude_properties=("created_by_ref",))
    assert vetted([threat(created_by_ref=THEIR_IDENTITY)], terms=agreed)[0].outcome == "accept"
    assert "excluded" in refusing(vetted([threat(created_by_ref=make_id("identity", "x"))], terms=agreed)[0])


# --- 7: information only ---------------------------------------------------------------------------------------


def test_an_artifact_payload_is_refused() -> None:
    artifact = stix("artifact", "a", modified=None, created=None, payload_bin="TVqQAAMAAAAE")
    found = vetted([artifact, threat(sample_refs=[artifact.id])], terms=terms(types=("artifact", "malware")))
    assert refusing(found[0]) == {"content"}
    assert found[1].outcome == "hold"


def test_a_credential_is_refused_and_not_repeated_in_the_reasons() -> None:
    found = vetted([threat(x_login={"password": "hunter2"})])[0]
    assert refusing(found) == {"content"}
    assert "hunter2" not in str(found.refusals)


# --- 8: references ---------------------------------------------------------------------------------------------


def test_a_reference_to_what_did_not_come_along_is_held() -> None:
    found = vetted([threat(created_by_ref=make_id("identity", "unknown"))])[0]
    assert (found.outcome, rules_of(found)) == ("hold", {"dangling"})


@pytest.mark.parametrize("known", [THEIR_IDENTITY, OUR_IDENTITY, MARK["green"]])
def test_what_everybody_knows_need_not_come_along(known: str) -> None:
    name = "object_marking_refs" if known.startswith("marking") else "created_by_ref"
    value = [known] if name == "object_marking_refs" else known
    found = vetted([threat()], held={}, released={threat().id})  # ours may name us
    assert refusing(found[0]) == {"echo"}
    assert "dangling" not in rules_of(vetted([threat(**{name: value})])[0])


def test_what_was_received_or_waits_from_them_need_not_come_along() -> None:
    author = stix("identity", "before", name="Before")
    one = threat(created_by_ref=author.id)
    assert vetted([one], held=held(author, THEM))[0].outcome == "accept"
    assert vetted([one], waiting=held(author, THEM))[0].outcome == "accept"
    assert vetted([one], hops={author.id: 1})[0].outcome == "accept"
    assert vetted([one], held=held(author, THIRD))[0].outcome == "hold"


def test_naming_an_id_of_ours_that_never_went_to_them_is_refused_as_a_probe() -> None:
    secret = threat("Secret")
    found = vetted([threat(), link(threat(), secret)], held=held(secret, US, own=True))
    assert refusing(found[1]) == {"probe"}
    assert found[0].outcome == "accept"


def test_naming_an_id_of_ours_that_went_to_them_is_fine() -> None:
    ours = threat("Ours")
    found = vetted([threat(), link(threat(), ours)], held=held(ours, US, own=True), released={ours.id})
    assert found[1].outcome == "accept"


def test_naming_shared_vocabulary_or_the_agreed_threat_of_ours_is_no_probe() -> None:
    technique = stix("attack-pattern", "T1", name="T1")
    found = vetted([threat(), link(threat(), technique)], held=held(technique, US, own=True))
    assert found[1].outcome == "accept"
    ours = threat("Ours")
    named = vetted(
        [indicator(), link(indicator(), ours)], held=held(ours, US, own=True), threat_ids=frozenset({ours.id})
    )
    assert [one.outcome for one in named] == ["accept", "accept"]


def test_tying_an_object_of_ours_to_the_threat_by_sending_a_copy_of_it_is_held() -> None:
    public = threat("Public family")
    found = vetted([threat(), public, link(threat(), public)], held=held(public, US, own=True))
    assert refusing(found[1]) == {"echo"}
    assert (found[2].outcome, rules_of(found[2])) == ("hold", {"grafting"})


def test_tying_an_observable_that_we_hold_to_the_threat_is_held() -> None:
    domain = stix("domain-name", "d", created=None, modified=None, value="shared.example")
    found = vetted([threat(), domain, link(threat(), domain)], held=held(domain, US, own=True))
    assert rules_of(found[1]) == {"same-observable"}
    assert rules_of(found[2]) == {"grafting"}
    assert [one.outcome for one in found] == ["accept", "hold", "hold"]


def test_a_relationship_whose_end_is_refused_is_refused_too() -> None:
    malware, one = threat(), indicator(object_marking_refs=[MARK["red"]])
    assert refusing(vetted([malware, one, link(one, malware)])[2]) == {"depends"}


def test_links_to_refused_links_fall_until_nothing_changes() -> None:
    malware, one = threat(), indicator(object_marking_refs=[MARK["red"]])
    first = link(one, malware)
    second = stix("sighting", "s", sighting_of_ref=first.id)
    third = stix("sighting", "t", sighting_of_ref=second.id)
    found = vetted([third, second, first, one, malware])
    assert [one.outcome for one in found] == ["refuse"] * 4 + ["accept"]
    assert all("depends" in refusing(one) for one in found[:3])


def test_links_in_a_ring_are_judged_and_end() -> None:
    first_id, second_id = make_id("sighting", "1"), make_id("sighting", "2")
    ring = [stix("sighting", "1", sighting_of_ref=second_id), stix("sighting", "2", sighting_of_ref=first_id)]
    assert [one.outcome for one in vetted(ring)] == ["refuse", "refuse"]


def test_a_report_that_names_a_refused_object_among_others_is_held_not_lost() -> None:
    malware, bad = threat(), indicator(object_marking_refs=[MARK["red"]])
    report = stix("report", "r", name="R", published="2026-06-01T00:00:00Z", object_refs=[malware.id, bad.id])
    found = vetted([malware, bad, report])[2]
    assert (found.outcome, rules_of(found)) == ("hold", {"dangling"})


# --- 9: nothing is overwritten ---------------------------------------------------------------------------------


def test_another_version_of_our_object_is_refused() -> None:
    found = vetted([threat(modified="2026-07-01T00:00:00.000Z")], held=held(threat(), US, own=True))[0]
    assert refusing(found) == {"overwrites-own"}


def test_other_content_under_the_id_and_version_of_our_object_is_refused() -> None:
    found = vetted([threat(description="theirs")], held=held(threat(), US, own=True))[0]
    assert refusing(found) == {"overwrites-own"}


def test_other_content_under_a_third_partys_id_and_version_is_refused() -> None:
    found = vetted([threat(description="theirs")], held=held(threat(), THIRD))[0]
    assert refusing(found) == {"overwrites-third-party"}


def test_another_version_of_a_third_partys_object_is_held() -> None:
    found = vetted([threat(modified="2026-07-01T00:00:00.000Z")], held=held(threat(), THIRD))[0]
    assert (found.outcome, rules_of(found)) == ("hold", {"overwrites-third-party"})


def test_the_same_object_from_a_third_party_is_noted_and_stops_nothing() -> None:
    found = vetted([threat()], held=held(threat(), THIRD))[0]
    assert (found.outcome, rules_of(found)) == ("accept", {"known"})


@pytest.mark.parametrize("where", ["held", "waiting"])
def test_the_same_id_and_version_with_other_content_is_a_conflict(where: str) -> None:
    found = vetted([threat(description="changed")], **{where: held(threat(), THEM)})[0]
    assert refusing(found) == {"conflict"}


@pytest.mark.parametrize("where", ["held", "waiting"])
def test_the_same_object_again_is_a_duplicate(where: str) -> None:
    assert refusing(vetted([threat()], **{where: held(threat(), THEM)})[0]) == {"duplicate"}


def test_a_link_to_a_duplicate_stands() -> None:
    malware, one, relation = story()
    found = vetted([malware, one, relation], held=held(malware, THEM))
    assert [result.outcome for result in found] == ["refuse", "accept", "accept"]


def test_a_new_version_of_what_they_sent_is_accepted() -> None:
    assert vetted([threat(modified="2026-07-01T00:00:00.000Z")], held=held(threat(), THEM))[0].outcome == "accept"


def test_one_version_twice_in_a_batch_is_a_duplicate_or_a_conflict() -> None:
    found = vetted([threat(), threat(), threat(description="other")])
    assert [sorted(refusing(one)) for one in found] == [[], ["duplicate"], ["conflict"]]


def test_an_object_that_claims_to_be_made_by_us_is_refused() -> None:
    assert refusing(vetted([threat(created_by_ref=OUR_IDENTITY)])[0]) == {"forged"}


# --- 10: echo --------------------------------------------------------------------------------------------------


def test_an_object_that_we_released_is_refused_as_an_echo() -> None:
    assert refusing(vetted([threat()], released={threat().id})[0]) == {"echo"}


def test_an_object_that_we_hold_as_our_own_is_refused_as_an_echo() -> None:
    assert refusing(vetted([threat()], held=held(threat(), US, own=True))[0]) == {"echo"}


def test_a_value_that_we_released_comes_back_as_a_suspected_echo() -> None:
    found = vet(come_back(story(), Echo("strong", went=("evil.example",))), context())
    assert [one.outcome for one in found] == ["accept", "hold", "accept"]
    assert found[1].flags == (("echo", "the same value went to them before: evil.example"),)


@pytest.mark.parametrize("tier", ["certain", "strong"])
def test_what_is_likely_to_have_come_back_is_held_and_never_refused_for_it(tier: Any) -> None:
    found = vet(come_back(story(), Echo(tier)), context())[1]
    assert (found.outcome, [flag for flag, _ in found.flags]) == ("hold", ["echo"])


def test_what_may_have_come_back_over_others_is_noted_and_stops_nothing() -> None:
    found = vet(come_back(story(), Echo("possible")), context())[1]
    assert (found.outcome, [flag for flag, _ in found.flags]) == ("accept", ["echo"])


def come_back(objects: list[StixObject], echo: Echo) -> list[Incoming]:
    """A batch whose indicators are judged like this."""
    known = Background(echo=echo)
    return [Incoming(one, "amber", background=known if one.type == "indicator" else UNKNOWN) for one in objects]


# --- 11: poison ------------------------------------------------------------------------------------------------


def test_an_indicator_on_an_own_asset_is_refused() -> None:
    found = vetted(story("vpn.bank.example"), poison=poisoned_by(assets(["bank.example"])))
    assert refusing(found[1]) == {"poison"}
    assert refusing(found[2]) == {"depends"}


def test_an_own_asset_hidden_among_other_values_is_found() -> None:
    hidden = indicator(
        pattern="[domain-name:value = 'evil.example' OR ipv4-addr:value IN ('198.51.100.1', '10.0.0.1')]"
    )
    found = vetted([threat(), hidden, link(hidden, threat())], poison=poisoned_by(assets([])))
    assert refusing(found[1]) == {"poison"}


def test_an_observable_that_only_mentions_an_own_asset_is_held() -> None:
    domain = stix("domain-name", "d", created=None, modified=None, value="bank.example")
    found = vetted([threat(), domain, link(threat(), domain)], poison=poisoned_by(assets(["bank.example"])))
    assert (found[1].outcome, rules_of(found[1])) == ("hold", {"poison"})


def test_a_pattern_that_is_met_by_everything_is_held() -> None:
    broad = indicator(pattern="[domain-name:value LIKE '%']")
    assert rules_of(vetted([threat(), broad, link(broad, threat())])[1]) == {"too-broad"}


def test_a_pattern_in_a_language_that_we_do_not_read_is_held() -> None:
    rule = indicator(pattern="rule x { condition: true }", pattern_type="yara")
    assert rules_of(vetted([threat(), rule, link(rule, threat())])[1]) == {"unread-pattern"}


@pytest.mark.parametrize(
    "pattern",
    [
        "[domain-name:value LIKE 'vpn.bank.%']",
        "[url:value MATCHES '^https://vpn[.]bank[.]example/']",
        "[domain-name:value > 'vpn.bank.examplf' AND domain-name:value < 'vpn.bank.exampld']",
        "[ipv4-addr:value ISSUPERSET '198.51.100.7/32']",
        "[domain-name:value = 'vpn.bank.example/']",
        "[domain-name:value = 'vpn.bank.example:443']",
        "[ipv4-addr:value IN ('203.0.113.9', '198.51.100.7 ,')]",
        "[domain-name:resolves_to_refs[0].value LIKE '198.51.100.7%']",
        "[network-traffic:dst_ref.value LIKE '198.51.100.%']",
        "[network-traffic:extensions.'http-request-ext'.request_header.Host = 'vpn.bank.example']",
        "[email-message:from_ref.value LIKE '%@bank.example']",
        "[x-firewall:destination = 'vpn.bank.example']",
        "[artifact:url = 'https://vpn.bank.example/']",
        "[domain-name:value = '0xc6.0x33.0x64.0x07']",
        "[url:value = 'http://0306.063.0144.07/']",
        "[x509-certificate:subject_alternative_name = 'DNS:*.bank.*']",
        "[x509-certificate:extensions.'x509-v3-extensions-type'.subject_alternative_name LIKE '%bank.example']",
    ],
)
def test_a_comparison_that_may_mean_a_host_of_ours_is_never_accepted_by_a_rule(pattern: str) -> None:
    """What cannot be reduced to a value cannot be held against our assets: an officer has to look."""
    own = assets(["bank.example", "198.51.100.7"])
    veiled = indicator(pattern=pattern)
    found = vetted([threat(), veiled, link(veiled, threat())], poison=poisoned_by(own))[1]
    assert found.outcome == "hold", found.findings
    assert rules_of(found) <= {"unread-pattern", "too-broad"}


@pytest.mark.parametrize(
    "pattern",
    [
        f"[file:hashes.'SHA-256' = '{'ab' * 32}']",
        f"[file:name LIKE 'glasswing-%.scr' AND file:hashes.MD5 = '{'ab' * 16}']",
        "[x509-certificate:subject_alternative_name = 'DNS:evil.example, DNS:a.example, IP Address:192.0.2.1']",
        "[x509-certificate:subject = 'CN=Glasswing Signing']",
        "[x509-certificate:serial_number = '36:f7:d4:32']",
        "[process:command_line MATCHES 'rundll32 .*glasswing']",
        "[windows-registry-key:key = 'HKLM\\\\Software\\\\Glasswing']",
        "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '203.0.113.9'"
        " AND network-traffic:dst_port = 443]",
        "[domain-name:value = 'evil.example' AND domain-name:resolves_to_refs[*].value = '203.0.113.9']",
        "[email-message:subject LIKE 'Invoice 2026%' AND email-message:from_ref.value = 'a@evil.example']",
        "[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'Glasswing/1.0']",
    ],
)
def test_a_comparison_that_means_no_host_or_one_that_is_known_needs_no_officer(pattern: str) -> None:
    plain = indicator(pattern=pattern)
    found = vetted([threat(), plain, link(plain, threat())], poison=poisoned_by(assets(["bank.example"])))[1]
    assert found.outcome == "accept", found.findings


@pytest.mark.parametrize(
    "pattern",
    [
        "[x509-certificate:subject_alternative_name = 'DNS:lab.example']",
        "[x509-certificate:subject_alternative_name = 'DNS:evil.example, DNS:*.lab.example']",
        "[x509-certificate:extensions.'x509-v3-extensions-type'.subject_alternative_name = 'IP:198.51.100.7']",
        "[x509-certificate:subject = 'C=DE, O=Lab, CN=www.lab.example']",
        "[ipv6-addr:value = '2002:c633:6407::1']",
        "[url:value = 'http://0xc6.0x33.0x64.0x07/']",
    ],
)
def test_a_host_of_ours_is_found_in_whatever_form_it_is_written(pattern: str) -> None:
    hidden = indicator(pattern=pattern)
    own = poisoned_by(assets(["lab.example", "198.51.100.7"]))
    found = vetted([threat(), hidden, link(hidden, threat())], poison=own)[1]
    assert refusing(found) == {"poison"}


def test_an_address_of_ours_that_a_name_resolves_to_is_found() -> None:
    pattern = "[domain-name:value = 'evil.example' AND domain-name:resolves_to_refs[*].value = '198.51.100.7']"
    hidden = indicator(pattern=pattern)
    found = vetted([threat(), hidden, link(hidden, threat())], poison=poisoned_by(assets(["198.51.100.0/28"])))[1]
    assert refusing(found) == {"poison"}


@pytest.mark.parametrize("unit", ["a", "[", "[a", "{", "{}", "[]", ".com", "ab ", "a. ", "(", "[^", "\\d", "é"])
def test_no_expression_makes_vetting_slow(unit: str) -> None:
    long = indicator(pattern=f"[domain-name:value MATCHES '{unit * (250_000 // len(unit))}']")
    start = time.process_time()
    vetted([threat(), long], poison=poisoned_by(assets([])))
    assert time.process_time() - start < 2


def test_the_reasons_for_many_poisoned_values_stay_short() -> None:
    many = ", ".join(f"'10.0.0.{number}'" for number in range(200))
    found = vetted([threat(), indicator(pattern=f"[ipv4-addr:value IN ({many})]")], poison=poisoned_by(assets([])))[1]
    evidence = dict(found.refusals)["poison"]
    assert evidence.endswith("(and 195 more)")
    assert len(evidence) < 1_000


# --- 12 and all together ---------------------------------------------------------------------------------------


def test_what_exceeds_the_quota_is_refused_and_refused_objects_do_not_count() -> None:
    stray = threat("Other")
    found = vetted([stray, *story()], quota_left=2)
    assert [one.outcome for one in found] == ["refuse", "accept", "accept", "refuse"]
    assert refusing(found[3]) == {"quota"}


def test_every_reason_is_given_not_only_the_first() -> None:
    bad = stix("threat-actor", "X", name="X", password="p", x_a=1, object_marking_refs=[MARK["red"]])
    found = vetted([bad], terms=terms(exclude_properties=("x_*",), since=NOW))[0]
    assert refusing(found) == {"type", "marking", "scope", "age", "excluded", "content"}


def test_one_bad_object_does_not_harm_its_neighbours() -> None:
    bad = indicator("bad.example", object_marking_refs=[MARK["red"]])
    found = vetted([*story(), bad, link(bad, threat())])
    assert [one.outcome for one in found] == ["accept"] * 3 + ["refuse"] * 2


def test_evidence_is_inert_whatever_an_object_says() -> None:
    escape = "\x1b]0;owned\x07\u202e"
    batch = [stix(f"x-{escape}", "e", name=escape, created_by_ref=escape, **{f"x_{escape}": 1}), threat(id=escape)]
    for one in vetted(batch, terms=terms(exclude_properties=("x_*",))):
        assert all(finding.evidence.isprintable() for finding in one.findings)


def test_a_batch_names_the_ids_that_must_be_looked_up() -> None:
    malware, one, relation = story()
    assert named_ids(incoming([relation])) == {relation.id, malware.id, one.id}


def test_an_empty_batch_is_judged_empty() -> None:
    assert vetted([]) == []


# --- properties ------------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    [
        "type", "id", "created", "modified", "name", "aliases", "pattern", "pattern_type", "object_marking_refs",
        "granular_markings", "source_ref", "target_ref", "object_refs", "extensions", "value", "hashes",
        "created_by_ref", "definition", "definition_type", "external_references",
    ]
)  # fmt: skip
kinds = st.sampled_from(["indicator", "malware", "relationship", "marking-definition", "domain-name", "file", "x-y"])
hostile = st.dictionaries(names, json_values, max_size=6).flatmap(
    lambda value: kinds.map(lambda kind: {**value, "type": kind})
)


@given(st.lists(hostile, max_size=5))
def test_whatever_the_objects_hold_vetting_gives_each_an_outcome(values: list[dict[str, Any]]) -> None:
    batch = [decode(msgspec.json.encode(value)) for value in values]
    found = vetted(batch, terms=terms(exclude_properties=("x_*",), since=NOW))
    assert [one.object for one in found] == batch
    for one in found:
        assert (one.outcome == "refuse") == bool(one.refusals)


choices = st.lists(
    st.sampled_from(["red", "probe", "content", "stray", "popular", "fine", "own"]), min_size=1, max_size=6
)


def made(number: int, choice: str) -> list[Any]:
    host = {"popular": "search.example", "own": "bank.example"}.get(choice, f"host{number}.example")
    properties: dict[str, Any] = {"red": {"object_marking_refs": [MARK["red"]]}, "content": {"password": "p"}}.get(
        choice, {}
    )
    one = indicator(host, id=make_id("indicator", str(number)), **properties)
    end = threat("Secret") if choice == "probe" else threat("Other") if choice == "stray" else threat()
    return [one, link(one, end)]


@given(choices, st.randoms(use_true_random=False))
def test_the_order_of_a_batch_never_changes_an_outcome(picked: list[str], random: Any) -> None:
    batch = [threat(), *(one for number, choice in enumerate(picked) for one in made(number, choice))]
    around: dict[str, Any] = {
        "held": held(threat("Secret"), US, own=True),
        "poison": poisoned_by(assets(["bank.example"]), popular="search.example"),
    }
    shuffled = list(batch)
    random.shuffle(shuffled)
    first = {one.object.id: (one.outcome, rules_of(one)) for one in vetted(batch, **around)}
    assert {one.object.id: (one.outcome, rules_of(one)) for one in vetted(shuffled, **around)} == first


@given(choices)
def test_nothing_is_accepted_that_a_lone_look_would_refuse(picked: list[str]) -> None:
    batch = [threat(), *(one for number, choice in enumerate(picked) for one in made(number, choice))]
    for one in vetted(batch, held=held(threat("Secret"), US, own=True), rules=EVERYTHING):
        if one.outcome == "accept":
            assert one.hops is not None
            assert one.hops <= 2
            assert one.tlp in {"clear", "green", "amber"}


@needs_shared_data
def test_of_published_intelligence_exactly_what_concerns_the_agreed_threat_passes() -> None:
    batch = []
    for name in ("cytrox", "wintego_helios"):
        bundle = msgspec.json.decode((SHARED_DATA / "amnesty" / f"{name}.stix2").read_bytes(), type=_Bundle)
        batch += [decode(bytes(raw)) for raw in bundle.objects]
    passed = [one.object for one in vetted(batch, quota_left=2_000) if one.outcome == "accept"]
    counts = Counter(one.type for one in passed)
    assert counts == {"indicator": 343, "relationship": 343, "malware": 1}
    assert [one.name for one in passed if one.type == "malware"] == ["Predator"]


class _Bundle(msgspec.Struct):
    objects: list[msgspec.Raw]


def chained(links: int) -> list[StixObject]:
    """Relationships each of which falls only when the one before it did: with that falls the need of a mark, with the
    mark the need of its maker, and with the maker the next link."""
    objects = [threat()]
    for number in range(links):
        maker, following = (stix("identity", f"i{step}", name=f"i{step}") for step in (number, number + 1))
        statement = stix(
            "marking-definition",
            f"m{number}",
            definition_type="statement",
            definition={"statement": "©"},
            created_by_ref=following.id,
        )
        objects += [maker, statement, link(maker, threat(), object_marking_refs=[statement.id])]
    return objects


def test_a_chain_of_links_that_each_take_the_next_along_falls_whole() -> None:
    found = vetted(chained(30), terms=terms(types=("malware", "relationship")))
    assert [one.outcome for one in found] == ["accept"] + ["refuse"] * 90


def test_no_chain_of_references_makes_vetting_slow() -> None:
    versions = [
        stix(
            "note",
            "n",
            modified=f"2026-06-01T00:00:{number // 1000:02}.{number % 1000:03}Z",
            x_ref=make_id("note", "n"),
        )
        for number in range(2_600)
    ]
    started = time.process_time()
    vetted([*chained(800), *versions], terms=terms(types=("malware", "relationship")), quota_left=10_000)
    spent = time.process_time() - started
    assert spent < 4, f"{spent:.1f} seconds"


def test_asking_whether_references_carry_costs_the_same_whatever_was_found() -> None:
    """It is asked for each reference of an object, and each reference can add a finding."""
    verdicts = Verdicts(1)
    verdicts.add(0, [Finding("duplicate", "refuse", ""), *[Finding("dangling", "hold", "")] * 10_000])
    started = time.process_time()
    assert all(verdicts.carries(0) for _ in range(10_000))
    assert time.process_time() - started < 1


@pytest.mark.slow
def test_a_batch_of_many_objects_is_vetted_at_speed() -> None:
    malware = threat()
    batch = [malware]
    for number in range(3_000):
        one = indicator(f"host{number}.example")
        batch += [one, link(one, malware)]
    started = time.process_time()
    found = vetted(batch, quota_left=10_000, poison=poisoned_by(assets(["bank.example"])))
    rate = len(batch) / (time.process_time() - started)
    assert {one.outcome for one in found} == {"accept"}
    assert rate > 5_000, f"{rate:.0f} objects a second"
