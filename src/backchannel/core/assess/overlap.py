"""What two reports have in common word for word, outside quotation marks and inside apart from each other.

Rules: words are compared without case and punctuation, five in a row at a time (shingles). Of two reports the
measures are how much of one's shingles the other has (containment), and the longest passage of words that both
have; not how alike the two are as sets, since a short copy of a long text is a copy. A passage never goes over a
quotation mark: words outside quotations are one row for each part between them, each quotation is a row of its own.
All pairs are found through an index of shingles. A shingle in more than `common` reports says little about any two
of them: it is counted only for each of them and the first, and finds the two only if nearly all of one is in the
other. So what hundreds have copied is still seen, and time and memory grow with the texts and not with the square
of their number.
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

import msgspec

from backchannel.core.assess.press import Article, Span

MOST = 100_000
"""Words of one report that are compared, or little more: its first."""
SHINGLE = 5
"""Words in a row that are compared."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_AT_MOST = 4
"""Places at which one shingle of a report is looked at: a text of one word has no more work than another."""
_SHARED = 2
"""Shingles that two reports share, from which on they are compared."""
_NEARLY_ALL = 0.6
_FLOOR = 40
_SHARE = 0.1


class Words(msgspec.Struct, frozen=True):
    """A report's words, as numbers that are the same for the same word, and their shingles; -1 stands between two
    rows."""

    numbers: Sequence[int]
    begins: Sequence[int]
    ends: Sequence[int]
    shingles: dict[int, tuple[int, ...]]


class Common(msgspec.Struct, frozen=True):
    """What two reports share: how much of each one's shingles the other has (0 to 1), the number shared, and the
    longest passage, in words and as it stands in each."""

    of_one: float = 0.0
    of_other: float = 0.0
    shared: int = 0
    longest: int = 0
    in_one: Span | None = None
    in_other: Span | None = None


class Overlap(msgspec.Struct, frozen=True):
    """Two reports, by their places in the list, and what they share outside and inside quotation marks."""

    one: int
    other: int
    outside: Common
    inside: Common


class Vocabulary:
    """Numbers for words: the same for the same word in all reports that are compared."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def words(self, text: str, rows: Sequence[Span]) -> Words:
        """The words of some parts of a text."""
        numbers, begins, ends = array("q"), array("q"), array("q")
        known = self._numbers
        for row in rows:
            if len(numbers) > MOST:
                break
            for match in _WORD.finditer(text, row.begin, row.end):
                word = match.group().casefold().replace("’", "'")
                numbers.append(known.setdefault(word, len(known)))
                begins.append(match.start())
                ends.append(match.end())
            numbers.append(-1)
            begins.append(row.end)
            ends.append(row.end)
        return Words(numbers, begins, ends, _shingles(numbers))


def outside(article: Article) -> list[Span]:
    """The parts of a report outside quotation marks, in order."""
    parts: list[Span] = []
    quotes = iter(article.quotations)
    quote = next(quotes, None)
    for paragraph in article.paragraphs:
        begin = paragraph.begin
        while quote is not None and quote.begin < paragraph.end:
            if begin < quote.begin:
                parts.append(Span(begin, quote.begin))
            begin = max(begin, quote.end)
            quote = next(quotes, None)
        if begin < paragraph.end:
            parts.append(Span(begin, paragraph.end))
    return parts


def overlaps(articles: Sequence[Article], common: int | None = None) -> list[Overlap]:
    """All pairs of reports that share something, in order.

    By default a shingle is common in more than 40 reports, or a tenth of all if that is more.
    """
    vocabulary = Vocabulary()
    rows = [vocabulary.words(article.text, outside(article)) for article in articles]
    spoken = [vocabulary.words(article.text, article.quotations) for article in articles]
    limit = common if common is not None else max(_FLOOR, int(_SHARE * len(articles)))
    written, said = _pairs(rows, limit), _pairs(spoken, limit)
    nothing = Common()
    return [
        Overlap(
            one,
            other,
            compare(rows[one], rows[other]) if (one, other) in written else nothing,
            compare(spoken[one], spoken[other]) if (one, other) in said else nothing,
        )
        for one, other in sorted(written | said)
    ]


def compare(one: Words, other: Words) -> Common:
    """What two rows of words share."""
    if len(one.shingles) > len(other.shingles):
        turned = compare(other, one)
        return Common(turned.of_other, turned.of_one, turned.shared, turned.longest, turned.in_other, turned.in_one)
    shared = one.shingles.keys() & other.shingles.keys()
    if not shared:
        return Common()
    length, begin, there = _longest(one, other, shared)
    return Common(
        len(shared) / len(one.shingles),
        len(shared) / len(other.shingles),
        len(shared),
        length,
        Span(one.begins[begin], one.ends[begin + length - 1]),
        Span(other.begins[there], other.ends[there + length - 1]),
    )


def _shingles(numbers: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Each shingle, as one number, and the first places where it begins."""
    found: dict[int, tuple[int, ...]] = {}
    for place, words in enumerate(zip(*(numbers[offset:] for offset in range(SHINGLE)), strict=False)):
        if -1 in words:
            continue
        # Python's hash of a tuple of small numbers is the same in every process.
        name = hash(words)
        places = found.get(name)
        if places is None:
            found[name] = (place,)
        elif len(places) < _AT_MOST:
            found[name] = (*places, place)
    return found


def _pairs(rows: Sequence[Words], limit: int) -> set[tuple[int, int]]:
    """Pairs with at least `_SHARED` shingles in common that are not common to many, or nearly all in common."""
    holders: dict[int, list[int]] = {}
    for index, words in enumerate(rows):
        for name in words.shingles:
            holders.setdefault(name, []).append(index)
    groups: Counter[tuple[int, ...]] = Counter(tuple(listed) for listed in holders.values() if len(listed) > 1)
    counts: Counter[tuple[int, int]] = Counter()
    copies: Counter[tuple[int, int]] = Counter()
    for listed, times in groups.items():
        if len(listed) <= limit:
            for pair in combinations(listed, 2):
                counts[pair] += times
        else:
            for other in listed[1:]:
                copies[listed[0], other] += times
    near = {pair for pair, times in counts.items() if times >= _SHARED}
    least = [max(_SHARED, int(_NEARLY_ALL * len(words.shingles))) for words in rows]
    return near | {(one, other) for (one, other), times in copies.items() if times >= min(least[one], least[other])}


def _longest(one: Words, other: Words, shared: set[int]) -> tuple[int, int, int]:
    """Length in words and both beginnings of the longest passage, verified word by word."""
    best = (0, 0, 0)
    ends: set[tuple[int, int]] = set()
    for begin, there in _matches(one, other, shared):
        if (begin - 1, there - 1) in ends:
            ends.add((begin, there))
            continue
        ends.add((begin, there))
        length = _run(one.numbers, other.numbers, begin, there)
        if length > best[0]:
            best = (length, begin, there)
    return best


def _matches(one: Words, other: Words, shared: set[int]) -> Iterator[tuple[int, int]]:
    places = sorted((begin, name) for name in shared for begin in one.shingles[name])
    for begin, name in places:
        for there in other.shingles[name]:
            yield begin, there


def _run(one: Sequence[int], other: Sequence[int], begin: int, there: int) -> int:
    length = 0
    while (
        begin + length < len(one)
        and there + length < len(other)
        and one[begin + length] == other[there + length]
        and one[begin + length] != -1
    ):
        length += 1
    return length
