"""Names and values as they stand in text: one spelling of a term, and every term a text could mention.

A term key is the text's words (letters, digits, underscore) case-folded and joined by single blanks. What makes a
name inert is undone and the scheme of a URL is left out, so that `Evil[.]Example`, `evil(dot)example`,
`hxxp://evil.example/` and `EVIL EXAMPLE` have one key. A text can mention a term of up to `MAX_WORDS` words; a longer
term is known by its first `MAX_WORDS` words.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence

MAX_WORDS = 8
MIN_LENGTH = 3
"""A term shorter than this (without blanks) is not looked for: it would be found everywhere."""

_WORD = re.compile(r"\w+")
_SPELT_OUT = re.compile(r"[\[({<]\s{0,3}(?:dot|at)\s{0,3}[\])}>]")
_SCHEME = re.compile(r"\b(?:h(?:tt|xx|\*\*|xt|tx)ps?|s?ftps?|fxps?|meow)[\[(]?:[\])]?[\\/]{2,4}")


def words(text: str) -> list[str]:
    """The words of a text in one spelling."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if "/" in folded:
        folded = _SCHEME.sub(" ", folded)
    if "dot" in folded or "at" in folded:
        folded = _SPELT_OUT.sub(" ", folded)
    return _WORD.findall(folded)


def term_key(text: str) -> str:
    """The key of a name or value; the empty string if it is too short to be looked for."""
    key = " ".join(words(text)[:MAX_WORDS])
    return key if len(key.replace(" ", "")) >= MIN_LENGTH else ""


def mentioned(passages: Sequence[Sequence[str]], begins: Callable[[set[str]], set[str]]) -> list[set[str]]:
    """For each passage, as its words, every run of words that is a term, or that a longer term begins with.

    `begins` gives those of some runs that any term begins with (`core.release_records.Lookup.beginnings`). Runs grow
    word by word, and only while a term could follow: most end at their first word.
    """
    found: list[set[str]] = [set() for _ in passages]
    known = begins({word for tokens in passages for word in tokens})
    runs = [
        (number, start, word)
        for number, tokens in enumerate(passages)
        for start, word in enumerate(tokens)
        if word in known
    ]
    for length in range(1, MAX_WORDS + 1):
        longer: list[tuple[int, int, str]] = []
        for number, start, run in runs:
            found[number].add(run)
            tokens = passages[number]
            if start + length < len(tokens):
                longer.append((number, start, f"{run} {tokens[start + length]}"))
        known = begins({run for _, _, run in longer}) if length < MAX_WORDS else set()
        runs = [one for one in longer if one[2] in known]
    return found
