"""The normal form of a STIX pattern: what two patterns have in common that say the same in other words.

Rules: order and repetition under AND and OR, parentheses, blanks, quoting, defanging, names of hashes, `/32`, default
ports and `IN` make no difference; `[a OR b]` is `[a] OR [b]`, while `[a AND b]`, one observation, is not
`[a] AND [b]`. Values are spelled by `core.canonical`; where one is none of its type it stays as it is. What is not
known to mean the same stays different: two forms that are alike say the same, two that differ may. Nothing here
recurses deeper than a pattern opens parentheses. Source: STIX 2.1, section 9.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from backchannel.core.observable import Observable, from_pattern
from backchannel.core.pattern import Comparison, parse
from backchannel.core.stix_tokens import Constant, Token, tokens

Form = tuple[Any, ...]
"""A node of a form: a name and what it joins; the parts of what is joined in any order are sorted."""

_LOOSEST_FIRST: Final = ("FOLLOWEDBY", "OR", "AND")
_IN_ANY_ORDER: Final = frozenset({"OR", "AND"})
_QUALIFIERS: Final = {"WITHIN": 2, "REPEATS": 2, "START": 3}
"""How many tokens follow each."""
_ADDRESSES: Final = frozenset({"ipv4-addr", "ipv6-addr"})
_REFERENCES: Final = ("dst_ref", "src_ref")


class _Frame:
    """What stands between two brackets: operands, and the connectives between them."""

    def __init__(self, opening: str) -> None:
        self.opening = opening
        self.operands: list[Form] = []
        self.connectives: list[str] = []

    def joined(self) -> Form:
        """The operands as one node."""
        return _split(self.operands, self.connectives, _LOOSEST_FIRST)


def pattern_form(text: str) -> Form:
    """The normal form of a pattern.

    Raises:
        ValueError: as `core.pattern.parse`.
    """
    comparisons = iter(parse(text).comparisons)
    read = list(tokens(text))
    frames = [_Frame("")]
    at = 0
    while read[at].kind != "end":
        kind, frame = read[at].kind, frames[-1]
        at += 1
        if kind in {"(", "["}:
            frames.append(_Frame(kind))
        elif kind in {")", "]"}:
            closed = frames.pop().joined()
            frames[-1].operands.append(_observation(closed) if kind == "]" else closed)
        elif kind in _LOOSEST_FIRST:
            frame.connectives.append(kind)
        elif kind in _QUALIFIERS:
            words = read[at : at + _QUALIFIERS[kind]]
            at += len(words)
            frame.operands.append((kind, *(word.text for word in words), frame.operands.pop()))
        else:
            frame.operands.append(term(next(comparisons)))
            at = _behind_comparison(read, at)
    return frames[0].joined()


def of_observables(observables: Iterable[Observable]) -> Form:
    """The form of a pattern that is true where any of these values is seen."""
    return _join("OR", [("", one.type, one.value) for one in observables])


def term(comparison: Comparison) -> Form:
    """The form of one comparison: (role, kind, value) for a value that was understood, the comparison itself else.

    The role is empty where the value is what the pattern is about; else it is the property that refers to it.
    """
    if comparison.operator == "IN" and not comparison.negated:
        return _join("OR", [_equal(comparison, value) for value in comparison.values])
    if comparison.operator in {"=", "ISSUBSET"} and len(comparison.values) == 1 and not comparison.negated:
        return _equal(comparison, comparison.values[0])
    return _unread(comparison)


def _equal(comparison: Comparison, value: Constant) -> Form:
    one = msgspec.structs.replace(
        comparison, operator="=" if comparison.operator == "IN" else comparison.operator, values=(value,)
    )
    named = from_pattern([one])
    if len(named) != 1 or (one.operator == "ISSUBSET" and "/" in named[0].value):
        return _unread(one)
    kind, text = named[0]
    about = (
        kind == one.object_type or kind.startswith("file-") or {kind, one.object_type} <= {"ipv4-addr", "ipv6-addr"}
    )
    return ("" if about else f"{one.object_type}:{one.path}", kind, text)


def _unread(one: Comparison) -> Form:
    values = sorted((_written(value) for value in one.values), key=repr)
    return (f"{one.object_type}:{one.path}", ("NOT " if one.negated else "") + one.operator, *values)


def _written(value: Constant) -> tuple[str, str]:
    """A constant with its type: the number 1 is neither the text nor true."""
    return type(value).__name__, value.hex() if isinstance(value, bytes) else str(value)


def _observation(inside: Form) -> Form:
    if inside[0] == "OR":
        return _join("OR", [_observation(one) for one in inside[1:]])
    return ("[]", inside) if inside[0] == "AND" else inside


def _split(operands: Sequence[Form], connectives: Sequence[str], order: Sequence[str]) -> Form:
    """Operands with connectives between them, of which `order` binds the more loosely the earlier it comes."""
    if len(operands) == 1:
        return operands[0]
    parts: list[Form] = []
    begin = 0
    for place in [*(n for n, one in enumerate(connectives) if one == order[0]), len(connectives)]:
        parts.append(_split(operands[begin : place + 1], connectives[begin:place], order[1:]))
        begin = place + 1
    return _join(order[0], parts)


def _join(connective: str, parts: Sequence[Form]) -> Form:
    flat = [one for part in parts for one in (part[1:] if part[0] == connective else (part,))]
    if connective in _IN_ANY_ORDER:
        flat = sorted(dict.fromkeys(flat), key=repr)
    if connective == "AND":
        flat = list(_without_types(flat))
    return flat[0] if len(flat) == 1 else (connective, *flat)


def _without_types(parts: Sequence[Form]) -> Iterator[Form]:
    """What says only of which type a reference is, whose value says it too, says nothing."""
    said = {(role.rpartition(".")[0], kind) for role, kind, *_ in parts if "_ref.value" in str(role)}
    for part in parts:
        path, _, name = str(part[0]).rpartition(".")
        reference = name == "type" and path.endswith(_REFERENCES) and part[1] == "="
        if not (reference and (path, part[2][1]) in said):
            yield part


def _behind_comparison(read: Sequence[Token], at: int) -> int:
    """Where a comparison ends that began before `at`. Brackets in it are places in lists and sets of values."""
    sets = 0
    while True:
        kind = read[at].kind
        if kind == "[":
            at += 3
            continue
        if not sets and kind in {"AND", "OR", ")", "]"}:
            return at
        sets += (kind == "(") - (kind == ")")
        at += 1
