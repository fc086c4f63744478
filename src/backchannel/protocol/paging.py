"""Reading a collection of a TAXII server page by page: what to ask next, and what to remember for another time.

Rules: (1) what is remembered never lies behind an object that was not read: a page is asked twice rather than not at
all. (2) A cursor is remembered only if the server moves it on with each page; one that stays the same stands for
the server's memory of this conversation, and what it would give next is not known. Then the date counts. (3) Several
objects may have been added at one moment, so whoever goes on by date asks from just before it. (4) Every pass ends:
a page that brings nothing new, while the server says that there is more, is borne only a few times.
Source: TAXII 2.1, sections 3.3 (sorting), 3.4 (filtering) and 3.5 (pagination).
"""

import re
from datetime import UTC, datetime, timedelta

import msgspec

from backchannel.core.text import shown
from backchannel.errors import TaxiiMisbehaves

MAX_IDLE = 10
"""So many pages in a row may bring nothing new while the server says that there is more."""

SETTLED = timedelta(minutes=1)
"""What was added longer than this before the answer is complete: objects that share its date came with it."""

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,12}))?(Z|[+-]\d\d:\d\d)", re.ASCII)
_FIELD_BITS = 25


class Ask(msgspec.Struct, frozen=True):
    """What a page is asked with: objects added after a moment, and the server's cursor; '' for neither."""

    added_after: str = ""
    cursor: str = ""


class Page(msgspec.Struct, frozen=True):
    """What is known of a page beside its objects.

    `fresh` counts the objects that this pass had not seen. `first` and `last` are when the server added its first and
    last object, '' if it does not say; `at` is when it answered.
    """

    objects: int
    fresh: int
    more: bool
    cursor: str
    first: str
    last: str
    at: datetime


class Course:
    """One pass over one collection. `ask` is what to ask next, None when all was read; `resume` and `last_added`
    are what to remember with the objects of the page that was taken last."""

    def __init__(self, start: Ask, last_added: str = "") -> None:
        self.ask: Ask | None = start
        self.resume = start
        self._start = start
        self.last_added = last_added
        self._page_before = ""
        self._idle = 0
        self._cursors = Seen()
        self._objects = Seen()
        self._went_back: str | None = None

    @property
    def unrepeatable(self) -> bool:
        """Whether asking the same once more could pass over a page, and there is another way."""
        return self.ask is not None and self.ask != self.resume

    def is_new(self, what: object) -> bool:
        """Take note of an object, by anything that can be hashed; whether this pass had not seen it."""
        return self._objects.add(what)

    def needs_date(self, page: Page) -> bool:
        """Whether the way on depends on when the objects of this page were added, and the server did not say."""
        return parse_moment(page.last) is None and page.objects > 0 and not (page.more and page.cursor)

    def take(self, page: Page) -> None:
        """Find the way on from a page, which is durable together with `resume` and `last_added`.

        Raises:
            TaxiiMisbehaves: there is none; the objects of the page can be kept, with `resume` as it is then.
        """
        asked = self.ask or Ask()
        last, first = parse_moment(page.last), parse_moment(page.first)
        self.ask = None
        if first and last and first > last:
            raise TaxiiMisbehaves(f"its objects are not in the order in which they were added: {_dates(page)}")
        before = parse_moment(self._page_before)
        if asked.cursor and page.fresh and first and before and first < before:
            raise TaxiiMisbehaves(
                f"its pages are not in the order in which objects were added: one ends with {self._page_before}, "
                f"the next begins with {page.first}"
            )
        known = parse_moment(self.last_added)
        if last and (known is None or last > known):
            self.last_added = page.last
        self._page_before = page.last if last else self._page_before
        self._idle = 0 if page.fresh else self._idle + 1
        if page.more:
            self.ask = self._onward(asked, page)
            self.resume = self._durable(asked, self.ask)
        elif self.last_added:
            settled = (last := parse_moment(self.last_added)) is not None and page.at - last > SETTLED
            self.resume = Ask(_written(last) if settled and last else just_before(self.last_added))

    def lost_cursor(self) -> bool:
        """The server refused the cursor, or the answer to it was lost: go on by date, or begin again if none is
        known. False if that leads nowhere that was not tried before."""
        back = just_before(self.last_added) if self.last_added else self._start.added_after
        if back == self._went_back:
            return False
        self._went_back = back
        self._page_before = ""
        self._idle, self._cursors, self._objects = 0, Seen(), Seen()
        self.ask = self.resume = Ask(back)
        return True

    def _onward(self, asked: Ask, page: Page) -> Ask:
        if page.cursor:
            known = not self._cursors.add(page.cursor) or page.cursor == asked.cursor
            if known and not page.fresh:
                again = "the same cursor again" if page.cursor == asked.cursor else "a cursor that it gave before"
                raise TaxiiMisbehaves(f"it says that there is more, but gives {again} and nothing new: a circle")
        if self._idle >= MAX_IDLE:
            raise TaxiiMisbehaves(
                f"it says again and again that there is more, but {self._idle} pages in a row brought nothing new"
            )
        return Ask(asked.added_after, page.cursor) if page.cursor else self._by_date(asked, page)

    def _by_date(self, asked: Ask, page: Page) -> Ask:
        onward = Ask(just_before(page.last))
        after, before = parse_moment(onward.added_after), parse_moment(asked.added_after)
        if after is None:
            raise TaxiiMisbehaves(
                "it says that there is more, but not where: it gives neither a cursor (`next`) nor the date of the "
                "last object (`X-TAXII-Date-Added-Last`)"
            )
        if before and after <= before:
            raise TaxiiMisbehaves(
                f"it says that there is more, but gives no cursor (`next`), and its pages do not get beyond "
                f"{shown(page.last, 40)}: more objects were added at that moment than it gives at once"
            )
        return onward

    def _durable(self, asked: Ask, onward: Ask) -> Ask:
        moves = bool(asked.cursor) and onward.cursor != asked.cursor
        if not onward.cursor or moves or not self.last_added:
            return onward
        return Ask(just_before(self.last_added))


class Seen:
    """What was seen in one pass, in memory that does not grow: now and then something new is taken for seen."""

    def __init__(self) -> None:
        self._bits = bytearray(1 << (_FIELD_BITS - 3))

    def add(self, what: object) -> bool:
        """Take note of something that can be hashed; whether it is new."""
        value = hash(what)
        new = False
        for place in (value & ((1 << _FIELD_BITS) - 1), (value >> 32) & ((1 << _FIELD_BITS) - 1)):
            at, bit = place >> 3, 1 << (place & 7)
            new = new or not self._bits[at] & bit
            self._bits[at] |= bit
        return new


def parse_moment(text: str) -> datetime | None:
    """A time as TAXII writes it, in UTC and to the microsecond; None if it is none."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    try:
        return datetime.fromisoformat(f"{match[1]}.{(match[2] or '')[:6]:0<6}{match[3]}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def just_before(text: str) -> str:
    """The moment before a time, by the precision in which it was written: who rounds dates up loses nothing."""
    moment, match = parse_moment(text), _MOMENT.fullmatch(text)
    if moment is None or match is None:
        return ""
    step = timedelta(microseconds=10 ** (6 - min(len(match[2] or ""), 6)))
    return _written(moment - step) if moment - datetime.min.replace(tzinfo=UTC) > step else ""


def _written(moment: datetime) -> str:
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _dates(page: Page) -> str:
    return f"a page begins with {page.first} and ends with {page.last}"
