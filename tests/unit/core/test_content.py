"""Active content: found wherever it stands, and plain intelligence is never mistaken for it."""

import base64
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.content import FILE_RUN, LONG_RUN, active_content
from paths import SHARED_DATA, needs_shared_data

PLAIN = {
    "type": "indicator",
    "spec_version": "2.1",
    "id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
    "created": "2026-01-01T00:00:00.000Z",
    "modified": "2026-01-01T00:00:00.000Z",
    "pattern": "[url:value = 'https://evil.example/login?user=a@b.example']",
    "pattern_type": "stix",
    "valid_from": "2026-01-01T00:00:00Z",
    "labels": ["malicious-activity"],
}


def encoded(start: bytes, size: int = 300) -> str:
    return base64.b64encode(start + b"\0" * size).decode()


def with_property(name: str, value: object) -> dict[str, Any]:
    return {**PLAIN, name: value}


def test_a_plain_indicator_holds_no_active_content() -> None:
    assert active_content(PLAIN) is None


def test_an_artifact_with_a_payload_is_active_content() -> None:
    artifact = {"type": "artifact", "payload_bin": "VGhpcyBpcyBhIHBsYWNlaG9sZGVyLg=="}
    assert active_content(artifact) == "payload_bin is an encoded binary of 32 characters"


def test_an_artifact_that_is_only_described_is_information() -> None:
    artifact = {"type": "artifact", "url": "https://files.example/a", "hashes": {"SHA-256": "ab" * 32}}
    assert active_content(artifact) is None


def test_an_empty_payload_is_no_payload() -> None:
    assert active_content({"type": "artifact", "payload_bin": ""}) is None


def test_a_payload_in_an_extension_deep_inside_is_found_with_its_place() -> None:
    nested = with_property("extensions", {"x": [{"inner": {"x_dump_bin": "AAAA"}}]})
    assert active_content(nested) == "extensions.x.inner.x_dump_bin is an encoded binary of 4 characters"


@pytest.mark.parametrize("name", ["credential", "password", "private_key", "api_key", "access_token"])
def test_a_credential_is_found_at_any_depth(name: str) -> None:
    assert active_content({"type": "user-account", name: "hunter2"}) == f"{name} is a credential"
    assert active_content(with_property("x_login", [{name: "x"}])) == f"x_login.{name} is a credential"


def test_the_evidence_never_repeats_the_credential() -> None:
    assert "hunter2" not in str(active_content({"type": "user-account", "credential": "hunter2"}))
    assert "hunter2" not in str(active_content({"type": "url", "value": "ftp://bot:hunter2@drop.example/"}))


def test_a_url_with_a_password_is_a_credential_wherever_it_stands() -> None:
    link = "ftp://collector:letmein@drop.example/in"
    assert active_content({"type": "url", "value": link}) == "value holds a URL with a password"
    assert active_content(with_property("pattern", f"[url:value = '{link}']")) is not None
    assert active_content(with_property("labels", [link])) == "labels holds a URL with a password"


def test_a_user_name_without_a_password_in_a_url_is_information() -> None:
    assert active_content({"type": "url", "value": "https://bank.example@evil.example/login:now"}) is None


def test_a_private_key_is_found_and_its_mere_header_is_not_one() -> None:
    header = "-----BEGIN RSA PRIVATE KEY-----"
    assert active_content(with_property("description", f"{header}\nMIIEpAIBAAKCAQEA1c7+9z5Pad7O")) is not None
    assert active_content(with_property("description", f"{header}\\nMIIEpAIBAAKCAQEA1c7+9z5Pad7O")) is not None
    assert active_content(with_property("description", f"The file starts with {header} as usual.")) is None


@pytest.mark.parametrize("link", ["javascript:alert(1)", " JavaScript:x()", "data:text/html,x", "vbscript:x"])
def test_a_link_that_runs_when_followed_is_active_content(link: str) -> None:
    assert active_content({"type": "url", "value": link}) == "value is a link that runs when followed"
    referring = with_property("external_references", [{"source_name": "s", "url": link}])
    assert active_content(referring) == "external_references.url is a link that runs when followed"


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"MZ\x90\0", "Windows program"),
        (b"MZ\0\0", "Windows program"),
        (b"\x7fELF\x02\x01", "Linux program"),
        (b"\xcf\xfa\xed\xfe", "macOS program"),
        (b"\xca\xfe\xba\xbe", "Java program"),
        (b"dex\n035", "Android program"),
        (b"PK\x03\x04", "archive"),
        (b"7z\xbc\xaf\x27\x1c", "archive"),
        (b"Rar!\x1a\x07", "archive"),
        (b"\x1f\x8b\x08", "archive"),
        (b"\xd0\xcf\x11\xe0\xa1", "Office document"),
        (b"%PDF-1.7", "PDF document"),
        (b"#!/bin/sh\n", "script"),
    ],
)
def test_an_encoded_file_in_a_text_is_found_by_its_first_bytes(start: bytes, kind: str) -> None:
    assert kind in str(active_content(with_property("description", f"See {encoded(start)} .")))


@pytest.mark.parametrize("text", [(b"MZ\x90\0" * 60).hex(), (b"MZ\x90\0" * 60).hex().upper()])
def test_a_program_in_hexadecimal_is_found_in_either_case(text: str) -> None:
    assert active_content(with_property("x_sample", text)) == "x_sample holds a Windows program, encoded"


def test_an_encoded_file_broken_into_lines_is_still_found() -> None:
    text = encoded(b"MZ\x90\0")
    folded = "\r\n".join(text[i : i + 76] for i in range(0, len(text), 76))
    assert active_content(with_property("description", folded)) is not None


def test_a_long_unbroken_encoded_run_is_content_whatever_it_starts_with() -> None:
    assert active_content(with_property("x_blob", "A" * LONG_RUN)) == f"x_blob holds {LONG_RUN} encoded characters"
    assert active_content(with_property("x_blob", "A" * (LONG_RUN - 1))) is None


def test_a_short_signature_of_a_program_is_information() -> None:
    assert active_content(with_property("pattern", "[file:content_ref.payload_bin MATCHES 'TVqQAAMA']")) is None


@pytest.mark.parametrize(
    "pattern",
    [
        "[artifact:payload_bin = 'TVqQ']",
        "[artifact:payload_bin IN ('TVqQ')]",
        "[user-account:credential = 'hunter2']",
        "[user-account:credential NOT = 'hunter2']",
    ],
)
def test_a_pattern_that_spells_out_a_payload_or_credential_is_active_content(pattern: str) -> None:
    assert str(active_content(with_property("pattern", pattern))).startswith("pattern spells out ")


@pytest.mark.parametrize(
    "text",
    [
        "The loader runs `powershell -enc SQBFAFgA` and injects <script>alert(1)</script>.",
        "sha512 " + "0f" * 64 + " of the second stage",
        "ssdeep 1536:" + "aB3+/" * 20,
        "MIIC" + "Aa9+" * 450,
    ],
)
def test_prose_hashes_and_certificates_are_information(text: str) -> None:
    assert active_content(with_property("description", text)) is None


def test_an_identifying_property_too_long_for_its_form_is_searched_too() -> None:
    assert active_content(with_property("pattern_type", encoded(b"MZ\x90\0"))) is not None


def test_a_text_made_to_be_slow_is_judged_in_linear_time() -> None:
    hostile = ("A" * (FILE_RUN - 1) + "-") * 20_000
    started = time.process_time()
    assert active_content(with_property("description", hostile)) is None
    assert time.process_time() - started < 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=12), json_values, max_size=6))
def test_whatever_the_object_the_answer_is_a_sentence_or_nothing(value: dict[str, Any]) -> None:
    found = active_content(value)
    assert found is None or found


@given(st.lists(st.sampled_from(["a", "b", "[]"]), max_size=6))
def test_a_payload_is_found_however_deep_it_is_wrapped(wrappers: list[str]) -> None:
    inner: Any = {"payload_bin": "AAAA"}
    for wrapper in wrappers:
        inner = [inner] if wrapper == "[]" else {wrapper: inner}
    assert active_content({"type": "artifact", "x": inner}) is not None


@needs_shared_data
def test_no_published_intelligence_on_mercenary_spyware_is_taken_for_active_content() -> None:
    for file in sorted((SHARED_DATA / "amnesty").glob("*.stix2")):
        found = [active_content(one) for one in msgspec.json.decode(file.read_bytes())["objects"]]
        assert not any(found), file.name
