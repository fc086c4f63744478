"""Text from strangers on our screens: made visible, made short, never interpreted.

Rules: whatever a name, title or value holds, what is shown is one line without control characters, terminal
escapes or characters that reorder or hide other characters. Nothing is dropped silently: it is shown escaped.
"""

import unicodedata

LIMIT = 80
"""Characters shown of a text, unless a screen asks for more."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


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
    """Whether a text holds control characters, escapes, or characters that reorder or hide others."""
    return not text.isprintable() and any(unicodedata.category(character) in _HIDDEN for character in text)


def _visible(character: str) -> str:
    if " " <= character <= "~":
        return character
    if unicodedata.category(character) not in _HIDDEN:
        return " " if character.isspace() else character
    return character.encode("unicode_escape").decode("ascii")


def _cut(pieces: list[str], limit: int) -> str:
    while pieces and sum(map(len, pieces)) >= limit:
        pieces.pop()
    return "".join(pieces) + "…" if limit > 0 else ""
