"""Indicator lists in CSV with a header: which column holds the values is told by `formats.columns`.

Rules: every cell of a value column is an indicator; the other cells of its row go with it, a column of
references as external references and the rest as its description. A row that is broken is told and its
neighbours are read: a quote that is never closed costs one line, not the rest of the file.
"""

from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from backchannel.core.canonical import Observable, canonical, guess
from backchannel.errors import UnreadableFile
from backchannel.formats.columns import Columns, cells, find_columns, kind_of_type
from backchannel.formats.entries import Entry, description, not_an_indicator, reference, unreadable
from backchannel.formats.generate import ExternalReference
from backchannel.formats.indicators_text import COMMENT, MAX_REFERENCES
from backchannel.formats.items import Item
from backchannel.formats.lines import Line, read_lines

MAX_RECORD_LINES = 20
"""Most lines that one record may span by line ends inside quotes."""

_EMPTY = frozenset({"", "-", "n/a", "none", "null", "nan"})


def csv_entries(stream: BinaryIO) -> Iterator[Entry | Item]:
    """The entries of a CSV list, and an item for each row or cell that is none.

    Raises:
        UnreadableFile: no header names a column of indicators.
    """
    columns: Columns | None = None
    comment = ""
    for line in _records(read_lines(stream)):
        if line.problem:
            yield unreadable(line.number, line.problem, line.raw)
        elif line.text.lstrip().startswith(COMMENT):
            comment = comment_text(line.text) or comment
        elif line.text.strip():
            if columns is None:
                columns = find_columns(comment, line.text)
                if columns is None:
                    raise UnreadableFile("it is a table without a column of indicators")
            yield from _row_entries(line, columns)


def comment_text(text: str) -> str:
    """A comment without its mark."""
    return text.strip().lstrip("#;/ ")


def csv_has_references(stream: BinaryIO) -> bool:
    """Whether the table has a column of references."""
    comment = ""
    for line in read_lines(stream):
        if line.text.lstrip().startswith(COMMENT):
            comment = comment_text(line.text) or comment
        elif line.text.strip():
            columns = find_columns(comment, line.text)
            return columns is not None and columns.reference is not None
    return False


def _records(lines: Iterator[Line]) -> Iterator[Line]:
    """Lines joined to records where a quote is open at the end of a line. One that stays open opens
    nothing."""
    waiting: deque[Line] = deque()
    while True:
        line = waiting.popleft() if waiting else next(lines, None)
        if line is None:
            return
        if line.text.count('"') % 2 and not line.text.lstrip().startswith(COMMENT):
            line = _joined(line, waiting, lines)
        yield line


def _joined(first: Line, waiting: deque[Line], lines: Iterator[Line]) -> Line:
    """The record that begins with a line whose last quote is open; what is not of it is left in `waiting`."""
    for count in range(1, MAX_RECORD_LINES):
        while len(waiting) < count:
            following = next(lines, None)
            if following is None:
                return first
            waiting.append(following)
        if waiting[count - 1].problem:
            return first
        if waiting[count - 1].text.count('"') % 2:
            taken = [first, *(waiting.popleft() for _ in range(count))]
            return Line(first.number, b"\n".join(one.raw for one in taken), "\n".join(one.text for one in taken))
    return first


def _row_entries(line: Line, columns: Columns) -> Iterator[Entry | Item]:
    try:
        row = cells(line.text, columns.delimiter)
    except ValueError as error:
        yield not_an_indicator(line.number, line.text, str(error))
        return
    if tuple(row) == columns.names:
        return
    filled = [(at, kind) for at, kind in columns.values.items() if at < len(row) and row[at].lower() not in _EMPTY]
    if not filled:
        yield not_an_indicator(line.number, line.text, "its columns of indicators are empty")
        return
    said, references = _description(row, columns), _references(row, columns)
    for at, kind in filled:
        if columns.type is not None and columns.type < len(row):
            kind = kind_of_type(row[columns.type])
        try:
            yield Entry(line.number, _observable(kind, row[at]), line.raw, said, references)
        except ValueError as error:
            yield not_an_indicator(line.number, row[at], str(error))


def _observable(kind: str | None, text: str) -> Observable:
    guessed = guess(text) if kind is None else None
    if guessed is not None:
        return guessed
    if kind is None:
        raise ValueError(f"{text!r} has no type that is known")
    try:
        return canonical(kind, text)
    except ValueError:
        # The column says `domain` and holds an address, or `md5` and holds a SHA-1: its form decides.
        guessed = guess(text)
        if guessed is None:
            raise
        return guessed


def _description(row: list[str], columns: Columns) -> str:
    """The cell that describes, then all others with the names of their columns."""
    apart = {*columns.values, columns.type, columns.description, columns.reference}
    said = [row[columns.description]] if columns.description is not None and columns.description < len(row) else []
    said += [
        f"{name}: {cell}"
        for at, (name, cell) in enumerate(zip(columns.names, row, strict=False))
        if at not in apart and cell.lower() not in _EMPTY
    ]
    return description("; ".join(part for part in said if part))


def _references(row: list[str], columns: Columns) -> tuple[ExternalReference, ...]:
    if columns.reference is None or columns.reference >= len(row):
        return ()
    text = row[columns.reference]
    words = text.replace("|", " ").replace(",", " ").split()
    parts = words if words and all("://" in word for word in words) else [text]
    found = [reference(part) for part in parts[:MAX_REFERENCES]]
    return tuple(one for one in found if one is not None)
