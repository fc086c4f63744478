"""One spelling for each value, whatever way it was written, and the way to STIX and back."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stix2patterns.validator import run_validator as oasis_errors

from backchannel.core.observable import (
    KINDS,
    Observable,
    canonical,
    from_observable,
    from_pattern,
    guess,
    host_of,
    pattern_of,
)
from backchannel.core.pattern import Comparison, parse

SPELLINGS = [
    ("EVIL.Example", "domain-name", "evil.example"),
    ("evil[.]example", "domain-name", "evil.example"),
    ("evil(dot)example.", "domain-name", "evil.example"),
    ("evil{.}example", "domain-name", "evil.example"),
    ("evil[[.]]example", "domain-name", "evil.example"),
    ("evil\\.example", "domain-name", "evil.example"),
    ("*.evil.example", "domain-name", "evil.example"),
    ("bücher.example", "domain-name", "xn--bcher-kva.example"),
    ("BÜCHER。example", "domain-name", "xn--bcher-kva.example"),
    ("i❤.example", "domain-name", "xn--i-7iq.example"),
    ("_dmarc.evil_name.example", "domain-name", "_dmarc.evil_name.example"),
    ("198.51.100[.]7", "ipv4-addr", "198.51.100.7"),
    ("198.51.100.7/32", "ipv4-addr", "198.51.100.7"),
    ("198.51.100.7/24", "ipv4-addr", "198.51.100.0/24"),
    ("::ffff:198.51.100.7", "ipv4-addr", "198.51.100.7"),
    ("::ffff:198.51.100.0/120", "ipv4-addr", "198.51.100.0/24"),
    ("2001:DB8:0:0::1", "ipv6-addr", "2001:db8::1"),
    ("[2001:db8::1]", "ipv6-addr", "2001:db8::1"),
    ("2001:db8::1/128", "ipv6-addr", "2001:db8::1"),
    ("198.51.100.7:8080", "socket-addr", "198.51.100.7:8080"),
    ("[2001:DB8::1]:0443", "socket-addr", "[2001:db8::1]:443"),
    ("evil[.]example[:]8080", "socket-addr", "evil.example:8080"),
    ("hxxp://Evil[.]Example", "url", "http://evil.example/"),
    ("hxxps[:]//evil.example/A", "url", "https://evil.example/A"),
    ("hXXp[://]evil.example", "url", "http://evil.example/"),
    ("http:\\\\evil.example\\a", "url", "http://evil.example/a"),
    ("HTTPS://evil.example:443/a", "url", "https://evil.example/a"),
    ("http://evil.example:8080", "url", "http://evil.example:8080/"),
    ("http://evil.example/%7euser/x/../a?b=%2f", "url", "http://evil.example/~user/a?b=%2F"),
    ("http://evil.example/ü<", "url", "http://evil.example/%C3%BC%3C"),
    ("http://evil.example/100%", "url", "http://evil.example/100%25"),
    ("http://user:pw@evil.example/", "url", "http://user:pw@evil.example/"),
    ("http://[::ffff:198.51.100.7]/", "url", "http://198.51.100.7/"),
    ("evil.example/login.php", "url", "http://evil.example/login.php"),
    ("evil.example?x=1", "url", "http://evil.example/?x=1"),
    ("/index_1.php", "url-path", "/index_1.php"),
    ("Bad.User[@]Evil[.]Example", "email-addr", "bad.user@evil.example"),
    ("mailto:bad@evil.example", "email-addr", "bad@evil.example"),
    ("D41D8CD98F00B204E9800998ECF8427E", "file-md5", "d41d8cd98f00b204e9800998ecf8427e"),
    ("a" * 40, "file-sha1", "a" * 40),
    ("a" * 64, "file-sha256", "a" * 64),
    ("a" * 128, "file-sha512", "a" * 128),
    ("3:AbCdEf:Gh+/1", "file-ssdeep", "3:AbCdEf:Gh+/1"),
    ("00-11-22-AA-bb-CC", "mac-addr", "00:11:22:aa:bb:cc"),
    ("AS64500", "autonomous-system", "64500"),
]


@pytest.mark.parametrize(("text", "kind", "value"), SPELLINGS)
def test_a_value_written_in_any_usual_way_is_guessed_in_its_one_spelling(text: str, kind: str, value: str) -> None:
    assert guess(text) == Observable(kind, value)


NONE = [
    "",
    "   ",
    "localhost",
    "two words",
    "invoice.pdf",
    "update.exe",
    "1.2.3",
    "1.2.3/a",
    "12345:80",
    "999.1.1.1",
    "198.051.100.7",
    "198.51.100.7/33",
    "a..example",
    "-a.example",
    "a.-b",
    "x" * 64 + ".example",
    "evil.example:99999",
    "evil.example:0",
    "http://",
    "http:///",
    "http://evil.example:99999/",
    "http://under score.example/",
    "javascript:alert(1)",
    "/",
    "//evil",
    "a@b@c",
    "@evil.example",
    "user@localhost",
    "fe80::1%eth0",
    "evil\x00.example",
    "evil.exam\x1bple",
    "\ud800.example",
    "a" * 33,
    "g" * 32,
    "[" * 5000,
    "[" * 40 + "." + "]" * 40 + "example",
    "a." * 3000,
    "ü" * 2000 + ".example",
]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_indicator_is_not_guessed_to_be_one(text: str) -> None:
    assert guess(text) is None


@pytest.mark.parametrize("ending", ["one", "zip", "app", "cab", "mov", "sh"])
def test_a_top_level_domain_that_is_also_a_file_ending_stays_a_domain(ending: str) -> None:
    assert guess(f"evil.{ending}") == Observable("domain-name", f"evil.{ending}")


ANY_TEXT = {"mutex", "file-name", "file-path", "process-name", "user-agent", "windows-registry-key"}


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("text", ["\x1b[31m\x00", "x" * 100_000, "\ud800", "[" * 4000])
def test_hostile_text_of_any_kind_is_refused_in_one_printable_line(kind: str, text: str) -> None:
    if kind in ANY_TEXT and text[0] == "[":
        assert canonical(kind, text).value == text
        return
    with pytest.raises(ValueError, match="'") as refusal:
        canonical(kind, text)
    message = str(refusal.value)
    assert message.isprintable()
    assert len(message) < 250


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no observable type 'colour'"):
        canonical("colour", "red")


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("file-md5", "abc", "is not a md5 hash of 32 hex digits"),
        ("ipv4-addr", "2001:db8::1", "is not an IPv4 address"),
        ("hash", "abc", "not a hash of a known length"),
        ("file-ssdeep", "abc", "not an ssdeep hash"),
        ("file-tlsh", "abc", "not a TLSH hash"),
        ("mac-addr", "abc", "not a MAC address"),
        ("autonomous-system", "4294967296", "autonomous system"),
        ("url", "x" * 5000, "longer than 4096"),
        ("url", "http://0x100.1.1.1/", "is not an IP address"),
        ("url", "http://1.2.0x10000/", "is not an IP address"),
        ("domain-name", "0xc6.0x33.0x64.0x07", "is not a domain name"),
        ("url", "http://evil.example/" + "ü" * 2000, "longer than 4096 characters in normal form"),
        ("url", f"http://evil.example/{'(' * 10}.{')' * 10}", "brackets in brackets"),
        ("host", "2001:db8::/32", "is a network"),
        ("socket-addr", "2001:db8::1:443", "needs brackets"),
    ],
)
def test_a_refused_value_is_told_why(kind: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        canonical(kind, text)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("ipv6-addr", "::ffff:203.0.113.9", Observable("ipv4-addr", "203.0.113.9")),
        ("url", "http://0xc6.51.0x6407/", Observable("url", "http://198.51.100.7/")),
        ("url", "http://3325256711:8080/", Observable("url", "http://198.51.100.7:8080/")),
        ("url", "http://evil.example/a b", Observable("url", "http://evil.example/a%20b")),
        ("host", "203.0.113.9", Observable("ipv4-addr", "203.0.113.9")),
        ("host", "Evil[.]Example", Observable("domain-name", "evil.example")),
        ("windows-registry-key", "HKLM\\Software\\Evil", None),
        ("mutex", "  Global\\Evil ", Observable("mutex", "Global\\Evil")),
        ("file-tlsh", "a" * 70, Observable("file-tlsh", "T1" + "A" * 70)),
        ("file-name", "e\u0301vil.exe", Observable("file-name", "\u00e9vil.exe")),
    ],
)
def test_a_value_of_a_named_kind_has_one_spelling(kind: str, text: str, value: Observable | None) -> None:
    expected = value or Observable("windows-registry-key", "hkey_local_machine\\software\\evil")
    assert canonical(kind, text) == expected


_PIECES = """http hxxp :// : / // . .. [.] (dot) [ ] ( ) { @ % 2e 2E %41 ? # evil EXAMPLE ü 。 ß İ
198.51.100.7 ::1 80 0 - _ ~ ' *. \\"""
_pieces = st.sampled_from([*_PIECES.split(), " "])
_texts = st.lists(_pieces, max_size=14).map("".join) | st.text(max_size=40)


@settings(max_examples=600)
@given(_texts)
@example("http://evil.example/x(/./)y")
@example("http://evil.example/(:/.//)")
@example("http://evil.example/[%2E](%2e)")
@example("h%78xp://evil.example")
@example("%2e.%2E/a")
@example("İ://evil.example/")
def test_a_canonical_value_is_its_own_canonical_form(text: str) -> None:
    for kind in KINDS | {"host", "ip", "hash"}:
        try:
            once = canonical(kind, text)
        except ValueError:
            continue
        assert canonical(once.type, once.value) == once


@given(_texts)
def test_a_guess_is_guessed_again_from_its_own_spelling(text: str) -> None:
    found = guess(text)
    if found is not None and found.type != "autonomous-system":
        assert guess(found.value) == found


@given(_texts, st.sampled_from(sorted(KINDS)))
def test_every_pattern_made_is_valid_and_names_the_same_value(text: str, kind: str) -> None:
    try:
        found = canonical(kind, text)
    except ValueError:
        return
    pattern = pattern_of(found)
    assert oasis_errors(pattern) == []
    assert found in from_pattern(parse(pattern).comparisons)


def test_a_quote_in_a_value_cannot_end_the_constant_of_its_pattern() -> None:
    assert pattern_of(Observable("mutex", "a' OR 'b\\")) == "[mutex:name = 'a\\' OR \\'b\\\\']"


def test_there_is_no_pattern_for_an_unknown_type() -> None:
    with pytest.raises(ValueError, match="no observable type"):
        pattern_of(Observable("colour", "red"))


@pytest.mark.parametrize(
    ("observable", "pattern"),
    [
        (Observable("domain-name", "evil.example"), "[domain-name:value = 'evil.example']"),
        (Observable("file-md5", "a" * 32), f"[file:hashes.MD5 = '{'a' * 32}']"),
        (Observable("file-sha256", "a" * 64), f"[file:hashes.'SHA-256' = '{'a' * 64}']"),
        (Observable("autonomous-system", "64500"), "[autonomous-system:number = 64500]"),
        (
            Observable("socket-addr", "[2001:db8::1]:443"),
            "[network-traffic:dst_ref.type = 'ipv6-addr' AND network-traffic:dst_ref.value = '2001:db8::1' "
            "AND network-traffic:dst_port = 443]",
        ),
    ],
)
def test_the_pattern_of_a_value_is_the_usual_one(observable: Observable, pattern: str) -> None:
    assert pattern_of(observable) == pattern


def test_only_what_a_pattern_says_for_certain_is_reduced() -> None:
    comparisons = [
        Comparison("domain-name", "value", "=", ("Evil.Example",)),
        Comparison("domain-name", "value", "!=", ("good.example",)),
        Comparison("domain-name", "value", "=", ("not.example",), negated=True),
        Comparison("domain-name", "value", "LIKE", ("%.example",)),
        Comparison("domain-name", "value", "=", ("no domain",)),
        Comparison("ipv4-addr", "value", "IN", ("198.51.100.7", "198.51.100.8")),
        Comparison("ipv4-addr", "value", "ISSUBSET", ("198.51.100.0/24",)),
        Comparison("file", "hashes.'SHA-256'", "=", ("A" * 64,)),
        Comparison("file", "hashes.sha256", "=", ("A" * 64,)),
        Comparison("app", "id", "=", ("com.evil",)),
        Comparison("url", "value", "=", (1.5, b"x", None, True)),
    ]
    assert from_pattern(comparisons) == (
        Observable("domain-name", "evil.example"),
        Observable("ipv4-addr", "198.51.100.7"),
        Observable("ipv4-addr", "198.51.100.8"),
        Observable("ipv4-addr", "198.51.100.0/24"),
        Observable("file-sha256", "a" * 64),
    )


def test_a_file_object_gives_one_observable_for_each_hash_and_its_name() -> None:
    value = {
        "type": "file",
        "name": "a.exe",
        "hashes": {"MD5": "A" * 32, "SHA-256": "B" * 64, "X": "y", "SHA-1": 7},
    }
    assert set(from_observable(value)) == {
        Observable("file-name", "a.exe"),
        Observable("file-md5", "a" * 32),
        Observable("file-sha256", "b" * 64),
    }


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"type": 3},
        {"type": "url"},
        {"type": "url", "value": ["x"]},
        {"type": "file", "hashes": "x"},
        {"type": "x"},
    ],
)
def test_an_observable_object_of_the_wrong_shape_gives_nothing(value: dict[str, Any]) -> None:
    assert from_observable(value) == ()


def test_an_observable_object_is_reduced_like_the_pattern_for_it() -> None:
    assert from_observable({"type": "domain-name", "value": "Evil.Example."}) == (guess("evil.example"),)
    assert from_observable({"type": "autonomous-system", "number": 64500}) == (guess("AS64500"),)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://u:p@evil.example:8080/a@b", "evil.example"),
        ("http://[2001:db8::1]:8080/", "2001:db8::1"),
        ("http://[2001:db8::1]/", "2001:db8::1"),
        ("bad@evil.example", "evil.example"),
        ("198.51.100.7:99", "198.51.100.7"),
    ],
)
def test_the_host_within_a_value_can_be_asked_for(text: str, host: str) -> None:
    found = guess(text)
    assert found is not None
    assert host_of(found) == guess(host)


def test_a_value_that_is_no_address_has_no_host_within() -> None:
    assert host_of(Observable("domain-name", "evil.example")) is None
