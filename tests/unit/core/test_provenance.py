from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from backchannel.core.provenance import Provenance, earliest, handed_on, is_weaker, narrowest, tightened
from backchannel.core.term_fields import ONWARD
from backchannel.core.terms import Handling, Retention
from worlds import terms

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(("said", "agreed"), [*product(ONWARD, ONWARD)])
def test_the_word_that_counts_is_never_weaker_than_either(said: str, agreed: str) -> None:
    word = tightened(Provenance(onward=said), terms(handling=Handling(onward=agreed)), NOW).onward  # type: ignore[arg-type]
    assert word == min(said, agreed, key=ONWARD.index)
    assert not is_weaker(word, said)
    assert not is_weaker(word, agreed)


def test_an_unknown_word_counts_as_never() -> None:
    assert narrowest("ask", "whatever") == "never"


def test_what_nobody_said_anything_of_is_as_the_terms_say() -> None:
    found = tightened(None, terms(handling=Handling(onward="listed")), NOW)
    assert (found.onward, found.origin, found.passed) == ("listed", "", "")
    assert found.destroy_by == NOW + timedelta(days=365)


@pytest.mark.parametrize(("days", "counts"), [(1, 1), (400, 30)])
def test_the_earliest_end_counts(days: int, counts: int) -> None:
    agreed = terms()
    agreed = type(agreed)(**{**{f: getattr(agreed, f) for f in agreed.__struct_fields__}, "retention": Retention(30)})
    said = Provenance(destroy_by=NOW + timedelta(days=days))
    assert tightened(said, agreed, NOW).destroy_by == NOW + timedelta(days=counts)
    assert earliest(None, None) is None


def test_nobody_further_down_has_the_originators_list() -> None:
    assert [handed_on("listed", "listed"), handed_on("consent", "listed"), handed_on("", "listed")] == [
        "ask",
        "ask",
        "listed",
    ]
    assert handed_on("listed", "never") == "never"
