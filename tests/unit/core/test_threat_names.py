"""Threat names: one meaning or none, and no counterpart can change it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.stix_ids import is_id
from backchannel.core.threat_names import Bearer, resolve

SPYWARE = "malware--3f1b2c4d-0000-4000-8000-000000000001"
STEALER = "malware--3f1b2c4d-0000-4000-8000-000000000002"
THEIRS = "malware--3f1b2c4d-0000-4000-8000-000000000003"


def own(identifier: str, name: str = "Predator") -> Bearer:
    return Bearer(identifier, "malware", name, own=True)


def foreign(identifier: str, name: str = "Predator") -> Bearer:
    return Bearer(identifier, "malware", name, own=False)


def test_a_name_that_one_own_threat_bears_stands_for_it_and_needs_no_note() -> None:
    found = resolve("Predator", [own(SPYWARE)])
    assert (found.ids, found.candidates, found.note) == ((SPYWARE,), (), "")


def test_a_name_that_nothing_bears_yet_is_allowed_and_said() -> None:
    found = resolve("Predator", [])
    assert found.ids == ()
    assert found.note == "'Predator' matches no threat held yet; it takes effect when one is imported"


def test_a_name_that_two_own_threats_bear_stands_for_nothing_until_pinned() -> None:
    found = resolve("Predator", [own(STEALER, "Predator The Thief"), own(SPYWARE)])
    assert found.ids == ()
    assert [candidate.id for candidate in found.candidates] == [SPYWARE, STEALER]
    assert "2 different threats" in found.note
    assert SPYWARE in found.note
    assert "Predator The Thief" in found.note


def test_a_threat_that_is_held_twice_is_one_threat() -> None:
    assert resolve("Predator", [own(SPYWARE), own(SPYWARE, "PREDATOR")]).ids == (SPYWARE,)


def test_a_namesake_sent_by_another_party_never_makes_a_name_ambiguous() -> None:
    found = resolve("Predator", [foreign(STEALER), own(SPYWARE), foreign(THEIRS)])
    assert found.ids == (SPYWARE, STEALER, THEIRS)
    assert found.note == ""


def test_our_threat_that_another_party_sent_back_counts_as_ours() -> None:
    assert resolve("Predator", [foreign(SPYWARE), own(SPYWARE)]).ids == (SPYWARE,)
    assert len(resolve("Predator", [foreign(SPYWARE), own(SPYWARE), own(STEALER)]).candidates) == 2


def test_a_name_that_only_other_parties_objects_bear_stands_for_them_and_says_so() -> None:
    found = resolve("Predator", [foreign(THEIRS)])
    assert found.ids == (THEIRS,)
    assert found.note == "'Predator' matches no threat of our own, only what other parties sent"


def test_an_id_stands_for_itself_held_or_not() -> None:
    assert resolve(SPYWARE, []).ids == (SPYWARE,)
    assert resolve(SPYWARE, [own(STEALER), own(THEIRS)]).ids == (SPYWARE,)
    assert resolve(SPYWARE, []).note == ""


@pytest.mark.parametrize("name", ["a--b", "malware--", "malware--3F1B2C4D-0000-4000-8000-000000000001", "X -- Y"])
def test_a_name_with_dashes_is_still_a_name(name: str) -> None:
    assert not is_id(name)
    assert resolve(name, []).note


def test_a_note_lists_few_candidates_and_counts_the_rest() -> None:
    many = [own(f"malware--3f1b2c4d-0000-4000-8000-{i:012x}") for i in range(9)]
    note = resolve("Predator", many).note
    assert note.count("malware--") == 5
    assert note.endswith("and 4 more")


def test_a_note_is_inert_whatever_the_names_hold() -> None:
    note = resolve("\x1b[31mPredator", [own(SPYWARE, "\x1b]0;x\x07"), own(STEALER, "b\nc")]).note
    assert note.isprintable()


bearers = st.lists(
    st.builds(Bearer, st.sampled_from([SPYWARE, STEALER, THEIRS]), st.just("malware"), st.just("P"), st.booleans()),
    max_size=6,
)


@given(bearers, st.randoms())
def test_the_order_of_the_bearers_never_matters(held: list[Bearer], random: object) -> None:
    shuffled = list(held)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert resolve("P", shuffled) == resolve("P", held)


@given(bearers, bearers)
def test_nothing_another_party_sends_can_stop_a_name_from_resolving(held: list[Bearer], sent: list[Bearer]) -> None:
    others = [Bearer(one.id, one.type, one.name, own=False) for one in sent]
    assert set(resolve("P", held).ids) <= set(resolve("P", [*held, *others]).ids) or not resolve("P", held).ids
    assert resolve("P", held).candidates == resolve("P", [*held, *others]).candidates
