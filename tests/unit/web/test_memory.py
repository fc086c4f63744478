"""Answers that are kept: until somebody writes, until their time, and within a bound."""

from datetime import UTC, datetime, timedelta

from backchannel.errors import StoreBusy
from backchannel.web.memory import OVERHEAD, Memory

NOW = datetime(2026, 11, 26, tzinfo=UTC)


class Store:
    """A store's version and a clock, as the test sets them."""

    def __init__(self) -> None:
        self.number, self.time, self.broken = 1, NOW, False

    def version(self) -> int:
        if self.broken:
            raise StoreBusy("another process holds it")
        return self.number

    def memory(self, most_bytes: int = 1_000_000) -> Memory:
        return Memory(self.version, lambda: self.time, most_bytes)


def test_what_is_kept_is_forgotten_when_somebody_writes() -> None:
    store = Store()
    memory = store.memory()
    memory.keep(memory.as_of(), "page", "answer")
    assert memory.as_of() == 1
    assert memory.get("page") == "answer"
    store.number = 2
    memory.as_of()
    assert memory.get("page") is None


def test_what_was_made_before_somebody_wrote_is_not_kept() -> None:
    store = Store()
    memory = store.memory()
    before = memory.as_of()
    store.number = 2
    memory.as_of()  # another request comes while this one is being answered
    memory.keep(before, "page", "stale")
    assert memory.get("page") is None


def test_nothing_is_kept_of_a_store_that_does_not_say_its_version() -> None:
    store = Store()
    memory = store.memory()
    memory.keep(memory.as_of(), "page", "answer")
    store.broken = True
    assert memory.as_of() is None
    memory.keep(None, "page", "answer")
    store.broken = False
    memory.as_of()
    assert memory.get("page") is None


def test_an_answer_is_not_given_beyond_its_time() -> None:
    store = Store()
    memory = store.memory()
    memory.keep(memory.as_of(), "page", "answer", until=NOW + timedelta(seconds=1))
    assert memory.get("page") == "answer"
    store.time = NOW + timedelta(seconds=1)
    assert memory.get("page") is None


def test_what_was_not_asked_for_longest_goes_first_when_it_is_full() -> None:
    memory = Store().memory(most_bytes=3 * (OVERHEAD + 100))
    as_of = memory.as_of()
    for name in "abc":
        memory.keep(as_of, name, name, size=100)
    assert memory.get("a") == "a"
    memory.keep(as_of, "d", "d", size=100)
    assert [memory.get(name) for name in "abcd"] == ["a", None, "c", "d"]
    memory.keep(as_of, "d", "again", size=100)
    assert [memory.get(name) for name in "acd"] == ["a", "c", "again"]
    memory.keep(as_of, "huge", "huge", size=10_000)
    assert [memory.get(name) for name in ("a", "huge")] == ["a", None]
