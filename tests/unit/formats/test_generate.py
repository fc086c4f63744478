"""Objects made here are valid, and the same input always makes the same bytes."""

import re
from datetime import UTC, datetime
from uuid import UUID, uuid5

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stix2validator import ValidationOptions, validate_string

from backchannel.core.observable import KINDS, Observable, canonical, from_pattern
from backchannel.core.pattern import parse
from backchannel.formats.generate import INDICATED_TYPES, ExternalReference, Generator

NAMESPACE = UUID("3f1d9c6e-4f0b-5c39-9a4e-0d2f6a1b7c88")
NOW = datetime(2026, 11, 22, 20, 31, tzinfo=UTC)
SAMPLES = {
    "autonomous-system": "64500",
    "domain-name": "evil.example",
    "email-addr": "bad@evil.example",
    "file-authentihash": "a" * 64,
    "file-imphash": "a" * 32,
    "file-md5": "a" * 32,
    "file-name": 'it\'s \\ "bad".exe',
    "file-path": "c:\\bad\\it.exe",
    "file-sha1": "a" * 40,
    "file-sha224": "a" * 56,
    "file-sha256": "a" * 64,
    "file-sha3-256": "a" * 64,
    "file-sha3-512": "a" * 128,
    "file-sha384": "a" * 96,
    "file-sha512": "a" * 128,
    "file-ssdeep": "3:abc:def",
    "file-tlsh": "a" * 70,
    "ipv4-addr": "198.51.100.0/24",
    "ipv6-addr": "2001:db8::1",
    "mac-addr": "00:11:22:33:44:55",
    "mutex": "Global\\bad",
    "process-name": "bad",
    "socket-addr": "evil.example:8080",
    "url": "http://evil.example/it's?a=b",
    "url-path": "/bad.php?x",
    "user-agent": "Bad/1.0",
    "windows-registry-key": "HKLM\\Software\\Bad",
}


def generator(namespace: UUID = NAMESPACE) -> Generator:
    return Generator(namespace, NOW)


def oasis_errors(raw: bytes) -> list[str]:
    verdict = validate_string(raw.decode(), ValidationOptions(version="2.1"))
    return [str(error) for error in verdict.errors]


def test_the_judge_does_see_errors() -> None:
    threat = generator().threat("Cat")
    assert oasis_errors(threat.replace(b'"is_family":true', b'"is_family":1')) != []


def test_there_is_a_sample_of_every_type() -> None:
    assert set(SAMPLES) == KINDS


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_the_indicator_of_any_type_of_value_is_valid_by_the_oasis_validator(kind: str) -> None:
    observable = canonical(kind, SAMPLES[kind])
    reference = ExternalReference("news.example", "First seen", "https://news.example/a")
    raw = generator().indicator(observable, description="Seen twice", references=[reference])
    assert oasis_errors(raw) == []
    value = msgspec.json.decode(raw)
    assert value["name"] == observable.value
    assert observable in from_pattern(parse(value["pattern"]).comparisons)
    assert value["external_references"] == [
        {"source_name": "news.example", "description": "First seen", "url": "https://news.example/a"}
    ]


@pytest.mark.parametrize("type_", sorted(INDICATED_TYPES))
def test_a_threat_and_what_indicates_it_are_valid_by_the_oasis_validator(type_: str) -> None:
    make = generator()
    threat = make.threat('Evil "Cat" \\', type_)
    assert oasis_errors(threat) == []
    identifier = msgspec.json.decode(threat)["id"]
    assert identifier == make.threat_id('evil  "cat" \\', type_)
    relation = make.indicates(make.indicator_id(Observable("domain-name", "evil.example")), identifier)
    assert oasis_errors(relation) == []
    assert msgspec.json.decode(relation)["target_ref"] == identifier


def test_what_is_made_twice_is_the_same_bytes() -> None:
    value = Observable("domain-name", "evil.example")
    assert generator().indicator(value) == generator().indicator(value)
    assert generator().threat("Cat") == generator().threat("Cat")


def test_the_time_of_import_changes_no_id() -> None:
    later = Generator(NAMESPACE, datetime(2027, 1, 1, tzinfo=UTC))
    value = Observable("domain-name", "evil.example")
    assert later.indicator_id(value) == generator().indicator_id(value)
    assert later.indicator(value) != generator().indicator(value)


def test_two_nodes_never_make_the_same_id() -> None:
    value = Observable("domain-name", "evil.example")
    assert generator(UUID(int=5)).indicator_id(value) != generator().indicator_id(value)


def test_an_id_is_the_uuid_5_of_the_standard() -> None:
    for number in range(50):
        key = f"key {number}"
        assert generator().id_of("indicator", key) == f"indicator--{uuid5(NAMESPACE, f'indicator:{key}')}"


def test_values_of_two_types_with_one_spelling_have_two_ids() -> None:
    make = generator()
    digits = "a" * 64
    assert make.indicator_id(Observable("file-sha256", digits)) != make.indicator_id(Observable("mutex", digits))


@pytest.mark.parametrize(("name", "type_"), [("", "malware"), ("  ", "malware"), ("Cat", "report")])
def test_a_threat_without_a_name_or_of_another_type_is_refused(name: str, type_: str) -> None:
    with pytest.raises(ValueError, match=re.escape("a threat needs a name")):
        generator().threat(name, type_)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_no_text_can_break_out_of_its_property(text: str) -> None:
    observable = Observable("mutex", text)
    value = msgspec.json.decode(generator().indicator(observable, description=text))
    assert value["name"] == text
    assert value.get("description", "") == text
    assert set(value) <= {
        *("type", "spec_version", "id", "created", "modified", "name", "description"),
        *("pattern", "pattern_type", "pattern_version", "valid_from"),
    }
