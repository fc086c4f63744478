"""What an object is known by, and the constants of patterns as the grammar reads them."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.known_by import KEY_LIMIT, pattern_constants, searchable, stored_key, terms_of, values_of
from backchannel.core.pattern import parse
from paths import SHARED_DATA, needs_shared_data
from store_samples import stix


def values(**properties: Any) -> list[str]:
    return sorted(values_of(properties))


def test_names_and_aliases_are_terms_of_their_kinds() -> None:
    malware = stix("malware", "Predator", aliases=["Helios", "predator", 7], x_mitre_aliases=["Alien"])
    assert terms_of(malware.value) == {("predator", "name"), ("helios", "alias"), ("alien", "alias")}


def test_terms_too_short_to_be_looked_for_are_left_out() -> None:
    assert terms_of({"type": "malware", "name": "X2", "aliases": ["", "ab"]}) == set()


def test_names_of_the_wrong_type_are_no_terms() -> None:
    assert terms_of({"type": "malware", "name": {"a": "b"}, "aliases": "Helios", "pattern": 5}) == {
        ("helios", "alias")
    }


def test_the_name_of_an_observable_is_a_value() -> None:
    assert terms_of({"type": "file", "name": "dropper.bin"}) == {("dropper bin", "value")}


def test_every_value_of_an_observable_is_found() -> None:
    assert values(
        type="file",
        name="dropper.bin",
        hashes={"MD5": "0" * 32, "SHA-256": "1" * 64},
        extensions={"archive-ext": {"x": [{"hashes": {"MD5": "2" * 32}}]}},
    ) == sorted(["dropper.bin", "0" * 32, "1" * 64, "2" * 32])
    assert values(type="url", value="https://one.example/") == ["https://one.example/"]
    assert values(type="user-account", user_id="u1", account_login="root", display_name="R") == ["R", "root", "u1"]
    assert values(type="windows-registry-key", key="HKLM\\Run", values=[{"name": "Dropper", "data": "x"}]) == [
        "Dropper",
        "HKLM\\Run",
    ]


def test_a_type_that_stix_does_not_define_has_the_values_at_its_top() -> None:
    assert values(type="x-lab-sample", name="Sample", value="one.example", log={"value": "two.example"}) == [
        "one.example"
    ]


def test_a_pattern_beside_a_value_hides_nothing() -> None:
    assert values(type="domain-name", value="one.example", pattern="[a:b = 'x']") == ["one.example", "x"]


def test_an_object_that_is_no_observable_has_no_values() -> None:
    assert values(type="malware", value="one.example", hashes={"MD5": "0" * 32}) == []


@pytest.mark.parametrize(
    ("pattern", "constants"),
    [
        ("[domain-name:value = 'one.example']", ["one.example"]),
        ("[file:hashes.'SHA-256' = 'ab']", ["ab"]),
        ("[file:name = 'it\\'s \\\\ here']", ["it's \\ here"]),
        ("[ipv4-addr:value IN ('192.0.2.1', '192.0.2.2')]", ["192.0.2.1", "192.0.2.2"]),
        ("[a:b = 'x'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'", ["x"]),
        ("[a:b = 'x' AND a:'c d' = 'y']", ["x", "y"]),
        ("no quotes", []),
        ("[a:b = 'never closed", ["never closed"]),
    ],
)
def test_constants_of_a_pattern(pattern: str, constants: list[str]) -> None:
    assert list(pattern_constants(pattern)) == constants


def test_a_pattern_of_another_language_gives_no_constants() -> None:
    assert values(type="indicator", pattern="alert 'x'", pattern_type="snort") == []


def test_a_hostile_pattern_takes_no_longer_than_its_length() -> None:
    assert sum(1 for _ in pattern_constants("\\'" * 500_000)) == 1


def constants_by_grammar(pattern: str) -> list[str]:
    return [value for one in parse(pattern).comparisons for value in one.values if isinstance(value, str)]


@needs_shared_data
def test_constants_of_published_patterns_are_those_that_the_grammar_finds() -> None:
    checked = 0
    for path in sorted((SHARED_DATA / "amnesty").glob("*.stix2")):
        for one in msgspec.json.decode(path.read_bytes())["objects"]:
            if "pattern" in one:
                assert list(pattern_constants(one["pattern"])) == constants_by_grammar(one["pattern"])
                checked += 1
    assert checked > 4000


@given(st.lists(st.text(alphabet="ab'\\ .:t[]=é\n", max_size=12), min_size=1, max_size=3))
def test_constants_of_any_well_formed_pattern_are_those_that_the_grammar_finds(texts: list[str]) -> None:
    quoted = ["'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'" for text in texts]
    pattern = " AND ".join(f"[file:name = {text}]" for text in quoted)
    assert list(pattern_constants(pattern)) == constants_by_grammar(pattern) == texts


def test_a_long_key_is_cut_and_stays_distinct() -> None:
    long = "x" * (KEY_LIMIT + 1)
    assert stored_key("x" * KEY_LIMIT) == "x" * KEY_LIMIT
    assert stored_key(long) != stored_key(long + "x")
    assert max(len(stored_key(long)), len(stored_key(long * 50))) < KEY_LIMIT + 70


def test_a_search_looks_in_everything_an_analyst_would_type() -> None:
    one = {
        "type": "indicator",
        "name": "n1",
        "description": "d1",
        "pattern": "p1",
        "aliases": ["a1"],
        "labels": ["l1"],
        "external_references": [{"source_name": "s", "external_id": "T1059"}, {"external_id": 5}, "odd"],
    }
    assert set(searchable(one).split()) == {"n1", "d1", "p1", "a1", "l1", "T1059"}
    assert searchable({"type": "file", "name": "f", "hashes": {"MD5": "0"}}).split() == ["f", "f", "0"]
