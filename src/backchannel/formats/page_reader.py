"""The child process that reads web pages, one after the other, until nothing more comes: run by `pages`.

Rules: before the first byte of a page is looked at, the process gives up what reading does not need (`page_limits`,
and `_refuse`). Nothing is fetched, whatever a page refers to. A page that is too much for the limits ends the process
or is answered with a problem; both are told apart from a page by whoever asked.
"""

import json
import os
import re
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from typing import IO, Any

from backchannel.formats.page_limits import MEMORY_BYTES, SIZE_BYTES

_LONGEST = 300
"""Characters that are kept of a title, a name or a URL."""

_FORBIDDEN = ("socket.", "subprocess.", "os.", "shutil.", "ctypes.", "ftplib.", "urllib.", "http.", "smtplib.")
_HARMLESS = frozenset({"os.listdir", "os.scandir", "os.walk"})
"""Python looks for its own modules by these."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_TIMES = (
    '//meta[@property="article:published_time" or @property="og:article:published_time" or @name="date" or '
    '@name="pubdate" or @itemprop="datePublished" or @name="article:published_time"]/@content'
)
_SCRIPTS = '//script[@type="application/ld+json"]/text()'
_PUBLISHED = re.compile(r'"datePublished"\s*:\s*"([^"]{8,40})"')
_SOME = 10
_LOOKED_AT = 100_000
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_SPACE = re.compile(r"\s+")


def main() -> None:
    """Answer until the input ends."""
    seconds = int(sys.argv[1])
    trafilatura = import_module("trafilatura")
    limit()
    for raw in _pages(sys.stdin.buffer):
        _allow(seconds)
        answer = json.dumps(answer_to(raw, trafilatura)).encode()
        sys.stdout.buffer.write(len(answer).to_bytes(SIZE_BYTES, "big") + answer)
        sys.stdout.buffer.flush()


def answer_to(raw: bytes, trafilatura: Any) -> dict[str, Any]:
    """What is said of one page: its parts, or what the problem is."""
    try:
        tree = trafilatura.load_html(raw)
        if tree is None:
            return {"problem": "it cannot be read as a web page, or it is nested deeper than any article"}
        published = published_of(tree)
        found = trafilatura.bare_extraction(tree, include_comments=False, with_metadata=True)
    except MemoryError:
        return {"problem": "reading it takes more memory than any article does"}
    if found is None or not found.text:
        return {"problem": "there is no article in it"}
    page = {
        "text": found.text,
        "title": _line(found.title),
        "outlet": _line(found.sitename),
        "url": _link(found.url),
        "published": published,
    }
    return {"page": page}


def limit() -> None:
    """Give up everything but reading what comes in, for good."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_refuse)


def _allow(seconds: int) -> None:
    """From now on the process may use so much processor time, and a second to round up; after that it is ended."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse connections, processes, and files opened for writing, whoever of this process asks."""
    if (event == "open" and arguments[2] & _WRITING) or (event.startswith(_FORBIDDEN) and event not in _HARMLESS):
        raise PermissionError(f"{event} is not for a reader of pages")


def _pages(stream: IO[bytes]) -> Iterator[bytes]:
    while len(size := stream.read(SIZE_BYTES)) == SIZE_BYTES:
        yield stream.read(int.from_bytes(size, "big"))


def _line(text: str | None) -> str:
    return _SPACE.sub(" ", text or "")[:_LONGEST].strip()


def _link(url: str | None) -> str:
    return url if url and len(url) <= _LONGEST and url.startswith(("http://", "https://")) else ""


def published_of(tree: Any) -> str | None:
    """When a page says that it was published: the first time with its zone; else the day, at midnight. Dates in its
    text are none of it."""
    listed = [str(text) for text in tree.xpath(_TIMES)[:_SOME]]
    for script in tree.xpath(_SCRIPTS)[:_SOME]:
        listed += _PUBLISHED.findall(str(script)[:_LOOKED_AT])[:_SOME]
    moments = [moment for text in listed if (moment := _moment(text)) is not None]
    zoned = [moment.astimezone(UTC) for moment in moments if moment.tzinfo is not None]
    days = [datetime(moment.year, moment.month, moment.day, tzinfo=UTC) for moment in moments]
    return next((moment.isoformat() for moment in (*zoned, *days)), None)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None


if __name__ == "__main__":
    main()
