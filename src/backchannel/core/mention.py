"""Names and values as they stand in text: one spelling of a term, and every term a text could mention.

A term key is the text's words (letters and digits) case-folded and joined by single blanks. What makes a name inert
is undone, the scheme of a URL is left out, and what has several spellings gets one: `Evil[.]Example`,
`evil(dot)example`, `hxxp://evil.example/`, `evil%2Eexample`, `evil_example` and `EVIL EXAMPLE` have one key, and so
have an IPv6 address in its short and its long form, and a domain name with its `xn--` form. Characters that cannot be
seen are left out. A text can mention a term of up to `MAX_WORDS` words; a longer term is known by its first
`MAX_WORDS` words.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address
from urllib.parse import unquote

MAX_WORDS = 8
MIN_LENGTH = 3
"""A term shorter than this (without blanks) is not looked for: it would be found everywhere."""

_WORD = re.compile(r"[^\W_]+")
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_ENCODED = re.compile(r"(?:%[0-9a-f]{2})+")
_PUNYCODE = re.compile(r"\bxn--([a-z0-9-]{1,59})")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{1,4})?(?![\w:])")
_SPELT_OUT = re.compile(r"[\[({<]\s{0,3}(?:dot|at)\s{0,3}[\])}>]")
_SCHEME = re.compile(r"\b(?:h(?:tt|xx|\*\*|xt|tx)ps?|s?ftps?|fxps?|meow)[\[(]?:[\])]?[\\/]{2,4}")


def words(text: str) -> list[str]:
    """The words of a text in one spelling."""
    return plain_words(_one_spelling(text))


def plain_words(text: str) -> list[str]:
    """The words of a text as they are spelt, without what makes names inert and without the scheme of a URL."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if "/" in folded:
        folded = _SCHEME.sub(" ", folded)
    if "dot" in folded or "at" in folded:
        folded = _SPELT_OUT.sub(" ", folded)
    return _WORD.findall(folded)


def _one_spelling(text: str) -> str:
    if not text.isascii():
        text = _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    folded = text.casefold()
    if "%" in folded:
        folded = _ENCODED.sub(_decoded, folded).casefold()
    if "xn--" in folded:
        folded = _PUNYCODE.sub(_unicode_label, folded).casefold()
    if "::" in folded or folded.count(":") >= 7:
        folded = _IPV6.sub(_one_address, folded)
    return folded


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


def _decoded(run: re.Match[str]) -> str:
    return unquote(run[0], errors="replace")


def _unicode_label(label: re.Match[str]) -> str:
    try:
        return unicodedata.normalize("NFKC", label[1].encode("ascii").decode("punycode"))
    except (UnicodeError, ValueError):
        return label[0]


def _one_address(found: re.Match[str]) -> str:
    try:
        address = IPv6Address(found[0])
    except ValueError:
        return found[0]
    return str(address.ipv4_mapped or address.exploded)
