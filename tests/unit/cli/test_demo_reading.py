"""What the demo reads out of nodes and folders: enough to notice a leak, a change, or something out of scope."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.cli.demonstration.reading import changed, connected, found_in, judged
from backchannel.flow.outbound import Plan
from backchannel.flow.threats import Threats
from demo_facts import RED, stays
from worlds import World, link, stix, terms

SECRET = stays(RED, "secret.example", "marking", said=("secret.example", "a name that stays", "x1"))

THREAT = stix("malware", "Predator")
OTHER = stix("malware", "Pegasus")
KINDS = ("indicator", "infrastructure", "attack-pattern", "identity", "campaign", "domain-name")


def plan(world: World) -> Plan:
    ours = frozenset({THREAT.id})
    return Plan(world.decide(terms("Predator")), Threats((), seeds=ours, ours=ours, keys=frozenset()), [])


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A threat and others, shared vocabulary among them, joined at random by links and references."""
    things = [
        THREAT,
        OTHER,
        *(stix(draw(st.sampled_from(KINDS)), f"thing {n}") for n in range(draw(st.integers(0, 6)))),
    ]
    pairs = st.tuples(st.sampled_from(things), st.sampled_from(things))
    links = {one.id: one for one in (link(a, b) for a, b in draw(st.lists(pairs, max_size=8)))}
    reports = [
        stix("report", f"report {number}", object_refs=sorted({one.id for one in named}))
        for number, named in enumerate(draw(st.lists(st.lists(st.sampled_from(things), min_size=1), max_size=3)))
    ]
    return World([*{one.id: one for one in things}.values(), *links.values(), *reports])


@given(worlds(), st.integers(0, 4))
def test_the_demos_own_walk_agrees_with_scope(world: World, depth: int) -> None:
    reached = set(world.reach({THREAT.id}, depth))
    assert connected(plan(world), depth) & world.by_id.keys() == reached


def test_the_walk_does_not_follow_what_another_party_said() -> None:
    far = stix("indicator", "far")
    given = link(far, THREAT, "indicates")
    assert far.id in connected(plan(World([THREAT, far, given])), 1)
    assert far.id not in connected(plan(World([THREAT, far], [given])), 1)


def test_a_decision_is_kept_with_its_reasons_and_what_leaves() -> None:
    indicator = stix("indicator", "one")
    red = stix("indicator", "two", object_marking_refs=["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"])
    world = World([THREAT, indicator, red, link(indicator, THREAT, "indicates"), link(red, THREAT, "indicates")])
    found = {one.id: one for one in judged(plan(world))}
    assert found[indicator.id].sent_id == indicator.id
    assert found[indicator.id].sent_sha256 == indicator.digest.hex()
    assert found[indicator.id].values == ("one.example",)
    assert found[indicator.id].said == ("one.example",)
    assert not found[red.id].leaves
    assert [rule for rule, _ in found[red.id].broken] == ["marking"]
    assert found[link(red, THREAT, "indicates").id].name == "indicates"


def test_a_payload_is_among_what_is_looked_for() -> None:
    (found,) = judged(plan(World([stix("artifact", "sample", payload_bin="c2VjcmV0")])))
    assert "c2VjcmV0" in found.said


# --- what lies in a folder -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (f"before {RED} after", RED),
        ("see SECRET.example.", "secret.example"),
        ("secret example", "secret.example"),
        ("A name that stays", "a name that stays"),
    ],
)
def test_what_stayed_is_found_in_any_file(tmp_path: Path, content: str, found: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"\0\xff" + content.encode() + b"\0")
    assert found in found_in(tmp_path, [SECRET], by_name=True)


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\0 x1 indicator--5b0f5d0c-6e0f-4a55-9d3e-0d7f5f1a7c12")
    assert found_in(tmp_path, [SECRET], by_name=True) == ()


def test_names_may_be_known_to_the_other_with_real_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(f"secret.example {RED}")
    assert found_in(tmp_path, [SECRET], by_name=False) == (RED,)


def test_what_is_gone_or_other_than_before_is_noticed() -> None:
    before = {("a--1", "v", "us"): "x", ("b--1", "v", "us"): "y", ("c--1", "v", "us"): "z"}
    after = {("a--1", "v", "us"): "x", ("b--1", "v", "us"): "other", ("d--1", "v", "them"): "new"}
    assert changed(before, after) == ("b--1", "c--1")
