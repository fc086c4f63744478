"""Where an object says something, and what counts as saying it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.mention import MAX_WORDS, mentioned, term_key, words
from backchannel.core.release_text import ids_in, need_a_look, passages, pattern_texts, stands
from worlds import stix, stix_id

MALWARE = stix_id("malware", "m")
UUID = MALWARE.partition("--")[2]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (MALWARE, [MALWARE]),
        (f"see {MALWARE}, and {MALWARE.upper()}.", [MALWARE, MALWARE]),
        (f"https://site.example/objects/{MALWARE}/", [MALWARE]),
        (f"urn:uuid:{UUID}", [UUID]),
        (f"----{UUID}", [UUID]),
        (f"{{{UUID.upper()}}}", [UUID]),
        (f"x-example-thing--{UUID}", [f"x-example-thing--{UUID}"]),
        ("a-b-c-d-e-f", []),
        ("malware--0b7a1a5e", []),
        ("", []),
    ],
)
def test_ids_are_found_whatever_stands_around_them(text: str, ids: list[str]) -> None:
    assert [*ids_in(text)] == ids


def test_looking_for_ids_in_a_hostile_text_takes_one_pass() -> None:
    assert [*ids_in("a-" * 200_000)] == []
    assert len([*ids_in(("a" * 300 + "--" + UUID) * 1000)]) == 1000


def test_structure_references_and_times_say_nothing() -> None:
    one = stix(
        "indicator", "one", name="Storm", created_by_ref=stix_id("identity", "i"), labels=["malicious-activity"],
        valid_until="2027-01-01T00:00:00Z", confidence=7, object_refs=[MALWARE], x_ref="Pegasus",
    )  # fmt: skip
    assert sorted(passages(one.value)) == [
        (("name",), "Storm"),
        (("pattern",), "one.example"),
        (("x_ref",), "Pegasus"),
        (("x_ref",), "x_ref"),
    ]


def test_only_what_is_not_the_grammar_of_a_pattern_is_said_by_it() -> None:
    pattern = "[file:hashes.'SHA-256' = 'ab' AND x-gang:storm.petrel IN ('c', 'd')] REPEATS 5 TIMES"
    assert [*pattern_texts(pattern)] == ["ab", "c", "d", "x-gang", "storm", "petrel"]


@pytest.mark.parametrize("comment", ["/* by Owl */", "// by Owl", "/* by 'Owl' and 'Jay' */"])
def test_a_pattern_with_a_comment_is_searched_as_a_whole(comment: str) -> None:
    pattern = f"[file:name = 'https://a.example/'] {comment}"
    assert pattern in [*pattern_texts(pattern)]
    assert "[file:name = 'https://a.example/']" not in [*pattern_texts("[file:name = 'https://a.example/']")]


def test_a_pattern_that_cannot_be_read_is_searched_as_a_whole() -> None:
    assert "[file:name = 'storm petrel]" in [*pattern_texts("[file:name = 'storm petrel]")]
    assert [*pattern_texts("[file:hashes.'x storm' = 'it\\'s b']")] == ["x storm", "it\\'s b"]


def test_a_term_stands_alone_unless_it_is_inside_a_known_phrase_or_ends_a_host_name() -> None:
    phrases = [["storm", "petrel"]]
    assert {"petrel", "storm", "storm petrel"} <= need_a_look(phrases)
    assert "petrel storm" not in need_a_look(phrases)
    assert "owl" not in need_a_look(phrases)
    assert not stands("Storm Petrel", "petrel", phrases)
    assert stands("Storm Petrel, Petrel", "petrel", phrases)
    assert stands("petrel storm", "petrel", phrases)
    assert "net" in need_a_look([])
    assert not stands("evil.net and good[.]net", "net", [])
    assert stands("net.evil.net", "net", [])
    assert stands("evil.net-works", "net", [])


texts = st.lists(st.text(alphabet="ab .-é_Ⅳ", max_size=40), max_size=3)


def anything(runs: set[str]) -> set[str]:
    return runs


@given(texts)
def test_where_anything_could_be_a_term_every_run_of_words_is_mentioned(some: list[str]) -> None:
    passages = [words(text) for text in some]
    assert mentioned(passages, anything) == [
        {
            " ".join(tokens[start : start + size])
            for size in range(1, MAX_WORDS + 1)
            for start in range(len(tokens) - size + 1)
        }
        for tokens in passages
    ]


@given(texts, st.sets(st.text(alphabet="ab é", min_size=1, max_size=8).map(term_key)))
def test_growing_runs_word_by_word_finds_every_term_that_is_there(some: list[str], terms: set[str]) -> None:
    passages = [words(text) for text in some]
    beginnings = {" ".join(key.split(" ")[:size]) for key in terms for size in range(1, MAX_WORDS + 1)}
    found = mentioned(passages, beginnings.__and__)
    assert [own & terms for own in found] == [own & terms for own in mentioned(passages, anything)]
    assert all(own <= beginnings for own in found)


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_a_term_is_found_in_any_text_that_holds_it_between_blanks(term: str, before: str, after: str) -> None:
    key = term_key(term)
    (found,) = mentioned([words(f"{before} {term} {after}")], anything)
    assert not key or key in found
