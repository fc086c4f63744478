"""The NATO Admiralty grade of a piece of information: reliability of its source, credibility of what it says.

The two are judged apart from each other: a reliable source can pass on a doubtful claim. `F` and `6` say that
nothing can be judged yet; they are not the bottom of the scale, and nothing received starts above them.
Source: NATO AJP-2.1, the table of source reliability and information credibility.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

RELIABILITY: Mapping[str, str] = MappingProxyType(
    {
        "A": "completely reliable source",
        "B": "usually reliable source",
        "C": "fairly reliable source",
        "D": "not usually reliable source",
        "E": "unreliable source",
        "F": "source whose reliability cannot be judged",
    }
)
CREDIBILITY: Mapping[str, str] = MappingProxyType(
    {
        "1": "confirmed by other sources",
        "2": "probably true",
        "3": "possibly true",
        "4": "doubtful",
        "5": "improbable",
        "6": "truth cannot be judged",
    }
)


class Grade(msgspec.Struct, frozen=True):
    """One grade: `reliability` is a key of `RELIABILITY`, `credibility` one of `CREDIBILITY`."""

    reliability: str = "F"
    credibility: str = "6"

    def __post_init__(self) -> None:
        if self.reliability not in RELIABILITY or self.credibility not in CREDIBILITY:
            raise ValueError(f"{str(self)[:20]!a} is not a grade: it takes a letter A to F and a digit 1 to 6")

    def __str__(self) -> str:
        return f"{self.reliability}{self.credibility}"

    @property
    def words(self) -> str:
        """The grade for a reader: `usually reliable source, probably true`."""
        return f"{RELIABILITY[self.reliability]}, {CREDIBILITY[self.credibility]}"

    @property
    def judged(self) -> bool:
        """Whether both the source and the information could be judged."""
        return self.reliability != "F" and self.credibility != "6"


UNJUDGED = Grade()
"""What everything received starts with."""


def parse(text: str) -> Grade:
    """A grade as people write it: `B2`, `b2`, `B-2` or `B 2`.

    Raises:
        ValueError: no letter A to F followed by a digit 1 to 6.
    """
    plain = text.strip().upper()
    if len(plain) == 3 and plain[1] in "- /":
        plain = plain[0] + plain[2]
    if len(plain) != 2:
        raise ValueError(f"{text[:20]!a} is not a grade: it takes a letter A to F and a digit 1 to 6")
    return Grade(plain[0], plain[1])
