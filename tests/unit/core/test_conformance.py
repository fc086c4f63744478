"""Each MUST that the schemas cannot say has a test that names it; recommendations are warnings."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.conformance import Finding, check

UUID = "0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061"
MARK = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"


def sound(kind: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{UUID}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        **properties,
    }


def observable(kind: str, **properties: Any) -> dict[str, Any]:
    return {"type": kind, "spec_version": "2.1", "id": f"{kind}--{UUID}", **properties}


def rules(value: Mapping[str, Any], **options: Any) -> list[tuple[str, bool]]:
    return [(each.rule, each.must) for each in check(value, **options)]


def only(value: Mapping[str, Any]) -> Finding:
    (found,) = check(value)
    return found


class TestIdentifiers:
    def test_an_id_must_begin_with_the_type(self) -> None:
        assert rules(sound("malware", id=f"tool--{UUID}")) == [("id-type", True)]

    def test_a_type_that_begins_like_another_is_another(self) -> None:
        assert rules(sound("malware", id=f"malware-analysis--{UUID}")) == [("id-type", True)]

    @pytest.mark.parametrize("name", ["created", "modified"])
    def test_what_an_observables_version_is_named_by_must_not_hold_a_nul(self, name: str) -> None:
        """The standard gives observables no such properties, so its schemas do not look at them."""
        found = only(observable("domain-name", value="example.com", **{name: "2026\0"}))
        assert (found.rule, found.must, found.value) == ("nul", True, "2026\\x00")
        assert rules(observable("x-a\0", id=f"x-a\0--{UUID}")) == [("nul", True)] * 2

    def test_a_deterministic_id_that_differs_is_a_warning(self) -> None:
        right = "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7"
        assert rules(observable("domain-name", id=right, value="example.com")) == []
        assert rules(observable("domain-name", id=right, value="example.org")) == [("deterministic-id", False)]

    def test_a_random_id_of_an_observable_is_allowed(self) -> None:
        assert rules(observable("domain-name", value="example.com")) == []

    def test_an_observable_without_contributing_properties_must_have_a_random_id(self) -> None:
        derived = "c46ca0ae-6b2e-5d3a-9c0d-9bd1ac15d5c9"
        assert rules(observable("process", id=f"process--{derived}", pid=1)) == [("random-id", True)]
        assert rules(observable("process", pid=1)) == []
        assert rules(observable("artifact", id=f"artifact--{derived}", mime_type="a/b")) == [("random-id", True)]


class TestTimes:
    def test_modified_must_not_be_before_created(self) -> None:
        assert rules(sound("tool", modified="2025-12-31T23:59:59.999Z")) == [("modified-before-created", True)]

    def test_times_are_compared_by_all_their_digits(self) -> None:
        created, later = "2026-01-01T00:00:00.100Z", "2026-01-01T00:00:00.1000001Z"
        assert rules(sound("tool", created=created, modified=later)) == []
        assert rules(sound("tool", created=later, modified=created)) == [("modified-before-created", True)]
        assert rules(sound("tool", created=created, modified="2026-01-01T00:00:00.1Z")) == []

    @pytest.mark.parametrize(
        ("kind", "later", "earlier", "rule"),
        [
            ("campaign", "last_seen", "first_seen", "last-seen-before-first-seen"),
            ("infrastructure", "last_seen", "first_seen", "last-seen-before-first-seen"),
            ("intrusion-set", "last_seen", "first_seen", "last-seen-before-first-seen"),
            ("malware", "last_seen", "first_seen", "last-seen-before-first-seen"),
            ("sighting", "last_seen", "first_seen", "last-seen-before-first-seen"),
            ("threat-actor", "last_seen", "first_seen", "last-seen-before-first-seen"),
            ("observed-data", "last_observed", "first_observed", "last-observed-before-first-observed"),
            ("network-traffic", "end", "start", "end-before-start"),
        ],
    )
    def test_an_end_must_not_be_before_its_beginning(self, kind: str, later: str, earlier: str, rule: str) -> None:
        times = {later: "2026-01-01T00:00:00Z", earlier: "2026-01-02T00:00:00Z"}
        assert (rule, True) in rules(sound(kind, **times))
        same = dict.fromkeys(times, "2026-01-01T00:00:00Z")
        assert (rule, True) not in rules(sound(kind, **same))

    @pytest.mark.parametrize(
        ("kind", "later", "earlier", "rule"),
        [
            ("indicator", "valid_until", "valid_from", "valid-until-not-after-valid-from"),
            ("relationship", "stop_time", "start_time", "stop-time-not-after-start-time"),
        ],
    )
    def test_some_ends_must_not_even_be_at_the_same_time(
        self, kind: str, later: str, earlier: str, rule: str
    ) -> None:
        same = dict.fromkeys((later, earlier), "2026-01-01T00:00:00Z")
        assert rules(sound(kind, **same)) == [(rule, True)]
        assert rules(sound(kind, **{**same, later: "2026-01-01T00:00:00.1Z"})) == []

    def test_an_analysis_that_ends_before_it_began_is_a_warning_because_the_standard_is_silent(self) -> None:
        times = {"analysis_ended": "2026-01-01T00:00:00Z", "analysis_started": "2026-01-02T00:00:00Z"}
        assert rules(sound("malware-analysis", **times)) == [("analysis-ended-before-started", False)]

    @pytest.mark.parametrize("time", ["2026-02-29T00:00:00.000Z", "2026-04-31T00:00:00Z", "2026-01-01T00:00:60Z"])
    def test_a_time_must_exist(self, time: str) -> None:
        assert rules(sound("sighting", first_seen=time)) == [("impossible-time", True)]
        assert rules(observable("file", name="x", mtime=time)) == [("impossible-time", True)]

    def test_a_leap_day_exists(self) -> None:
        assert rules(sound("sighting", first_seen="2028-02-29T00:00:00Z")) == []

    def test_times_in_extensions_are_judged(self) -> None:
        extension = {"windows-pebinary-ext": {"pe_type": "exe", "time_date_stamp": "2026-02-30T00:00:00Z"}}
        assert ("impossible-time", True) in rules(observable("file", name="x", extensions=extension))

    def test_times_of_an_x509_extension_are_judged(self) -> None:
        inner = {"private_key_usage_period_not_before": "2026-02-30T00:00:00Z"}
        assert ("impossible-time", True) in rules(
            observable("x509-certificate", serial_number="1", x509_v3_extensions=inner)
        )


class TestReferences:
    @pytest.mark.parametrize(
        ("value", "target"),
        [
            (sound("tool"), {"created_by_ref": "malware--" + UUID}),
            (sound("tool"), {"object_marking_refs": [MARK, "identity--" + UUID]}),
            (sound("malware"), {"sample_refs": ["indicator--" + UUID]}),
            (sound("sighting"), {"where_sighted_refs": ["malware--" + UUID]}),
            (sound("sighting"), {"observed_data_refs": ["file--" + UUID]}),
            (observable("domain-name", value="x"), {"resolves_to_refs": ["file--" + UUID]}),
            (observable("directory", path="x"), {"contains_refs": ["url--" + UUID]}),
            (observable("process", pid=1), {"image_ref": "directory--" + UUID}),
            (observable("network-traffic", protocols=["tcp"]), {"src_ref": "file--" + UUID}),
        ],
        ids=lambda each: next(iter(each)) if "type" not in each else each["type"],
    )
    def test_a_reference_must_name_a_type_that_it_may(self, value: dict[str, Any], target: dict[str, Any]) -> None:
        assert rules(value | target) == [("reference-type", True)]

    def test_references_within_extensions_are_judged(self) -> None:
        extension = {"windows-service-ext": {"service_dll_refs": ["directory--" + UUID]}}
        assert rules(observable("process", extensions=extension)) == [("reference-type", True)]

    def test_references_of_the_parts_of_a_mail_are_judged(self) -> None:
        parts = [{"body_raw_ref": "url--" + UUID}]
        mail = observable("email-message", subject="x", is_multipart=True, body_multipart=parts)
        assert rules(mail) == [("reference-type", True)]

    def test_references_within_old_observed_data_name_keys_and_are_left_alone(self) -> None:
        objects = {"0": {"type": "domain-name", "value": "example.com", "resolves_to_refs": ["1"]}}
        assert rules(sound("observed-data", objects=objects)) == []


class TestMarkings:
    def test_a_selector_must_find_something(self) -> None:
        def marked(selector: str) -> dict[str, Any]:
            marking = {"selectors": [selector], "marking_ref": MARK}
            return sound("tool", name="x", labels=["a"], granular_markings=[marking])

        for found in ("name", "labels", "labels.[0]", "granular_markings.[0].marking_ref", "id"):
            assert rules(marked(found)) == []
        for missing in ("title", "labels.[1]", "labels.0", "name.[0]", "name.x"):
            assert rules(marked(missing)) == [("selector", True)]

    def test_a_granular_marking_must_have_either_a_mark_or_a_language(self) -> None:
        both = {"selectors": ["name"], "marking_ref": MARK, "lang": "en"}
        neither = {"selectors": ["name"]}
        for marking in (both, neither):
            assert rules(sound("tool", name="x", granular_markings=[marking])) == [("granular-marking-one-of", True)]

    def test_a_marking_definition_must_not_mark_itself(self) -> None:
        value = sound("marking-definition", id=MARK)
        granular = [{"selectors": ["id"], "marking_ref": MARK}]
        assert rules(value | {"object_marking_refs": [MARK]}) == [("marks-itself", True)]
        assert rules(value | {"granular_markings": granular}) == [("marks-itself", True)]


class TestSingleTypes:
    def test_a_stix_pattern_must_parse(self) -> None:
        found = only(sound("indicator", pattern="[a:b = ", pattern_type="stix"))
        assert (found.rule, found.must) == ("pattern", True)
        assert "the pattern ends" in found.message

    def test_patterns_of_other_languages_are_not_read(self) -> None:
        assert rules(sound("indicator", pattern="rule x {}", pattern_type="yara")) == []

    def test_an_unusual_name_in_a_pattern_is_a_warning(self) -> None:
        value = sound("indicator", pattern="[configuration-profile:id = 'x']", pattern_type="stix")
        assert rules(value) == [("pattern-name", False), ("pattern-name", False)]

    @pytest.mark.parametrize("tag", ["en", "de-CH-1996", "zh-Hant-TW", "sr-Cyrl", "en-x-private"])
    def test_language_tags_are_allowed(self, tag: str) -> None:
        assert rules(sound("tool", lang=tag)) == []

    @pytest.mark.parametrize("tag", ["english", "e", "en_US", "", "de-"])
    def test_what_is_no_language_tag_is_refused_wherever_it_stands(self, tag: str) -> None:
        expected = [("language", True)]
        assert rules(sound("tool", lang=tag)) == expected
        assert rules(sound("language-content", contents={tag: {"name": "x"}})) == expected
        assert rules(observable("software", name="x", languages=[tag])) == expected
        assert rules(sound("tool", granular_markings=[{"selectors": ["id"], "lang": tag}])) == expected

    def test_translated_names_must_be_property_names(self) -> None:
        assert rules(sound("language-content", contents={"de": {"Na me": "x"}})) == [("property-name", True)]

    def test_a_mail_of_several_parts_must_not_have_a_body_and_the_reverse(self) -> None:
        mail = observable("email-message", subject="x")
        assert rules(mail | {"is_multipart": True, "body": "x"}) == [("email-body", True)]
        assert rules(mail | {"is_multipart": False, "body_multipart": []}) == [("email-body", True)]
        assert rules(mail | {"is_multipart": False, "body": "x"}) == []

    def test_cpe_must_be_of_version_2_3(self) -> None:
        good = r"cpe:2.3:a:microsoft:word:2000:*:*:*:*:*:c\+\+:*"
        assert rules(observable("software", name="x", cpe=good)) == []
        assert rules(observable("software", name="x", cpe="cpe:/a:microsoft:word")) == [("cpe", True)]

    def test_character_sets_must_be_known_when_they_are_given(self) -> None:
        value = observable("file", name="x", name_enc="utf-9")
        assert rules(value, character_sets={"UTF-8"}) == [("character-set", True)]
        assert rules(value) == []

    def test_an_odd_media_type_is_a_warning(self) -> None:
        assert rules(observable("artifact", payload_bin="eA==", mime_type="text")) == [("media-type", False)]

    def test_observables_within_old_observed_data_are_judged_too(self) -> None:
        objects = {"0": {"type": "file", "name": "x", "mtime": "2026-02-30T00:00:00Z"}}
        assert rules(sound("observed-data", objects=objects)) == [("impossible-time", True)]


class TestMessages:
    def test_a_value_is_shown_short_and_without_control_characters(self) -> None:
        found = only(sound("tool", lang="\x1b[31m" + "x" * 1000))
        assert len(found.value) <= 80
        assert "\x1b" not in found.value

    def test_types_and_patterns_cannot_carry_escapes_into_a_message(self) -> None:
        kind = "x-\x1b[31m"
        for found in (
            only(sound(kind, id="tool--" + UUID)),
            only(sound("indicator", pattern="[a:b = \x1b[2J]", pattern_type="stix")),
        ):
            assert "\x1b" not in found.message + found.value

    def test_what_stands_beside_a_time_cannot_carry_escapes(self) -> None:
        value = sound("tool", created="2026-01-02T00:00:00Z\x1b[31m", modified="2026-01-01T00:00:00Z")
        assert not any("\x1b" in found.message for found in check(value))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PROPERTIES = [
    "id", "created", "modified", "first_seen", "last_seen", "lang", "granular_markings", "object_marking_refs",
    "created_by_ref", "pattern", "pattern_type", "contents", "extensions", "body_multipart", "is_multipart",
    "objects",
    "x509_v3_extensions", "languages", "cpe", "hashes", "src_ref", "path_enc", "mime_type",
]  # fmt: skip
KINDS = ["indicator", "file", "email-message", "network-traffic", "language-content", "marking-definition",
         "observed-data", "software", "artifact", "x-custom"]  # fmt: skip


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(PROPERTIES), json_values, max_size=6))
def test_whatever_the_values_the_rules_answer_and_do_not_raise(kind: str, properties: dict[str, Any]) -> None:
    found = check({"type": kind, **properties}, character_sets=frozenset())
    assert all(isinstance(each, Finding) and each.message for each in found)


def test_an_object_without_a_type_is_left_to_the_schema() -> None:
    assert check({}) == []
    assert check({"type": 5}) == []
