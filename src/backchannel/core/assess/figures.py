"""Figures on one claim, and whether they contradict each other.

Rules. A figure is a number that counts the noun behind it, in a sentence on the claim; behind a noun it is a name
("Flight 31"). Two are compared if they count the same noun under the same verb: "300 soldiers were killed" and "400
soldiers were besieged" are not, nor are metres and feet, a width and a depth, pounds and dollars; nor are the many
that "out of" names. "More than", "about", "up to", "30 to 40" and a round number leave room; figures of one report
are its own affair. What is left contradicts. Years, dates, times and ages belong to no claim by themselves.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

import msgspec

from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_tree import Tree

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS: Final = {
    **{word: float(number) for number, word in enumerate(_SMALL.split())},
    **{word: 10.0 * number for number, word in enumerate(_TENS.split(), start=2)},
}
_SCALES: Final = {"dozen": 12.0, "hundred": 100.0, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_DIGITS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_MORE = re.compile(r"\b(?:more than|over|at least|upwards of|no fewer than|no less than|above|exceeding)\s*$", re.I)
_LESS = re.compile(r"\b(?:up to|at most|as many as|fewer than|less than|nearly|almost|under|no more than)\s*$", re.I)
_ABOUT = re.compile(r"\b(?:about|around|some|roughly|approximately|estimated|an estimated|circa)\s*$", re.I)
_FROM = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s*(?:to|-)\s*$")
_WHOLE = re.compile(r"\bout of(?: the)?\s*$", re.I)
_COMPARED = 60
"""Values of one thing that are compared with each other."""
_AROUND = 24
_ROOM = 0.1
_NO_COUNT = frozenset(("DATE", "TIME", "ORDINAL"))


class Figure(msgspec.Struct, frozen=True):
    """A number in a report: what it counts, under which verb, and between which bounds it may lie."""

    report: str
    span: Span
    sentence: Span
    shown: str
    value: float
    low: float
    high: float
    thing: str
    verb: str

    def contradicts(self, other: "Figure") -> bool:
        """Whether both cannot be right."""
        if self.report == other.report or (self.thing, self.verb) != (other.thing, other.verb):
            return False
        return self.high < other.low or other.high < self.low


class Conflict(msgspec.Struct, frozen=True):
    """Two figures that cannot both be right."""

    one: Figure
    other: Figure


def figures(report: str, text: str, trees: Sequence[Tree]) -> Iterator[Figure]:
    """The figures of some sentences of a report."""
    for tree in trees:
        for at, word in enumerate(tree.words):
            counted = tree.heads[at]
            if word.dep != "nummod" or word.entity in _NO_COUNT or counted < at:
                continue
            first, value = _number(tree, at)
            thing = _thing(tree, counted)
            begin = tree.words[first].span.begin
            before = text[max(tree.span.begin, begin - _AROUND) : begin]
            if value is None or not thing or _WHOLE.search(before):
                continue
            low, high = _bounds(before, value, _other(tree, at, before))
            yield Figure(
                report=report,
                span=tree.characters(first, at),
                sentence=tree.span,
                shown=tree.characters(first, counted).of(text),
                value=value,
                low=low,
                high=high,
                thing=thing,
                verb=_verb(tree, counted),
            )


def conflicts(found: Sequence[Figure]) -> tuple[Conflict, ...]:
    """The figures that contradict each other, each pair of values once; of very many the highest and the lowest."""
    alike: dict[tuple[str, str], dict[tuple[float, float, float], list[Figure]]] = {}
    for one in found:
        same = alike.setdefault((one.thing, one.verb), {}).setdefault((one.value, one.low, one.high), [])
        if not same or (len(same) == 1 and same[0].report != one.report):
            same.append(one)
    kept: dict[tuple[str, str, float, float], Conflict] = {}
    for by_value in alike.values():
        for one, other in combinations(_few(by_value), 2):
            if one.contradicts(other):
                low, high = sorted((one.value, other.value))
                kept.setdefault((one.thing, one.verb, low, high), Conflict(one, other))
    return tuple(kept.values())


def _few(by_value: Mapping[tuple[float, float, float], Sequence[Figure]]) -> list[Figure]:
    """Figures of one thing: all in their order, or of very many those of the lowest and the highest values."""
    values = list(by_value)
    if len(values) > _COMPARED:
        ordered = sorted(values)
        values = [*ordered[: _COMPARED // 2], *ordered[-_COMPARED // 2 :]]
    return [figure for value in values for figure in by_value[value]]


def _thing(tree: Tree, noun: int) -> str:
    """What is counted: a noun, with what is measured if it is a unit; "" for what is no noun, for a whole that a part
    is taken of, and for a unit of nobody knows what."""
    word = tree.words[noun]
    head = tree.words[tree.heads[noun]]
    if word.pos not in {"NOUN", "PROPN"} or word.lemma in _SCALES:
        return ""
    if word.dep == "pobj" and head.text.casefold() == "of":
        return ""
    if word.lemma.lower() in _UNITS:
        return f"{word.lemma.lower()} {head.lemma.lower()}" if word.dep == "npadvmod" and head.pos == "ADJ" else ""
    return word.lemma.lower()


_UNITS = frozenset(
    (
        "centimeter", "centimetre", "cm", "feet", "foot", "ft", "gram", "hectare", "inch", "kg", "kilo", "kilogram",
        "kilometer", "kilometre", "km", "m", "meter", "metre", "mile", "pound", "ton", "tonne", "yard",
    )
)  # fmt: skip


def _number(tree: Tree, at: int) -> tuple[int, float | None]:
    """A number that ends at a word, and where it begins."""
    first = at
    while first > 0 and _belongs(tree, first - 1, at):
        first -= 1
    total, current = 0.0, 0.0
    for word in tree.words[first : at + 1]:
        low = word.text.casefold()
        if low in _SCALES:
            current = (current or 1.0) * _SCALES[low]
            if _SCALES[low] >= 1_000:
                total, current = total + current, 0.0
        elif low != "-":
            value = _value(low)
            if value is None:
                return first, None
            current += value
    return first, total + current


def _belongs(tree: Tree, before: int, at: int) -> bool:
    """Whether a word is part of the number that ends at another: "three hundred", "twenty-one"."""
    word = tree.words[before]
    if tree.heads[before] != at:
        return False
    if word.text == "-":
        return before > 0 and tree.words[before - 1].text.casefold() in _WORDS
    return _value(word.text) is not None or word.text.casefold() in _SCALES


def _value(word: str) -> float | None:
    low = word.casefold()
    if low in _WORDS:
        return _WORDS[low]
    match = _DIGITS.fullmatch(low)
    return float(match.group().replace(",", "")) if match and len(low) < 16 else None


def _other(tree: Tree, at: int, before: str) -> float | None:
    """The other end of "30 to 40", "between 30 and 40" and "30 or 40"."""
    joined = tree.first(at, "conj")
    if joined is not None:
        return _value(tree.words[joined].text)
    match = _FROM.search(before)
    return None if match is None else _value(match.group(1))


def _bounds(before: str, value: float, other: float | None) -> tuple[float, float]:
    if other is not None:
        return min(value, other), max(value, other)
    if _MORE.search(before):
        return value, value * 2
    if _LESS.search(before):
        return value / 2, value
    room = _ROOM * value if _ABOUT.search(before) or _is_round(value) else 0.0
    return value - room, value + room


def _is_round(value: float) -> bool:
    """Whether a number looks rounded: one digit and noughts, from a hundred on."""
    return value >= 100 and math.isclose(value % 10 ** math.floor(math.log10(value)), 0.0)


def _verb(tree: Tree, noun: int) -> str:
    """The verb that a noun is subject or object of; "were killed" and "killed" are one."""
    for above in tree.above(noun):
        if tree.words[above].pos in {"VERB", "AUX"}:
            return tree.words[above].lemma.lower()
    return ""
