"""Who is credited: the outlets and networks from which a report says that it has something, each with its words.

Rules: the name of an outlet alone is no credit. It is one as the reporter of something ("CNN reports", "said in a
report"), as the listener ("told Interfax", "in an interview with"), behind "according to", "citing", "published by"
and the like, at the head of a dispatch ("(Reuters) -"), in a note ("originally appeared on", "Sources:", "via"), or
as the place of a post. Several in a row share the phrase. What a quoted speaker says of an outlet is no credit of
the report. A name that the gazetteer does not know counts where its form or the words beside it show an outlet
("the daily X", "X TV", "x.com"), or where it stands behind "according to a report by" or in ", X reported."; such a
credit is not `certain`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from backchannel.core.assess.credit_forms import (
    DESCRIBED,
    DESCRIBED_AFTER,
    DESPITE,
    HEARD,
    LISTENER,
    NOTE,
    OWN_AFTER,
    OWN_BEFORE,
    REPORTED_BY,
    REPORTER,
    STAFF,
    STAFF_SAYS,
)
from backchannel.core.assess.outlets import Gazetteer, Mention, Outlet, apart, mentions, short_names, words_of
from backchannel.core.assess.post_credits import posts
from backchannel.core.assess.press import Article, Ignored, Span, Why
from backchannel.core.assess.unknown_outlets import surnames, unknown

_BEFORE = 90
_AFTER = 90
_LONG_QUOTE = 600
"""Characters from which on a range between quotation marks is taken for copied text rather than for speech."""
_AND = re.compile(r"(?:['’]s)?\s*(?:,|,?\s+and|,?\s+as well as|/|&)\s+(?:the\s+)?", re.IGNORECASE)
_TITLE_BAR = re.compile(r"\s[|–—-]\s(?:[Tt]he\s)?$")
_DATELINE = re.compile(
    r"(?:[A-Z][\w.,'’ /-]{0,50}?\s*)?(?:\((?P<a>[^()\n]{2,40})\)|"
    r"/\s?(?P<b>[A-Za-z ]{2,30})\s?/)\s*(?:[-–—]{1,3}|(?=[A-Z]))"
    r"|(?P<c>[A-Z][\w.]{0,40}(?:\s[A-Z][\w.]{0,40}){0,3})\s+(?:[-–—]{1,2})\s+(?=[A-Z])"
)


class How(StrEnum):
    """In which way an outlet is credited."""

    REPORTED = "reported"
    """It is said to have reported something."""
    HEARD = "heard"
    """Somebody is said to have told it something."""
    NOTE = "note"
    """A note before or behind the story names it."""
    DATELINE = "dateline"
    """The head of the dispatch names it."""
    POST = "post"
    """A post on a network, or on a page of one's own."""
    OWN = "own"
    """It speaks of what it did itself: the text is its own."""


class Credit(msgspec.Struct, frozen=True):
    """An outlet that is credited: `evidence` is the sentence or line that says so, `name` where it is named in it.

    `described` says that the text tells what kind of outlet it is, or names one of its people or programmes, as an
    outlet rarely does of itself.
    """

    outlet: Outlet
    how: How
    name: Span
    evidence: Span
    certain: bool = True
    described: bool = False


def credits_of(article: Article, known: Gazetteer) -> list[Credit]:
    """All credits of a report, in the order of the text."""
    text = article.text
    found: list[Credit] = []
    named: dict[str, Mention] = {}
    persons = surnames(text)
    told = _Told(article)
    for span, inside in _parts(article):
        listed = apart([*mentions(text, span.begin, span.end, known), *unknown(text, span, known, persons)])
        listed = apart([*listed, *short_names(text, span.begin, span.end, listed, named)])
        named |= {word: mention for mention in listed if mention.certain for word in words_of(mention)}
        found += _of_part(text, span, listed, inside, told)
    return sorted(found, key=lambda credit: credit.name)


def _parts(article: Article) -> Iterator[tuple[Span, bool]]:
    """Sentences, and lines at the edge; and whether it is one of the story."""
    parts = [(span, True) for span in article.sentences]
    parts += [(item.span, False) for item in article.ignored if _may_name(item, article.text)]
    yield from sorted(parts)


def _may_name(item: Ignored, text: str) -> bool:
    return item.why is Why.EDGE or (item.why is Why.TEASER and "via" in item.span.of(text)[:200])


class _Told:
    """Where a report's paragraphs begin, and what in it is spoken."""

    def __init__(self, article: Article) -> None:
        self._quotations = article.quotations
        self._starts = [quote.begin for quote in article.quotations]
        self.heads = frozenset(paragraph.begin for paragraph in article.paragraphs)

    def spoken(self, span: Span) -> bool:
        """Whether somebody who is quoted says this; a name that is quoted alone is not said by anybody."""
        index = bisect_right(self._starts, span.begin) - 1
        if index < 0:
            return False
        quote = self._quotations[index]
        length = quote.end - quote.begin
        return quote.covers(span) and span.end - span.begin + 2 < length < _LONG_QUOTE


def _of_part(text: str, span: Span, listed: list[Mention], story: bool, told: _Told) -> Iterator[Credit]:
    previous: Credit | None = None
    for mention in listed:
        credit = None
        if not story or not told.spoken(mention.span):
            credit = _credit(text, span, mention, story, told)
        if credit is None and previous is not None and _AND.fullmatch(text, previous.name.end, mention.span.begin):
            credit = msgspec.structs.replace(
                previous, outlet=mention.outlet, name=mention.span, certain=mention.certain
            )
        if credit is not None:
            yield credit
        previous = credit
    yield from (
        Credit(post.outlet, How.POST, post.span, span, certain=False)
        for post in posts(text, span)
        if not told.spoken(post.span)
    )


def _credit(text: str, span: Span, mention: Mention, story: bool, told: _Told) -> Credit | None:
    name = mention.span
    before = text[max(span.begin, name.begin - _BEFORE) : name.begin]
    after = text[name.end : min(span.end, name.end + _AFTER)]
    if (not story or span.begin in told.heads) and _heads(text, span, name):
        how: How | None = How.DATELINE
    elif mention.outlet.kind == "social":
        return None
    elif not story and _ends_title(before, after):
        how = How.OWN
    else:
        how = _how(before, after)
    if how is None:
        return None
    described = bool(DESCRIBED.search(before) or DESCRIBED_AFTER.match(after))
    return Credit(mention.outlet, how, name, span, mention.certain, described)


def _how(before: str, after: str) -> How | None:
    """What the words before and after a name make of it, if it is a credit."""
    if NOTE.search(before):
        return How.NOTE
    if OWN_AFTER.match(after) or OWN_BEFORE.search(before):
        return How.OWN
    if LISTENER.search(before):
        return How.OWN if HEARD.match(after) else How.HEARD
    if REPORTED_BY.search(before):
        return How.REPORTED
    if DESPITE.match(after):
        return None
    if REPORTER.match(after) or (STAFF.search(before) and STAFF_SAYS.match(after)):
        return How.REPORTED
    return None


def _ends_title(before: str, after: str) -> bool:
    """Whether a name stands alone behind a page's title."""
    return _TITLE_BAR.search(before) is not None and not after.strip()


def _heads(text: str, span: Span, name: Span) -> bool:
    """Whether a paragraph begins with a name as a dispatch does."""
    match = _DATELINE.match(text, span.begin, min(span.end, span.begin + 120))
    if match is None:
        return False
    group = match.lastgroup or "a"
    return Span(match.start(group), match.end(group)).covers(name)
