"""Search: words, phrases and values as people write them, and nothing of the query language."""

import pytest

from backchannel.flow.ports import Filter
from backchannel.store import text_index
from backchannel.store.database import Database
from backchannel.store.text_index import query_of
from store_samples import NOW, US, indicator, new, stix

GROUP = stix("intrusion-set", "Lazarus Group", description="Said to be naïve. Uses power_shell and\0 NUL.")
HOST = indicator("evil-host.example", description="A host. Group of one, Lazarus two.")


@pytest.fixture
def stocked(db: Database) -> Database:
    with db.write() as tx:
        tx.holdings.add(new(GROUP, HOST), source=US, now=NOW)
    return db


def search(db: Database, text: str) -> set[str]:
    with db.read() as tx:
        return {held.id for held in tx.holdings.find(Filter(text=text))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lazarus", {GROUP.id, HOST.id}),
        ("LAZARUS group", {GROUP.id, HOST.id}),
        ("lazarus-group", {GROUP.id}),
        ("evil-host.example", {HOST.id}),
        ("evil-host[.]example", {HOST.id}),
        ("host.example", {HOST.id}),
        ("example.evil", set()),
        ("power_shell", {GROUP.id}),
        ("naïve", {GROUP.id}),
        ("NUL", {GROUP.id}),
        ("laz", set()),
        ("lazarus absent", set()),
    ],
)
def test_words_are_found_and_what_is_written_together_is_found_together(
    stocked: Database, text: str, expected: set[str]
) -> None:
    assert search(stocked, text) == expected


@pytest.mark.parametrize("text", ["", " ", "%", "*", "___", "\0", "-", '"', "()", "\u202e"])
def test_a_search_without_a_word_finds_nothing(stocked: Database, text: str) -> None:
    assert query_of(text) is None
    assert search(stocked, text) == set()


@pytest.mark.parametrize(
    "text",
    [
        'lazarus" OR "x',
        "lazarus OR absent",
        "NOT lazarus",
        "lazarus NEAR absent",
        "laz*",
        "words:lazarus absent",
        "{words}:x",
        "^lazarus absent",
        "lazarus'; DROP TABLE holding; --",
    ],
)
def test_the_query_language_cannot_be_reached(stocked: Database, text: str) -> None:
    assert search(stocked, text) == set()


def test_a_search_of_ten_thousand_words_is_answered(stocked: Database) -> None:
    assert search(stocked, "lazarus " * 10_000) == {GROUP.id, HOST.id}


def test_matches_are_read_page_by_page(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_index, "PAGE", 3)
    with db.write() as tx:
        tx.holdings.add(new(*(indicator(f"h{n}.example") for n in range(10))), source=US, now=NOW)
    assert len(search(db, "example")) == 10
