"""What a canary looks like: nothing about it is unlike the indicators beside it."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from backchannel.core.canary import Canary
from backchannel.core.canary_form import MadeIds, Model, Recipient, canaries, models, preferred
from backchannel.core.observable import Observable
from backchannel.core.release_records import Decision, Outcome, Subject
from backchannel.core.stix import StixObject, decode, format_timestamp, timestamp
from backchannel.formats.generate import Generator
from worlds import NOW, SECRET, THEM, link, stix

THREAT = stix("malware", "Predator")
MAKE = Generator(UUID("7d0f6f0e-3f0c-4d59-8e58-1d0c6a3f9b27"), NOW)
MADE = MadeIds(MAKE.indicator_id, MAKE.indicates_id)
AGREEMENT = "a" * 64
FOR = Recipient(AGREEMENT, THEM, SECRET, ("example.com", "example.net"), NOW)
Pairs = list[tuple[StixObject, StixObject]]


def decided(objects: Iterable[StixObject], tlp: str = "green") -> list[Decision]:
    """All of them leave, as they are."""
    return [
        Decision(Subject(seq, one, own=True, tlp=tlp, hops=1), Outcome.RELEASE, (), one)
        for seq, one in enumerate(objects, 1)
    ]


def flat(pairs: Pairs) -> list[StixObject]:
    return [THREAT, *(one for pair in pairs for one in pair)]


def made(pairs: Pairs, number: int = 40) -> list[Canary]:
    pool, _ = preferred(models(decided(flat(pairs))), leaves_now=lambda _: True)
    return list(canaries(pool, FOR, range(1, number + 1), MADE))


def rewritten(one: StixObject, write: Callable[[Any], str] = json.dumps, **changes: Any) -> StixObject:
    return decode(write({**one.value, **changes}).encode())


def imported() -> Pairs:
    """A list of names, imported at once: ids follow from values, times are all alike."""
    found = []
    for number in range(6):
        raw = MAKE.indicator(Observable("domain-name", f"h{number}.example"), description="C2 of Predator")
        one = decode(raw)
        found.append((one, decode(MAKE.indicates(one.id, THREAT.id))))
    return found


def reported(step: timedelta = timedelta(milliseconds=86_413_007)) -> Pairs:
    """Objects of a bundle: random ids, a time for each, and what is said of the value in two spellings."""
    found = []
    for number in range(6):
        host = f"h{number}.example"
        time = format_timestamp(datetime(2026, 3, 1, 7, 30, 12, 345_000, UTC) + number * step)
        one = stix(
            "indicator",
            f"h{number}",
            name=f"{host} (C2)",
            description=f"Seen {host.replace('.', '[.]')} and www.{host}",
            indicator_types=["malicious-activity"],
            confidence=80,
            created=time,
            modified=time,
            valid_from=time,
            object_marking_refs=["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"],
            x_source="own sensors",
        )
        found.append((one, link(one, THREAT, "indicates", created=time, modified=time)))
    return found


def written(indent: int | None, separators: tuple[str, str]) -> Pairs:
    """The same, as another tool writes JSON."""

    def write(value: Any) -> str:
        return json.dumps({k: value[k] for k in sorted(value)}, indent=indent, separators=separators)

    return [(rewritten(one, write), rewritten(two, write)) for one, two in reported()]


def of_version_1(one: StixObject) -> StixObject:
    """The same with ids of another version (RFC 9562)."""
    renamed = {name: _version_1(one.value[name]) for name in ("id", "source_ref") if name in one.value}
    return rewritten(one, lambda value: msgspec.json.encode(value).decode(), **renamed)


def _version_1(identifier: str) -> str:
    place = identifier.index("--") + 16
    return f"{identifier[:place]}1{identifier[place + 1 :]}"


WORLDS: dict[str, Callable[[], Pairs]] = {
    "imported": imported,
    "reported": reported,
    "spaced": lambda: written(None, (", ", ": ")),
    "indented": lambda: written(2, (",", ": ")),
    "other ids": lambda: [(of_version_1(one), of_version_1(two)) for one, two in reported()],
    "days": lambda: reported(timedelta(days=2)),
}


def form(one: StixObject, host: str) -> dict[str, Any]:
    """Everything about an object that does not depend on what it is about."""
    said = f"{one.value.get('name')} {one.value.get('description')}"
    said = said.replace(host, "?").replace(host.replace(".", "[.]"), "?[.]")
    value = one.value
    times = {name: re.sub(r"\d", "9", value[name]) for name in value if name in {"created", "modified", "valid_from"}}
    words = one.raw.decode()
    for text in (
        one.id,
        *(str(value.get(name)) for name in ("source_ref", "name", "description", "pattern", *times)),
    ):
        words = words.replace(json.dumps(text)[1:-1], "?")
    return {
        "properties": list(value),
        "version of the id": value["id"].partition("--")[2][14],
        "variant of the id": value["id"].partition("--")[2][19] in "89ab",
        "precision": times,
        "alike": value.get("created") == value.get("modified"),
        "bytes": words,
        "pattern": re.sub(r"'[^']*'", "?", str(value.get("pattern"))),
        "said": said,
    }


@pytest.mark.parametrize("world", WORLDS)
def test_a_canary_cannot_be_told_from_the_other_indicators_by_form(world: str) -> None:
    pairs = WORLDS[world]()
    hosts = [f"h{number}.example" for number in range(len(pairs))]
    indicators, links = ([form(pair[side], host) for host, pair in zip(hosts, pairs, strict=True)] for side in (0, 1))
    assert all(one == indicators[0] for one in indicators), "the world itself is of one form"
    for one in made(pairs):
        assert form(one.indicator, one.name) == indicators[0]
        assert form(one.relationship, one.name) == links[0]
        assert decode(one.indicator.raw).value == one.indicator.value
        assert one.relationship.value["target_ref"] == THREAT.id


def test_a_recipient_that_makes_ids_over_again_learns_nothing() -> None:
    """Ids of an imported list follow from our key, which is public, and the value: so do those of canaries."""
    for one in made(imported()):
        assert one.indicator.id == MAKE.indicator_id(Observable("domain-name", one.name))
        assert one.relationship.id == MAKE.indicates_id(one.indicator.id, THREAT.id)
    random = made(reported())
    assert all(one.indicator.id != MAKE.indicator_id(Observable("domain-name", one.name)) for one in random)
    assert len({identifier for one in random for identifier in one.ids}) == 80


def test_what_is_said_of_a_value_is_said_of_the_canary_in_the_same_spellings() -> None:
    for one in made(reported()):
        value = one.indicator.value
        assert value["name"] == f"{one.name} (C2)"
        assert value["description"] == f"Seen {one.name.replace('.', '[.]')} and www.{one.name}"
        assert value["pattern"] == f"[domain-name:value = '{one.name}']"
        assert not re.search(r"h\d[.\[]", one.indicator.raw.decode())


def created(found: Iterable[StixObject]) -> list[datetime]:
    return [timestamp(one.value["created"]) for one in found]


def test_times_that_all_others_share_are_shared() -> None:
    assert set(created(one.indicator for one in made(imported()))) == {NOW}


@pytest.mark.parametrize("step", [timedelta(milliseconds=86_413_007), timedelta(seconds=10), timedelta(days=2)])
def test_times_of_which_no_two_are_alike_lie_between_those_of_neighbours(step: timedelta) -> None:
    pairs = reported(step)
    theirs = created(pair[0] for pair in pairs)
    found = made(pairs)
    ours = created(one.indicator for one in found)
    assert min(theirs) < min(ours)
    assert max(ours) < max(theirs) < NOW
    assert set(ours).isdisjoint(theirs)
    assert len(set(ours)) > 3
    assert all(one.microsecond % 1000 == 0 for one in ours)
    for one in found:
        value, joined = one.indicator.value, one.relationship.value
        assert value["created"] == value["modified"] == value["valid_from"] == joined["created"] == joined["modified"]


def test_times_in_whole_days_stay_in_whole_days() -> None:
    pairs = [
        tuple(
            rewritten(each, created=f"2026-03-{day:02}T00:00:00.000Z", modified=f"2026-03-{day:02}T00:00:00.000Z")
            for each in pair
        )
        for day, pair in zip(range(1, 20, 3), reported(), strict=False)
    ]
    found = made(pairs)  # type: ignore[arg-type]
    assert all(one.indicator.value["created"].endswith("T00:00:00.000Z") for one in found)
    assert len(set(created(one.indicator for one in found))) > 3


def test_canaries_are_the_same_each_time() -> None:
    assert made(reported()) == made(reported())


def chosen(found: Sequence[Model]) -> list[str]:
    return [model.text for model in found]


def test_a_model_that_names_a_domain_is_preferred_and_its_lack_is_said() -> None:
    address = stix("indicator", "ip", pattern="[ipv4-addr:value='192.0.2.7']", name="192.0.2.7")
    only: Pairs = [(address, link(address, THREAT, "indicates"))]
    pool, notes = preferred(models(decided(flat([*only, *reported()]))), leaves_now=lambda _: True)
    assert "192.0.2.7" not in chosen(pool)
    assert notes == []
    pool, notes = preferred(models(decided(flat(only))), leaves_now=lambda _: True)
    assert notes == ["no other indicator here names a domain: among them a canary stands out"]
    (one, *_) = made(only)
    assert one.indicator.value["name"] == one.name
    assert one.indicator.value["pattern"] == f"[domain-name:value='{one.name}']"


def test_a_model_that_leaves_now_is_preferred_and_its_lack_is_said() -> None:
    found = models(decided(flat(reported())))
    now = found[2].decision.id
    pool, notes = preferred(found, leaves_now=lambda one: one.id == now)
    assert (chosen(pool), notes) == (["h2.example"], [])
    _, notes = preferred(found, leaves_now=lambda _: False)
    assert notes == ["no other indicator leaves now: a canary alone may be noticed"]


def test_a_model_with_a_text_of_its_own_is_avoided_and_if_all_have_one_that_is_said() -> None:
    pairs = reported()
    odd = rewritten(pairs[0][0], description="Found on the laptop of the third witness")
    pool, notes = preferred(models(decided(flat([(odd, pairs[0][1]), *pairs[1:]]))), leaves_now=lambda _: True)
    assert len(pool) == 5
    assert notes == []
    each = [(rewritten(one, description=f"Case {n}"), two) for n, (one, two) in enumerate(pairs)]
    _, notes = preferred(models(decided(flat(each))), leaves_now=lambda _: True)
    assert notes == ["every indicator here has a text of its own, and a canary repeats that of one"]


@pytest.mark.parametrize(
    "changes",
    [
        {"pattern": "[domain-name:value = 'a.example' OR domain-name:value = 'b.example']"},
        {"pattern": "[domain-name:value != 'a.example']"},
        {"pattern": "[domain-name:value LIKE '%.example']"},
        {"pattern": "[x-ours:value = 'a.example']"},
        {"pattern": "rule a { condition: true }", "pattern_type": "yara"},
        {"pattern": 7},
        {"created": "yesterday"},
    ],
)
def test_what_a_canary_cannot_follow_is_no_model(changes: dict[str, Any]) -> None:
    (one, two), *_ = reported()
    assert models(decided(flat([(one, two)])))
    assert models(decided(flat([(rewritten(one, **changes), two)]))) == []


def test_what_is_written_as_we_cannot_write_is_no_model() -> None:
    (one, two), *_ = reported()
    odd = decode(one.raw.replace(b'"confidence":80', b'"confidence" : 80'))
    assert models(decided(flat([(odd, two)]))) == []


def test_only_what_leaves_with_its_relationship_is_a_model() -> None:
    (one, two), *_ = reported()
    assert models(decided([THREAT, one])) == []
    stays = Decision(Subject(9, two, own=True, tlp="green", hops=1), Outcome.WITHHOLD, ())
    assert models([*decided([THREAT, one]), stays]) == []
    assert models(decided([THREAT, one, link(one, THREAT, "related-to")])) == []


def test_levels_and_the_place_in_time_are_the_models() -> None:
    pool = models(decided(flat(reported()[:1]), tlp="amber"))
    (one,) = canaries(pool, FOR, [1], MADE)
    assert (one.tlp, one.link_tlp, one.seq, one.threat) == ("amber", "amber", 2, THREAT.id)
    assert (one.recipient, one.agreement, one.counter, one.added_at) == (THEM, AGREEMENT, 1, NOW)
