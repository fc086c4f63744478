"""Saved web pages as text: trafilatura (the extra `assess`) in a process of its own, which may fail or be ended.

Rules: a page is as hostile as can be, and a parser can be made to work for hours or to fill the memory. So pages are
read by a child process (`page_reader`) with a limit on memory, on processor time for each page, and without the right
to open a connection, a file for writing or a process. Whatever becomes of it, this process goes on: a child that was
ended is replaced for the next page. One child reads many pages, since it takes half a second to begin.
"""

import contextlib
import os
import selectors
import subprocess
import sys
import time
from datetime import datetime
from importlib.util import find_spec
from types import TracebackType
from typing import IO, Self

import msgspec

from backchannel.errors import MissingExtra, UnreadablePage
from backchannel.formats.page_limits import CPU_SECONDS, MEMORY_BYTES, SIZE_BYTES

WALL_SECONDS = 60.0
"""How long a page is waited for; processor time is limited much more tightly, but the machine may be busy."""

LARGEST_ANSWER = 32 << 20
"""Bytes of an answer, at most: a text of a million characters, escaped as far as can be."""

_CHILD = "backchannel.formats.page_reader"


class Page(msgspec.Struct, frozen=True):
    """What was extracted from a page: its text, and what it says of itself. None of it can be relied on."""

    text: str
    title: str = ""
    outlet: str = ""
    url: str = ""
    published: datetime | None = None


class _Answer(msgspec.Struct):
    page: Page | None = None
    problem: str = ""


_answers = msgspec.json.Decoder(_Answer)


def is_installed() -> bool:
    """Whether there is something to read pages with."""
    return find_spec("trafilatura") is not None


class PageReader:
    """Reads pages for one command. The child process is made for the first of them, and ended with the reader."""

    def __init__(self, cpu_seconds: int = CPU_SECONDS, wall_seconds: float = WALL_SECONDS) -> None:
        self._cpu_seconds = cpu_seconds
        self._wall_seconds = wall_seconds
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child process, if there is one."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # what was not written is not wanted any more
                        pipe.close()

    def read(self, raw: bytes) -> Page:
        """The text of a page and what it says of itself.

        Raises:
            UnreadablePage: there is no article in it, or it takes more time or memory than a page may.
            MissingExtra: trafilatura is not installed.
        """
        if not is_installed():
            raise MissingExtra("web pages are read with trafilatura: pip install 'backchannel[assess]'")
        child = self._child = self._child or _started(self._cpu_seconds)
        try:
            answer = _answers.decode(_asked(child, raw, self._wall_seconds))
        except TimeoutError:
            self.close()
            raise UnreadablePage(f"the page was not read within {self._wall_seconds:.0f} seconds") from None
        except (OSError, EOFError, msgspec.DecodeError):
            self.close()
            raise UnreadablePage(
                f"reading the page takes more than {self._cpu_seconds} seconds of processor time or "
                f"{MEMORY_BYTES >> 20} MB, which no article does"
            ) from None
        if answer.page is None:
            self.close()  # what such a page left in its memory is no other page's affair
            raise UnreadablePage(answer.problem or "there is no article in the page")
        return answer.page


def _started(cpu_seconds: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", _CHILD, str(cpu_seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def _asked(child: subprocess.Popen[bytes], raw: bytes, wall_seconds: float) -> bytes:
    """What the child answers about a page. It reads all of it before it writes.

    Raises:
        OSError, EOFError: the child has ended.
        TimeoutError: it takes too long.
    """
    if child.stdin is None or child.stdout is None:
        raise EOFError("there is no way to speak with it")
    child.stdin.write(len(raw).to_bytes(SIZE_BYTES, "big") + raw)
    child.stdin.flush()
    deadline = time.monotonic() + wall_seconds
    size = int.from_bytes(_bytes(child.stdout, SIZE_BYTES, deadline), "big")
    if size > LARGEST_ANSWER:
        raise EOFError("an answer of that size is none of ours")
    return _bytes(child.stdout, size, deadline)


def _bytes(pipe: IO[bytes], count: int, deadline: float) -> bytes:
    """So many bytes of what comes, until a moment of the monotonic clock."""
    found = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while len(found) < count:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            part = os.read(pipe.fileno(), count - len(found))
            if not part:
                raise EOFError
            found += part
    return bytes(found)
