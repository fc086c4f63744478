"""Press reports as they are read: the raw text, what of it is set aside, paragraphs, sentences and quotations.

Every span is a half-open range of characters of the raw text, so that whatever is said of a report can be shown in
it. Nothing is ever taken out of the text; what does not count as reporting is `ignored`, with the reason.
"""

from datetime import UTC, datetime, time
from enum import StrEnum

import msgspec


class Span(msgspec.Struct, frozen=True, order=True):
    """Characters of the raw text, from `begin` until before `end`."""

    begin: int
    end: int

    def of(self, text: str) -> str:
        """The characters themselves."""
        return text[self.begin : self.end]

    def covers(self, other: "Span") -> bool:
        """Whether all of another span lies within."""
        return self.begin <= other.begin and other.end <= self.end

    def meets(self, other: "Span") -> bool:
        """Whether the two have a character in common."""
        return self.begin < other.end and other.begin < self.end


class Why(StrEnum):
    """Why a part of a text is set aside."""

    EDGE = "edge"
    """Navigation, dates, names of authors and notices before or behind the story."""
    TEASER = "teaser"
    """A line that leads to another story."""
    CAPTION = "caption"
    """What stands below a picture."""
    REPEATED = "repeated"
    """The text says it a second time."""


class Ignored(msgspec.Struct, frozen=True):
    """A part of a text that is set aside."""

    span: Span
    why: Why


class Report(msgspec.Struct, frozen=True):
    """One report as it came in: its name (that of the file), the raw text, and what is known of it from outside."""

    name: str
    text: str
    outlet: str = ""
    url: str = ""
    published: datetime | None = None
    received_from: str = ""


def published_later(one: Report, other: Report) -> int:
    """1 if the first was published after the other, -1 if before, 0 if that is not known. A time at midnight, UTC,
    stands for a day: what was published on one day has no order by it."""
    mine, theirs = one.published, other.published
    if mine is None or theirs is None or mine == theirs:
        return 0
    mine, theirs = mine.astimezone(UTC), theirs.astimezone(UTC)
    if time.min in (mine.time(), theirs.time()) and mine.date() == theirs.date():
        return 0
    return 1 if mine > theirs else -1


class Article(msgspec.Struct, frozen=True):
    """A report that was read: `paragraphs` and `sentences` that count, in order, and all `quotations` in them,
    without their marks; `headline` is the first paragraph if it reads like one."""

    report: Report
    paragraphs: tuple[Span, ...]
    sentences: tuple[Span, ...]
    quotations: tuple[Span, ...]
    ignored: tuple[Ignored, ...] = ()
    headline: Span | None = None

    @property
    def text(self) -> str:
        """The raw text."""
        return self.report.text
