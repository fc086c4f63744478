"""Names and values as they stand in text: one spelling of a term, and every term a text could mention.

A term key is the text's words (letters, digits, underscore) case-folded and joined by single blanks, with the
defanged spellings of schemes undone: `Evil[.]Example`, `evil.example` and `EVIL EXAMPLE` have one key. A text can
mention a term of up to `MAX_WORDS` words; a longer term is known by its first `MAX_WORDS` words.
"""

import re
import unicodedata
from collections.abc import Iterable

MAX_WORDS = 8
MIN_LENGTH = 3
"""A term shorter than this (without blanks) is not looked for: it would be found everywhere."""

_WORD = re.compile(r"\w+")
_SCHEMES = {"hxxp": "http", "hxxps": "https", "fxp": "ftp"}


def words(text: str) -> list[str]:
    """The words of a text in one spelling."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return [_SCHEMES.get(word, word) for word in _WORD.findall(folded)]


def term_key(text: str) -> str:
    """The key of a name or value; the empty string if it is too short to be looked for."""
    key = " ".join(words(text)[:MAX_WORDS])
    return key if len(key.replace(" ", "")) >= MIN_LENGTH else ""


def mentionable(texts: Iterable[str]) -> set[str]:
    """Every key that these texts could mention: all runs of 1 to `MAX_WORDS` words."""
    found: set[str] = set()
    add = found.add
    for text in texts:
        tokens = words(text)
        for start, run in enumerate(tokens):
            if len(run) >= MIN_LENGTH:
                add(run)
            for following in tokens[start + 1 : start + MAX_WORDS]:
                run = f"{run} {following}"
                add(run)
    return found
