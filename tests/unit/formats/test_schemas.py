"""The validator says what is wrong with an object in few words, and lets sound objects pass."""

import importlib
import subprocess
import sys
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.errors import BackchannelError
from backchannel.flow.ports import Validator
from backchannel.formats import schemas
from backchannel.formats.schemas import Stix21Validator
from backchannel.formats.stix_schema_errors import MAX_FINDINGS

UUID = "0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061"
TIME = "2026-01-01T00:00:00.000Z"
VALIDATE: Validator = Stix21Validator()


def common(kind: str, **properties: Any) -> dict[str, Any]:
    head = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{UUID}", "created": TIME, "modified": TIME}
    return {**head, **properties}


INDICATOR = common("indicator", pattern="[domain-name:value = 'a.example']", pattern_type="stix", valid_from=TIME)


def said(value: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each.rule, each.message) for each in VALIDATE(value)]


class TestSoundObjects:
    @pytest.mark.parametrize(
        "value",
        [
            INDICATOR,
            {**INDICATOR, "x_custom": {"a": [1, None]}, "untidy_custom": True},
            common("x-example-thing", name="a"),
            common("malware", is_family=True, name="a"),
            {"type": "domain-name", "id": f"domain-name--{UUID}", "value": "a.example"},
            {"type": "x-usb", "id": f"x-usb--{UUID}", "serial": "a"},
            common("identity", name="a", granular_markings=[{"selectors": ["name"], "lang": "en"}]),
        ],
        ids=lambda value: value["type"],
    )
    def test_pass_without_a_finding(self, value: dict[str, Any]) -> None:
        assert VALIDATE(value) == []


class TestFaults:
    @pytest.mark.parametrize(
        ("value", "rule", "message"),
        [
            (common("malware"), "schema:required", "`is_family` is missing"),
            (
                {**INDICATOR, "confidence": 101},
                "schema:maximum",
                "confidence: 101 is greater than the maximum of 100",
            ),
            ({**INDICATOR, "labels": []}, "schema:minItems", "labels: a list must not be empty"),
            ({**INDICATOR, "id": "indicator--1"}, "schema:pattern", "id: not an identifier (type--UUID of RFC 4122)"),
            (
                {**INDICATOR, "created": "2026"},
                "schema:pattern",
                "created: not a timestamp like 2026-11-22T20:31:00.000Z",
            ),
            (
                {**INDICATOR, "created": "2025-01-01T00:00:00Z"},
                "schema:pattern",
                "created: a timestamp must have milliseconds here",
            ),
            ({**INDICATOR, "revoked": "no"}, "schema:type", 'revoked: "no" is not of type "boolean"'),
            ({**INDICATOR, "x": 1}, "schema:additionalProperties", "not allowed here, or not a valid name: x"),
            (
                common("opinion", opinion="so-so", object_refs=["tool--" + UUID]),
                "schema:enum",
                'opinion: "so-so" is not one of "strongly-disagree", "disagree" or 3 other candidates',
            ),
            (
                {"type": "url", "id": f"url--{UUID}", "value": "not a url"},
                "schema:format",
                'value: "not a url" is not a "uri"',
            ),
            ({}, "schema:required", "`type` is missing"),
        ],
        ids=lambda each: each if isinstance(each, str) else "",
    )
    def test_are_said_with_rule_and_place(self, value: dict[str, Any], rule: str, message: str) -> None:
        assert (rule, message) in said(value)
        assert any(each.must for each in VALIDATE(value))

    def test_of_alternatives_the_nearest_speaks(self) -> None:
        reference = {"source_name": "cve", "external_id": "2016-1234"}
        (found,) = VALIDATE(common("vulnerability", name="a", external_references=[reference]))
        assert found.message.startswith("external_references[0].external_id: does not match ^CVE-")
        assert found.value == "2016-1234"

    def test_what_must_not_stand_together_is_named(self) -> None:
        value = {"type": "artifact", "id": f"artifact--{UUID}", "payload_bin": "eA==", "url": "https://a.example/"}
        assert said(value) == [("schema:not", "`url` must not stand beside the others")]

    def test_a_hundred_faults_are_said_in_a_few_findings(self) -> None:
        value = {**INDICATOR, "external_references": [{"source_name": 5}] * 100_000}
        start = time.process_time()
        found = VALIDATE(value)
        assert 1 <= len(found) <= MAX_FINDINGS
        assert time.process_time() - start < 10

    def test_findings_of_the_rules_beyond_the_schema_come_with_them(self) -> None:
        value = {**INDICATOR, "confidence": 101, "pattern": "[", "modified": "2025-01-01T00:00:00.000Z"}
        assert [rule for rule, _ in said(value)] == ["schema:maximum", "modified-before-created", "pattern"]

    def test_a_granular_marking_still_needs_selectors(self) -> None:
        value = common("identity", name="a", granular_markings=[{"lang": "en"}])
        assert said(value) == [("schema:required", "granular_markings[0]: `selectors` is missing")]

    def test_nothing_of_an_object_gets_raw_into_a_message(self) -> None:
        evil = "\x1b[31m\u202e" + "x" * 500
        for value in (
            {**INDICATOR, evil: 1},
            {**INDICATOR, "revoked": evil},
            {**INDICATOR, "id": evil},
            {**INDICATOR, "external_references": [{"source_name": "a", "url": evil}]},
            {**INDICATOR, "extensions": {evil: {evil: evil}}},
        ):
            found = VALIDATE(value)
            assert found
            for each in found:
                assert "\x1b" not in each.message + each.value
                assert "\u202e" not in each.message + each.value
                assert len(each.message) < 400


class TestHowItIsMade:
    def test_importing_the_module_reads_nothing_and_not_the_oasis_package(self) -> None:
        code = "import sys, backchannel.formats.schemas; sys.exit('stix2validator' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

    def test_the_schemas_are_compiled_once(self) -> None:
        validator = Stix21Validator()
        validator(INDICATOR)
        start = time.process_time()
        for _ in range(50):
            validator(INDICATOR)
        assert time.process_time() - start < 0.5

    def test_missing_schemas_are_an_error_with_the_name_of_the_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(schemas, "_PACKAGE", "a_package_that_is_not_there")
        with pytest.raises(BackchannelError, match="stix2-validator"):
            Stix21Validator()(INDICATOR)
        importlib.invalidate_caches()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
NAMES = [
    *INDICATOR,
    "extensions",
    "external_references",
    "granular_markings",
    "lang",
    "objects",
    "hashes",
    "definition",
]
KINDS = ["indicator", "file", "marking-definition", "observed-data", "network-traffic", "x-a", "bundle", ""]


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), json_values, max_size=5), st.sampled_from(KINDS))
def test_whatever_the_object_the_validator_answers(properties: dict[str, Any], kind: str) -> None:
    found = VALIDATE({"type": kind, **properties})
    assert all(each.message and each.rule for each in found)


@given(st.sampled_from(["x-" + "a" * 5000, "a-" * 4000, "a" * 50_000 + "!", "-" * 10_000]))
def test_no_type_name_makes_the_expressions_slow(kind: str) -> None:
    start = time.process_time()
    assert VALIDATE({**INDICATOR, "type": kind})
    assert time.process_time() - start < 2
