"""Overlap: what two reports share word for word, outside quotation marks and inside."""

from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.assess.overlap import SHINGLE, Vocabulary, compare, overlaps
from backchannel.core.assess.press import Article, Span
from press_texts import FLOOD, article

SPEECH = (
    "“We will not build the bridge again in this place, and nobody should ask us for it any more,” the mayor said."
)


def words(span: Span | None, report: Article) -> list[str]:
    assert span is not None
    return span.of(report.text).casefold().replace(",", "").split()


def test_a_short_copy_of_a_long_text_is_contained_in_it() -> None:
    long, short = article(*FLOOD), article(FLOOD[1])
    (found,) = overlaps([long, short])
    assert found.outside.of_other == 1.0
    assert found.outside.of_one < 0.5
    assert found.outside.longest == len(FLOOD[1].split())


def test_the_longest_passage_is_the_same_words_in_both() -> None:
    one = article(FLOOD[0], "So it was.")
    other = article(f"It is said that {FLOOD[0].replace('old bridge', 'old stone bridge')}")
    (found,) = overlaps([one, other])
    assert words(found.outside.in_one, one) == words(found.outside.in_other, other)
    assert found.outside.longest == len(words(found.outside.in_one, one))


def test_what_is_quoted_is_measured_apart() -> None:
    one, other = article(f"{FLOOD[0]} {SPEECH}"), article(f"{FLOOD[2]} {SPEECH}")
    (found,) = overlaps([one, other])
    assert found.outside.shared == 0
    assert found.inside.of_one == found.inside.of_other == 1.0


def test_a_passage_does_not_go_over_a_quotation_mark() -> None:
    one = article("The mayor said that the bridge will not be “built again in this place” by anybody we know.")
    other = article("The mayor said that the bridge will not be built again in this place by anybody we know.")
    (found,) = overlaps([one, other])
    assert words(found.outside.in_one, one)[-1] == "be"


def test_marks_and_case_do_not_matter() -> None:
    one, other = article(FLOOD[0].upper()), article(FLOOD[0].replace("before", "— before"))
    (found,) = overlaps([one, other])
    assert found.outside.of_one == 1.0


def test_what_all_share_finds_no_two_of_them() -> None:
    line = "Write to us if you know more about this story."
    reports = [article(f"{number} river {number} took bridge {number}. {line} Or {number}.") for number in range(9)]
    assert overlaps(reports, common=4) == []
    assert len(overlaps(reports, common=9)) == 36


def test_what_hundreds_have_copied_is_still_seen() -> None:
    found = overlaps([article(*FLOOD, f"Thus wrote number {number}.") for number in range(60)], common=10)
    assert {(item.one, item.other) for item in found} == {(0, other) for other in range(1, 60)}


def test_a_word_a_hundred_thousand_times_has_one_shingle() -> None:
    text = "word " * 100_000
    vocabulary = Vocabulary()
    one = vocabulary.words(text, [Span(0, len(text))])
    assert len(one.shingles) == 1
    assert sum(map(len, one.shingles.values())) <= 4
    assert compare(one, one).shared == 1


SOME = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f"]), max_size=30)


@given(SOME, SOME)
def test_the_passage_is_common_and_none_is_longer(one: list[str], other: list[str]) -> None:
    vocabulary = Vocabulary()
    first, second = " ".join(one), " ".join(other)
    found = compare(vocabulary.words(first, [Span(0, len(first))]), vocabulary.words(second, [Span(0, len(second))]))
    parts = {
        tuple(one[begin : begin + size])
        for size in range(SHINGLE, len(one) + 1)
        for begin in range(len(one) - size + 1)
    }
    longest = max((len(part) for part in parts if " ".join(part) in _runs(other, len(part))), default=0)
    assert found.longest == longest
    if found.in_one is not None and found.in_other is not None:
        assert found.in_one.of(first) == found.in_other.of(second)


def _runs(listed: list[str], size: int) -> set[str]:
    return {" ".join(listed[begin : begin + size]) for begin in range(len(listed) - size + 1)}
