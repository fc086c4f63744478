"""An assessment as STIX 2.1: what each object says, the same each time, and valid to independent judges."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import pytest
import stix2
from msgspec.structs import replace
from stix2validator import ValidationOptions, validate_string

from backchannel.core.assess.edges import Kind
from backchannel.core.assess.grading import graded
from backchannel.core.assess.summary import summary
from backchannel.core.grading import CREDIBILITY, RELIABILITY, Grade
from backchannel.core.marking import TLP_2
from backchannel.core.size import oversized
from backchannel.core.stix import decode
from backchannel.core.text import has_hidden
from backchannel.formats.assessment_stix import CONFIDENCE, Made, bundle_of, labels_of
from backchannel.formats.schemas import Stix21Validator
from outcome import REPORTS, Outcome, assessed, usual

MADE = Made(
    namespace=UUID("3f1d9c6e-4f0b-5c39-9a4e-0d2f6a1b7c88"),
    now=datetime(2026, 11, 22, 20, 31, tzinfo=UTC),
    tlp="green",
    creator="identity--0c5f7f2a-6a0e-5b0e-9d0b-6d3a3b0f5a11",
    authors=("A. Analyst",),
    about=("malware--00000001-1c57-4f0e-9d8b-2c1b7d3e4a01",),
)
HOSTILE = {
    "<b>\u202e\x1b[2J.txt": REPORTS["courier.txt"].replace("the summer", "the \u2066sum\u200bmer"),
    "n" * 3_000 + ".txt": REPORTS["copy.txt"],
}


def bundle(outcome: Outcome, made: Made = MADE, held: Mapping[str, str] | None = None) -> bytes:
    return bundle_of(*outcome, made, held or {})


def objects(raw: bytes) -> list[dict[str, Any]]:
    return list(json.loads(raw)["objects"])


@cache
def usual_objects() -> list[dict[str, Any]]:
    return objects(bundle(usual()))


def of_type(kind: str, among: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    return [one for one in (usual_objects() if among is None else among) if one["type"] == kind]


def named(kind: str = "identity", among: list[dict[str, Any]] | None = None) -> dict[str, str]:
    """Names by id."""
    return {one["id"]: one["name"] for one in of_type(kind, among)}


def judged(raw: bytes) -> list[str]:
    """What the validator of OASIS says, warnings too. That ids should be random it says of all that are not."""
    options = ValidationOptions(version="2.1", strict=True, disabled=["uuid-check"])
    verdict = validate_string(raw.decode(), options)
    return [str(said) for said in (*verdict.errors, *verdict.warnings)]


def test_the_judge_does_see_errors() -> None:
    raw = bundle(usual()).replace(b'"opinion":"strongly-agree"', b'"opinion":"so-so"')
    assert judged(raw)


def test_the_validator_of_oasis_accepts_every_object() -> None:
    for outcome in (usual(), assessed(HOSTILE)):
        assert judged(bundle(outcome)) == []


def test_python_stix2_reads_every_object() -> None:
    assert len(stix2.parse(bundle(usual()).decode(), allow_custom=False).objects) == len(usual_objects())


def test_our_own_validator_finds_nothing() -> None:
    validate = Stix21Validator()
    for one in (*usual_objects(), *objects(bundle(assessed(HOSTILE)))):
        assert validate(one) == []
        assert oversized(decode(json.dumps(one).encode())) is None


def test_every_reference_is_to_an_object_of_the_bundle_or_to_what_was_given() -> None:
    ids = {one["id"] for one in usual_objects()} | {MADE.creator, *MADE.about}
    refs = [ref for one in usual_objects() for ref in one.get("object_refs", ())]
    refs += [one[end] for one in of_type("relationship") for end in ("source_ref", "target_ref")]
    assert len(refs) > 10
    assert set(refs) <= ids


def test_the_same_assessment_is_the_same_objects() -> None:
    assert bundle(assessed(REPORTS)) == bundle(usual())


def test_ids_do_not_depend_on_the_time() -> None:
    other = replace(MADE, now=MADE.now + timedelta(1))
    assert [one["id"] for one in objects(bundle(usual(), other))] == [one["id"] for one in usual_objects()]


def test_another_answer_is_another_note() -> None:
    other = usual()._replace(grading=graded(usual().answer, {}, Grade("A", "1"), "we saw it"))
    (note,) = of_type("note", objects(bundle(other)))
    assert note["id"] != of_type("note")[0]["id"]


def test_two_nodes_never_make_the_same_id() -> None:
    other = replace(MADE, namespace=UUID("00000000-4f0b-5c39-9a4e-0d2f6a1b7c88"))
    assert not {one["id"] for one in objects(bundle(usual(), other))} & {one["id"] for one in usual_objects()}


def test_the_note_has_the_answer_the_grade_and_the_sentences() -> None:
    outcome = usual()
    (note,) = of_type("note")
    assert note["abstract"] == summary(outcome.answer.independence)
    assert note["authors"] == ["A. Analyst"]
    parties = {one["target_ref"] for one in of_type("relationship") if one["source_ref"].startswith("opinion--")}
    assert set(note["object_refs"]) == {*named("report"), *parties, *MADE.about}
    assert note["labels"] == [
        'admiralty-scale:source-reliability="f"',
        'admiralty-scale:information-credibility="4"',
    ]
    assert note["confidence"] == 30
    for said in (*outcome.grading.reasons, *outcome.grading.changes, outcome.answer.credibility.rule):
        assert said in note["content"]
    assert "“Alderland does not sell water to Birchland,”" in note["content"]
    assert "Alderland official in courier.txt is Anna Quill" in note["content"]
    assert "40 lakes in courier.txt and 75 lakes in post.txt" in note["content"]


@pytest.mark.parametrize("digit", CREDIBILITY)
def test_confidence_is_that_of_the_admiralty_scale_of_stix(digit: str) -> None:
    outcome = usual()._replace(grading=graded(usual().answer, {}, Grade("B", digit), "set by hand"))
    (note,) = of_type("note", objects(bundle(outcome)))
    assert note.get("confidence") == {"1": 90, "2": 70, "3": 50, "4": 30, "5": 10, "6": None}[digit]
    assert "Set by the analyst instead of F4: set by hand" in note["content"]


def test_labels_are_words_of_the_misp_taxonomy() -> None:
    assert [labels_of(Grade(letter, "6"))[0][-2] for letter in RELIABILITY] == list("abcdef")
    assert set(CONFIDENCE) == set(CREDIBILITY) - {"6"}


def test_each_party_that_affirms_or_denies_has_an_opinion_on_the_note() -> None:
    (note,) = of_type("note")
    found = {one["authors"][0]: (one["opinion"], one["labels"]) for one in of_type("opinion")}
    assert found == {
        "Ministry of Water of Alderland": ("strongly-agree", ["affirms"]),
        "University of Cedar": ("agree", ["expert"]),
        "government of Birchland": ("strongly-disagree", ["denies"]),
    }
    assert all(one["object_refs"] == [note["id"]] for one in of_type("opinion"))
    (denial,) = [one for one in of_type("opinion") if one["labels"] == ["denies"]]
    assert '- denies: "The government of Birchland denied' in denial["explanation"]
    assert "(courier.txt)" in denial["explanation"]


def test_whose_an_opinion_is_can_be_followed() -> None:
    opinions = {one["id"]: one["authors"][0] for one in of_type("opinion")}
    owners = {
        one["source_ref"]: one["target_ref"] for one in of_type("relationship") if one["source_ref"] in opinions
    }
    assert {opinions[one]: named()[owner] for one, owner in owners.items()} == {
        name: name for name in opinions.values()
    }


def test_nothing_is_made_of_an_unnamed_source() -> None:
    text = "A senior official said that Alderland sells water to Birchland.\n"
    outcome = assessed({"one.txt": text})
    assert outcome.answer.independence.unnamed
    made = objects(bundle(outcome))
    assert of_type("opinion", made) == []
    assert list(named(among=made).values()) == ["unknown outlet"]
    assert "nobody names them: no origin by themselves" in of_type("note", made)[0]["content"]


def test_a_report_that_is_held_is_referred_to_and_not_made_again() -> None:
    held = {"post.txt": "report--5d0e6f9c-7a43-4c6f-8b1e-2f9a3c7d1e55"}
    made = objects(bundle(usual(), held=held))
    assert len(of_type("report", made)) == 2
    assert held["post.txt"] in of_type("note", made)[0]["object_refs"]
    assert held["post.txt"] in {one["source_ref"] for one in of_type("relationship", made)}


def test_a_report_that_is_made_refers_to_its_outlet_and_says_which_text_it_was() -> None:
    outlet = assessed({"one.txt": REPORTS["copy.txt"]}, outlet="Example Courier", url="https://courier.example/1")
    made = objects(bundle(outlet))
    (report,) = of_type("report", made)
    (reference,) = report["external_references"]
    assert named(among=made)[report["object_refs"][0]] == "Example Courier"
    assert report["object_refs"][1:] == list(MADE.about)
    assert (reference["source_name"], reference["url"]) == ("Example Courier", "https://courier.example/1")
    assert reference["description"].startswith("file one.txt; its text has the SHA-256 ")
    assert REPORTS["copy.txt"][40:120] not in json.dumps(report)


def test_what_was_taken_from_a_report_is_derived_and_from_a_source_related() -> None:
    outcome = usual()
    links = [one for one in of_type("relationship") if one["source_ref"].startswith("report--")]
    assert len(links) == len(outcome.heard.lineage.edges)
    to_source = [one for one in links if one["target_ref"].startswith("identity--")]
    assert {named()[one["target_ref"]] for one in to_source} == {"Meridian Wire"}
    assert {one["relationship_type"] for one in to_source} == {"related-to"}
    (between,) = [one for one in links if one["target_ref"].startswith("report--")]
    assert between["relationship_type"] == "related-to"
    assert "which was first is not known (reuse: copied passages)" in between["description"]


def test_a_copy_whose_direction_is_known_is_derived_from_the_other() -> None:
    outcome = usual()
    (edge,) = [one for one in outcome.heard.lineage.edges if one.kind is Kind.REUSE]
    lineage = replace(outcome.heard.lineage, edges=(replace(edge, directed=True),))
    made = objects(bundle(outcome._replace(heard=replace(outcome.heard, lineage=lineage))))
    (link,) = [one for one in of_type("relationship", made) if one["source_ref"].startswith("report--")]
    assert link["relationship_type"] == "derived-from"
    assert "post.txt took it from copy.txt (reuse: copied passages)" in link["description"]


def test_every_object_has_the_mark_and_who_made_it() -> None:
    (green,) = [identifier for identifier, level in TLP_2.items() if level == "green"]
    assert all(one["object_marking_refs"] == [green] for one in usual_objects())
    assert all(one["created_by_ref"] == MADE.creator for one in usual_objects())
    anonymous = Made(namespace=MADE.namespace, now=MADE.now, tlp="red")
    assert not any("created_by_ref" in one for one in objects(bundle(usual(), anonymous)))


def test_without_a_question_there_are_reports_and_what_joins_them() -> None:
    kinds = {one["type"] for one in objects(bundle_of(usual().heard, None, None, MADE))}
    assert kinds == {"identity", "report", "relationship"}


def test_hidden_characters_of_strangers_are_made_visible() -> None:
    raw = bundle(assessed(HOSTILE))
    texts = [text for one in objects(raw) for text in strings(one)]
    assert not any(has_hidden(part) for text in texts for part in text.split("\n"))
    assert any("\\u202e\\x1b[2J" in text for text in texts)
    assert any("the \\u2066sum\\u200bmer" in text for text in texts)
    assert all(len(text) < 20_000 for text in texts)


def strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in strings(one)]
