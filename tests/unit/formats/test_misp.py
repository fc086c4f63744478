"""MISP events: the same objects every time, every event and record on its own, nothing lost in silence."""

import builtins
import io
import json
import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.errors import MissingExtra, UnreadableFile
from backchannel.formats import misp
from backchannel.formats.items import Item
from backchannel.formats.misp import read_misp
from backchannel.formats.misp_records import MAX_RECORDS, complete, is_uuid
from backchannel.formats.schemas import Stix21Validator
from paths import SHARED_DATA, needs_shared_data

UUID = "5d9b516c-e5f0-4e7c-a958-5d8c0a019371"
ORGC = {"name": "Example Org", "uuid": "5d9b516c-e5f0-4e7c-a958-5d8c0a019372"}
BASE = {"uuid": UUID, "info": "an event", "date": "2026-01-02", "timestamp": "1767312000", "Orgc": ORGC}

PUBLISHED = {"published": True, "publish_timestamp": "1767312000"}


def attribute(number: int, **other: Any) -> dict[str, Any]:
    return {
        "uuid": f"5d9b516c-e5f0-4e7c-a958-{number:012x}",
        "type": "domain",
        "category": "Network activity",
        "value": f"host{number}.example",
        "to_ids": True,
        "timestamp": "1767312000",
        **other,
    }


def event(*attributes: Any, **other: Any) -> dict[str, Any]:
    return {**BASE, "Attribute": list(attributes), **other}


def read(value: Any) -> list[Item]:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return list(read_misp(io.BytesIO(raw)))


def objects(items: list[Item], type_: str) -> list[dict[str, Any]]:
    return [dict(item.object.value) for item in items if item.object is not None and item.object.type == type_]


def refused(items: list[Item]) -> list[str]:
    return [item.findings[0].message for item in items if item.object is None]


def patterns(items: list[Item]) -> list[str]:
    return [value["pattern"] for value in objects(items, "indicator")]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda one: one,
        lambda one: {"Event": one},
        lambda one: {"Event": [one]},
        lambda one: [one],
        lambda one: [{"Event": one}],
        lambda one: {"response": [{"Event": one}]},
    ],
)
def test_an_event_is_read_however_it_is_wrapped(wrap: Any) -> None:
    items = read(wrap(event(attribute(1))))
    assert patterns(items) == ["[domain-name:value = 'host1.example']"]
    assert [item.index for item in items] == list(range(len(items)))


def test_attributes_for_detection_become_indicators_and_others_observed_data() -> None:
    items = read(event(attribute(1), attribute(2, to_ids=False)))
    assert len(objects(items, "indicator")) == 1
    assert len(objects(items, "observed-data")) == 2
    assert {value["value"] for value in objects(items, "domain-name")} == {"host1.example", "host2.example"}


def test_the_object_that_stands_for_an_event_keeps_the_event_as_received() -> None:
    raw = json.dumps([event(attribute(1)), {"Event": event(attribute(2), **PUBLISHED)}], indent=3).encode()
    kept = [item for item in read(raw) if item.original is not None]
    assert [item.object.type for item in kept if item.object] == ["grouping", "report"]
    assert [json.loads(item.original or b"")["Attribute"][0]["value"] for item in kept] == [
        "host1.example",
        "host2.example",
    ]
    assert all(item.original in raw for item in kept if item.original)


@pytest.mark.parametrize("level", ["red", "amber", "green"])
def test_a_tlp_tag_becomes_a_marking_of_what_it_marks(level: str) -> None:
    items = read(event(attribute(1), Tag=[{"name": f"tlp:{level}"}]))
    marks = objects(items, "marking-definition")
    assert [mark["definition"]["tlp"] for mark in marks] == [level]
    (grouping,) = objects(items, "grouping")
    assert grouping["object_marking_refs"] == [marks[0]["id"]]


BARE = {
    "info": "an event without ids",
    "date": "2026-01-02",
    "Orgc": {"name": "Example Org"},
    "Attribute": [
        {"type": "domain", "category": "Network activity", "value": "a.example", "to_ids": True},
        {"type": "domain", "category": "Network activity", "value": "a.example", "to_ids": True},
        {
            "type": "md5",
            "category": "Payload delivery",
            "value": "a" * 32,
            "to_ids": True,
            "Sighting": [{"type": "0"}],
        },
    ],
    "Object": [
        {
            "name": "file",
            "meta-category": "file",
            "template_uuid": "688c46fb-5edb-40a3-8273-1af7923e2215",
            "template_version": "24",
            "Attribute": [
                {"type": "sha1", "object_relation": "sha1", "category": "Payload delivery", "value": "b" * 40}
            ],
        }
    ],
    "Galaxy": [
        {
            "type": "mitre-intrusion-set",
            "name": "Intrusion Set",
            "GalaxyCluster": [{"uuid": "", "type": "mitre-intrusion-set", "value": "Cat", "tag_name": "x"}],
        }
    ],
}


def test_an_event_without_ids_and_times_gives_the_same_bytes_every_time() -> None:
    first, second = read(BARE), read(BARE)
    assert refused(first) == []
    assert [item.object for item in first] == [item.object for item in second]
    moments = {value for item in first if item.object for key, value in item.object.value.items() if key == "created"}
    assert moments == {"2026-01-02T00:00:00.000Z"}
    assert len({item.object.id for item in first if item.object}) == len(first)


def test_a_galaxy_cluster_without_an_id_is_one_threat_in_all_events() -> None:
    other = {**BARE, "info": "another event"}
    ids = {value["id"] for items in (read(BARE), read(other)) for value in objects(items, "intrusion-set")}
    assert len(ids) == 1


def test_two_records_that_say_the_same_have_two_ids() -> None:
    value = json.loads(json.dumps(BARE))
    complete(value)
    first, second, _ = value["Attribute"]
    assert first["uuid"] != second["uuid"]


def test_an_event_with_too_many_records_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 100000 records"):
        complete({**BASE, "Attribute": [{}] * (MAX_RECORDS + 1)})


@pytest.mark.parametrize("value", [None, 5, "", "0", "not-a-uuid", f"{{{UUID}}}", "5d9b516c"])
def test_only_the_spelling_of_the_standard_is_a_uuid(value: object) -> None:
    assert not is_uuid(value)
    assert is_uuid(UUID)


@pytest.mark.parametrize(
    ("type_", "value", "pattern"),
    [
        ("url", "evil.example/a", "[url:value = 'http://evil.example/a']"),
        ("url", "https://evil.example/a", "[url:value = 'https://evil.example/a']"),
        ("regkey", "HKCU\\Software\\Evil", "[windows-registry-key:key = 'HKEY_CURRENT_USER\\\\Software\\\\Evil']"),
    ],
)
def test_values_that_stix_wants_in_full_are_spelled_out_and_said(type_: str, value: str, pattern: str) -> None:
    items = read(event(attribute(1, type=type_, value=value)))
    assert patterns(items) == [pattern]
    said = [finding.message for item in items for finding in item.findings]
    assert any("read as" in text for text in said) == (value != "https://evil.example/a")
    assert not any(finding.must for item in items for finding in item.findings)


@pytest.mark.parametrize("bad", [7, "x", None, [], {"type": "domain"}, {"type": "nonsense", "value": "x"}])
def test_a_bad_record_is_told_and_its_neighbours_are_kept(bad: Any) -> None:
    items = read(event(attribute(1), bad, attribute(2)))
    assert len(patterns(items)) == 2
    assert len(refused(items)) == 1
    assert refused(items)[0].startswith("event 0 (an event): Error loading Attribute")


def test_an_attribute_whose_value_fails_its_check_is_told_as_left_out() -> None:
    items = read(event(attribute(1, type="md5", value="zz\x1b[31m"), attribute(2)))
    assert len(patterns(items)) == 1
    assert "Failed validation for md5" in refused(items)[0]
    assert refused(items)[0].isprintable()


@pytest.mark.parametrize(
    "bad",
    [
        {"info": "no time"},
        {**BASE, "date": "9999-99-99", "timestamp": "99999999999999"},
        {**BASE, "Attribute": 7},
        {**BASE, "Galaxy": [{}]},
        {**BASE, "Tag": [7]},
        {**BASE, "Orgc": {"a": 1}},
        {**BASE, "Attribute": json.loads("[" * 500 + "]" * 500)},
        7,
        "event",
        None,
        [[[[5]]]],
    ],
)
def test_a_bad_event_is_told_in_one_line_and_its_neighbours_are_kept(bad: Any) -> None:
    items = read([event(attribute(1)), bad, event(attribute(2), uuid=UUID.replace("5d9b", "6d9b"))])
    assert len(patterns(items)) == 2
    (message,) = refused(items)
    assert message.startswith("event 1")
    assert message.isprintable()
    assert "Traceback" not in message


def test_a_message_with_a_trace_of_calls_loses_the_trace() -> None:
    said = misp.messages({"x": ['Error with it:\n  File "/lib/x.py", line 1, in f\n    f()\nno colour.']})
    assert said == ["Error with it: no colour."]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"Event": {"info": ', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "without a MISP event"),
        (b'{"response": []}', "without a MISP event"),
    ],
)
def test_a_file_without_events_is_unreadable(raw: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        read(raw)


def test_a_name_that_stands_twice_in_an_event_is_refused() -> None:
    assert "occurs twice" in refused(read(b'{"info": "a", "info": "b", "date": "2026-01-02"}'))[0]


def test_a_file_over_the_limit_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(misp, "MAX_FILE", 1 << 20)
    with pytest.raises(UnreadableFile, match="larger than 1 MiB"):
        read(b" " * (2 << 20))


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("misp_stix_converter"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"backchannel\[misp\]"):
        read(event())


def test_nothing_is_printed_whatever_the_event(capfd: pytest.CaptureFixture[str]) -> None:
    read(event(attribute(1, type="md5", value="zz"), 7, attribute(2, first_seen="nonsense"), Tag=[{"name": "tlp:x"}]))
    assert capfd.readouterr() == ("", "")


def test_what_the_libraries_log_goes_no_further(caplog: pytest.LogCaptureFixture) -> None:
    read(event(attribute(1)))
    logging.getLogger("pymisp").warning("a template is unknown")
    assert caplog.records == []


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", UUID, "domain", "2026-01-02"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Event", "Attribute", "Object", "Galaxy", "GalaxyCluster", "Tag", "type", "value", "uuid"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(["Attribute", "Object", "Galaxy", "Tag", "Orgc", "EventReport"]), _json))
def test_whatever_an_event_holds_it_is_converted_or_told(value: dict[str, Any]) -> None:
    for item in read({"info": "x", "date": "2026-01-02", **value}):
        assert item.object is not None or item.findings


@pytest.mark.slow
@needs_shared_data
def test_every_real_event_comes_in_valid_and_whole() -> None:
    validate = Stix21Validator()
    invalid, kept, count = [], 0, 0
    files = sorted((SHARED_DATA / "eset").glob("*.json"))
    for path in files:
        with path.open("rb") as stream:
            for item in read_misp(stream):
                assert item.object is not None, item.findings
                count += 1
                kept += item.original is not None
                if any(found.must for found in validate(item.object.value)):
                    invalid.append(item.object.value.get("key"))
    assert len(files) == kept == 32
    assert count > 8000
    # The publisher's own mistake: two hives in one key.
    assert invalid == [r"(HKLM|HKCU)\Software\Microsoft\Windows\CurrentVersion\Explorer\CLSID" + "\\"]
