"""Scope: what an agreement speaks about, and an order of telling in which the receiver can always see why."""

from collections.abc import Collection, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.scope import reach, sending_order
from backchannel.core.stix import StixObject, targets
from worlds import OUR_IDENTITY, World, link, stix, stix_id

PREDATOR = stix("malware", "Predator")
PEGASUS = stix("malware", "Pegasus")
ONE, TWO, THREE = (stix("indicator", label) for label in ("one", "two", "three"))


def hops(objects: Iterable[StixObject], depth: int, *seeds: StixObject) -> dict[str, int]:
    """Who is in reach of the seeds (of Predator without any), by label."""
    world = World(objects)
    names = {one.id: one for one in world.objects}
    found = world.reach([seed.id for seed in seeds or (PREDATOR,)], depth)
    return {names[one].name or names[one].id: hop for one, hop in found.items()}


def test_at_depth_zero_only_the_threats_are_in_scope() -> None:
    assert hops([PREDATOR, ONE, link(ONE, PREDATOR)], 0) == {"Predator": 0}


def test_two_linked_objects_are_one_hop_apart_and_their_link_is_as_far() -> None:
    tie = link(ONE, PREDATOR)
    assert hops([PREDATOR, ONE, tie], 1) == {"Predator": 0, ONE.id: 1, tie.id: 1}


def test_links_are_followed_in_both_directions() -> None:
    ties = [link(PREDATOR, ONE), link(ONE, TWO)]
    assert hops([PREDATOR, ONE, TWO, *ties], 2) == {
        "Predator": 0, ONE.id: 1, ties[0].id: 1, TWO.id: 2, ties[1].id: 2,
    }  # fmt: skip


def test_a_link_at_the_rim_is_out_of_scope_even_if_both_ends_are_in() -> None:
    rim = link(ONE, TWO, "duplicate-of")
    found = hops([PREDATOR, ONE, TWO, link(ONE, PREDATOR), link(TWO, PREDATOR), rim], 1)
    assert rim.id not in found
    assert {ONE.id, TWO.id} < found.keys()


def test_a_sighting_links_what_was_seen_with_what_was_observed() -> None:
    data = stix("observed-data", "seen", name=None)
    sighting = stix("sighting", "s", sighting_of_ref=PREDATOR.id, observed_data_refs=[data.id])
    assert hops([PREDATOR, data, sighting], 1) == {"Predator": 0, sighting.id: 1, data.id: 1}


def test_a_report_is_one_hop_from_what_it_lists_and_leads_to_the_rest() -> None:
    report = stix("report", "Both", object_refs=[PREDATOR.id, ONE.id, PEGASUS.id])
    world = [PREDATOR, ONE, PEGASUS, report]
    assert hops(world, 1) == {"Predator": 0, "Both": 1}
    assert hops(world, 2) == {"Predator": 0, "Both": 1, ONE.id: 2, "Pegasus": 2}


def test_an_embedded_reference_leads_to_what_it_names() -> None:
    sample = stix("file", "sample", hashes={"SHA-256": "a" * 64}, name="sample")
    sampled = stix("malware", "Predator", sample_refs=[sample.id])
    assert hops([sampled, sample], 1, sampled) == {"Predator": 0, "sample": 1}


@pytest.mark.parametrize("kind", ["attack-pattern", "identity", "location", "vulnerability"])
def test_shared_vocabulary_is_reached_but_never_gone_on_from(kind: str) -> None:
    shared = stix(kind, "Shared")
    world = [PREDATOR, PEGASUS, shared, link(PREDATOR, shared, "uses"), link(PEGASUS, shared, "uses")]
    assert "Shared" in hops(world, 1)
    assert "Pegasus" not in hops(world, 5)


def test_creators_and_marks_never_lead_to_what_else_they_made_or_mark() -> None:
    creator = stix("identity", "Lab")
    mark = stix("marking-definition", "Ours")
    common: dict[str, Any] = {"created_by_ref": creator.id, "object_marking_refs": [mark.id]}
    made = stix("malware", "Predator", **common)
    other = stix("malware", "Pegasus", **common)
    found = hops([made, other, creator, mark], 5, made)
    assert {"Predator", "Lab"} <= found.keys()
    assert mark.id in found
    assert "Pegasus" not in found


def test_a_threat_is_gone_on_from_even_if_its_type_is_shared_vocabulary() -> None:
    hole = stix("vulnerability", "CVE-2026-0001")
    assert "Predator" in hops([PREDATOR, hole, link(PREDATOR, hole, "exploits")], 1, hole)


def test_a_type_that_stix_does_not_define_is_reached_but_never_gone_on_from() -> None:
    catalogue = stix("x-example-catalogue", "All", entries=[{"object_ref": PREDATOR.id}, {"object_ref": PEGASUS.id}])
    found = hops([PREDATOR, PEGASUS, catalogue], 5)
    assert found == {"Predator": 0, "All": 1}


def test_two_objects_that_refer_to_the_same_missing_object_are_not_connected() -> None:
    missing = stix_id("malware", "nowhere")
    objects = [
        PREDATOR,
        stix("relationship", "a", source_ref=PREDATOR.id, target_ref=missing),
        stix("relationship", "b", source_ref=PEGASUS.id, target_ref=missing),
        PEGASUS,
    ]
    assert "Pegasus" not in hops(objects, 5)


def test_a_threat_that_is_not_held_reaches_nothing() -> None:
    assert hops([ONE, link(ONE, PREDATOR)], 5, PREDATOR) == {}


def test_cycles_end() -> None:
    ties = [link(PREDATOR, ONE), link(ONE, TWO), link(TWO, PREDATOR)]
    assert hops([PREDATOR, ONE, TWO, *ties], 5)[TWO.id] == 1


def test_a_chain_of_relationships_about_relationships_costs_hops_like_any_other() -> None:
    first = link(PREDATOR, ONE)
    chain = [first]
    for number in range(6):
        label = f"chain {number}"
        chain.append(stix("relationship", label, source_ref=chain[-1].id, target_ref=chain[-1].id))
    found = hops([PREDATOR, ONE, *chain], 3)
    assert [found.get(one.id) for one in chain] == [1, 2, 3, None, None, None, None]


def test_relationships_that_point_to_relationships_do_not_lead_on_for_free() -> None:
    labels = [f"forward {number}" for number in range(6)]
    chain = [
        stix("relationship", label, source_ref=PREDATOR.id if not number else stix_id("relationship", label),
             target_ref=stix_id("relationship", following))
        for number, (label, following) in enumerate(zip(labels, [*labels[1:], labels[-1]], strict=True))
    ]  # fmt: skip
    found = hops([PREDATOR, *chain], 3)
    assert [found.get(one.id) for one in chain] == [1, 2, 3, None, None, None]


def test_a_star_of_many_leaves_takes_a_few_queries() -> None:
    leaves = [(f"relationship--{n}", "relationship", "malware--0") for n in range(20_000)]
    ends = {who: f"indicator--{who[14:]}" for who, _, _ in leaves}
    queries = 0

    def edges_to(ids: Collection[str]) -> list[tuple[str, str, str]]:
        nonlocal queries
        queries += 1
        return leaves if "malware--0" in ids else []

    def edges_from(ids: Collection[str]) -> list[tuple[str, str, str]]:
        nonlocal queries
        queries += 1
        return [(one, "relationship", ends[one]) for one in ids if one in ends]

    def types_of(ids: Collection[str]) -> dict[str, str]:
        nonlocal queries
        queries += 1
        return {one: one.partition("--")[0] for one in ids}

    assert len(reach(["malware--0"], 5, edges_from, edges_to, types_of)) == 40_001
    assert queries <= 5 * 5 + 1


# --- the order of telling --------------------------------------------------------------------------------------


def labels(groups: list[tuple[StixObject, ...]]) -> list[list[str]]:
    return [[one.id for one in group] for group in groups]


def test_the_threat_comes_first_and_each_indicator_with_its_relationship() -> None:
    ties = [link(ONE, PREDATOR), link(TWO, PREDATOR)]
    order = labels(sending_order([*ties, TWO, ONE, PREDATOR], [PREDATOR.id]))
    assert order == [[PREDATOR.id], [ONE.id, ties[0].id], [TWO.id, ties[1].id]]


def test_a_report_comes_with_whatever_it_lists_and_was_not_told_yet() -> None:
    report = stix("report", "Both", object_refs=[PREDATOR.id, ONE.id, TWO.id])
    tie = link(ONE, PREDATOR)
    order = labels(sending_order([report, TWO, ONE, tie, PREDATOR], [PREDATOR.id]))
    assert order == [[PREDATOR.id], [ONE.id, tie.id], [TWO.id, report.id]]


def test_what_has_crossed_before_ties_what_is_new() -> None:
    tie = link(ONE, PREDATOR)
    assert labels(sending_order([tie, ONE], [], [PREDATOR.id])) == [[ONE.id, tie.id]]


def test_what_nothing_ties_to_a_threat_comes_last() -> None:
    order = labels(sending_order([TWO, ONE, link(ONE, PREDATOR), PREDATOR], [PREDATOR.id]))
    assert order[0] == [PREDATOR.id]
    assert order[-1] == [TWO.id]


def test_a_long_chain_of_references_does_not_exhaust_the_stack() -> None:
    notes = [stix("note", "0", object_refs=[PREDATOR.id])]
    for number in range(1, 3000):
        notes.append(stix("note", str(number), object_refs=[notes[-1].id]))
    order = sending_order([*reversed(notes), PREDATOR], [PREDATOR.id])
    assert [one.id for group in order for one in group] == [PREDATOR.id, *(note.id for note in notes)]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[StixObject], list[str]]:
    """A few objects with links, reports and cycles between them, and which of them are threats."""
    kinds = draw(st.lists(st.sampled_from(["malware", "indicator", "identity", "file"]), min_size=1, max_size=6))
    nodes = [stix(kind, f"{kind} {n}", name=f"n{n}") for n, kind in enumerate(kinds)]
    pick = st.sampled_from([one.id for one in nodes])
    objects = list(nodes)
    for number in range(draw(st.integers(0, 6))):
        some = st.sampled_from([one.id for one in objects])
        refs = draw(st.lists(some, min_size=1, max_size=3, unique=True))
        made = draw(st.sampled_from(["relationship", "report", "malware"]))
        if made == "relationship":
            objects.append(stix(made, str(number), source_ref=draw(pick), target_ref=draw(pick)))
        elif made == "report":
            objects.append(stix(made, str(number), object_refs=refs))
        else:
            objects.append(stix(made, f"m{number}", sample_refs=refs, created_by_ref=OUR_IDENTITY))
    return draw(st.permutations(objects)), [draw(pick)]


@given(graphs(), st.integers(0, 5))
def test_reach_grows_with_depth_and_hops_stay_the_same(graph: tuple[list[StixObject], list[str]], depth: int) -> None:
    objects, seeds = graph
    near, far = World(objects).reach(seeds, depth), World(objects).reach(seeds, depth + 1)
    assert near.items() <= far.items()
    assert set(far.values()) <= set(range(depth + 2))


@given(graphs())
def test_every_object_is_told_exactly_once_and_refers_only_to_what_was_told(
    graph: tuple[list[StixObject], list[str]],
) -> None:
    objects, seeds = graph
    order = sending_order(objects, seeds)
    assert sorted(one.id for group in order for one in group) == sorted(one.id for one in objects)
    told: set[str] = set()
    for group in order:
        told |= {one.id for one in group}
        for one in group:
            assert targets(one) & {other.id for other in objects} <= told


@given(graphs(), st.integers(1, 4))
def test_after_every_group_the_receiver_sees_why_all_of_it_is_in_scope(
    graph: tuple[list[StixObject], list[str]], depth: int
) -> None:
    objects, seeds = graph
    within = World(objects).reach(seeds, depth)
    leaving = [one for one in objects if one.id in within and not targets(one) - within.keys() - {OUR_IDENTITY}]
    tied = World(leaving).reach(seeds, depth)
    told: list[StixObject] = []
    for group in sending_order(leaving, seeds):
        told.extend(group)
        assert {one.id for one in told} & tied.keys() <= World(told).reach(seeds, depth).keys()
