"""Pulling: the objects of a TAXII server's collections into the holdings, page by page, each collection a source.

Rules: how far a collection was read becomes durable in the transaction that keeps the objects of the page, so that
whatever ends a pull, the next one goes on where it stopped. What a server does wrong ends the pass over that
collection, with what was taken kept and the reason told; the other collections are read all the same.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import BinaryIO

import msgspec

from backchannel.carriers import taxii
from backchannel.carriers.session import Answer, LostAnswer, Session
from backchannel.carriers.taxii import Collection, CursorRefused, Located
from backchannel.core.marking import parse_level
from backchannel.core.text import printable, shown
from backchannel.errors import (
    Ambiguous,
    BackchannelError,
    BadArgument,
    TaxiiDenied,
    TaxiiMisbehaves,
    TaxiiNotThere,
    UnreadableFile,
)
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_taxii import PULLED, PullRow
from backchannel.formats.generate import Generator
from backchannel.formats.items import Taken
from backchannel.formats.taxii_envelope import Envelope
from backchannel.node.files import Refused
from backchannel.node.importing import ImportReport, Origin, keep_items, namespace
from backchannel.node.node import Node
from backchannel.node.readers import Readers
from backchannel.protocol.paging import Ask, Course, Page, parse_moment

MOST_REFUSED = 10_000
"""Refusals of one collection that a report lists; further ones are only counted."""


class CollectionReport(msgspec.Struct):
    """What a pass over one collection did. `since` is the moment that it began after, '' for the beginning."""

    collection: Collection
    since: str
    kept: ImportReport = msgspec.field(default_factory=ImportReport)
    problem: BackchannelError | None = None

    @property
    def name(self) -> str:
        """The collection as it is shown."""
        return shown_title(self.collection)

    def as_json(self) -> dict[str, object]:
        """The public shape."""
        return {
            "id": self.collection.id,
            "title": self.collection.title,
            "read": self.kept.read,
            "added": self.kept.added,
            "unchanged": self.kept.unchanged,
            "refused": self.kept.refused,
            "since": self.since or None,
            "problem": str(self.problem) if self.problem else None,
        }


class PullReport(msgspec.Struct):
    """What a pull did. `notes` are about what could not be read on the way to the collections."""

    collections: list[CollectionReport] = []
    notes: list[str] = []

    @property
    def problem(self) -> BackchannelError | None:
        """The first of the problems, if there is any."""
        return next((one.problem for one in self.collections if one.problem), None)

    @property
    def refused(self) -> bool:
        """Whether any object was refused."""
        return any(one.kept.refused for one in self.collections)

    def as_json(self) -> dict[str, object]:
        """The public shape."""
        return {"collections": [one.as_json() for one in self.collections], "notes": self.notes}


class Wanted(msgspec.Struct, frozen=True):
    """What to pull: collections by id, alias or title (none: all that can be read), from `since` on instead of where
    the last pull ended, and the level of objects without a mark of their own."""

    collections: tuple[str, ...] = ()
    since: str = ""
    tlp: str | None = None
    page_objects: int = taxii.PAGE_OBJECTS


def pull(
    node: Node, session: Session, wanted: Wanted, tell: Callable[[CollectionReport], None] = lambda _report: None
) -> PullReport:
    """Read collections to their end. `tell` is called after each page.

    Raises:
        BadArgument: no such TLP level.
        TaxiiNotThere, TaxiiDenied, TaxiiUnreachable, TaxiiMisbehaves, Ambiguous: the collections cannot be told.
    """
    try:
        level = parse_level(wanted.tlp) if wanted.tlp else node.settings.default_tlp
    except ValueError as error:
        raise BadArgument(f"--tlp: {error}") from None
    located = taxii.locate(session)
    report = PullReport(notes=located.notes)
    with Readers(node.services().validate, Generator(namespace(node), node.clock())) as readers:
        for collection in readable(located, wanted.collections):
            one = _Pass(node, session, readers, collection, level, wanted)
            report.collections.append(one.report)
            one.run(tell)
    return report


def readable(located: Located, names: Sequence[str]) -> list[Collection]:
    """The collections of these names, or all that can be read.

    Raises:
        TaxiiNotThere, Ambiguous: none of that name, or several.
        TaxiiDenied: it may not be read.
    """
    if not names:
        found = [one for one in located.collections if one.can_read]
        if not found:
            raise TaxiiDenied("there is no collection that we may read")
        return found
    return list(dict.fromkeys(chosen(located, name, can="read") for name in names))


def chosen(located: Located, name: str, *, can: str) -> Collection:
    """The one collection of that id, alias or title (or URL), which may be read or written.

    Raises:
        TaxiiNotThere, Ambiguous: none of that name, or several.
        TaxiiDenied: it may not be read, or written.
    """
    found = [one for one in located.collections if name in (one.id, one.url)] or [
        one for one in located.collections if name and name.casefold() in (one.alias.casefold(), one.title.casefold())
    ]
    if not found:
        there = ", ".join(f"{shown_title(one)} ({printable(one.id)})" for one in located.collections[:10])
        raise TaxiiNotThere(
            f"there is no collection {shown(name)}; there {'is' if there else 'are'} {there or 'none'}"
        )
    if len(found) > 1:
        raise Ambiguous(f"several collections are called {shown(name)}: {', '.join(printable(o.id) for o in found)}")
    if not (found[0].can_read if can == "read" else found[0].can_write):
        doing = "read" if can == "read" else "written"
        raise TaxiiDenied(f"the collection {shown_title(found[0])} may not be {doing} by us")
    return found[0]


def shown_title(collection: Collection) -> str:
    """The title of a collection, or its id, on one harmless line."""
    return printable(" ".join(collection.title.split()) or collection.id, 60)


class _Pass:
    """One pass over one collection."""

    def __init__(
        self, node: Node, session: Session, readers: Readers, collection: Collection, level: str, wanted: Wanted
    ) -> None:
        self._node = node
        self._session = session
        self._readers = readers
        self._collection = collection
        self._limit = wanted.page_objects
        self._source = PULLED + collection.url
        self._name = f"{shown_title(collection)} @ {session.host}"
        self._origin = Origin(self._source, self._name, level)
        with node.db.read() as tx:
            row = None if wanted.since else tx.pulls.position(collection.url)
        start = Ask(row.added_after, row.cursor) if row else Ask(wanted.since)
        self._course = Course(start, row.last_added if row else "")
        self.report = CollectionReport(collection, start.added_after)
        self._more_refused = 0

    def run(self, tell: Callable[[CollectionReport], None]) -> None:
        """Read to the end, or as far as it goes; what stops it is on the report."""
        try:
            with tempfile.TemporaryFile(dir=self._node.home) as file:
                while self._course.ask is not None:
                    self._page(self._course.ask, file)
                    self._shorten()
                    tell(self.report)
        except taxii.FAULTS as error:
            self.report.problem = error
        except UnreadableFile as error:
            self.report.problem = TaxiiMisbehaves(f"{self._session.host} sends a page that cannot be read: {error}")

    def _page(self, ask: Ask, file: BinaryIO) -> None:
        course = self._course
        try:
            answer = taxii.read_page(
                self._session, self._collection, ask, file, limit=self._limit, repeat=not course.unrepeatable
            )
        except (LostAnswer, CursorRefused):
            if not course.lost_cursor():
                raise
            return
        fault = self._keep(file, answer)
        if fault is not None:
            raise fault

    def _keep(self, file: BinaryIO, answer: Answer) -> TaxiiMisbehaves | None:
        """Keep the objects of a page, and with the last of them how far that is. What was wrong with the page, if
        there is no way on from it."""
        size = file.seek(0, 2)
        first, last = self._dates(file, answer)
        file.seek(0)
        envelope = Envelope(file, self.report.kept.read)
        tally = _Tally(self._course)
        faults: list[TaxiiMisbehaves] = []

        def at_end(tx: Transaction) -> None:
            page = Page(tally.objects, tally.fresh, envelope.more, envelope.cursor, first, last, answer.at)
            try:
                self._course.take(page)
            except TaxiiMisbehaves as error:
                faults.append(TaxiiMisbehaves(f"{self._session.host}: {error}"))
            self._remember(tx)

        items = tally.over(self._readers.read_cuts(envelope.cuts(), size))
        keep_items(self._node, items, self._origin, self.report.kept, at_end=at_end)
        return faults[0] if faults else None

    def _remember(self, tx: Transaction) -> None:
        course = self._course
        tx.pulls.name(self._source, self._name)
        tx.pulls.put_position(
            PullRow(
                self._collection.url,
                course.resume.added_after,
                course.resume.cursor,
                course.last_added,
                self._node.clock(),
            )
        )

    def _dates(self, file: BinaryIO, answer: Answer) -> tuple[str, str]:
        """When the first and the last object of a page were added. Where the way on depends on it and the server
        does not say, its manifest is asked, and else the last object itself: it was not added before it was made."""
        first, last = (
            text if parse_moment(text := answer.header(f"x-taxii-date-added-{which}")) else ""
            for which in ("first", "last")
        )
        if last:
            return first, last
        file.seek(0)
        envelope = Envelope(file)
        objects, newest = 0, b""
        for cut in envelope.cuts():
            objects += 1
            newest = cut.found if isinstance(cut.found, bytes) else newest
        page = Page(objects, objects, envelope.more, envelope.cursor, first, "", answer.at)
        if newest and self._course.needs_date(page):
            last = self._date_of(newest, answer.at)
        return first, last

    def _date_of(self, raw: bytes, at: datetime) -> str:
        try:
            one = msgspec.json.decode(raw, type=_Dated)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return ""
        said = taxii.date_added(self._session, self._collection, one.id) if one.id else ""
        if parse_moment(said):
            return said
        made = one.modified or one.created
        moment = parse_moment(made)
        return made if moment and moment <= at else ""

    def _shorten(self) -> None:
        """Keep the list of refusals bounded, with a last entry that counts the others."""
        refused = self.report.kept.refused
        if len(refused) - bool(self._more_refused) > MOST_REFUSED:
            self._more_refused += len(refused) - MOST_REFUSED - bool(self._more_refused)
            del refused[MOST_REFUSED:]
            refused.append(Refused(self._name, -1, "", "more", f"{self._more_refused} further objects were refused"))


class _Dated(msgspec.Struct):
    id: str = ""
    modified: str = ""
    created: str = ""


class _Tally:
    """Counts the objects of a page as they pass, and those that the pass had not seen."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self.objects = self.fresh = 0

    def over(self, items: Iterator[Taken]) -> Iterator[Taken]:
        """The items, counted."""
        for item in items:
            self.objects += 1
            what = (item.id, item.view.version) if item.view is not None else (item.id, item.findings[0].rule)
            self.fresh += self._course.is_new(what)
            yield item


def keep_pulling(
    once: Callable[[], None], every: float, sleep: Callable[[float], None], tell: Callable[[str], None]
) -> None:
    """Pull again and again, until the process is interrupted; a pass that fails is told, and the next one comes."""
    while True:
        try:
            once()
        except BackchannelError as error:
            tell(f"this pass failed, the next one is in {every:g} seconds: {error}")
        sleep(every)
