"""Text from strangers on our screens: made visible, made short, never interpreted.

Rules: whatever a name, title or value holds, what is shown is one line without control characters, terminal
escapes or characters that reorder or hide other characters, or that take no place or leave one blank. Nothing is
dropped silently: it is shown escaped.
"""

import unicodedata

LIMIT = 80
"""Characters shown of a text, unless a screen asks for more."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_UNSEEN = (
    *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
    *range(0x180B, 0x1810),
    *range(0xFE00, 0xFE10),
    *range(0xE0100, 0xE01F0),
)
_INVISIBLE = frozenset(map(chr, _UNSEEN))
"""Letters and marks that Unicode lets a display ignore (`Default_Ignorable_Code_Point`: joiners, fillers, selectors
of variants), and the empty braille cell."""


def printable(text: str, limit: int = LIMIT) -> str:
    """A text as one harmless line of at most `limit` characters; what is left out is shown as `…`."""
    pieces: list[str] = []
    length = 0
    for character in text[: limit + 1]:
        piece = _visible(character)
        length += len(piece)
        if length > limit:
            return _cut(pieces, limit)
        pieces.append(piece)
    return "".join(pieces)


def shown(text: str, limit: int = 60) -> str:
    """A text for a message: in quotes, short, with nothing in it that a terminal would act on."""
    return f"'{printable(text, limit)}'"


def has_hidden(text: str) -> bool:
    """Whether a text holds control characters, escapes, or characters that reorder or hide others or show nothing."""
    return not (text.isascii() and text.isprintable()) and any(map(_is_hidden, text))


def _visible(character: str) -> str:
    if " " <= character <= "~":
        return character
    if not _is_hidden(character):
        return " " if character.isspace() else character
    return character.encode("unicode_escape").decode("ascii")


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN or character in _INVISIBLE


def _cut(pieces: list[str], limit: int) -> str:
    while pieces and sum(map(len, pieces)) >= limit:
        pieces.pop()
    return "".join(pieces) + "…" if limit > 0 else ""
