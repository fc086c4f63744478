"""Lists as one parameter of a statement: a JSON array, taken apart by the database. SQLite's spelling of it.

So a list of any length is one value, the statement stays the same, and its plan is made once. SQLite ends
such a text at a NUL; no held id or key has one, so what has one is left out: it cannot be found.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, Subquery, Text, bindparam, column, func, select

LAST_CHARACTER = "\U0010ffff"
"""Sorts after every character of an id: the end of the range of a prefix."""

_PAIR = ("first", "second")


def among(of: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """Whether a column's value is in the list given as `parameter` (made by `as_list`)."""
    return of.in_(members(parameter))


def members(parameter: str) -> Select[Any]:
    """The members of the list given as `parameter`."""
    return select(column("value")).select_from(func.json_each(bindparam(parameter)))


def pairs(parameter: str) -> Subquery:
    """Pairs of texts, `first` and `second`, of the list given as `parameter` (made by `as_pairs`)."""
    each = func.json_each(bindparam(parameter)).table_valued("value")
    parts = (func.json_extract(each.c.value, f"$[{at}]", type_=Text).label(name) for at, name in enumerate(_PAIR))
    return select(*parts).select_from(each).subquery()


def as_pairs(values: Iterable[tuple[str, str]]) -> str:
    """A list of pairs as the value of a parameter."""
    return msgspec.json.encode([pair for pair in values if "\0" not in "".join(pair)]).decode()


def as_list(values: Iterable[str] | Iterable[int]) -> str:
    """A list as the value of a parameter."""
    return msgspec.json.encode([one for one in values if isinstance(one, int) or "\0" not in one]).decode()
