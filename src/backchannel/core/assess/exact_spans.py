"""How many spans are exactly right: found against known, as whole tokens of the text.

A span is right only if its first and its last token are. White space and punctuation that belong to no token do not
count.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

import msgspec

from backchannel.core.assess.press import Span

Tokens = tuple[int, int]
"""First token, and the one after the last."""


class Exact(msgspec.Struct, frozen=True):
    """Spans that were right, too many, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: "Exact") -> "Exact":
        return Exact(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, in percent."""
        return round(200 * self.right / max(1, 2 * self.right + self.wrong + self.missed), 1)

    @property
    def precision(self) -> float:
        """Of those found, how many are right, in percent."""
        return round(100 * self.right / max(1, self.right + self.wrong), 1)

    @property
    def recall(self) -> float:
        """Of those known, how many were found, in percent."""
        return round(100 * self.right / max(1, self.right + self.missed), 1)


def exact(known: set[Tokens], found: set[Tokens]) -> Exact:
    """What was found, against what is known."""
    return Exact(len(known & found), len(found - known), len(known - found))


def as_tokens(tokens: Sequence[Span], spans: Iterable[Span]) -> set[Tokens]:
    """Spans as ranges of the tokens of their text, which are in order."""
    begins, ends = [token.begin for token in tokens], [token.end for token in tokens]
    return {(bisect_right(ends, span.begin), bisect_left(begins, span.end)) for span in spans}
