"""What one place of an indicator list says, before it becomes an object: shared by text and CSV lists."""

import re
from typing import NamedTuple

from backchannel.core.canonical import Observable
from backchannel.core.internet import refang
from backchannel.core.text import printable
from backchannel.formats.generate import ExternalReference
from backchannel.formats.items import Item, refusal

MAX_DESCRIPTION = 500
NOT_AN_INDICATOR = "not-an-indicator"
"""The rule that a place of a list breaks which holds no indicator."""
UNREADABLE_LINE = "unreadable-line"
"""The rule that a line breaks which is too long or not text."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s<>\"]+")
_VALID_URL = re.compile(
    r"[a-zA-Z][a-zA-Z0-9+.-]*://(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+(?:#[^#\[\]\\^`{|}%]*)?"
)


class Entry(NamedTuple):
    """One value of a list: its line, the line as received, and what stands beside the value."""

    line: int
    observable: Observable
    raw: bytes
    description: str = ""
    references: tuple[ExternalReference, ...] = ()


def not_an_indicator(line: int, text: str, reason: str = "") -> Item:
    """The item for a line that gives no indicator."""
    shown = printable(text.strip(), 80)
    return refusal(line, NOT_AN_INDICATOR, f"line {line} is not an indicator: {reason or repr(shown)}", shown)


def unreadable(line: int, problem: str, raw: bytes) -> Item:
    """The item for a line that is no text."""
    shown = printable(raw[:80].decode(errors="backslashreplace"), 80)
    return refusal(line, UNREADABLE_LINE, f"line {line}: {problem}", shown)


def description(text: str) -> str:
    """What stands beside a value, as one line of at most `MAX_DESCRIPTION` characters."""
    line = " ".join(text.split())
    if len(line) <= MAX_DESCRIPTION and line.isascii() and line.isprintable():
        return line
    return printable(line, MAX_DESCRIPTION)


def reference(text: str) -> ExternalReference | None:
    """Where a value was published, from the text of a reference: a URL, words, or a URL and words.

    What is no valid URL stays as words, since `url` must be one (STIX 2.1, section 2.5.2).
    """
    text = text.strip()
    plain = _refanged(text)
    match = _URL.search(plain)
    if match is None or not _VALID_URL.fullmatch(match[0]) or not match[0].isascii():
        return ExternalReference(description(text)[:250], description(text)) if text else None
    host = match[0].partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0].lower()
    words = (plain[: match.start()] + plain[match.end() :]).strip(" \t-")
    return ExternalReference(host.removeprefix("www.") or "unknown", description(words), match[0])


def is_url(text: str) -> bool:
    """Whether a text is a URL that STIX takes for one, and nothing else."""
    return text.isascii() and _URL.fullmatch(text) is not None and _VALID_URL.fullmatch(text) is not None


def _refanged(text: str) -> str:
    try:
        return refang(text) if text.lower().startswith("hxxp") else text
    except ValueError:
        return text
