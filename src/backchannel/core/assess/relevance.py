"""How far a text is about a question: the slot for whatever judges it, and the judge made of words alone.

A similarity is a number that only means something beside others of the same judge: what is nearly as near as the
nearest text is about the question, if that is near enough (`bounds`).
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

_WORD = re.compile(r"[^\W_]+")
_STEM: Final = 5
"""Letters of a word that are compared: enough to tell words apart, too few for most endings."""

_STOP_WORDS: Final = """
a an the and or but of to in on at by for from with about into over after before between through against during
under is are was were be been being has have had do does did will would can could may might shall should must
not no nor that this these those it its he him his she her they them their we us our you your i who whom whose
which what when where why how there here than then so as if also any some all each one said says say
"""
_STOP: Final = frozenset(_STOP_WORDS.split())


class Ranker(Protocol):
    """Judges how far texts are about a question."""

    @property
    def least(self) -> float:
        """Below this no text is about the question, however far from it the others are."""
        ...

    @property
    def same(self) -> float:
        """From here on two texts say the same in other words."""
        ...

    def __call__(self, question: str, texts: Sequence[str]) -> list[float]:
        """How near each text is to the question, at most 1."""
        ...


class ByWords:
    """Judges by shared words, the rare ones counting more (TF-IDF over the texts given): the share of the question's
    weight that a text has, less a little for a text that is short of words."""

    least = 0.55
    same = 0.5

    def __call__(self, question: str, texts: Sequence[str]) -> list[float]:
        """How much of the question each text says."""
        asked = Counter(stems(question))
        listed = [frozenset(stems(text)) for text in texts]
        held = Counter(stem for words in listed for stem in words)
        weights = {stem: math.log((1 + len(listed)) / (1 + held[stem])) + 1 for stem in asked}
        whole = sum(weights.values())
        return [sum(weights[stem] for stem in asked if stem in words) / whole if whole else 0.0 for words in listed]


class Bounds(msgspec.Struct, frozen=True):
    """From `sure` on a text is about the question, from `doubtful` on it may be."""

    sure: float
    doubtful: float


def bounds(ranker: Ranker, judged: Sequence[float]) -> Bounds:
    """Where to draw the line among the similarities of all texts."""
    sure = max(ranker.least, _NEARLY * max(judged, default=0.0))
    return Bounds(sure, _NEARLY * sure)


_NEARLY: Final = 0.8


def stems(text: str) -> list[str]:
    """The words of a text that carry meaning, in lower case, cut to their beginning."""
    return [
        word[:_STEM].rstrip("s") or word
        for word in (match.group().casefold() for match in _WORD.finditer(text))
        if word not in _STOP
    ]
