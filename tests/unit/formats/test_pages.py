"""Saved pages become text with what they say of themselves; no page, however it is made, does any harm."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backchannel.errors import MissingExtra, UnreadablePage
from backchannel.formats import pages
from backchannel.formats.pages import PageReader
from press_pages import BODY, HARMLESS, HEAD, PARAGRAPHS, TIME, TOO_LARGE, TOO_SLOW, page


@pytest.fixture(scope="module")
def reader() -> Iterator[PageReader]:
    with PageReader() as reader:
        yield reader


def test_a_page_is_its_article_and_what_it_says_of_itself(reader: PageReader) -> None:
    found = reader.read(page())
    assert [line for line in found.text.splitlines() if line in PARAGRAPHS] == list(PARAGRAPHS)
    assert "Home" not in found.text
    assert "©" not in found.text
    assert (found.title, found.outlet) == ("No ship has left the harbour", "Example Herald")
    assert found.url == "https://herald.example.com/a/harbour"
    assert found.published == datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("head", "published"),
    [
        ('<meta name="date" content="2026-11-20">', datetime(2026, 11, 20, tzinfo=UTC)),
        ('<meta name="date" content="2026-11-20">' + TIME, datetime(2026, 11, 20, 6, 30, tzinfo=UTC)),
        ('<meta itemprop="datePublished" content="last Friday">', None),
        ('<meta name="date" content="0001-01-01T00:00:00+14:00">', None),
        (
            '<script type="application/ld+json">{"@type": "X", "datePublished": "2026-11-20T01:00:00Z"}</script>',
            datetime(2026, 11, 20, 1, tzinfo=UTC),
        ),
    ],
)
def test_when_a_page_was_published_is_what_it_declares(
    reader: PageReader, head: str, published: datetime | None
) -> None:
    assert reader.read(page(HEAD + head)).published == published


def test_a_date_in_the_text_of_a_page_is_not_when_it_was_published(reader: PageReader) -> None:
    assert (
        reader.read(
            page(HEAD, BODY + "<p>It was founded on 12 January 2020, and closed on 2021-03-04.</p>")
        ).published
        is None
    )


def test_what_a_page_says_of_itself_is_cut_to_a_line(reader: PageReader) -> None:
    head = f'<title>{"a " * 5_000}</title><meta property="og:site_name" content="A{"b" * 5_000}\n\nC">'
    found = reader.read(page(head + '<link rel="canonical" href="javascript:alert(1)">'))
    assert len(found.title) <= 300
    assert len(found.outlet) <= 300
    assert "\n" not in found.outlet
    assert not found.url.startswith("javascript")


@pytest.mark.parametrize("name", HARMLESS)
def test_a_page_made_to_break_its_reader_is_read_or_refused(reader: PageReader, name: str) -> None:
    with suppress(UnreadablePage):
        text = reader.read(HARMLESS[name].encode()).text
        assert len(text) <= 1_000_001
        assert "root:" not in text
    assert reader.read(page()).title, "and the next one is read"


def test_a_page_that_takes_too_much_memory_is_refused() -> None:
    with PageReader(cpu_seconds=60) as reader:
        with pytest.raises(UnreadablePage, match=r"memory|MB"):
            reader.read(TOO_LARGE.encode())
        assert reader.read(page()).title, "and the next one is read"


def test_a_page_that_takes_too_much_time_is_refused() -> None:
    with PageReader(cpu_seconds=1) as reader:
        with pytest.raises(UnreadablePage, match="more than 1 seconds of processor time or 400 MB"):
            reader.read(TOO_SLOW.encode())
        assert reader.read(page()).title, "and the next one is read"


def test_a_page_for_which_nobody_waits_any_longer_is_refused() -> None:
    with PageReader(wall_seconds=0) as reader, pytest.raises(UnreadablePage, match="not read within 0 seconds"):
        reader.read(page())


def test_a_reader_leaves_no_process_behind() -> None:
    with PageReader() as reader:
        reader.read(page())
        child = reader._child
        assert child is not None
        pid = child.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "find_spec", lambda _name: None)
    with PageReader() as reader, pytest.raises(MissingExtra, match=r"pip install 'backchannel\[assess\]'"):
        reader.read(page())


FORBIDDEN = {
    "a connection": "socket.create_connection(('127.0.0.1', 9))",
    "a name looked up": "socket.getaddrinfo('example.com', 80)",
    "a process": "subprocess.run(['true'])",
    "a shell": "os.system('true')",
    "a copy of itself": "os.fork()",
    "a file written": "open('left.txt', 'w')",
    "a file written by number": "os.open('left.txt', os.O_WRONLY | os.O_CREAT)",
    "a file removed": "os.remove('kept.txt')",
    "a folder made": "os.mkdir('left')",
    "a web page fetched": "urllib.request.urlopen('http://127.0.0.1:9/')",
}


def test_the_process_that_reads_pages_can_neither_connect_nor_write_nor_start_anything(
    tmp_path: Path,
) -> None:
    script = (
        "import os, socket, subprocess, urllib.request\nfrom backchannel.formats.page_reader import limit\nlimit()\n"
    )
    for name, attempt in FORBIDDEN.items():
        script += f"try:\n    {attempt}\nexcept PermissionError:\n    pass\nelse:\n    print({name!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", script + "print('done')"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "done\n"
    assert list(tmp_path.iterdir()) == []
