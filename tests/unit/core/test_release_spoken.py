"""What an officer writes is judged like an object, beside the objects, and changes nothing about them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.core.release import Context, Decision, decide, settle
from backchannel.core.release_spoken import SPOKEN_RULES, Finding, Spoken, findings, subjects_said
from backchannel.core.stix import StixObject
from backchannel.core.terms import Terms
from worlds import TLP, World, context, link, stix, terms

PREDATOR = stix("malware", "Predator")
ONE = stix("indicator", "one", pattern="[domain-name:value = 'one.example']")
RED = stix("indicator", "red", pattern="[domain-name:value = 'red.example']", object_marking_refs=[TLP["red"]])


def judged(
    *texts: str, own: tuple[StixObject, ...] = (), tlp: str = "green", known: Context | None = None, **agreed: Any
) -> tuple[tuple[Finding, ...], list[Decision]]:
    """What is objected to in texts, and the decisions on a world of Predator, one, red and others."""
    world = World([PREDATOR, ONE, link(ONE, PREDATOR), RED, link(RED, PREDATOR), *own])
    return said_in(world, terms(**agreed), known or context(), *(Spoken("it", text, tlp) for text in texts))


def said_in(world: World, agreed: Terms, known: Context, *said: Spoken) -> tuple[tuple[Finding, ...], list[Decision]]:
    subjects = subjects_said(said, known)
    spoken = [decide(one, agreed, known, SPOKEN_RULES) for one in subjects]
    first = [decide(one, agreed, known) for one in world.subjects(agreed)]
    settled = settle([*spoken, *first], agreed, known, world.lookup)
    return findings(said, settled[: len(said)]), settled[len(said) :]


def rules(*texts: str, **given: Any) -> list[str]:
    return [one.rule for one in judged(*texts, **given)[0]]


def test_a_text_that_names_nothing_is_not_objected_to() -> None:
    assert judged("What do you know?")[0] == ()


def test_a_text_that_names_what_stays_is_objected_to_with_what_and_where() -> None:
    (found,) = judged("Have you red.example?")[0]
    assert (found.place, found.rule) == ("it", "mention")
    assert found.why == "it: says 'red example' (indicator), which stays"
    assert found.is_mention


def test_what_leaves_and_the_threats_of_the_terms_may_be_named() -> None:
    assert rules("Does Predator use one.example?") == []


def test_a_type_whose_names_may_be_mentioned_may_be_named_and_its_values_not() -> None:
    tool = stix("tool", "Cobaltix")
    assert rules("Is it Cobaltix?", own=(tool,)) == ["mention"]
    assert rules("Is it Cobaltix?", own=(tool,), may_name=("tool",)) == []
    assert rules("Is it red.example?", may_name=("indicator",)) == ["mention"]


def test_each_text_has_findings_of_its_own() -> None:
    found = judged("fine", "red.example", "TVqQ" + "A" * 300)[0]
    assert [one.rule for one in found] == ["mention", "content"]
    assert [one.is_mention for one in found] == [True, False]


@pytest.mark.parametrize(("tlp", "expected"), [("green", []), ("amber", []), ("red", ["marking"])])
def test_the_mark_of_a_text_is_held_against_the_ceiling(tlp: str, expected: list[str]) -> None:
    assert rules("What do you know?", tlp=tlp) == expected


@pytest.mark.parametrize("text", ["Acme Spyware", "of acme-spyware.", "hxxp://acme[.]spyware/x", "ACME  SPYWARE!"])
def test_a_designated_name_anywhere_in_a_text_is_found(text: str) -> None:
    known = context(designated=frozenset({"acme spyware"}))
    assert rules(text, known=known) == ["designation"]
    assert rules("acme and spyware", known=known) == []


def test_a_text_is_said_after_all_that_is_held_whatever_other_parties_gave() -> None:
    world = World([PREDATOR], [stix("indicator", "theirs", pattern="[domain-name:value = 'theirs.example']")])
    assert [one.rule for one in said_in(world, terms(), context(), Spoken("it", "theirs.example", "green"))[0]] == [
        "mention"
    ]


def test_the_id_of_a_text_cannot_be_known_and_bears_nothing() -> None:
    (one,) = subjects_said([Spoken("it", "red.example", "green")], context())
    (other,) = subjects_said([Spoken("it", "red.example", "green")], context(secret=b"another"))
    assert one.object.id != other.object.id
    assert one.object.id.startswith("note--")


@given(st.lists(st.sampled_from(["red.example", "one.example", "Predator", "x" * 9, RED.id, ONE.id, ""]), max_size=4))
@settings(max_examples=30)
def test_saying_something_changes_no_decision_on_an_object(texts: list[str]) -> None:
    noted = stix("indicator", "noted", description="see red.example")
    own = (noted, link(noted, PREDATOR))
    without = judged(own=own)[1]
    along = judged(*texts, own=own)[1]
    assert [(one.id, one.outcome, one.sent) for one in along] == [(one.id, one.outcome, one.sent) for one in without]
    assert [one.verdicts for one in along] == [one.verdicts for one in without]
