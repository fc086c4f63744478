"""What counting origins needs to know of the holdings, as records and a protocol. Part of `ports`; a `Transaction`
has it."""

from collections.abc import Collection
from typing import NamedTuple, Protocol


class Told(NamedTuple):
    """That a held object version tells a value or pattern: `key` is that of `core.assess.keys.told_key`, `seq` grows
    with every insertion. `raw` is None unless the version is the newest of its source."""

    key: str
    seq: int
    id: str
    version: str
    source: str
    source_name: str
    own: bool
    agreement: str | None
    raw: bytes | None


class About(NamedTuple):
    """An object, in its newest version of a source, that refers to another one."""

    target: str
    seq: int
    source: str
    source_name: str
    own: bool
    raw: bytes


class Tellings(Protocol):
    """Which holdings tell a value, and what is held about those."""

    def of(self, keys: Collection[str]) -> list[Told]:
        """Every version that tells one of these, in the order they came."""
        ...

    def about(self, ids: Collection[str], types: Collection[str]) -> list[About]:
        """The objects of these types that refer to these ids, in the order they came."""
        ...
