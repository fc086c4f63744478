"""What STIX says about its properties, held against an independent library."""

from typing import Any

import pytest
from stix2 import registry
from stix2.v21 import vocab

from backchannel.core.properties import (
    COMMON,
    KNOWN_KEYS,
    OBSERVABLE_TYPES,
    REQUIRED,
    VOCABULARY,
    required,
    still_valid,
)

TYPES = {**registry.STIX2_OBJ_MAPS["2.1"]["objects"], **registry.STIX2_OBJ_MAPS["2.1"]["observables"]}
BEYOND = {"indicator": {"valid_from"}, "marking-definition": {"definition_type", "definition", "extensions", "name"}}
"""What the specification needs and the library fills in or checks otherwise."""


def test_the_types_are_those_of_the_specification() -> None:
    assert set(REQUIRED) == set(TYPES) - {"bundle"}
    assert set(registry.STIX2_OBJ_MAPS["2.1"]["observables"]) == OBSERVABLE_TYPES


@pytest.mark.parametrize("kind", sorted(REQUIRED))
def test_required_properties_are_those_of_the_specification(kind: str) -> None:
    library = {name for name, one in TYPES[kind]._properties.items() if one.required and name != "created_by_ref"}
    library |= {"created_by_ref"} if kind == "extension-definition" else set()
    assert REQUIRED[kind] == (library - COMMON) | BEYOND.get(kind, set())


def test_every_property_of_the_specification_is_known() -> None:
    for kind in TYPES.values():
        assert set(kind._properties) <= KNOWN_KEYS


def test_words_of_the_open_vocabularies_are_known() -> None:
    names = (
        "INDICATOR_TYPE",
        "MALWARE_TYPE",
        "MALWARE_CAPABILITIES",
        "REPORT_TYPE",
        "THREAT_ACTOR_TYPE",
        "TOOL_TYPE",
    )
    names += ("TOOL_TYPE", "IDENTITY_CLASS", "INFRASTRUCTURE_TYPE", "INDUSTRY_SECTOR", "OPINION", "PATTERN_TYPE")
    for name in names:
        assert set(getattr(vocab, name)) <= VOCABULARY


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({"type": "malware", "is_family": True}, {"is_family", "name"}),
        ({"type": "malware", "is_family": False}, {"is_family"}),
        ({"type": "tool"}, {"name"}),
        ({"type": "x-example"}, {"extensions"}),
        ({"type": "tool", "extensions": {"a": {"extension_type": "property-extension"}}}, {"name"}),
        (
            {"type": "tool", "extensions": {"a": {"extension_type": "toplevel-property-extension"}}},
            {"name", "extensions"},
        ),
        ({"type": "tool", "extensions": {"a": 7}}, {"name"}),
    ],
)
def test_what_an_object_needs_depends_on_what_it_says(value: dict[str, Any], names: set[str]) -> None:
    assert required(value) == names


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        ({"type": "file", "name": "a"}, True),
        ({"type": "file", "size": 7}, False),
        ({"type": "network-traffic", "protocols": ["tcp"]}, False),
        ({"type": "network-traffic", "protocols": ["tcp"], "src_ref": "x"}, True),
        ({"type": "observed-data", "number_observed": 1}, False),
        ({"type": "malware-analysis", "product": "p"}, False),
        ({"type": "artifact", "url": "https://a.example"}, False),
        ({"type": "artifact", "url": "https://a.example", "hashes": {}}, True),
        ({"type": "location", "name": "here"}, False),
        ({"type": "location", "country": "ch"}, True),
        ({"type": "location", "latitude": 1.0, "country": "ch"}, False),
        ({"type": "location", "latitude": 1.0, "longitude": 2.0}, True),
        ({"type": "process", "id": "x", "defanged": True}, False),
        ({"type": "process", "pid": 7}, True),
        ({"type": "user-account", "extensions": {}}, False),
        ({"type": "tool", "name": "n"}, True),
    ],
)
def test_what_a_type_needs_together_is_checked(value: dict[str, Any], valid: bool) -> None:
    assert still_valid(value) is valid
