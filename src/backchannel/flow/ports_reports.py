"""What is kept for the assessment of reports: how reliable their sources are, and who handed reports on."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

import msgspec


class Judgement(msgspec.Struct, frozen=True):
    """One judgement of a source, as the analyst gave it: what came later counts, and nothing is taken away.

    `key` tells one source from another: the key of a `party`, else a name in one spelling. `name` is as it was
    written. `letter` is one of `core.grading.RELIABILITY`; `by` and `because` may be empty.
    """

    key: str
    name: str
    party: bool
    letter: str
    because: str
    by: str
    at: datetime


class Regrade(msgspec.Struct, frozen=True):
    """A grade that an analyst set for a claim instead of the one that was proposed; nothing is taken away.

    `reports` is the SHA-256, in hex, over what was assessed; `grade` and `proposed` are as `core.grading` writes
    them.
    """

    question: str
    reports: str
    proposed: str
    grade: str
    because: str
    by: str
    at: datetime


class Regrades(Protocol):
    """The grades that analysts set for claims."""

    def put(self, regrade: Regrade) -> None: ...
    def all(self) -> Sequence[Regrade]: ...


class Reliability(Protocol):
    """The node's own record of how reliable its sources are."""

    def put(self, judgement: Judgement) -> None: ...
    def all(self) -> Sequence[Judgement]: ...


class Givers(Protocol):
    """Who handed a report on to us, by the id of the report."""

    def put(self, ids: Collection[str], name: str) -> None: ...
    def of(self, ids: Collection[str]) -> dict[str, str]: ...
