"""The tagger that is made of rules: attributions of every sentence, made whole with the quotations of the text.

Every look among quotations and attributions is by bisection: a text of nothing but quotation marks costs no more time
than another of its length.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

import msgspec

from backchannel.core.assess.attribution import Attribution
from backchannel.core.assess.parsed import Sentence
from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_find import Found, verbs
from backchannel.core.assess.statements_nouns import feelings, nouns, phrases
from backchannel.core.assess.statements_quoted import (
    Quote,
    alone,
    beside,
    closed,
    opens_like_a_sentence,
    quotes,
    whole,
)
from backchannel.core.assess.statements_refusals import refusals
from backchannel.core.assess.statements_tree import Tree

_REACH = 8
"""Characters around a sentence in which a quotation may stand beside its cue."""


def attributions(
    text: str, sentences: Sequence[Sentence], quotations: Sequence[Span], paragraphs: Sequence[Span]
) -> tuple[Attribution, ...]:
    """All attributions of a text, in its order; see `core.assess.attribution.Tagger`."""
    all_quotes = quotes(text, quotations, paragraphs)
    ends = [quote.span.end for quote in all_quotes]
    found: dict[Span, Found] = {}
    for sentence in sentences:
        tree = Tree(sentence)
        near = _near(all_quotes, ends, sentence.span)
        refused = tuple(refusals(text, tree))
        others = (one for rule in (feelings, verbs, phrases, nouns) for one in rule(text, tree))
        for one in (*refused, *(one for one in others if not any(no.cue.covers(one.cue) for no in refused))):
            grown = beside(text, whole(one, near), near)
            if grown.contents or grown.refused:
                found.setdefault(grown.tree.words[grown.verb].span, grown)
    made = [_attribution(one) for one in found.values()]
    return _continued(text, _nested(made, all_quotes), all_quotes, paragraphs)


def _near(all_quotes: Sequence[Quote], ends: Sequence[int], span: Span) -> Sequence[Quote]:
    """The quotations in a sentence or right beside it; of more than a hundred, the first."""
    first = bisect_left(ends, span.begin - _REACH)
    last = first
    while last < len(all_quotes) and last - first < 100 and all_quotes[last].span.begin < span.end + _REACH:
        last += 1
    return all_quotes[first:last]


def _attribution(found: Found) -> Attribution:
    word = found.tree.words[found.verb]
    return Attribution(
        contents=found.contents,
        cue=found.cue,
        source=found.source,
        manner=found.manner,
        word=word.lemma,
        anchor=word.span,
        refused=found.refused,
    )


class _Cover:
    """Spans that can be asked whether one of them covers another span, or meets it."""

    def __init__(self, spans: Iterable[Span]) -> None:
        ordered = sorted(spans)
        self._begins = [span.begin for span in ordered]
        self._reach = list(accumulate((span.end for span in ordered), max))

    def covers(self, span: Span) -> bool:
        before = bisect_right(self._begins, span.begin)
        return before > 0 and self._reach[before - 1] >= span.end

    def meets(self, span: Span) -> bool:
        before = bisect_left(self._begins, span.end)
        return before > 0 and self._reach[before - 1] > span.begin


def _nested(made: Sequence[Attribution], all_quotes: Sequence[Quote]) -> list[Attribution]:
    """Each attribution with whether its cue stands in what another one attributes, or in a quotation."""
    cover = _Cover([*(content for one in made for content in one.contents), *(quote.span for quote in all_quotes)])
    return [
        msgspec.structs.replace(one, nested=True) if one.cue is not None and cover.covers(one.cue) else one
        for one in made
    ]


def _continued(
    text: str, made: list[Attribution], all_quotes: Sequence[Quote], paragraphs: Sequence[Span]
) -> tuple[Attribution, ...]:
    """The attributions in order, and those of quotations that go on with one of them."""
    outer = sorted((one for one in made if not one.nested and one.contents), key=_place)
    claimed = _Cover(content for one in outer for content in one.contents)
    paragraph_begins = [paragraph.begin for paragraph in paragraphs]
    pairs: list[tuple[Attribution, Attribution]] = []
    places_of_outer = [_place(one) for one in outer]
    claims = sorted(((content.begin, number) for number, one in enumerate(outer) for content in one.contents))
    for number, quote in enumerate(all_quotes):
        if claimed.meets(quote.span) or not opens_like_a_sentence(text, quote, paragraphs):
            continue
        at = bisect_left(places_of_outer, quote.span.begin) - 1
        before = outer[at] if at >= 0 else None
        away = -1 if before is None else quote.paragraph - (bisect_right(paragraph_begins, _place(before)) - 1)
        owner = before if away == 0 or (away == 1 and alone(text, quote, paragraphs)) else None
        if away != 0 and number + 1 < len(all_quotes) and not closed(text, quote):
            owner = _next_owner(quote, all_quotes[number + 1], outer, claims) or owner
        if owner is not None:
            pairs.append((Attribution(contents=(quote.span,), manner=owner.manner, word=owner.word), owner))
    ordered = sorted([*made, *(one for one, _ in pairs)], key=_place)
    places = {id(one): place for place, one in enumerate(ordered)}
    owners = {id(one): places[id(owner)] for one, owner in pairs}
    return tuple(
        msgspec.structs.replace(one, continues=owners[id(one)]) if id(one) in owners else one for one in ordered
    )


def _next_owner(
    quote: Quote, following: Quote, outer: Sequence[Attribution], claims: Sequence[tuple[int, int]]
) -> Attribution | None:
    """Who says the next paragraph's quotation, where this one goes on into it unclosed."""
    if following.paragraph != quote.paragraph + 1:
        return None
    at = bisect_right(claims, (following.span.end, -1)) - 1
    if at < 0 or claims[at][0] < following.span.begin - 1:
        return None
    return outer[claims[at][1]]


def _place(one: Attribution) -> int:
    return one.cue.begin if one.cue is not None else one.contents[0].begin
