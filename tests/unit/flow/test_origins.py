"""How many origins a value has, from everything that is held of it: objects, provenance, notes, sightings, names."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from backchannel.core.assess.keys import key_of, key_of_value
from backchannel.core.canonical import Observable
from backchannel.core.identity import identity_id
from backchannel.core.provenance import Provenance
from backchannel.core.stix import StixObject, decode
from backchannel.flow.origins import MOST_TAGS, Counted, origins_among
from backchannel.flow.ports import NewObject
from backchannel.flow.ports_consents import Beside, Kept
from backchannel.flow.ports_taxii import PULLED
from backchannel.protocol.origin_tag import origin_tag, tag_note
from exchange import Side, agreed, carry
from onward import STORY, asked_of, grant, row
from two_parties import NOW
from worlds import stix, stix_id

Three = tuple[Side, Side, Side]

VALUE = key_of_value(Observable("domain-name", "one.example"))
AGREEMENT = "d" * 64
TAG, OTHER = "aa" * 32, "bb" * 32
LAB, VENDOR, MALLORY = "Human Rights Lab", "Vendor Research", "Mallory"


def indicator(label: str, *references: str, **more: Any) -> StixObject:
    """An indicator of the value, under an id of its own."""
    cited = [{"source_name": "x", "url": url} for url in references] or None
    return stix("indicator", label, pattern="[domain-name:value = 'one.example']", external_references=cited, **more)


def gives(side: Side, source: str, *objects: StixObject, **said: Any) -> None:
    """What a source gave: with keywords, what was said beside it."""
    with side.db.write() as tx:
        tx.holdings.add(
            (NewObject.of(one, agreement=AGREEMENT if said else None) for one in objects), source=source, now=NOW
        )
        if said:
            beside = [Beside(one.id, one.version, source, AGREEMENT) for one in objects]
            tx.provenances.put((one, Kept("amber", Provenance(**said))) for one in beside)


def count(side: Side, key: str = VALUE) -> Counted:
    with side.db.read() as tx:
        return origins_among(tx, side.standing, {key})[key]


def ends(side: Side, key: str = VALUE) -> tuple[int, int]:
    found = count(side, key).origins
    return found.low, found.high


def named(side: Side) -> set[str]:
    return {one.name for one in count(side).origins.origins}


def name(side: Side) -> str:
    return side.keys.card.name


# --- tags --------------------------------------------------------------------------------------------------------


def test_two_parties_with_tags_of_their_own_are_two_origins(three: Three) -> None:
    lab, vendor, mallory = three
    gives(lab, vendor.key, indicator("v"), tag=TAG)
    gives(lab, mallory.key, indicator("m"), tag=OTHER)
    assert ends(lab) == (2, 2)
    assert named(lab) == {name(vendor), name(mallory)}


def test_a_party_counts_as_one_origin_however_much_it_gives(three: Three) -> None:
    lab, vendor, mallory = three
    gives(lab, vendor.key, *(indicator(f"v{number}") for number in range(5)), tag=TAG)
    assert ends(lab) == (1, 1)
    for number in range(5):
        gives(lab, mallory.key, indicator(f"m{number}"), tag=f"{number:064x}", passed="listed")
    assert ends(lab) == (2, 6)


def test_a_flood_of_tags_is_counted_to_its_bound(three: Three) -> None:
    lab, _, mallory = three
    for number in range(MOST_TAGS + 20):
        gives(lab, mallory.key, indicator(f"m{number}"), tag=f"{number:064x}", passed="listed")
    assert ends(lab) == (1, MOST_TAGS)


def test_what_comes_by_two_routes_is_one_origin(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, third = made
        lab.holds(STORY)
        made.release(0)
        made.release(1)
        grant(lab, asked_of(lab)[0])
        made.carry()
        made.release(1)
        assert ends(third) == (1, 1)
        assert name(vendor) not in named(third)
        lab.release(agreed(lab, third))
        carry(lab, third)
        assert (ends(third), named(third)) == ((1, 1), {name(lab)})
        assert count(third).origins.origins[0].tellers == (name(lab), name(vendor))


def test_our_own_value_that_comes_back_is_no_second_origin(three: Three) -> None:
    lab, vendor, mallory = three
    gives(lab, lab.key, indicator("ours"))
    ours = origin_tag(lab.us.secret, VALUE)
    gives(lab, vendor.key, indicator("back"), tag=ours, passed="consent", nonce="ab" * 32)
    assert (ends(lab), count(lab).echoes) == ((1, 1), (name(vendor),))
    gives(lab, mallory.key, indicator("m"), tag=OTHER)
    assert ends(lab) == (2, 2)


def test_a_tag_counts_for_the_whole_of_an_object_only(three: Three) -> None:
    lab, vendor, mallory = three
    either = "[domain-name:value = 'one.example' OR domain-name:value = 'two.example']"
    gives(lab, mallory.key, indicator("m"), tag=OTHER)
    gives(lab, vendor.key, stix("indicator", "either", pattern=either), tag=TAG)
    assert ends(lab) == (1, 2), "the vendor tells it, and no tag says that it is another origin"


def test_who_passes_on_without_a_tag_is_no_origin(three: Three) -> None:
    lab, vendor, mallory = three
    gives(lab, mallory.key, indicator("m"), tag=TAG)
    gives(lab, vendor.key, indicator("v"), passed="listed", origin="ab" * 32)
    assert (ends(lab), name(vendor) in named(lab)) == ((1, 2), False)


# --- notes -------------------------------------------------------------------------------------------------------


def note(one: StixObject, tag: str) -> StixObject:
    return tag_note(one, tag, "amber", "2026-01-01T00:00:00.000Z")


def test_a_note_that_is_pulled_says_the_tag_of_an_object_of_its_source(three: Three) -> None:
    lab, vendor, _ = three
    pulled = indicator("pulled")
    gives(lab, PULLED + "https://host.example/c/", pulled, note(pulled, TAG))
    gives(lab, vendor.key, indicator("v"), tag=TAG)
    assert ends(lab) == (1, 1)


def test_nobody_says_a_tag_of_what_another_gave(three: Three) -> None:
    lab, vendor, mallory = three
    one = indicator("v")
    gives(lab, vendor.key, one)
    gives(lab, mallory.key, *(note(one, f"{number:064x}") for number in range(9)))
    assert (ends(lab), named(lab)) == ((1, 1), {name(vendor)})


# --- creators, references, sightings --------------------------------------------------------------------------------


def identity(label: str) -> StixObject:
    return stix("identity", label, identity_class="organization")


def test_what_we_brought_in_is_told_by_who_made_it(three: Three) -> None:
    lab, vendor, _ = three
    alder, birch = identity("Alder International"), identity("Birch Trails")
    gives(lab, lab.key, alder, birch, indicator("a", created_by_ref=alder.id))
    gives(lab, lab.key, indicator("b", "https://alder.example/report", created_by_ref=birch.id))
    assert (ends(lab), named(lab)) == ((1, 1), {"Alder International"})
    gives(lab, vendor.key, alder, indicator("v", created_by_ref=alder.id))
    assert (ends(lab), named(lab)) == ((1, 1), {"Alder International"})


def test_what_nobody_says_who_made_is_told_by_who_gave_it(three: Three) -> None:
    lab, vendor, _ = three
    gives(lab, lab.key, indicator("a", created_by_ref=stix_id("identity", "unknown")))
    assert named(lab) == {name(lab)}
    gives(lab, vendor.key, indicator("v", created_by_ref=identity_id(vendor.key)))
    assert named(lab) == {name(lab), name(vendor)}


def test_what_a_source_calls_an_identity_counts_for_that_source(three: Three) -> None:
    lab, vendor, mallory = three
    alder = identity("Alder International")
    gives(lab, lab.key, alder)
    gives(lab, mallory.key, stix("identity", "Alder International", name=name(vendor)))
    gives(lab, vendor.key, indicator("v", created_by_ref=alder.id))
    assert named(lab) == {"Alder International"}


def test_a_sighting_is_an_origin_of_whoever_saw_it(three: Three) -> None:
    lab, vendor, mallory = three
    one = indicator("v", "https://other.example/x")
    gives(lab, vendor.key, one)
    assert named(lab) == {"other.example"}
    gives(lab, mallory.key, stix("sighting", "s", sighting_of_ref=one.id))
    assert (ends(lab), named(lab)) == ((2, 2), {"other.example", name(mallory)})
    gives(
        lab, vendor.key, stix("sighting", "t", sighting_of_ref=one.id, where_sighted_refs=[identity_id(vendor.key)])
    )
    assert named(lab) == {name(vendor), name(mallory)}


@pytest.mark.parametrize(
    "more", [{"count": 0}, {"revoked": True}, {"where_sighted_refs": [stix_id("identity", "unknown")]}]
)
def test_what_was_not_seen_or_by_nobody_known_is_no_sighting(three: Three, more: dict[str, Any]) -> None:
    lab, vendor, mallory = three
    one = indicator("v")
    gives(lab, vendor.key, one)
    gives(lab, mallory.key, stix("sighting", "s", sighting_of_ref=one.id, **more))
    assert named(lab) == {name(vendor)}


def test_what_its_maker_took_back_or_changed_tells_nothing(three: Three) -> None:
    lab, vendor, mallory = three
    gives(lab, vendor.key, indicator("v"), indicator("v", revoked=True, modified="2026-02-01T00:00:00.000Z"))
    changed = stix("indicator", "m", modified="2026-02-01T00:00:00.000Z")
    gives(lab, mallory.key, indicator("m"), changed)
    assert (ends(lab), count(lab).objects) == ((0, 0), ())
    assert ends(lab, key_of(changed.value) or "") == (1, 1)


def test_who_told_it_first_counts_from_its_first_version(three: Three) -> None:
    lab, vendor, mallory = three
    gives(lab, vendor.key, indicator("v"))
    gives(lab, mallory.key, indicator("m"))
    gives(lab, vendor.key, indicator("v", modified="2026-02-01T00:00:00.000Z"))
    found = count(lab).origins
    assert [one.name for one in found.origins if one.sure] == [name(vendor)]


# --- hostile -----------------------------------------------------------------------------------------------------


def hostile() -> Iterable[StixObject]:
    one = indicator("bad")
    for number, wrong in enumerate(
        [
            {"external_references": 5},
            {"external_references": [5, {"url": 5}, {"url": "http://["}]},
            {"created_by_ref": 5},
            {"created_by_ref": "x"},
        ]
    ):
        yield decode(json.dumps({**one.value, "id": stix_id("indicator", f"bad{number}"), **wrong}).encode())
    for number, wrong in enumerate([{"where_sighted_refs": [5]}, {"where_sighted_refs": "x"}, {"count": "x"}]):
        seen = {"type": "sighting", "id": stix_id("sighting", f"{number}"), "sighting_of_ref": one.id, **wrong}
        yield decode(json.dumps(seen).encode())


def test_no_object_breaks_the_count(three: Three) -> None:
    lab, vendor, _ = three
    gives(lab, vendor.key, indicator("bad"), *hostile())
    assert ends(lab)[0] == 1


def test_many_references_of_one_teller_leave_room_for_the_others(three: Three) -> None:
    lab, vendor, mallory = three
    gives(lab, mallory.key, indicator("m", *(f"https://s{number}.example/" for number in range(900))))
    gives(lab, mallory.key, indicator("n", "https://t.example/"))
    gives(lab, vendor.key, indicator("v"), tag=TAG)
    assert ends(lab) == (2, 2)
