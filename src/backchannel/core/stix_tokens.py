"""The words of a STIX pattern: the text cut into tokens in one pass, and the constants they stand for.

Rules: at each place the longest token wins, as in the OASIS grammar; blanks and comments are dropped. The
kind of a token is its own text for keywords and signs, otherwise one of string, hex, binary, time, name,
float, int, bool and end. Source: STIX 2.1, section 9, and the grammar that stix2-patterns 2.1 ships.
"""

import base64
import re
from collections.abc import Iterator
from typing import NamedTuple

Constant = str | int | float | bool | bytes

CONSTANTS = frozenset({"string", "int", "float", "hex", "binary", "time"})
"""Kinds of tokens that are constants; `bool` is one only where no order is asked for."""
_KEYWORDS = frozenset(
    {
        "AND", "OR", "NOT", "FOLLOWEDBY", "LIKE", "MATCHES", "ISSUPERSET", "ISSUBSET", "EXISTS", "LAST", "IN",
        "START", "STOP", "SECONDS", "WITHIN", "REPEATS", "TIMES",
    }
)  # fmt: skip
BLANK = " \t\r\n\x0b\x0c\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
STRING = r"'[^'\\]*+(?:\\['\\][^'\\]*+)*+'"
_TOKEN = re.compile(
    rf"(?P<skip>[{BLANK}]++|/\*(?s:.)*?\*/|//[^\r\n]*+)"
    rf"|(?P<string>{STRING})"
    r"|(?P<hex>h'(?:[0-9A-Fa-f]{2})*+')"
    r"|(?P<binary>b'(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)')"
    r"|(?P<time>t'[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]"
    r":(?:[0-5][0-9]|60)(?:\.[0-9]++)?Z')"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*+)"
    r"|(?P<float>[+-]?+[0-9]*+\.[0-9]++)"
    r"|(?P<int>[+-]?+(?:0|[1-9][0-9]*+))"
    r"|(?P<sign>==|!=|<>|<=|>=|[=<>\[\]().,:*])"
)
_ESCAPED = re.compile(r"\\(['\\])")
_LONGEST_NUMBER = 300
"""Longer whole numbers are read as floats: Python refuses to convert very long ones."""


class Token(NamedTuple):
    """One token and the character it starts at, counted from 0."""

    kind: str
    text: str
    start: int


def tokens(text: str) -> Iterator[Token]:
    """Every token of a pattern and, last, one of kind `end`.

    Raises:
        ValueError: there is something that is no token.
    """
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(
                f"at character {at + 1} of the pattern there is {text[at : at + 20]!r}, which is not STIX"
            )
        kind, token = match.lastgroup or "", match.group()
        if (kind == "name" and token in _KEYWORDS) or kind == "sign":
            kind = token
        elif token in {"true", "false"}:
            kind = "bool"
        if kind != "skip":
            yield Token(kind, token, at)
        at = match.end()
    yield Token("end", "", at)


def constant(token: Token) -> Constant:
    """What a constant stands for: text, number or bytes; the text of a timestamp."""
    text = token.text
    match token.kind:
        case "string":
            return unescape(text)
        case "int" if len(text) <= _LONGEST_NUMBER:
            return int(text)
        case "int" | "float":
            return float(text)
        case "hex":
            return bytes.fromhex(text[2:-1])
        case "binary":
            return base64.b64decode(text[2:-1])
    return text[2:-1]


def quote(text: str) -> str:
    """The string token that stands for a text."""
    if "'" in text or "\\" in text:
        text = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


def unescape(quoted: str) -> str:
    """The text between the quotes of a string token."""
    text = quoted[1:-1]
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text
