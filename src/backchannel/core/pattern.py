"""STIX patterns: from text to the comparisons they make, or a sentence that says why it is none.

Rules: a pattern is hostile input, so nothing here recurses or backtracks: the text is cut into tokens in one
pass, and two loops (observations, comparisons) read them with a counter for open parentheses. The common
shape, one comparison of a property with a text, has a path of its own. What is accepted is what the OASIS
package stix2-patterns accepts, with one exception: that package measures the right side of every operator on
a hash as if it were a whole hash, so it refuses `IN ('…', '…')` and `MATCHES '^ab'`; here the members of a
set are measured one by one, and operators that match parts (LIKE, MATCHES, …) are not measured. An unusual
observable type or property name is a warning: it may still be real intelligence. Source: STIX 2.1, section 9
(patterning), and the grammar that stix2-patterns 2.1 ships.
"""

import re
from collections.abc import Iterator
from typing import Final, NoReturn

import msgspec

from backchannel.core.properties import OBSERVABLE_TYPES
from backchannel.core.stix_tokens import BLANK, CONSTANTS, STRING, Constant, Token, constant, quote, tokens, unescape

MAX_LENGTH: Final = 1_000_000
"""Longest pattern in characters."""
MAX_NESTING: Final = 64
"""Most parentheses that may be open at one place."""

_PARTIAL = frozenset({"LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"})
_EQUAL = {"=": "=", "==": "=", "!=": "!=", "<>": "!="}
_ORDER = frozenset({"<", "<=", ">", ">="})
_CONNECTIVES = frozenset({"AND", "OR"})
_OPENING = re.compile(rf"[({BLANK}]*+\[")
_COMMON = re.compile(
    r"\[[ ]?(?!true:|false:)([a-z][a-z0-9-]{2,249}):"
    r"(?!true[ =]|false[ =])([a-z][a-z0-9_]{2,249}|hashes\.(?:'(?:MD5|SHA-1|SHA-256|SHA-512)'|MD5))"
    rf"[ ]?=[ ]?({STRING})[ ]?\]"
)
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_TYPE_NAME = re.compile(r"-?[a-z0-9]+(?:-[a-z0-9]+)*-?")
_PROPERTY_NAME = re.compile(r"[a-z0-9_]{3,250}")
_HEX_DIGITS = {
    "MD5": 32, "SHA1": 40, "SHA224": 56, "SHA256": 64, "SHA384": 96, "SHA512": 128, "SHA3224": 56,
    "SHA3256": 64, "SHA3384": 96, "SHA3512": 128, "RIPEMD160": 40, "WHIRLPOOL": 128,
}  # fmt: skip
_HASHES = {name: re.compile(rf"[a-fA-F0-9]{{{digits}}}") for name, digits in _HEX_DIGITS.items()} | {
    "MD6": re.compile(r"[a-fA-F0-9]{32}.*", re.DOTALL),
    "SSDEEP": re.compile(r"[a-zA-Z0-9/+:.]{1,128}"),
}


class Comparison(msgspec.Struct, frozen=True):
    """One comparison: `file:hashes.SHA-256 = '…'`.

    `path` is dotted, with `[0]` and `[*]` for places in lists; a key is quoted only where its characters
    call for it. `operator` is one of `=`, `!=`, `<`, `<=`, `>`, `>=`, `IN`, `LIKE`, `MATCHES`, `ISSUBSET`,
    `ISSUPERSET`, `EXISTS`. `values` are the constants on the right, unescaped: text and timestamps as str,
    numbers, booleans, bytes.
    """

    object_type: str
    path: str
    operator: str
    values: tuple[Constant, ...] = ()
    negated: bool = False


class Pattern(msgspec.Struct, frozen=True):
    """A pattern that follows the grammar.

    `connectives`: which of AND, OR and FOLLOWEDBY it uses anywhere.
    """

    comparisons: tuple[Comparison, ...]
    connectives: frozenset[str] = frozenset()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the standard would name otherwise: one sentence for each unusual type or property."""
        return tuple(dict.fromkeys(_unusual(self.comparisons)))


def parse(text: str) -> Pattern:
    """Parse a STIX pattern.

    Raises:
        ValueError: not a pattern of STIX 2.1, section 9; longer than `MAX_LENGTH`; deeper than `MAX_NESTING`.
    """
    common = _COMMON.fullmatch(text)
    if common is not None:
        return _parse_common(*common.groups())
    if len(text) > MAX_LENGTH:
        raise ValueError(f"the pattern has {len(text)} characters; the limit is {MAX_LENGTH}")
    if not _OPENING.match(text):
        raise ValueError("the pattern does not begin with an observation in square brackets")
    return _Reader(text).pattern()


def _parse_common(object_type: str, path: str, constant: str) -> Pattern:
    path = path.replace("'", "")
    value = unescape(constant)
    _check_hash(path.split("."), "=", (value,))
    return Pattern((Comparison(object_type, path, "=", (value,)),))


class _Reader:
    """Reads the tokens of one pattern from first to last."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(tokens(text))
        self._at = 0
        self._comparisons: list[Comparison] = []
        self._connectives: set[str] = set()

    def pattern(self) -> Pattern:
        """Observations joined by AND, OR and FOLLOWEDBY, with or without parentheses and qualifiers."""
        depth = 0
        while True:
            depth = self._open(depth)
            self._expect("[")
            self._comparison_expression()
            self._expect("]")
            self._qualifiers(once=True)
            while depth and self._take(")"):
                depth -= 1
                self._qualifiers(once=False)
            if not self._connective(_CONNECTIVES | {"FOLLOWEDBY"}):
                break
        if depth or self._at < len(self._tokens) - 1:
            self._fail("AND, OR, FOLLOWEDBY, a qualifier or the end" if not depth else "')'")
        return Pattern(tuple(self._comparisons), frozenset(self._connectives))

    def _comparison_expression(self) -> None:
        depth = 0
        while True:
            depth = self._open(depth)
            self._comparison()
            while depth and self._take(")"):
                depth -= 1
            if not self._connective(_CONNECTIVES):
                break
        if depth:
            self._fail("')'")

    def _comparison(self) -> None:
        negated = self._take("NOT")
        if self._take("EXISTS"):
            object_type, path, _ = self._object_path()
            self._comparisons.append(Comparison(object_type, path, "EXISTS", (), negated))
            return
        if negated:
            self._fail("EXISTS")
        object_type, path, keys = self._object_path()
        negated = self._take("NOT")
        operator, values = self._test()
        _check_hash(keys, operator, values)
        self._comparisons.append(Comparison(object_type, path, operator, values, negated))

    def _object_path(self) -> tuple[str, str, list[str]]:
        """The object type, the path as in `Comparison.path`, and its keys ("" for a place in a list)."""
        object_type = self._expect("name").text
        self._expect(":")
        keys = [self._key()]
        path = _written(keys[0])
        while True:
            if self._take("."):
                keys.append(self._key())
                path += "." + _written(keys[-1])
            elif self._take("["):
                index = self._next()
                if index.text != "*" and (index.kind != "int" or index.text.startswith("-")):
                    self._fail("an index or '*'", index)
                self._expect("]")
                keys.append("")
                path += f"[{index.text.lstrip('+')}]"
            else:
                return object_type, path, keys

    def _key(self) -> str:
        token = self._next()
        if token.kind == "string":
            return unescape(token.text)
        if token.kind != "name" or "-" in token.text:
            self._fail("a property name (quoted if it has a hyphen)", token)
        return token.text

    def _test(self) -> tuple[str, tuple[Constant, ...]]:
        token = self._next()
        if token.text in _EQUAL:
            return _EQUAL[token.text], (self._constant(boolean=True),)
        if token.text in _ORDER:
            return token.text, (self._constant(boolean=False),)
        if token.kind in _PARTIAL:
            return token.kind, (unescape(self._expect("string").text),)
        if token.kind == "IN":
            return "IN", self._set()
        return self._fail("a comparison operator", token)

    def _set(self) -> tuple[Constant, ...]:
        self._expect("(")
        values: list[Constant] = []
        if not self._take(")"):
            values.append(self._constant(boolean=True))
            while self._take(","):
                values.append(self._constant(boolean=True))
            self._expect(")")
        return tuple(values)

    def _constant(self, *, boolean: bool) -> Constant:
        token = self._next()
        if boolean and token.kind == "bool":
            return token.text == "true"
        if token.kind not in CONSTANTS:
            self._fail("a constant", token)
        return constant(token)

    def _qualifiers(self, *, once: bool) -> None:
        """WITHIN, REPEATS and START-STOP after an observation; directly on one, each at most once."""
        seen: set[str] = set()
        while (kind := self._tokens[self._at].kind) in {"WITHIN", "REPEATS", "START"}:
            if once and kind in seen:
                self._fail(f"no second {kind} on one observation")
            seen.add(kind)
            self._at += 1
            if kind == "START":
                for expected in ("time", "STOP", "time"):
                    self._expect(expected)
                continue
            number = self._next()
            if number.text.startswith("-") or number.kind not in {
                "int",
                "float" if kind == "WITHIN" else "int",
            }:
                self._fail("a positive number", number)
            self._expect("SECONDS" if kind == "WITHIN" else "TIMES")

    def _open(self, depth: int) -> int:
        while self._take("("):
            depth += 1
            if depth > MAX_NESTING:
                raise ValueError(f"the pattern opens more than {MAX_NESTING} parentheses at one place")
        return depth

    def _connective(self, allowed: frozenset[str]) -> bool:
        kind = self._tokens[self._at].kind
        if kind not in allowed:
            return False
        self._connectives.add(kind)
        self._at += 1
        return True

    def _next(self) -> Token:
        token = self._tokens[self._at]
        if token.kind != "end":
            self._at += 1
        return token

    def _take(self, kind: str) -> bool:
        if self._tokens[self._at].kind != kind:
            return False
        self._at += 1
        return True

    def _expect(self, kind: str) -> Token:
        token = self._next()
        if token.kind != kind:
            self._fail(repr(kind) if len(kind) == 1 else f"a {kind}" if kind.islower() else kind, token)
        return token

    def _fail(self, expected: str, token: Token | None = None) -> NoReturn:
        token = token or self._tokens[self._at]
        found = "the pattern ends" if token.kind == "end" else f"there is {token.text[:40]!r}"
        raise ValueError(f"at character {token.start + 1} of the pattern {found}; expected {expected}")


def _written(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else quote(key)


def _check_hash(keys: list[str], operator: str, values: tuple[Constant, ...]) -> None:
    """Refuse a constant that cannot be a hash of the named kind, as stix2-patterns does."""
    if "hashes" not in keys or operator in _PARTIAL:
        return
    expected = _HASHES.get(keys[-1].upper().replace("-", ""))
    for value in values:
        if expected is not None and not (isinstance(value, str) and expected.fullmatch(value)):
            raise ValueError(f"{str(value)[:140]!r} is not a valid {keys[-1]} hash")


def _unusual(comparisons: tuple[Comparison, ...]) -> Iterator[str]:
    for each in comparisons:
        if not (_TYPE_NAME.fullmatch(each.object_type) and 3 <= len(each.object_type) <= 250):
            yield f"{each.object_type!r} is not a valid name of an observable type"
        elif each.object_type not in OBSERVABLE_TYPES and not each.object_type.startswith("x-"):
            yield f"{each.object_type!r} is not an observable type of STIX 2.1"
        name = re.split(r"[.\[]", each.path, maxsplit=1)[0]
        if not _PROPERTY_NAME.fullmatch(name):
            yield f"{name!r} is not a valid property name (3 to 250 of a-z, 0-9 and _)"
