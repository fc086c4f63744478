"""Press reports as they come in: files of text, and saved web pages.

Rules: the text of a page is what was extracted from it, and all that is said of the report later is said of that
text; the page itself stays beside it, byte for byte. What a page says of itself (outlet, URL, time, title) is its own
claim, and gives way to what is known from outside. A file that is no report in all likelihood, because its name
speaks of files, is one only if somebody says so.
"""

import codecs
import hashlib
from datetime import datetime
from pathlib import PurePath

import msgspec

from backchannel.core.assess.press import Report
from backchannel.formats.pages import PageReader
from backchannel.formats.press_text import check_size, text_of
from backchannel.formats.recognise import HEAD_SIZE, UTF_16, is_page

SUFFIXES = (".txt", ".html", ".htm")
"""How names of files with reports end."""

_ABOUT_FILES = frozenset(
    (
        "authors",
        "changelog",
        "contributing",
        "copying",
        "copyright",
        "install",
        "licence",
        "license",
        "notice",
        "readme",
    )
)


class Known(msgspec.Struct, frozen=True):
    """What is known of a report from outside: whose it is, where it stood, since when, and who handed it on."""

    outlet: str = ""
    url: str = ""
    published: datetime | None = None
    received_from: str = ""


UNKNOWN = Known()
"""Nothing is known."""


class Taken(msgspec.Struct, frozen=True):
    """A report that was taken in: the `report`, the bytes of the file (`original`), and whether it was a `page`.

    `title` is that of the page. `guessed` says that nothing told the encoding of the text.
    """

    report: Report
    original: bytes
    page: bool = False
    title: str = ""
    guessed: bool = False

    @property
    def sha256(self) -> str:
        """Of the file, in hex."""
        return hashlib.sha256(self.original).hexdigest()


def is_press_name(name: str) -> bool:
    """Whether a file of this name is a report if it holds prose or a page."""
    path = PurePath(name)
    return path.suffix.lower() in SUFFIXES and path.stem.casefold() not in _ABOUT_FILES


def is_page_file(head: bytes) -> bool:
    """Whether a file begins as a web page does, in whatever encoding."""
    head = head[:HEAD_SIZE]
    for mark, encoding in UTF_16:
        if head.startswith(mark):
            return is_page(head.removeprefix(mark).decode(encoding, errors="ignore"))
    return is_page(head.removeprefix(codecs.BOM_UTF8).decode(errors="replace"))


def report_of(name: str, raw: bytes, known: Known, pages: PageReader) -> Taken:
    """The report in a file, from its bytes (`press_text.LARGEST_FILE` and one more are enough of a larger one).

    Raises:
        UnreadableFile: it holds no text that could be a report (`UnreadablePage` of a page), or too much
            (`ReportTooLong`).
        MissingExtra, DamagedExtra: it is a page, and what reads pages is not there.
    """
    check_size(raw)
    if not is_page_file(raw):
        found = text_of(raw)
        return Taken(_report(name, found.text, known), raw, guessed=found.guessed)
    page = pages.read(raw)
    text = text_of(_headed(page.title, page.text).encode()).text
    said = Known(page.outlet, page.url, page.published)
    return Taken(_report(name, text, known, said), raw, page=True, title=page.title)


def _report(name: str, text: str, known: Known, said: Known = UNKNOWN) -> Report:
    return Report(
        name=name,
        text=text,
        outlet=known.outlet or said.outlet,
        url=known.url or said.url,
        published=known.published or said.published,
        received_from=known.received_from,
    )


def _headed(title: str, text: str) -> str:
    """The text below its title, if it does not begin with it."""
    begin = " ".join(text[: 2 * len(title) + 20].split()).casefold()
    if not title or begin.startswith(" ".join(title.split()).casefold()):
        return text
    return f"{title}\n\n{text}"
