"""Origin tags on their way: given by whoever puts an object in, and carried on as they came."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from backchannel.core.assess.keys import key_of
from backchannel.core.stix import StixObject
from backchannel.core.term_fields import Quota, Record
from backchannel.core.terms import Scope, from_canonical
from backchannel.flow import outbound, publish
from backchannel.flow.parties import Guest
from backchannel.protocol.message import ReleasedObject
from backchannel.protocol.origin_tag import origin_tag, tag_in
from backchannel.protocol.taxii import Query
from exchange import TYPES, Side, agreed, carry, released, settle, terms_for
from onward import ONE, STORY, THREAT, TIE, Row, asked_of, grant, kept, row
from worlds import link, stix

Pair = tuple[Side, Side]
Three = tuple[Side, Side, Side]

OURS = stix("indicator", "ours", pattern="[domain-name:value = 'ONE.example']")
"""It tells what `ONE` tells, in other words and under another id."""


def tag_of(side: Side, one: StixObject) -> str:
    return origin_tag(side.us.secret, key_of(one.value) or "")


def items(sender: Side, receiver: Side) -> dict[str, ReleasedObject]:
    """What lies sealed for a receiver, by id."""
    found = [one for item in sender.sealed(receiver) for one in released(item, sender, receiver)]
    return {msgspec.json.decode(one.object)["id"]: one for one in found}


def passed(made: Row) -> None:
    """What the first party holds crosses to the second, and with its consent to the third."""
    made.sides[0].holds(STORY)
    made.release(0)
    made.release(1)
    grant(made.sides[0], asked_of(made.sides[0])[0])
    made.carry()
    made.release(1)


def test_our_object_leaves_with_our_tag_and_what_has_no_key_with_none(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    lab.holds(STORY)
    lab.release(agreement)
    found = items(lab, vendor)
    assert found[ONE.id].provenance.tag == tag_of(lab, ONE)
    assert found[THREAT.id].provenance.tag is found[TIE.id].provenance.tag is msgspec.UNSET
    assert bytes(found[ONE.id].object) == ONE.raw, "no object is altered"
    carry(lab, vendor)
    vendor.take()
    assert kept(vendor, ONE, agreement, lab).provenance.tag == tag_of(lab, ONE)


def test_a_tag_is_the_same_along_every_route(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        passed(made)
        lab, vendor, third = made
        direct = agreed(lab, third)
        lab.release(direct)
        carry(lab, third)
        tags = [kept(third, ONE, made.agreements[1], vendor), kept(third, ONE, direct, lab)]
        assert [one.provenance.tag for one in tags] == [tag_of(lab, ONE)] * 2


def test_an_object_passed_on_keeps_the_tag_that_came_with_it_and_its_bytes(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        passed(made)
        lab, vendor, third = made
        (held,) = third.held(ids=frozenset({ONE.id}))
        assert held.raw == ONE.raw
        assert kept(third, ONE, made.agreements[1], vendor).provenance.tag == tag_of(lab, ONE)


def test_an_own_object_that_stays_is_not_betrayed_by_a_tag(tmp_path: Path) -> None:
    """The vendor holds the value itself and may not say so: what it passes on has the lab's tag alone."""
    with row(tmp_path) as made:
        vendor = made.sides[1]
        vendor.holds([OURS], tlp="red")
        passed(made)
        assert not made.sides[2].ids() & {OURS.id}
        assert tag_of(vendor, OURS) not in str(made.heard[made.sides[2].key])
        assert tag_of(vendor, OURS) == tag_of(vendor, ONE) != tag_of(made.sides[0], ONE)


def test_off_the_record_no_tag_of_ours_leaves(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, record=Record("off"))
    lab.holds(STORY)
    lab.release(agreement)
    assert {one.provenance.tag for one in items(lab, vendor).values()} == {msgspec.UNSET}


def test_off_the_record_the_tag_that_came_goes_on(tmp_path: Path) -> None:
    with row(tmp_path, off={1}) as made:
        passed(made)
        lab, vendor, third = made
        assert kept(third, ONE, made.agreements[1], vendor).provenance.tag == tag_of(lab, ONE)


def test_the_setting_leaves_our_tags_out(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    lab.holds(STORY)
    standing = msgspec.structs.replace(lab.standing, origin_tags=False)
    monkeypatch.setattr(Side, "standing", property(lambda _side: standing))
    lab.release(agreement)
    assert {one.provenance.tag for one in items(lab, vendor).values()} == {msgspec.UNSET}


# --- as notes --------------------------------------------------------------------------------------------------


@pytest.fixture
def told(pair: Pair) -> Any:
    """Publish for a guest under terms like these: what its collection has, by id."""
    lab, _ = pair

    def publishes(objects: list[StixObject], tlp: str = "green", **changes: Any) -> dict[str, dict[str, Any]]:
        guest = lab.welcome("Birch Desk")
        row_ = lab.put_in_force(guest, terms_for(lab, guest, **changes))
        lab.holds(objects, tlp=tlp)
        with lab.db.write() as tx:
            publish.publish(tx, lab.standing, guest, row_)
            page = tx.taxii.published_page(row_.id, Query(limit=100, versions=("all",)), with_bytes=True)
        return {one.id: msgspec.json.decode(one.raw) for one in page.entries}

    return publishes


def test_where_nothing_can_go_beside_a_note_says_the_tag(pair: Pair, told: Any) -> None:
    found = told(STORY)
    (note,) = [one for one in found.values() if tag_in(one)]
    assert tag_in(note) == tag_of(pair[0], ONE)
    assert note["object_refs"] == [ONE.id]
    assert found[ONE.id] == ONE.value
    assert note["created"] == ONE.value["created"]


def test_a_note_leaves_only_where_the_terms_speak_of_notes(told: Any) -> None:
    found = told(STORY, scope=Scope(threats=("Predator",), types=tuple(t for t in TYPES if t != "note")))
    assert found.keys() == {one.id for one in STORY}


@pytest.mark.parametrize("scope", [{"depth": 1}, {"exclude_properties": ("abstract",)}])
def test_a_note_is_decided_like_any_object_and_never_cut(told: Any, scope: dict[str, Any]) -> None:
    found = told(STORY, scope=Scope(threats=("Predator",), types=TYPES, **scope))
    assert found.keys() == {one.id for one in STORY}


def test_a_note_takes_what_the_objects_leave_of_the_quota(told: Any) -> None:
    more = [stix("indicator", "two"), link(stix("indicator", "two"), THREAT)]
    found = told([*STORY, *more], quota=Quota(objects_per_day=6))
    assert len(found) == 6
    assert found.keys() > {one.id for one in [*STORY, *more]}


def test_a_note_is_handled_as_strictly_as_its_object(told: Any) -> None:
    found = told(STORY, tlp="amber")
    (note,) = [one for one in found.values() if tag_in(one)]
    assert note["object_marking_refs"] == ["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"]


def test_off_the_record_no_note_says_a_tag(told: Any) -> None:
    assert told(STORY, record=Record("off")).keys() == {one.id for one in STORY}


def test_a_second_publication_changes_no_note(pair: Pair, told: Any) -> None:
    lab, _ = pair
    told(STORY)
    (row_,) = lab.rows()
    with lab.db.write() as tx:
        party = tx.agreements.party(row_.party)
        assert party is not None
        plan = outbound.decide_all(tx, lab.standing, Guest(party), row_, from_canonical(row_.terms), everything=False)
        assert len(plan.tags) == 1
        before = tx.taxii.published_page(row_.id, Query(limit=100, versions=("all",)), with_bytes=False)
        publish.publish(tx, lab.standing, Guest(party), row_)
        after = tx.taxii.published_page(row_.id, Query(limit=100, versions=("all",)), with_bytes=False)
    assert before == after


def test_messages_to_a_node_have_the_tag_beside_the_object_and_no_note(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    lab.holds(STORY)
    lab.release(agreement)
    settle(lab, vendor)
    assert vendor.waiting() == {one.id for one in STORY}
