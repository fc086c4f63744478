"""Quotations and who is quoted: a quote belongs whole to one speaker, over sentences and paragraphs.

Rules, in order. A content that touches a quotation takes in all of it, marks included. A verb of saying without a
content takes the quotation that ends right before it or begins right behind it. A quotation that nobody claimed and
that begins like a sentence continues the last statement of its paragraph; with no such statement, that of the
paragraph before, if that had a quote. What is said *within* a quotation is said by whom it quotes: it is nested.
"""

from collections.abc import Iterable, Sequence

import msgspec

from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_find import Found
from backchannel.core.assess.statements_words import Manner

_MARKS = "“”„«»\"‘’'`"
_BETWEEN = frozenset(" \t\n,.:;-–—?!") | frozenset(_MARKS)
_LONGEST_GAP = 4
_ENDS = ".!?:…"


class Quote(msgspec.Struct, frozen=True, order=True):
    """A quotation with its marks, and the paragraph that it begins in."""

    span: Span
    paragraph: int


def quotes(text: str, quotations: Iterable[Span], paragraphs: Sequence[Span]) -> tuple[Quote, ...]:
    """Quotations with their marks, each with the number of its paragraph."""
    made, number = [], 0
    for inner in sorted(quotations):
        begin, end = inner.begin, inner.end
        while begin > 0 and text[begin - 1] in _MARKS and inner.begin - begin < 2:
            begin -= 1
        while end < len(text) and text[end] in _MARKS and end - inner.end < 2:
            end += 1
        while number + 1 < len(paragraphs) and paragraphs[number].end <= begin:
            number += 1
        made.append(Quote(Span(begin, end), number))
    return tuple(made)


def whole(found: Found, all_quotes: Sequence[Quote]) -> Found:
    """The attribution with each content grown to the quotations that it touches, but never over its own cue or
    source.
    """
    contents: list[Span] = []
    for content in found.contents:
        begin, end = content.begin, content.end
        for quote in _touching(all_quotes, content):
            if quote.span.meets(found.cue) or (found.source is not None and quote.span.meets(found.source)):
                continue
            begin, end = min(begin, quote.span.begin), max(end, quote.span.end)
        if contents and begin < contents[-1].end:
            contents[-1] = Span(contents[-1].begin, max(end, contents[-1].end))
        else:
            contents.append(Span(begin, end))
    return msgspec.structs.replace(found, contents=tuple(contents))


def beside(text: str, found: Found, all_quotes: Sequence[Quote]) -> Found:
    """A verb of saying with the quotation right before or behind it and its source, if it has no content yet."""
    if found.contents or found.manner is not Manner.SAYS:
        return found
    spans = [found.cue] if found.source is None else [found.cue, found.source]
    begin, end = min(s.begin for s in spans), max(s.end for s in spans)
    for quote in all_quotes:
        ahead = text[quote.span.end : begin]
        behind = text[end : quote.span.begin]
        if quote.span.end <= begin and len(ahead) <= _LONGEST_GAP and set(ahead) <= _BETWEEN and "\n" not in ahead:
            return msgspec.structs.replace(found, contents=(quote.span,))
        if quote.span.begin >= end and len(behind) <= _LONGEST_GAP and set(behind) <= _BETWEEN and "\n" not in behind:
            return msgspec.structs.replace(found, contents=(quote.span,))
    return found


def opens_like_a_sentence(text: str, quote: Quote, paragraphs: Sequence[Span]) -> bool:
    """Whether a quotation begins like a sentence, and only the end of one stands before it in its paragraph."""
    begin = (
        max(paragraphs[quote.paragraph].begin, quote.span.begin - _LONGEST_GAP) if paragraphs else quote.span.begin
    )
    before = text[begin : quote.span.begin].rstrip()
    first = next((sign for sign in quote.span.of(text) if sign not in _MARKS and not sign.isspace()), "")
    return (not before or before[-1] in _ENDS or before[-1] in _MARKS) and (first.isupper() or first in ".…[(")


def alone(text: str, quote: Quote, paragraphs: Sequence[Span]) -> bool:
    """Whether a paragraph is nothing but this quotation."""
    paragraph = paragraphs[quote.paragraph]
    if paragraph.end - paragraph.begin - (quote.span.end - quote.span.begin) > _LONGEST_GAP:
        return False
    rest = text[paragraph.begin : quote.span.begin] + text[quote.span.end : paragraph.end]
    return set(rest) <= _BETWEEN


def closed(text: str, quote: Quote) -> bool:
    """Whether a quotation ends with a mark."""
    return text[quote.span.end - 1 : quote.span.end] in _MARKS


def _touching(all_quotes: Sequence[Quote], span: Span) -> list[Quote]:
    return [quote for quote in all_quotes if quote.span.meets(span)]
