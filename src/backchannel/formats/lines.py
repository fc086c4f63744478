"""Lines of a text file from anywhere: bounded, numbered, and never a surprise.

Rules: a line that is too long, not UTF-8 or not text is told as such and its neighbours are read as usual.
No more than one line's limit is in memory at a time, however long a line is.
"""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MAX_LINE = 16 * 1024
"""Longest line, in bytes, that is read."""

_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One line without its end. `problem` is empty, or says why `text` is; `raw` is at most `MAX_LINE`
    bytes."""

    number: int
    raw: bytes
    text: str
    problem: str = ""


def read_lines(stream: BinaryIO) -> Iterator[Line]:
    """The lines of a stream from where it stands, numbered from 1; a byte order mark is dropped."""
    number = 0
    while raw := stream.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE and not raw.endswith(b"\n"):
            length = len(raw) + _skip_line(stream)
            yield Line(number, raw[:MAX_LINE], "", f"the line is {length} bytes long; the limit is {MAX_LINE}")
            continue
        raw = raw.rstrip(b"\r\n")
        if number == 1:
            raw = raw.removeprefix(_BOM)
        yield _line(number, raw)


def _line(number: int, raw: bytes) -> Line:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        return Line(number, raw, "", f"the line is not UTF-8 (byte {error.start + 1})")
    if "\0" in text:
        return Line(number, raw, "", "the line holds NUL bytes, so it is not text")
    return Line(number, raw, text)


def _skip_line(stream: BinaryIO) -> int:
    """Read to the end of the line; the number of bytes passed over."""
    skipped = 0
    while chunk := stream.readline(MAX_LINE):
        skipped += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return skipped
