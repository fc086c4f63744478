"""What the flow needs from outside to keep canaries, as a protocol."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from backchannel.core.canary import Canary


class Canaries(Protocol):
    """The canaries of all agreements, beside the holdings: nothing that reads those meets one."""

    def add(self, canaries: Iterable[Canary]) -> None: ...
    def count(self) -> int: ...
    def under(self, agreement: str) -> Sequence[Canary]: ...
    def all(self) -> Sequence[Canary]: ...
