"""A press report as STIX 2.1: a `report` whose description is the text, character for character, and its outlet.

Rules. The text stands in `description`, so that it is searched, and judged by every rule of release, like all that an
object says: a name that must not leave is found in it, which it would not be in an encoded `artifact`; and artifacts
do not cross. Beside the object stays the file, byte for byte. The id follows from the bytes of the file, so the same
file is the same report. `object_refs`, which must not be empty, has the identity of the outlet, and what the report
is about if that was said. The label `press-report` tells it from reports of other kinds: the vocabulary of
`report_types` has no word for it. Who handed the report on is our own affair and stands beside the object. Where
nobody knows when it was published, `published` is the time of import, as `created` is.
Source: STIX 2.1, sections 4.5 and 4.14.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO
from urllib.parse import urlsplit

from backchannel.core.assess.press import Article, Report
from backchannel.core.assess.reading import read
from backchannel.core.size import MAX_STRING, oversized
from backchannel.core.stix import StixObject, decode, timestamp
from backchannel.core.text import has_hidden, printable
from backchannel.errors import ReportTooLong
from backchannel.flow.ports import Finding
from backchannel.formats.entries import reference
from backchannel.formats.generate import ExternalReference, Generator
from backchannel.formats.items import Item, refusal
from backchannel.formats.pages import PageReader
from backchannel.formats.press import Known, Taken, report_of
from backchannel.formats.press_doubts import doubts
from backchannel.formats.press_text import LARGEST_FILE

LABEL = "press-report"
"""The label of reports that are press reports."""

UNKNOWN_OUTLET = "unknown outlet"
"""The name of the identity that stands for the outlet where it is not known."""

_LONGEST_NAME = 200
_NO_URL = "press report"


def read_press(
    file: BinaryIO, make: Generator, known: Known, pages: PageReader, *, threat_id: str | None = None
) -> Iterator[Item]:
    """The identity of the outlet, and the report. `threat_id` is what the report is about.

    Raises:
        UnreadableFile, ReportTooLong, UnreadablePage: there is no report in it, or one that is too long to be held.
        MissingExtra: it is a page, and what reads pages is not installed.
    """
    name = str(getattr(file, "name", "")).rpartition("/")[2] or "report"
    taken = report_of(name, file.read(LARGEST_FILE + 1), known, pages)
    if len(taken.report.text) > MAX_STRING:
        count = len(taken.report.text)
        raise ReportTooLong(f"it has {count:,} characters; a report that is held may have {MAX_STRING:,}")
    article = read(taken.report)
    outlet = make.outlet(taken.report.outlet or UNKNOWN_OUTLET, known=bool(taken.report.outlet))
    yield Item(0, decode(outlet), generated=True)
    about = (threat_id,) if threat_id is not None else ()
    raw = make.press_report(
        taken.sha256,
        name=_name(article),
        text=taken.report.text,
        published=taken.report.published,
        references=_references(taken.report),
        object_refs=(decode(outlet).id, *about),
        label=LABEL,
    )
    report = decode(raw)
    if (large := oversized(report)) is not None:
        yield refusal(1, "limits", large)
        return
    yield Item(1, report, findings=_warnings(article, taken), generated=True, original=taken.original)


def is_press_report(one: StixObject) -> bool:
    """Whether an object is a press report: ours, or one that another node made the same way."""
    labels = one.value.get("labels")
    text = one.value.get("description")
    return one.type == "report" and isinstance(labels, list) and LABEL in labels and isinstance(text, str)


def held_report(one: StixObject, received_from: str = "") -> Report:
    """The press report in an object, under the object's id."""
    outlet, url = _outlet(one)
    return Report(
        name=one.id,
        text=str(one.value.get("description", "")),
        outlet=outlet,
        url=url,
        published=_published(one),
        received_from=received_from,
    )


def _name(article: Article) -> str:
    """The headline if there is one, else the name of the file: on one line."""
    headline = article.headline.of(article.text) if article.headline is not None else ""
    name = " ".join(headline.split()) or article.report.name
    return name[:_LONGEST_NAME] if not has_hidden(name) else printable(name, _LONGEST_NAME)


def _references(report: Report) -> tuple[ExternalReference, ...]:
    found = reference(report.url) if report.url else None
    if report.outlet:
        url = found.url if found is not None else ""
        words = "" if url else printable(report.url, 250) or _NO_URL  # one of the two there must be
        return (ExternalReference(printable(report.outlet, 250), words, url),)
    return (found,) if found is not None else ()


def _warnings(article: Article, taken: Taken) -> tuple[Finding, ...]:
    found = doubts(article, guessed=taken.guessed)
    return tuple(Finding(rule=doubt.rule, message=doubt.value, must=False) for doubt in found)


def _outlet(one: StixObject) -> tuple[str, str]:
    """Whose a report is and where it stood, as its first external reference has it. A reference that is called as
    the host of its URL names no outlet."""
    listed = one.value.get("external_references")
    first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
    name, url = (first.get(key) if isinstance(first.get(key), str) else "" for key in ("source_name", "url"))
    return ("" if url and name == _host(url) else str(name)), str(url)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _published(one: StixObject) -> datetime | None:
    """When it was published; None if that is the time at which the object was made."""
    published = one.value.get("published")
    if not isinstance(published, str) or published == one.value.get("created"):
        return None
    try:
        return timestamp(published)
    except ValueError:
        return None
