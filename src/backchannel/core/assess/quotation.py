"""Where a text quotes: the ranges between quotation marks, without the marks.

Rules: a double mark of any form (straight, curly, low, angled) that opens is closed by the next double mark that
can close. A mark that looks like an opening one, while another is open, ends the open one with doubt. A quotation
that a paragraph does not close ends with the paragraph; if the next begins with an opening mark of the same form it
goes on there and is in no doubt. Single marks count only outside double ones, at the start of a word, and only
where the same paragraph closes them; what is left of them are apostrophes. Quotations within quotations are part of
the outer one. Every paragraph is read once.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from backchannel.core.assess.press import Span

_MARK = re.compile(r"``|''|[\"“”„«»‘’'‟＂]")
_DOUBLE_OPEN = "“„«‟``"
_DOUBLE_CLOSE = "”»''"
_LOW = ("„", "“")
"""A pair of which the mark that ends is one that begins elsewhere."""
_ELISION = re.compile(r"(?:em|tis|twas|til|cause|n|round|bout|\d0s)\b", re.IGNORECASE)
_LOOK_AHEAD = 40
"""Marks that are looked at for the end of a quotation in single marks."""
_REACH = 3_000
"""Characters that a quotation in single marks may have."""


class Quotation(msgspec.Struct, frozen=True):
    """Characters between quotation marks; `doubtful` if their end was not marked."""

    span: Span
    doubtful: bool = False


class _Mark(msgspec.Struct, frozen=True):
    begin: int
    end: int
    form: str
    opens: bool
    closes: bool


def quotations(text: str, paragraphs: Iterable[Span]) -> Iterator[Quotation]:
    """All quotations of the paragraphs, in order; none is empty, none reaches over the end of its paragraph."""
    listed = list(paragraphs)
    for index, paragraph in enumerate(listed):
        following = listed[index + 1] if index + 1 < len(listed) else None
        for found in _of_paragraph(text, paragraph, following):
            if found.span.begin < found.span.end:
                yield found


def _of_paragraph(text: str, paragraph: Span, following: Span | None) -> Iterator[Quotation]:
    marks = [_mark(text, match, paragraph) for match in _MARK.finditer(text, paragraph.begin, paragraph.end)]
    opened: _Mark | None = None
    index = 0
    while index < len(marks):
        mark = marks[index]
        index += 1
        if opened is None:
            if _single(mark.form):
                closing = _closing_single(text, marks, index - 1)
                if closing is not None:
                    yield Quotation(Span(mark.end, marks[closing].begin))
                    index = closing + 1
            elif mark.opens:
                opened = mark
        elif _single(mark.form):
            continue
        elif mark.closes or (opened.form, mark.form) == _LOW:
            yield Quotation(Span(opened.end, mark.begin))
            opened = None
        elif mark.opens:
            yield Quotation(Span(opened.end, mark.begin), doubtful=True)
            opened = mark
    if opened is not None:
        yield Quotation(Span(opened.end, paragraph.end), doubtful=not _goes_on(text, opened, following))


def _mark(text: str, match: re.Match[str], paragraph: Span) -> _Mark:
    form = match.group()
    before = text[match.start() - 1] if match.start() > paragraph.begin else " "
    after = text[match.end()] if match.end() < paragraph.end else " "
    after_word = not before.isspace() and before not in "([{—–-/"
    before_word = not after.isspace() and after not in ".,;:!?)]}"
    if form in _DOUBLE_OPEN:
        return _Mark(match.start(), match.end(), form, True, False)
    if form in _DOUBLE_CLOSE:
        # Some texts use the closing mark for both, so it opens where nothing stands before it.
        return _Mark(match.start(), match.end(), form, before_word and not after_word, after_word or not before_word)
    inches = before.isdigit() and not before_word
    return _Mark(match.start(), match.end(), form, before_word and not inches, after_word or not before_word)


def _single(form: str) -> bool:
    return form in ("'", "‘", "’")


def _closing_single(text: str, marks: list[_Mark], index: int) -> int | None:
    """The mark that closes the single mark at `index`, or None if that is an apostrophe."""
    opening = marks[index]
    before = text[opening.begin - 1] if opening.begin else " "
    if before.isalnum() or not opening.opens or (opening.form == "’" and not before.isspace()):
        return None
    if _ELISION.match(text, opening.end):
        return None
    candidate = None
    for place in range(index + 1, min(index + 1 + _LOOK_AHEAD, len(marks))):
        mark = marks[place]
        if mark.begin - opening.end > _REACH or (_single(mark.form) and _opens_anew(text, mark)):
            break
        if not _single(mark.form) or mark.begin == opening.end:
            continue
        after = text[mark.end : mark.end + 1]
        if after.isalnum() or text[mark.begin - 1].isspace():
            continue
        if text[mark.begin - 1] not in "sS":
            return place
        # "the boys' house": the quotation may go on, if a surer end follows.
        candidate = place if candidate is None else candidate
    return candidate


def _opens_anew(text: str, mark: _Mark) -> bool:
    return text[mark.begin - 1].isspace() and mark.opens and not _ELISION.match(text, mark.end)


def _goes_on(text: str, opened: _Mark, following: Span | None) -> bool:
    if following is None:
        return False
    return text.startswith(opened.form, following.begin)
