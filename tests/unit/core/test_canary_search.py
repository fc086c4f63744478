"""Canaries are found in whatever they leaked into, and nothing else is."""

import json
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.canary_search import KEPT, Place, Search, plain

LABEL, DOMAIN = "cdn-4k2j9x0q", "example.com"
NAME = f"{LABEL}.{DOMAIN}"
UUID = "0f3c7a52-9b1e-4d6a-8c55-7b1f2e3d4c5b"
SWAPPED = "4k2j9x0q1-img"
MARKS = {LABEL, UUID, SWAPPED}


def places(*pieces: bytes) -> list[Place]:
    search = Search(MARKS)
    return [place for piece in pieces for place in search.feed(piece)] + [*search.end()]


def marks(*pieces: bytes) -> list[str]:
    return [place.mark for place in places(*pieces)]


SPELLINGS = [
    NAME,
    NAME.upper(),
    NAME.replace(".", "[.]"),
    NAME.replace(".", "(dot)"),
    NAME.replace(".", " dot "),
    f"hxxps://{NAME}:8443/a?b=c#d",
    f"https://user@{NAME}/",
    f"www.a-b.{NAME}.",
    f"www-{NAME}",
    f"com.example.{LABEL}",
    f"someone@{NAME}",
    f'"{NAME}"',
    f"[domain-name:value='{NAME}']",
    f"{LABEL}%2E{DOMAIN}",
    f"cdn%2D4k2j9x0q.{DOMAIN}",
    f"cdn\\u002D4k2j9x0q.{DOMAIN}",
    f"cdn&#45;4k2j9x0q.{DOMAIN}",
    f"cdn=2D4k2j9x0q.{DOMAIN}",
    f"cdn\u20114k2j9x0q.{DOMAIN}",
    f"cdn\u20134k2j9x0q.{DOMAIN}",
    f"c\u200bdn-4k2j\u00ad9x0q.{DOMAIN}",
    "ｃｄｎ－４ｋ２ｊ９ｘ０ｑ．ｅｘａｍｐｌｅ．ｃｏｍ",
    LABEL,
    f"_{LABEL}_",
    f"<a href={NAME}>",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_name_is_found_in_every_spelling(text: str) -> None:
    assert marks(text.encode()) == [LABEL]
    assert marks(b"before\r\n" + text.encode() + b"\r\nafter") == [LABEL]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_a_name_is_found_in_every_encoding(encoding: str) -> None:
    (place,) = places(f"first\nthe name {NAME} stands here\n".encode(encoding))
    assert (place.mark, place.line) == (LABEL, 2)


def test_shapes_and_ids_are_found_each() -> None:
    assert marks(f"{SWAPPED}.{DOMAIN} indicator--{UUID.upper()} {LABEL}".encode()) == [SWAPPED, UUID, LABEL]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cdn",
        "4k2j9x0q",
        "cdn-4k2j9x0",
        "cdn-4k2j9x0qz",
        "xcdn-4k2j9x0q",
        "cdn--4k2j9x0q",
        "cdn.4k2j9x0q",
        UUID[:-1],
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert marks(text.encode()) == []


def test_the_line_and_the_object_are_told() -> None:
    one = {"type": "indicator", "id": f"indicator--{UUID[:-1]}a", "pattern": "[domain-name:value = 'other.example']"}
    two = {"type": "indicator", "id": f"indicator--{UUID[:-1]}d", "name": NAME}
    own = {"type": "indicator", "id": f"indicator--{UUID}", "name": "x"}
    for text in (json.dumps([one, two, own]), json.dumps([one, two, own], separators=(",", ":"))):
        assert places(text.encode()) == [
            Place(LABEL, 1, two["id"]),
            Place(UUID, 1, own["id"]),
        ]
    lines = json.dumps([one, two], indent=1)
    (place,) = places(lines.encode())
    assert lines.splitlines()[place.line - 1].strip() == f'"name": "{NAME}"'


TEXT = f'head\n{{"id":"indicator--{UUID}"}}\nwww.{NAME}/x \u20ac {SWAPPED}\n{"ab-" * 400}{LABEL} end'.encode()


@given(st.sets(st.integers(1, len(TEXT) - 1), max_size=20))
def test_how_the_bytes_are_cut_into_pieces_changes_nothing(cuts: set[int]) -> None:
    ends = [0, *sorted(cuts), len(TEXT)]
    assert places(*(TEXT[start:end] for start, end in pairwise(ends))) == places(TEXT)


def test_the_whole_text_of_the_property_has_all_marks() -> None:
    assert marks(TEXT) == [UUID, LABEL, SWAPPED, LABEL]
    assert [place.line for place in places(TEXT)] == [2, 3, 3, 4]


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_whatever_the_bytes_around_it_a_name_is_found_and_nothing_breaks(before: bytes, after: bytes) -> None:
    found = marks(before, b"\n " + NAME.encode() + b" \n", after)
    assert LABEL in found


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_no_bytes_break_the_search(pieces: list[bytes]) -> None:
    assert marks(*pieces) == []


SMALL = 1 << 12
HOSTILE = {
    "letters": b"a" * SMALL,
    "hyphens": b"-" * SMALL,
    "parts": b"a-" * (SMALL // 2),
    "zeros": b"\0" * SMALL,
    "named": b'"id":"aaaaaaaa' * (SMALL // 14),
    "runs": b'"id":"' + b"a" * (SMALL - 6),
    "broken": b"\xf0\x9f\x98" * (SMALL // 3),
    "wide": "\ufdfa".encode() * (SMALL // 3),
    "escapes": b"%2d\\u002d&#45;" * (SMALL // 14),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_the_search_survives_hostile_files_in_bounded_memory(kind: str) -> None:
    """2 MiB without an end of line would be kept whole by whoever reads lines."""
    search, piece, number = Search(MARKS), HOSTILE[kind], 512
    tracemalloc.start()
    try:
        for _ in range(number):
            assert [*search.feed(piece)] == []
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < number * SMALL / 4
    found = [*search.feed(b" " + NAME.encode() + b"\n"), *search.end()]
    assert [place.mark for place in found] == [LABEL]


def test_a_mark_in_a_run_longer_than_what_is_kept_is_told_once() -> None:
    run = b"a-" * KEPT
    assert marks(run + LABEL.encode() + b"-" + run, run + LABEL.encode(), b"-b") == [LABEL, LABEL]


def test_a_plain_text_keeps_its_lines() -> None:
    assert plain("A\r\nB\u2011C\n") == "a\r\nb-c\n"
