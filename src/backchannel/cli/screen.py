"""What the commands print: tables for people, JSON for programs, errors with what to do next.

Everything hostile is made printable here, at the last moment: names, paths, messages. JSON goes to standard
output, remarks and errors to standard error. Exit codes: 0 done; 1 the system failed; 2 the command, a file or a
setting is wrong; 3 done, but some was refused, or a canary was found; 4 the counterpart's input was refused.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from backchannel.core.pattern import parse
from backchannel.core.properties import OBSERVABLE_TYPES
from backchannel.core.stix import decode
from backchannel.core.text import has_hidden, printable
from backchannel.errors import BackchannelError, Blame

EXIT_FAILED = 1
EXIT_OPERATOR = 2
EXIT_SOME_REFUSED = 3
EXIT_COUNTERPART = 4
EXIT_FOUND = 3
"""What was looked for was found: `canary check`."""

LONGEST = 4_000
"""Characters of one line; what is longer is cut."""

_ENVELOPE = re.compile(r"(?:([0-9]{16})-)?([0-9a-f]{32}|[0-9a-f]{64})")
"""An envelope, named by its hash alone or as it lay in its mailbox."""

_CONTENT = ("pattern", "value", "abstract", "opinion", "path", "key")
_COMMENTS = frozenset({"note", "opinion"})
_EXITS = {Blame.US: EXIT_FAILED, Blame.OPERATOR: EXIT_OPERATOR, Blame.THEM: EXIT_COUNTERPART}


def exit_code(error: BackchannelError) -> int:
    """The exit status that says whose fault an error is."""
    return _EXITS[error.blame]


def say(text: str) -> None:
    """Lines for a person, on standard output. What comes from strangers must not bring line ends of its own."""
    Console(highlight=False, soft_wrap=True).print(escape(_inert(text)))


def remark(text: str) -> None:
    """One line beside the result, on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(escape(printable(text, LONGEST)), style="dim")


def fail(error: BackchannelError) -> None:
    """An error in two lines: what happened, and what to do."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"[bold red]error[/] {escape(printable(str(error), LONGEST))}")
    console.print(escape(error.advice), style="dim")


def print_json(value: Any) -> None:
    """A value as JSON on standard output: indented, UTF-8, ASCII-escaped where a terminal could be misled."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    sys.stdout.write(text.translate(_ESCAPES) + "\n")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """A table that fits the terminal; `empty` is said where there are no rows."""
    grid = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        grid.add_column(column, overflow="fold")
    count = 0
    for row in rows:
        grid.add_row(*(escape(printable(str(cell), 400)) for cell in row))
        count += 1
    if count:
        Console(highlight=False).print(grid)
    else:
        say(empty)


def count(number: int, noun: str, plural: str = "") -> str:
    """A number of things: `1 envelope`, `2 envelopes`; `plural` where that is no added s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {plural or f'{noun}s'}"


def moment(time: datetime) -> str:
    """A time for a person, to the minute and in UTC."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def echo_lines(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What is said of an echo, under its label."""
    for number, line in enumerate(lines):
        yield "" if number else "echo", printable(line, 400)


def short(identifier: str) -> str:
    """The first 12 characters of a long id: enough to name it, and any command takes it."""
    return identifier[:12]


def short_object(identifier: str) -> str:
    """The beginning of an object's id: type and eight digits, enough to name it in most holdings."""
    type_, dashes, rest = identifier.partition("--")
    return f"{type_}{dashes}{rest[:8]}"


def short_subject(subject: str) -> str:
    """What was refused, in short: the beginning of an object's id, or an envelope's number and hash."""
    if envelope := _ENVELOPE.fullmatch(subject):
        number = f" {int(envelope[1])}" if envelope[1] else ""
        return f"envelope{number}, {envelope[2][:8]}"
    return short_object(subject)


def title(raw: bytes) -> str:
    """What a person would call an object: what it does, and in quotes how it is named if that is something else.

    A name is whatever its maker chose: it never stands in for a pattern, a value, or what is joined. An object that
    is nothing but a name, such as a threat, goes by it.
    """
    value = decode(raw).value
    name = _text(value, "name")
    what = _does(value, name)
    if not what or what == name:
        return name
    return f"{what} “{printable(name, 60)}”" if name else what


def _does(value: Mapping[str, Any], name: str) -> str:
    kind = value.get("type")
    if kind == "relationship":
        ends = (short_object(str(value.get(end, ""))) for end in ("source_ref", "target_ref"))
        return f" {value.get('relationship_type', '')} ".join(ends)
    if kind == "sighting":
        return f"sighting of {short_object(str(value.get('sighting_of_ref', '')))}"
    if kind == "indicator":
        pattern = _text(value, "pattern")
        return (_only_value(pattern) or printable(pattern, 200)) if name else pattern
    # A domain object goes by its name, whatever custom properties it has beside.
    properties = _CONTENT if kind in OBSERVABLE_TYPES or kind in _COMMENTS or not name else ()
    return next((text for each in properties if (text := _text(value, each))), "")


def _only_value(pattern: str) -> str:
    """The value of a pattern that is one comparison with one text; else nothing."""
    try:
        parsed = parse(pattern)
    except ValueError:
        return ""
    if len(parsed.comparisons) > 1 or parsed.comparisons[0].negated or parsed.comparisons[0].operator != "=":
        return ""
    (value,) = parsed.comparisons[0].values
    return value if isinstance(value, str) else ""


def _text(value: Mapping[str, Any], name: str) -> str:
    text = value.get(name)
    return text if isinstance(text, str) else ""


def _inert(text: str) -> str:
    """Lines with everything in them made visible."""
    return "\n".join(printable(line, LONGEST) for line in text.split("\n"))


class _Escapes(dict[int, int | str]):
    """What `print_json` writes for a character, found out once: hidden ones as JSON escapes."""

    def __missing__(self, code: int) -> int | str:
        character = chr(code)
        shown = json.dumps(character)[1:-1] if has_hidden(character) else code
        self[code] = shown
        return shown


_ESCAPES = _Escapes({ord("\n"): "\n", 0x7F: "\\u007f"})
