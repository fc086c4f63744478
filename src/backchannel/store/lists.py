"""Lists as one parameter of a statement: a JSON array, taken apart by the database. SQLite's spelling of it.

So a list of any length is one value, the statement stays the same, and its plan is made once. SQLite ends
such a text at a NUL; no held id or key has one, so what has one is left out: it cannot be found.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, bindparam, column, func, select

LAST_CHARACTER = "\U0010ffff"
"""Sorts after every character of an id: the end of the range of a prefix."""


def among(of: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """Whether a column's value is in the list given as `parameter` (made by `as_list`)."""
    return of.in_(members(parameter))


def members(parameter: str) -> Select[Any]:
    """The members of the list given as `parameter`."""
    return select(column("value")).select_from(func.json_each(bindparam(parameter)))


def as_list(values: Iterable[str] | Iterable[int]) -> str:
    """A list as the value of a parameter."""
    return msgspec.json.encode([one for one in values if isinstance(one, int) or "\0" not in one]).decode()
