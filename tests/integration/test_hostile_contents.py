"""What a counterpart with a valid agreement can put into properly signed envelopes.

Each hostile object or body is a recorded refusal; its good neighbours are kept, nothing held is lost or changed, and
the next good release arrives.
"""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import zstandard

from backchannel.core.stix import StixObject, decode
from backchannel.errors import BackchannelError
from backchannel.node import inbox
from backchannel.node.importing import import_files
from backchannel.node.inbox_choice import Choice
from backchannel.protocol.channel import Direction
from backchannel.protocol.envelope import parse
from backchannel.protocol.message import Release, ReleasedObject, Tlp
from standoff import Standoff, good, hosts
from vetting_world import MARK, indicator, link, make_id, stix, threat

NEIGHBOURS = good("neighbour.example")
EXE = "TVqQAAMAAAAEAAAA" + "A" * 400
NEWER = "2026-10-01T00:00:00.000Z"


def on_topic(one: StixObject) -> list[StixObject]:
    """An object and what ties it to the threat, so that only what is wrong with it is wrong."""
    tie = make_id("relationship", f"tie {one.id}")
    return [one, link(one, threat(), relationship_type="related-to", id=tie)]


def edited(one: StixObject, old: bytes, new: bytes) -> bytes:
    """An object's bytes with one place changed."""
    assert one.raw.count(old) == 1
    return one.raw.replace(old, new)


def evil(**properties: object) -> StixObject:
    return indicator("evil.example", **properties)


PLAIN = evil(name="plain")

REFUSED: dict[str, tuple[Callable[[], list[StixObject | bytes]], str]] = {
    "out of scope": (lambda: [evil()], "scope"),
    "about another threat": (
        lambda: [threat("Nightjar"), evil(), link(evil(), threat("Nightjar"))],
        "scope",
    ),
    "over the ceiling": (lambda: [*on_topic(evil(object_marking_refs=[MARK["red"]]))], "marking"),
    "over the ceiling by one property": (
        lambda: [
            *on_topic(
                evil(
                    description="quiet",
                    granular_markings=[{"marking_ref": MARK["red"], "selectors": ["description"]}],
                )
            )
        ],
        "marking",
    ),
    "of a type that was not agreed": (lambda: [*on_topic(stix("tool", "evil", name="evil"))], "type"),
    "an artifact with a payload": (
        lambda: [stix("artifact", "evil", payload_bin=EXE, created=None, modified=None)],
        "type",
    ),
    "a program inside a description": (lambda: [*on_topic(evil(description=f"Run this: {EXE}"))], "content"),
    "a credential": (lambda: [*on_topic(evil(password="hunter2"))], "content"),
    "an indicator without its pattern": (lambda: [*on_topic(evil(pattern=None))], "stix"),
    "a pattern that does not parse": (lambda: [*on_topic(evil(pattern="[domain-name:value ="))], "stix"),
    "modified before it was created": (lambda: [*on_topic(evil(modified="2020-01-01T00:00:00.000Z"))], "stix"),
    "our own object with other content": (
        lambda: [*on_topic(indicator("ours.example", name="now harmless"))],
        "overwrites-own",
    ),
    "our own object in a newer version": (
        lambda: [*on_topic(indicator("ours.example", modified=NEWER, revoked=True))],
        "overwrites-own",
    ),
    "a third party's object with other content": (
        lambda: [*on_topic(indicator("third.example", name="now harmless"))],
        "overwrites-third-party",
    ),
    "an object that says that we made it": (lambda: [*on_topic(evil(created_by_ref="us"))], "forged"),
    "our own network": (lambda: [*on_topic(indicator("mail.lab.example"))], "poison"),
    "a reference to what we never sent": (lambda: [*on_topic(evil()), link(evil(), threat("Nightjar"))], "probe"),
    "an id that climbs out of a folder": (
        lambda: [edited(PLAIN, PLAIN.id.encode(), b"indicator--../../../../tmp/evil"), *NEIGHBOURS],
        "stix",
    ),
    "an id with a NUL": (lambda: [edited(PLAIN, PLAIN.id.encode(), PLAIN.id.encode() + b"\\u0000")], "stix"),
    "a version with a NUL": (
        lambda: [*on_topic(stix("domain-name", "evil", value="evil.example", created=None, modified="2026\0"))],
        "stix",
    ),
    "an id with a terminal escape": (lambda: [edited(PLAIN, PLAIN.id.encode(), b"\\u001b]0;owned\\u0007")], "stix"),
    "an id of a million characters": (lambda: [edited(PLAIN, PLAIN.id.encode(), b"i" * 1_000_000)], "limits"),
    "a type of its own": (lambda: [edited(PLAIN, b'"type":"indicator"', b'"type":"../../x"')], "stix"),
    "no id and no type": (lambda: [b"{}"], "stix"),
    "an id that is a list": (lambda: [edited(PLAIN, f'"{PLAIN.id}"'.encode(), b'["a"]')], "stix"),
    "a name twice": (lambda: [edited(PLAIN, b'"name":"plain"', b'"name":"plain","name":"other"')], "bad-object"),
    "a name twice, once escaped": (
        lambda: [edited(PLAIN, b'"name":"plain"', b'"name":"plain","n\\u0061me":"other"')],
        "bad-object",
    ),
    "a number of 400 digits": (
        lambda: [edited(PLAIN, b'"plain"', b'"plain","confidence":' + b"9" * 400)],
        "bad-object",
    ),
    "a number past every float": (lambda: [edited(PLAIN, b'"plain"', b'"plain","confidence":1e999')], "bad-object"),
    "a number of a million digits": (
        lambda: [edited(PLAIN, b'"plain"', b'"plain","x_n":' + b"9" * 1_000_000)],
        "bad-object",
    ),
    "a text of 300,000 characters": (lambda: [*on_topic(evil(description="x" * 300_000))], "limits"),
    "a list of 20,000 members": (lambda: [*on_topic(evil(labels=["x"] * 20_000))], "limits"),
    "two megabytes": (lambda: [*on_topic(evil(**{f"x_{n}": "x" * 200_000 for n in range(11)}))], "limits"),
}


@pytest.mark.parametrize("attack", REFUSED)
def test_a_hostile_object_is_refused_and_its_neighbours_are_kept(standoff: Standoff, attack: str) -> None:
    make, rule = REFUSED[attack]
    objects = [_signed_by_us(one, standoff) for one in make()]
    held = standoff.held()
    files = {path for path in standoff.folder.rglob("*") if "DROP" not in path.parts}
    standoff.vendor.release(standoff.agreement, [*objects, *NEIGHBOURS])
    report = standoff.sync()
    assert report.refused >= 1
    assert report.received == 1
    assert rule in standoff.rules()
    assert standoff.held() == held, "nothing held was changed"
    assert set(hosts("neighbour.example")) <= set(standoff.waiting())
    assert {path for path in standoff.folder.rglob("*") if "DROP" not in path.parts} == files
    for refusal in standoff.refusals():
        assert refusal.message.isprintable()
        assert refusal.subject.isprintable()
        assert len(refusal.message) < 500
        assert refusal.channel == standoff.agreement
    standoff.later_good_arrives()


def _signed_by_us(one: StixObject | bytes, standoff: Standoff) -> StixObject | bytes:
    if isinstance(one, bytes) or one.value.get("created_by_ref") != "us":
        return one
    return decode(one.raw.replace(b'"us"', f'"{standoff.node.us.identity}"'.encode()))


def test_the_reason_of_each_refusal_is_the_one_intended(standoff: Standoff) -> None:
    """All hostile objects at once, after one another: no attack hides behind another's reason."""
    for attack, (make, rule) in REFUSED.items():
        before = len(standoff.refusals())
        standoff.vendor.release(standoff.agreement, [_signed_by_us(one, standoff) for one in make()])
        standoff.sync()
        assert rule in standoff.rules()[before:], attack
    standoff.later_good_arrives()


def test_a_level_over_the_ceiling_is_refused_even_if_only_declared(standoff: Standoff) -> None:
    level: Tlp = "red"
    standoff.vendor.release(standoff.agreement, good("evil.example"), level)
    assert standoff.sync().refused == 2
    assert set(standoff.rules()) == {"marking"}
    standoff.later_good_arrives()


def test_a_level_declared_lower_than_the_objects_own_mark_does_not_lower_it(standoff: Standoff) -> None:
    standoff.vendor.release(standoff.agreement, on_topic(evil(object_marking_refs=[MARK["amber"]])), "clear")
    standoff.sync()
    (item,) = [item for item, _ in inbox.waiting(standoff.node) if item.object_id == evil().id]
    assert item.tlp == "amber"


def test_the_same_id_and_version_with_other_content_is_a_conflict_and_the_first_stays(standoff: Standoff) -> None:
    first, second = indicator("twice.example", name="first"), indicator("twice.example", name="second")
    standoff.vendor.release(standoff.agreement, on_topic(first))
    standoff.vendor.release(standoff.agreement, on_topic(second))
    standoff.sync()
    assert "conflict" in standoff.rules()
    assert standoff.waiting()[first.id] == first.raw
    inbox.accept(standoff.node, Choice(everything=True))
    before = len(standoff.refusals())
    standoff.vendor.release(standoff.agreement, on_topic(second))
    standoff.sync()
    assert "conflict" in standoff.rules()[before:]
    assert standoff.held()[first.id, first.version, standoff.vendor.key] == first.raw
    standoff.later_good_arrives()


def test_the_same_id_and_version_twice_in_one_envelope_is_a_conflict(standoff: Standoff) -> None:
    first, second = indicator("twice.example", name="first"), indicator("twice.example", name="second")
    standoff.vendor.release(standoff.agreement, [first, second, link(first, threat())])
    standoff.sync()
    assert "conflict" in standoff.rules()
    assert standoff.waiting().get(first.id, first.raw) == first.raw
    standoff.later_good_arrives()


def test_another_version_of_a_third_partys_object_waits_and_then_stands_beside_it(standoff: Standoff) -> None:
    theirs = indicator("third.example")
    newer = indicator("third.example", modified=NEWER, name="from the Vendor")
    standoff.vendor.release(standoff.agreement, on_topic(newer))
    standoff.sync()
    (item,) = [item for item, _ in inbox.waiting(standoff.node) if item.object_id == theirs.id]
    assert "overwrites-third-party" in dict(item.flags)
    inbox.accept(standoff.node, Choice(everything=True))
    held = standoff.held()
    assert held[theirs.id, theirs.version, standoff.third.key] == theirs.raw
    assert held[newer.id, newer.version, standoff.vendor.key] == newer.raw


def test_accepting_everything_overwrites_nothing(standoff: Standoff) -> None:
    held = standoff.held()
    for make, _ in REFUSED.values():
        standoff.vendor.release(standoff.agreement, [_signed_by_us(one, standoff) for one in make()])
    standoff.sync()
    inbox.accept(standoff.node, Choice(everything=True))
    after = standoff.held()
    assert {key: raw for key, raw in after.items() if key[2] != standoff.vendor.key} == held
    standoff.later_good_arrives()


# --- bodies that exhaust, or try to ---------------------------------------------------------------------------


GOOD = ReleasedObject(msgspec.Raw(b"{}"), "amber", False)
ITEM = msgspec.json.encode(GOOD)
WHOLE = msgspec.json.encode([Release("ab" * 32, (GOOD,))])
LEVEL_19 = zstandard.ZstdCompressor(level=19, write_content_size=True)


def holding(value: bytes) -> bytes:
    """A body with one released object: this."""
    assert WHOLE.count(ITEM) == 1
    return WHOLE.replace(ITEM, ITEM.replace(b'"object":{}', b'"object":' + value))


BODIES: dict[str, tuple[Callable[[], bytes], str]] = {
    "nested 65 levels deep": (lambda: holding(b'{"a":' + b"[" * 64 + b"]" * 64 + b"}"), "limit"),
    "nested 10,000 levels deep": (lambda: holding(b'{"a":' * 10_000 + b"1" + b"}" * 10_000), "limit"),
    "brackets that never close": (lambda: holding(b"[" * 1_000_000), "limit"),
    "a million tiny objects": (lambda: WHOLE.replace(ITEM, b",".join([b"{}"] * 1_000_000)), "limit"),
    "6,000 tiny objects": (lambda: WHOLE.replace(ITEM, b",".join([ITEM] * 6_000)), "limit"),
    "a million strings": (lambda: holding(b'{"a":[' + b",".join([b'""'] * 1_000_001) + b"]}"), "limit"),
    "a thousand messages": (lambda: b"[" + b",".join([WHOLE[1:-1]] * 1_000) + b"]", "limit"),
    "an object of five megabytes": (lambda: holding(b'{"a":"' + b"x" * (5 << 20) + b'"}'), "limit"),
    "a field twice": (lambda: WHOLE.replace(b'"version":', b'"version":"x","version":'), "bad-envelope"),
    "an unknown field": (lambda: WHOLE.replace(b'"version":', b'"note":1,"version":'), "bad-envelope"),
    "bytes that are not UTF-8": (lambda: holding(b'{"name":"\xff\xfe"}'), "bad-envelope"),
    "UTF-8 in too many bytes": (lambda: holding(b'{"name":"\xc0\xaf"}'), "bad-envelope"),
    "a surrogate as UTF-8": (lambda: holding(b'{"name":"\xed\xa0\x80"}'), "bad-envelope"),
    "half of a surrogate pair": (lambda: holding(b'{"name":"\\ud800"}'), "bad-envelope"),
    "a control character as it is": (lambda: holding(b'{"name":"\x1b[2J"}'), "bad-envelope"),
    "a level that does not exist": (lambda: WHOLE.replace(b'"amber"', b'"purple"'), "bad-envelope"),
    "a list instead of an object": (lambda: holding(b"[]"), "bad-envelope"),
}
PACKED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb that says its size": (lambda: LEVEL_19.compress(bytes(256 << 20)), "limit"),
    "a bomb that does not say its size": (lambda: _unsized(64 << 20), "bad-envelope"),
    "a bomb that says another size": (lambda: _lying(), "bad-envelope"),
    "two frames": (lambda: zstandard.compress(WHOLE) + LEVEL_19.compress(bytes(64 << 20)), "bad-envelope"),
    "no frame": (lambda: b"not zstd at all", "bad-envelope"),
}


def _unsized(size: int) -> bytes:
    packer = zstandard.ZstdCompressor(level=19, write_content_size=False).compressobj()
    return packer.compress(bytes(size)) + packer.flush()


def _lying() -> bytes:
    """A frame of 64 MiB whose header says 1,000 bytes."""
    frame = bytearray(zstandard.ZstdCompressor(level=19, write_content_size=True).compress(bytes(64 << 20)))
    at = bytes(frame).index((64 << 20).to_bytes(4, "little"))
    frame[at : at + 4] = (1000).to_bytes(4, "little")
    return bytes(frame)


@pytest.mark.parametrize("attack", [*BODIES, *PACKED])
def test_a_hostile_body_costs_its_sender_that_envelope_only(standoff: Standoff, attack: str) -> None:
    make, rule = (BODIES | PACKED)[attack]
    text, packed = (make(), None) if attack in BODIES else (b"", make())
    held, waiting = standoff.held(), standoff.waiting()
    data = standoff.vendor.forge(standoff.agreement, text, packed=packed)
    standoff.vendor.put(standoff.agreement, data)
    report = standoff.sync()
    assert (report.received, report.refused, report.held, report.accepted) == (1, 1, 0, 0)
    (refusal,) = standoff.refusals()
    assert refusal.rule == rule, refusal
    assert refusal.message.isprintable()
    assert len(refusal.message) < 300
    assert report.problems == [f"Vendor Research: a message was refused: {refusal.message}"]
    assert (standoff.held(), standoff.waiting()) == (held, waiting)
    standoff.vendor.rewind(standoff.agreement, Direction(1, parse(data).digest))
    standoff.later_good_arrives()


# --- the same by import -----------------------------------------------------------------------------------------

BY_IMPORT: dict[str, bytes] = {
    attack: one if isinstance(one, bytes) else one.raw
    for attack, (make, rule) in REFUSED.items()
    if rule in {"stix", "bad-object"}
    for one in make()[:1]
} | {
    "half of a surrogate pair": PLAIN.raw.replace(b"plain", b"\\ud800"),
    "nested 65 levels deep": PLAIN.raw.replace(b'"plain"', b"[" * 64 + b"]" * 64),
    "nested 10,000 levels deep": PLAIN.raw.replace(b'"plain"', b"[" * 10_000 + b"]" * 10_000),
}
"""Objects that are refused whoever they come from."""


@pytest.mark.parametrize("attack", BY_IMPORT)
def test_a_hostile_object_in_a_file_is_refused_and_its_neighbours_are_imported(
    standoff: Standoff, attack: str
) -> None:
    path = standoff.folder / "hostile.json"
    path.write_bytes(bundle([NEIGHBOURS[0].raw, BY_IMPORT[attack], NEIGHBOURS[1].raw]))
    held = standoff.held()
    report = import_files(standoff.node, [path])
    assert report.added == 2
    (refused,) = report.refused
    assert refused.index == 1
    assert refused.file == str(path)
    assert refused.message.isprintable()
    assert len(refused.message) < 500
    after = standoff.held()
    assert {key[0] for key in after.keys() - held.keys()} == {one.id for one in NEIGHBOURS}
    assert {key: after[key] for key in held} == held
    assert import_files(standoff.node, [path]).unchanged == 2
    standoff.later_good_arrives()


def bundle(raws: list[bytes]) -> bytes:
    head = b'{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d","objects":['
    return head + b",".join(raws) + b"]}"


FILES: dict[str, bytes] = {
    "cut off": bundle([NEIGHBOURS[0].raw])[:-40],
    "nested 10,000 levels deep": bundle([b'{"a":' * 10_000 + b"1" + b"}" * 10_000]),
    "brackets that never close": b'{"type":"bundle","objects":' + b"[" * 200_000,
    "not UTF-8": bundle([PLAIN.raw.replace(b"plain", b"\xff\xfe")]),
    "a control character as it is": bundle([PLAIN.raw.replace(b"plain", b"\x1b[2J")]),
    "empty": b"",
    "NULs": bytes(100_000),
    "thousands of tiny objects": bundle([b"{}"] * 10_000),
    "a list of commas": b'{"type":"bundle","objects":[' + b"," * 10_000 + b"]}",
    "a line of ten megabytes": b"evil.example " * 800_000,
}


@pytest.mark.parametrize("kind", FILES)
def test_a_hostile_file_is_refused_in_clear_lines_and_the_next_file_is_imported(
    standoff: Standoff, kind: str
) -> None:
    bad, fine = standoff.folder / "bad\x1b[31m.json", standoff.folder / "fine.json"
    bad.write_bytes(FILES[kind])
    fine.write_bytes(bundle([one.raw for one in good("fine.example")]))
    held = standoff.held()
    report = import_files(standoff.node, [bad, fine])
    assert report.refused
    for refused in report.refused:
        assert refused.file == str(bad).replace("\x1b", "\\x1b")
        assert refused.message.isprintable()
        assert len(refused.message) < 500
    assert set(hosts("fine.example")) <= {key[0] for key in standoff.held()}
    assert {key: raw for key, raw in standoff.held().items() if key in held} == held
    standoff.later_good_arrives()


def test_names_with_path_tricks_touch_no_file(standoff: Standoff, tmp_path: Path) -> None:
    """A name is information, whatever it looks like: it is kept, and no file is ever named by it."""
    tricks = [
        "../../../../etc/passwd",
        "/etc/passwd",
        "..\\..\\evil",
        "C:\\evil",
        "~/.ssh/id",
        "$(touch evil)",
        "file:///etc",
    ]
    objects = [stix("malware", name, name=name, is_family=True, aliases=["Predator"]) for name in tricks]
    files = {path for path in tmp_path.rglob("*") if "DROP" not in path.parts}
    standoff.vendor.release(standoff.agreement, objects)
    assert standoff.sync().held == len(tricks)
    inbox.accept(standoff.node, Choice(everything=True))
    assert {path for path in tmp_path.rglob("*") if "DROP" not in path.parts} == files
    names = {json.loads(raw)["name"] for key, raw in standoff.held().items() if key[2] == standoff.vendor.key}
    assert names == set(tricks)


def test_no_refusal_of_contents_is_an_error_of_ours(standoff: Standoff) -> None:
    """Errors that would stop a sync are for what we or the operator did; contents never raise one."""
    for make, _ in REFUSED.values():
        standoff.vendor.release(standoff.agreement, [_signed_by_us(one, standoff) for one in make()])
    try:
        report = standoff.sync()
    except BackchannelError as error:
        pytest.fail(f"contents stopped the sync: {error}")
    assert not report.failed
    assert report.received == len(REFUSED)
