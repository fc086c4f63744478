"""What an object is known again by, and in how many parts it says what it says."""

from typing import Any

import pytest

from backchannel.core.assess.traces import MOST_VALUES, trace, traces_of

SECRET, OTHER = b"s" * 32, b"t" * 32
A, B = "a" * 64, "b" * 64


def indicator(pattern: str) -> dict[str, Any]:
    return {"type": "indicator", "pattern": pattern, "pattern_type": "stix"}


def parts(pattern: str) -> int:
    return traces_of(indicator(pattern), SECRET).parts


def test_a_value_alone_is_the_whole() -> None:
    found = traces_of(indicator("[domain-name:value = 'evil.example']"), SECRET)
    assert set(found.values.values()) == {found.whole}
    assert found == traces_of({"type": "domain-name", "value": "EVIL.example."}, SECRET)


def test_a_list_has_the_trace_of_each_value_that_it_names() -> None:
    alone = traces_of({"type": "domain-name", "value": "evil.example"}, SECRET)
    several = traces_of(indicator("[domain-name:value IN ('b.example', 'evil.example')]"), SECRET)
    assert alone.whole in several.values.values()
    assert several.whole not in several.values.values()
    assert len(several.all) == 3


def test_without_the_secret_nothing_can_be_told_from_a_trace() -> None:
    one = indicator("[ipv4-addr:value = '192.0.2.1']")
    assert traces_of(one, SECRET).all.isdisjoint(traces_of(one, OTHER).all)
    assert trace(SECRET, "text") != trace(OTHER, "text")
    assert "192.0.2.1" not in repr(traces_of(one, SECRET).all)


@pytest.mark.parametrize(
    "value",
    [
        {"type": "malware", "name": "Glasswing"},
        {"type": "report", "name": "evil.example"},
        indicator("[domain-name:value = "),
        {"type": "indicator", "pattern": "rule a { }", "pattern_type": "yara"},
        {"type": "domain-name", "value": 7},
        {},
    ],
)
def test_what_has_no_canonical_key_has_no_traces(value: dict[str, Any]) -> None:
    assert not traces_of(value, SECRET).all


def test_values_that_are_known_apart_are_parts() -> None:
    assert parts("[domain-name:value = 'a.example' OR domain-name:value = 'b.example']") == 2
    assert parts("[domain-name:value = 'a.example'] FOLLOWEDBY [ipv4-addr:value = '192.0.2.1']") == 2


def test_the_hashes_of_one_file_are_one_part() -> None:
    """Whoever has the file makes all of them."""
    assert parts(f"[file:hashes.MD5 = '{A[:32]}' OR file:hashes.'SHA-256' = '{A}']") == 1
    assert parts(f"[file:hashes.'SHA-256' = '{A}' OR file:hashes.'SHA-256' = '{B}']") == 2
    assert parts(f"[file:name = 'run.exe' AND file:hashes.'SHA-256' = '{A}']") == 1


def test_a_host_and_its_url_or_port_are_one_part() -> None:
    assert parts("[url:value = 'http://evil.example/x' OR domain-name:value = 'evil.example']") == 1
    port = "network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:dst_port = 443"
    assert parts(f"[{port}]") == 1


def test_names_that_many_files_have_are_no_parts() -> None:
    assert parts("[file:name = 'svchost.exe' AND process:name = 'svchost.exe']") == 0


def test_expressions_that_somebody_wrote_are_parts() -> None:
    written = r"[url:value MATCHES '^https?://[a-z]{8}/gate' AND file:name LIKE 'invoice_%_2026.exe']"
    assert parts(written) == 2
    assert parts("[file:name LIKE '%.exe']") == 0


def test_of_a_huge_pattern_so_many_values_have_traces() -> None:
    every = ", ".join(f"'n{number}.example'" for number in range(MOST_VALUES + 5))
    assert len(traces_of(indicator(f"[domain-name:value IN ({every})]"), SECRET).values) == MOST_VALUES
