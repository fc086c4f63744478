"""Observables get the ids that everyone else gives them."""

import json
from typing import Any

import pytest
import stix2

from backchannel.core.stix_ids import CONTRIBUTING, deterministic_id, is_id, type_of

SAMPLES: list[dict[str, Any]] = [
    {"type": "domain-name", "value": "example.com"},
    {"type": "domain-name", "value": "bücher.example"},
    {"type": "ipv4-addr", "value": "192.0.2.1"},
    {"type": "ipv6-addr", "value": "2001:db8::1"},
    {"type": "url", "value": "https://example.com/a?b=c"},
    {"type": "email-addr", "value": "a@example.com", "display_name": "not counted"},
    {"type": "mac-addr", "value": "00:00:5e:00:53:01"},
    {"type": "mutex", "name": "x"},
    {"type": "autonomous-system", "number": 64496},
    {"type": "directory", "path": "C:\\x"},
    {"type": "file", "name": "a.exe", "size": 5},
    {"type": "file", "hashes": {"SHA-256": "a" * 64, "MD5": "b" * 32}, "name": "a"},
    {"type": "file", "hashes": {"SHA-256": "a" * 64, "SSDEEP": "3:abc:def"}},
    {"type": "software", "name": "x", "version": "1"},
    {"type": "user-account", "user_id": "1001", "account_type": "unix"},
    {"type": "windows-registry-key", "key": "HKEY_LOCAL_MACHINE\\x", "values": [{"name": "a", "data": "b"}]},
    {"type": "x509-certificate", "serial_number": "1"},
    {"type": "email-message", "is_multipart": False, "subject": "x", "body": "y"},
]


@pytest.mark.parametrize("value", SAMPLES, ids=lambda value: value["type"])
def test_the_id_is_the_one_that_the_oasis_library_gives(value: dict[str, Any]) -> None:
    made = json.loads(stix2.parse({**value, "spec_version": "2.1"}, version="2.1").serialize())
    assert deterministic_id(value) == made["id"]


def test_nothing_to_derive_from_gives_no_id() -> None:
    assert deterministic_id({"type": "process", "pid": 5}) is None
    assert deterministic_id({"type": "artifact", "url": "https://example.com/"}) is None
    assert deterministic_id({"type": "indicator", "name": "x"}) is None


def test_what_has_no_canonical_form_gives_no_id() -> None:
    assert deterministic_id({"type": "autonomous-system", "number": 2**60}) is None


def test_every_observable_of_the_standard_is_known() -> None:
    assert len(CONTRIBUTING) == 18


ID = "malware--00abedb4-aa42-466c-9c01-fed23315a9b7"


@pytest.mark.parametrize("text", [ID, f"x-1{ID[7:]}"])
def test_a_type_and_a_uuid_are_an_id(text: str) -> None:
    assert is_id(text)
    assert type_of(text) == text.split("--")[0]


@pytest.mark.parametrize("text", ["Night--Owl", "malware--", f"{ID} ", f"-{ID}", ID.upper(), ID[9:]])
def test_anything_else_is_none(text: str) -> None:
    assert not is_id(text)
