"""Release decisions on real intelligence: exactly what the agreement speaks about leaves, and nothing else."""

from collections import Counter
from functools import cache

import pytest

from backchannel.core.mention import words
from backchannel.core.release import Outcome, summary
from backchannel.core.scope import sending_order
from paths import SHARED_DATA, needs_shared_data
from worlds import World, load, terms

pytestmark = [needs_shared_data, pytest.mark.slow]

ATTACK_TYPES = ("intrusion-set", "malware", "tool", "campaign", "attack-pattern", "relationship", "identity")


@cache
def amnesty() -> World:
    return World(load(*sorted((SHARED_DATA / "amnesty").glob("*.stix2"))), default="amber")


@cache
def attack() -> World:
    return World(load(SHARED_DATA / "attack" / "enterprise-attack-18.1.json"), default="clear")


def test_of_five_bundles_exactly_the_one_about_the_threat_leaves_and_as_its_exact_bytes() -> None:
    decisions = amnesty().decide(terms("Predator"))
    sent = [one.sent for one in decisions if one.sent is not None]
    assert Counter(one.type for one in sent) == {"indicator": 343, "relationship": 343, "malware": 1}
    expected = {one.raw for one in load(SHARED_DATA / "amnesty" / "cytrox.stix2")}
    assert {one.raw for one in sent} == expected
    counts = summary(decisions)
    assert (counts["release"], counts["reduce"], counts["withhold"]) == (687, 0, 7863)


def test_each_indicator_is_told_with_the_relationship_that_ties_it_to_the_threat() -> None:
    world, agreed = amnesty(), terms("Predator")
    groups = sending_order([*world.sent(agreed).values()], world.seeds(agreed))
    assert Counter(map(len, groups)) == {1: 1, 2: 343}
    assert groups[0][0].name == "Predator"


def test_one_red_indicator_stays_with_its_relationship_and_shows_nowhere() -> None:
    world, agreed = amnesty(), terms("Predator")
    subjects = world.subjects(agreed)
    red = next(one for one in subjects if one.hops == 1 and one.object.type == "indicator")
    sent = World(world.own, default="amber", red=[red.object.id]).sent(agreed)
    assert len(sent) == 685
    assert not [one for one in sent.values() if red.object.id in one.raw.decode()]


def test_an_intrusion_set_of_attack_leaves_with_what_it_uses_and_nothing_that_stays_is_named() -> None:
    world = attack()
    decisions = world.decide(terms("APT28", types=ATTACK_TYPES, depth=1))
    sent = {one.id: one.sent for one in decisions if one.sent is not None}
    assert "APT28" in {one.name for one in sent.values()}
    gone = {one.name for one in world.objects if one.type == "intrusion-set" and one.id not in sent}
    assert len(gone) > 100
    text = " ".join(" ".join(words(one.raw.decode())) for one in sent.values())
    assert not [name for name in gone if f" {' '.join(words(name))} " in text]


def test_naming_vocabulary_in_free_text_can_be_agreed() -> None:
    kinds = ("attack-pattern", "malware", "tool", "intrusion-set", "campaign", "course-of-action", "identity")
    custom = tuple({one.type for one in attack().objects if one.type.startswith("x-mitre-")})
    agreed = terms("APT28", types=ATTACK_TYPES, depth=1, may_name=kinds + custom)
    decisions = [one for one in attack().decide(agreed) if one.outcome is not Outcome.WITHHOLD]
    assert len(decisions) > 200
    assert {one.outcome for one in decisions} == {Outcome.RELEASE}


def test_what_bears_a_mark_leaves_with_the_mark_and_its_maker_though_no_identity_is_agreed() -> None:
    named, unnamed = (
        {one.id: one.raw for one in attack().sent(terms("APT28", types=types, depth=1)).values()}
        for types in (ATTACK_TYPES, tuple(kind for kind in ATTACK_TYPES if kind != "identity"))
    )
    assert len(unnamed) > 100
    assert unnamed == named
    assert {one.partition("--")[0] for one in unnamed} >= {"identity", "marking-definition"}
