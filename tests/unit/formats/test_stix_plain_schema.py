"""The schema of the common case never accepts what the long way would refuse."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.core import conformance
from backchannel.formats.schemas import Stix21Validator
from paths import SHARED_DATA, needs_shared_data

UUID = "0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061"
VALIDATE = Stix21Validator()


def the_long_way(value: dict[str, Any]) -> bool:
    compiled = VALIDATE.compiled(value)
    rest = conformance.check(value, character_sets=VALIDATE.character_sets)
    return compiled.whole.is_valid(value) and not any(found.must for found in rest)


def the_short_way(value: dict[str, Any]) -> bool:
    compiled = VALIDATE.compiled(value)
    if compiled.plain is None or not compiled.plain.is_valid(value):
        return False
    rest = conformance.check_rest(value["type"], value, character_sets=VALIDATE.character_sets)
    return not any(found.must for found in rest)


def relationship(**properties: Any) -> dict[str, Any]:
    time = "2026-01-01T00:00:00.000Z"
    return {
        "type": "relationship", "spec_version": "2.1", "id": f"relationship--{UUID}", "created": time,
        "modified": time, "relationship_type": "uses", "source_ref": f"malware--{UUID}",
        "target_ref": f"tool--{UUID}", **properties,
    }  # fmt: skip


def test_a_plain_object_goes_the_short_way() -> None:
    assert the_short_way(relationship())
    assert the_short_way(relationship(description="a", confidence=5, x_custom=["a"], external_references=[
        {"source_name": "a", "url": "https://a.example/"}
    ]))  # fmt: skip


@pytest.mark.parametrize(
    "properties",
    [
        {"id": f"malware--{UUID}"},
        {"created": "2026-02-30T00:00:00.000Z", "modified": "2026-03-01T00:00:00.000Z"},
        {"start_time": "2026-12-31T23:59:60Z"},
        {"created_by_ref": f"tool--{UUID}"},
        {"object_marking_refs": [f"identity--{UUID}"]},
        {"modified": "2025-01-01T00:00:00.000Z"},
        {"lang": "no language"},
        {"granular_markings": [{"selectors": ["nothing"], "lang": "en"}]},
        {"x_custom": None},
        {"x_custom": []},
        {"labels": []},
        {"X": 1},
        {"ab": 1},
        {"created": None},
        {"severity": 1},
        {"x_data_bin": "not base64!"},
        {"x_data_hex": "xyz"},
        {"x_bin": "not base64!"},
        {"extensions": {"a": 1}},
    ],
    ids=lambda properties: next(iter(properties)) + "=" + str(next(iter(properties.values())))[:20],
)
def test_what_the_long_way_refuses_the_short_way_does_not_accept(properties: dict[str, Any]) -> None:
    value = relationship(**properties)
    assert not the_long_way(value)
    assert not the_short_way(value)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 200),
    st.text(max_size=4),
    st.just([]),
    st.just({}),
    st.just(["a"]),
    st.sampled_from(["2026-01-01T00:00:00.000Z", "2026-02-31T00:00:00.000Z", "2026-01-01T00:00:60Z", "en", "stix"]),
    st.sampled_from(
        [f"{kind}--{UUID}" for kind in ("identity", "malware", "file", "marking-definition", "software")]
    ),
    st.sampled_from([[f"{kind}--{UUID}"] for kind in ("identity", "malware", "file", "marking-definition")]),
)


KINDS = [
    "attack-pattern",
    "campaign",
    "identity",
    "indicator",
    "intrusion-set",
    "location",
    "malware",
    "malware-analysis",
    "note",
    "observed-data",
    "relationship",
    "report",
    "sighting",
    "tool",
    "vulnerability",
    "directory",
    "domain-name",
    "email-message",
    "file",
    "ipv4-addr",
    "network-traffic",
    "process",
    "software",
    "url",
    "user-account",
]
NAMES = [
    "name",
    "value",
    "created_by_ref",
    "object_marking_refs",
    "lang",
    "labels",
    "confidence",
    "first_seen",
    "last_seen",
    "valid_from",
    "valid_until",
    "pattern",
    "pattern_type",
    "is_family",
    "sample_refs",
    "object_refs",
    "sighting_of_ref",
    "where_sighted_refs",
    "number_observed",
    "first_observed",
    "last_observed",
    "published",
    "resolves_to_refs",
    "path",
    "path_enc",
    "protocols",
    "src_ref",
    "pid",
    "image_ref",
    "user_id",
    "is_multipart",
    "body",
    "body_multipart",
    "extensions",
    "granular_markings",
    "languages",
    "cpe",
    "mtime",
    "product",
    "result",
    "country",
    "aliases",
    "content",
    "defanged",
    "revoked",
    "external_references",
]


@settings(max_examples=500)
@given(st.data())
def test_whatever_is_changed_the_short_way_accepts_only_what_the_long_way_does(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    seed = {**relationship(), "type": kind, "id": f"{kind}--{UUID}", "value": "a.example", "name": "a"}
    extra = st.sampled_from([*NAMES, "x_a_bin", "x_a", "x_" + "a" * 300, "hashes", "Name", "ab"])
    value = {**seed, **data.draw(st.dictionaries(extra, VALUES, max_size=6))}
    for name in data.draw(st.sets(st.sampled_from(sorted(value)), max_size=5)) - {"type"}:
        del value[name]
    if the_short_way(value):
        assert the_long_way(value)


@needs_shared_data
def test_on_all_fixtures_both_ways_agree_where_the_short_one_accepts() -> None:
    accepted = 0
    for path in sorted((SHARED_DATA / "stix-fixtures").rglob("*.json")):
        value = json.loads(path.read_bytes())
        inside = value.get("objects") if isinstance(value, dict) else value
        for each in inside if isinstance(inside, list) else [value]:
            if isinstance(each, dict) and the_short_way(each):
                accepted += 1
                assert the_long_way(each), path.name
    assert accepted > 200
