"""Text of strangers in what an assessment writes out: one harmless line, with addresses that lead nowhere.

Rules. Line breaks and tabs are blanks; characters that are hidden or reorder others are shown escaped
(`core.text`); a URL is defanged, since mail programs and viewers of documents make links of what looks like one. What
is highlighted is a part of a text, never markup.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from backchannel.core.assess.press import Span
from backchannel.core.text import printable

LONGEST = 900
"""Characters of a piece of evidence."""
NAME = 120
"""Characters of a name."""

_BLANKS = re.compile(r"\s+")
_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,15}://\S+|\b(?:mailto|javascript|data):\S+|\bwww\.\S+"
    r"|\b[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[a-z]{2,}|\b(?:[a-z0-9-]{1,63}\.)+[a-z]{2,}/\S*",
    re.IGNORECASE,
)
_WEB = re.compile(r"(h)tt(ps?:)", re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{1,15}):", re.IGNORECASE)


class Piece(msgspec.Struct, frozen=True):
    """A part of a text, highlighted or not."""

    text: str
    marked: bool = False


def line(text: str, limit: int = LONGEST) -> str:
    """A text as one harmless line of at most `limit` characters."""
    return printable(defanged(_BLANKS.sub(" ", text[: 4 * limit]).strip()), limit)


def name(text: str) -> str:
    """A name as it is shown."""
    return line(text, NAME)


def defanged(text: str) -> str:
    """A text whose URLs and addresses of mail no program takes for a link."""
    return _ADDRESS.sub(lambda match: _dead(match.group()), text)


def _dead(address: str) -> str:
    """An address, and all others that are hidden within it."""
    dead = _SCHEME.sub(r"\1[:]", _WEB.sub(r"\1xx\2", address))
    return dead.replace("@", "[@]").replace(".", "[.]")


def pieces(text: str, whole: Span, marked: Iterable[Span], limit: int = LONGEST) -> tuple[Piece, ...]:
    """A part of a text with spans of it highlighted, `limit` characters of it at most."""
    made: list[Piece] = []
    left = limit
    for span, is_marked in _cut(whole, marked):
        raw = _BLANKS.sub(" ", span.of(text)[: 4 * limit])
        said = printable(defanged(raw), left) if left > 0 else ""
        if not said:
            break
        made.append(Piece(said, is_marked))
        left -= len(said)
    if made and left <= 0 and not made[-1].text.endswith("…"):
        made[-1] = Piece(made[-1].text + "…", made[-1].marked)
    return tuple(made)


def _cut(whole: Span, marked: Iterable[Span]) -> Iterator[tuple[Span, bool]]:
    """A span in parts that are highlighted and parts that are not."""
    at = whole.begin
    for span in sorted(span for span in marked if span.meets(whole)):
        begin, end = max(at, span.begin), min(span.end, whole.end)
        if begin >= end:
            continue
        if begin > at:
            yield Span(at, begin), False
        yield Span(begin, end), True
        at = end
    if at < whole.end:
        yield Span(at, whole.end), False
