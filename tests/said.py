"""Texts of made-up people and outlets, parsed, and what is said in them: for tests of the rules on statements."""

import re

from backchannel.core.assess.parsed import Sentence
from backchannel.core.assess.press import Span
from backchannel.core.assess.statements import Statement, statements
from backchannel.formats.language import parse

_PARAGRAPH = re.compile(r"[^\n]+")
_SENTENCE = re.compile(r"\S.*?(?:(?<!Mr)(?<!Ms)[.?!][”\"]?(?=\s+[“\"A-Z])|$)", re.DOTALL)
_QUOTE = re.compile(r"“([^”]+)(?:”|$)|\"([^\"]+)\"")


def spans(pattern: re.Pattern[str], text: str, within: list[Span]) -> list[Span]:
    """All matches in these parts of a text."""
    return [Span(*match.span()) for part in within for match in pattern.finditer(text, part.begin, part.end)]


def prepared(text: str) -> tuple[tuple[Sentence, ...], list[Span], list[Span]]:
    """Sentences, quotations without their marks, and paragraphs of a text, as reading a report would give them."""
    paragraphs = spans(_PARAGRAPH, text, [Span(0, len(text))])
    quoted = [
        Span(*(match.span(1) if match.group(1) else match.span(2)))
        for paragraph in paragraphs
        for match in _QUOTE.finditer(text, paragraph.begin, paragraph.end)
    ]
    return parse(text, spans(_SENTENCE, text, paragraphs)).sentences, quoted, paragraphs


def said(text: str) -> tuple[Statement, ...]:
    """What is said in a text, without what is nested."""
    return tuple(one for one in everything(text) if not one.nested)


def everything(text: str) -> tuple[Statement, ...]:
    """All that is said in a text, nested or not."""
    return statements(text, *prepared(text))


def only(text: str) -> Statement:
    """The one statement of a text."""
    (one,) = said(text)
    return one


def words(text: str, span: Span | None) -> str:
    """The characters of a span, or nothing."""
    return "" if span is None else span.of(text)
