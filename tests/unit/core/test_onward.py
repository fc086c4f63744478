from datetime import UTC, datetime

import pytest

from backchannel.core.consent import State
from backchannel.core.onward import Granted, Passing, may_pass
from backchannel.core.provenance import Provenance
from backchannel.core.release import Context, Subject, decide
from worlds import NOW, OUR_IDENTITY, SECRET, THEM, stix, terms

GRANTED = Granted("ab" * 32, "cd" * 32, "ef" * 32, datetime(2027, 1, 1, tzinfo=UTC), "never")
PLAIN = Passing("Birch Desk", "b" * 64, "a" * 64, Provenance(onward="ask"))


def passing(**changes: object) -> Passing:
    return Passing(
        **{**{name: getattr(PLAIN, name) for name in PLAIN.__struct_fields__}, **changes}  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("one", "passes", "evidence"),
    [
        (None, False, "whose consent it needs"),
        (PLAIN, False, "which nobody asked for yet"),
        (passing(listed=True), True, "whose terms list the recipient"),
        (passing(state=State.GRANTED, granted=GRANTED), True, "consents until 2027-01-01"),
        (passing(state=State.GRANTED), False, "another content"),
        (passing(state=State.ASKED), False, "has not answered"),
        (passing(state=State.REFUSED), False, "refused"),
        (passing(state=State.EXPIRED), False, "expired"),
        (passing(state=State.WITHDRAWN), False, "withdrawn"),
        (passing(obstacle="its terms forbid it"), False, "its terms forbid it"),
    ],
)
def test_an_object_passes_by_list_or_consent_and_by_nothing_else(
    one: Passing | None, passes: bool, evidence: str
) -> None:
    found, why = may_pass(one)
    assert found is passes
    assert evidence in why


@pytest.mark.parametrize("how", [{"listed": True}, {"state": State.GRANTED, "granted": GRANTED}, {"supposed": True}])
def test_an_obstacle_outweighs_list_and_consent(how: dict[str, object]) -> None:
    assert may_pass(passing(obstacle="never", **how)) == (False, "it came from Birch Desk: never")


def test_only_a_lacking_consent_can_be_supposed() -> None:
    assert PLAIN.askable
    assert may_pass(PLAIN.supposing())[0]
    for one in (
        passing(obstacle="x"),
        passing(state=State.REFUSED),
        passing(state=State.ASKED),
        passing(listed=True),
    ):
        assert not one.askable
        assert one.supposing() is one
    assert passing(state=State.EXPIRED).askable


def test_a_name_in_the_evidence_is_made_printable() -> None:
    assert "\x1b" not in may_pass(passing(giver="Birch\x1b[2J"))[1]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [({"x_note": "internal"}, "properties"), ({}, "")],
)
def test_an_excluded_property_keeps_anothers_object_whole(changes: dict[str, str], rule: str) -> None:
    one = stix("indicator", "one", **changes)
    context = Context(now=NOW, them=THEM, counterpart_name="Them", our_identity=OUR_IDENTITY, secret=SECRET)
    theirs = Subject(1, one, False, "green", 1, passing(listed=True))
    decision = decide(theirs, terms(exclude_properties=("x_note",)), context)
    assert {each.rule for each in decision.verdicts if each.result == "fail"} == ({rule} if rule else set())
    ours = decide(Subject(1, one, True, "green", 1), terms(exclude_properties=("x_note",)), context)
    assert ours.outcome == ("reduce" if rule else "release")
