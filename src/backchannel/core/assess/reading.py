"""A report, read: what of its text counts, as paragraphs, sentences and quotations, and what is set aside, and why.

Rules: a line is a paragraph; a line that only continues the one before (hard-wrapped text) belongs to it. Short
lines before the first full sentence are its edge, but for the headline; so are short lines behind the last, and
notes by the site itself. What leads to another story is a teaser, and so is all that follows a heading such as
"Check also" near the end. A line below a picture is a caption. What has been said before, word for word, is
repeated: a paragraph, or a sentence of `REPEATED_WORDS` words or more, so a text printed twice counts once. Nothing
is deleted, and all time is linear in the text.
"""

import re
from collections.abc import Iterator

from backchannel.core.assess.press import Article, Ignored, Report, Span, Why
from backchannel.core.assess.quotation import quotations
from backchannel.core.assess.sentences import LONGEST, sentences
from backchannel.core.assess.set_aside import (
    after_heading,
    at_edge,
    is_caption,
    is_full,
    is_teaser,
    is_teaser_heading,
)
from backchannel.core.text import shown
from backchannel.errors import ReportTooLong

LARGEST = 1_000_000
"""Characters of a report, at most: a hundred times a long one."""
REPEATED_WORDS = 8
"""Words from which on a sentence that occurs again is set aside."""

_LINE = re.compile(r"[^\r\n\u2028\u2029\v\f]+")
_WORD = re.compile(r"\w+")
_HEADLINE = 200
_NEAR_END = 0.6


def read(report: Report) -> Article:
    """Read a report. Every span of the result is one of its raw text.

    Raises ReportTooLong above `LARGEST` characters.
    """
    text = report.text
    if len(text) > LARGEST:
        raise ReportTooLong(f"{shown(report.name)} has {len(text):,} characters; a report may have {LARGEST:,}")
    lines = list(_lines(text))
    headline = _headline(text, lines)
    reasons = _reasons(text, lines, headline)
    ignored = [Ignored(line, why) for line, why in zip(lines, reasons, strict=True) if why is not None]
    counted, repeated = _said_once(text, [line for line, why in zip(lines, reasons, strict=True) if why is None])
    ignored += repeated
    paragraphs = tuple(paragraph for paragraph, _ in counted)
    return Article(
        report=report,
        paragraphs=paragraphs,
        sentences=tuple(sentence for _, listed in counted for sentence in listed),
        quotations=tuple(found.span for found in quotations(text, paragraphs)),
        ignored=tuple(sorted(ignored, key=lambda item: item.span)),
        headline=headline,
    )


def _lines(text: str) -> Iterator[Span]:
    """Lines without the space around them; a wrapped one together with what it continues."""
    pending: Span | None = None
    for match in _LINE.finditer(text):
        line = _stripped(text, match.start(), match.end())
        if line is None:
            continue
        if pending is not None and _continues(text, pending, line):
            pending = Span(pending.begin, line.end)
            continue
        if pending is not None:
            yield pending
        pending = line
    if pending is not None:
        yield pending


def _stripped(text: str, begin: int, end: int) -> Span | None:
    line = text[begin:end]
    inner = line.strip()
    if not inner:
        return None
    begin += len(line) - len(line.lstrip())
    return Span(begin, begin + len(inner))


def _continues(text: str, before: Span, line: Span) -> bool:
    between = text[before.end : line.begin]
    if between.count("\n") > 1 or before.end - before.begin < 40:
        return False
    return text[line.begin].islower() and text[before.end - 1] not in '.!?…:"”'


def _headline(text: str, lines: list[Span]) -> Span | None:
    """The first line, if it is short, is no full sentence, and more follows."""
    if len(lines) < 2 or lines[0].end - lines[0].begin > _HEADLINE:
        return None
    line = lines[0].of(text)
    words = len(_WORD.findall(line))
    if (
        words < 3
        or line.endswith((".", ",", ";", "”", '"', "-", "—", "–"))
        or at_edge(line)
        or is_teaser(line)
        or is_caption(line)
    ):
        return None
    return None if " / " in line else lines[0]


def _reasons(text: str, lines: list[Span], headline: Span | None) -> list[Why | None]:
    """Why each line is set aside, None if it counts."""
    full = [index for index, line in enumerate(lines) if is_full(line.of(text))]
    first, last = (full[0], full[-1]) if full else (0, len(lines) - 1)
    reasons: list[Why | None] = []
    tail = False
    linked = False
    for index, line in enumerate(lines):
        words = line.of(text)
        late = index > first and line.begin > _NEAR_END * lines[-1].end
        tail = tail or (late and after_heading(words))
        linked = is_teaser_heading(words) or (linked and not is_full(words))
        edge = index < first or index > last
        reasons.append(_reason(words, tail, linked, edge, line == headline))
    return reasons


def _reason(words: str, tail: bool, linked: bool, edge: bool, headline: bool) -> Why | None:
    if tail or linked or is_teaser(words):
        return Why.TEASER
    if headline:
        return None
    if is_caption(words):
        return Why.CAPTION
    if edge or at_edge(words):
        return Why.EDGE
    return None


def _said_once(text: str, lines: list[Span]) -> tuple[list[tuple[Span, list[Span]]], list[Ignored]]:
    """Paragraphs with their sentences, each said for the first time, and what is repeated.

    A paragraph is parted where a repeated sentence stands in it.
    """
    seen: set[str] = set()
    counted: list[tuple[Span, list[Span]]] = []
    repeated: list[Ignored] = []
    for line in lines:
        whole = _said(text, line)
        if " " in whole and whole in seen:
            repeated.append(Ignored(line, Why.REPEATED))
            continue
        seen.add(whole)
        run: list[Span] = []
        for sentence in sentences(text, line):
            said = _said(text, sentence)
            if sentence != line and said.count(" ") >= REPEATED_WORDS - 1 and said in seen:
                repeated.append(Ignored(sentence, Why.REPEATED))
                counted += _paragraph(run)
                run = []
                continue
            seen.add(said)
            run.append(sentence)
        counted += _paragraph(run)
    return counted, repeated


def _paragraph(run: list[Span]) -> list[tuple[Span, list[Span]]]:
    return [(Span(run[0].begin, run[-1].end), run)] if run else []


def _said(text: str, span: Span) -> str:
    """The words alone, so that two spellings of one sentence are equal; a very long line is taken as it is."""
    piece = span.of(text)
    return piece if len(piece) > LONGEST else " ".join(_WORD.findall(piece.casefold()))
