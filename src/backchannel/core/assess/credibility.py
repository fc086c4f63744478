"""The digit of the Admiralty grade for a claim, by a table that is printed with it.

The letter, for the source, comes from the node's own record and never enters here. What is not in the table is not
weighed: not how good a source is, not how many reports repeat it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from backchannel.core.assess.independence import Independence
from backchannel.core.assess.summary import counted, names

RULES: Mapping[str, str] = MappingProxyType(
    {
        "1": "two or more independent origins on different sides, or our own observation, and no party that would "
        "know denies",
        "2": "one origin that is named, and perhaps another, heard by two or more newsrooms for themselves, and no "
        "party that would know denies",
        "3": "one named origin, and no party that would know denies; or a party that would know denies, but we "
        "observed it ourselves, or two origins affirm, or one that two or more newsrooms heard for themselves",
        "4": "a party that would know denies, and one named origin affirms; or only sources affirm whom nobody "
        "names, or who perhaps do not speak of it",
        "5": "a party that would know denies, and nobody affirms who could be an origin",
        "6": "nobody says it who could be judged",
    }
)
"""The table: of the rules that hold, the first."""

_NAMES: Final = 4
"""Parties that a reason names."""


class Credibility(msgspec.Struct, frozen=True):
    """A digit, why, and what would change it."""

    digit: str
    reasons: tuple[str, ...]
    changes: tuple[str, ...]

    @property
    def rule(self) -> str:
        """The line of the table."""
        return RULES[self.digit]


def credibility(found: Independence, observed: bool = False) -> Credibility:
    """The digit for a claim. `observed` says that the node's own organisation saw it itself."""
    origins = found.origins[0] if found.affirming else 0
    heard = found.collectors.span[0]
    return Credibility(
        _digit(found, origins, heard, observed),
        tuple(_reasons(found, observed)),
        tuple(_changes(found, origins, heard, observed)),
    )


def _digit(found: Independence, origins: int, heard: int, observed: bool) -> str:
    denied = bool(found.denied_by)
    if not denied and (observed or origins >= 2):
        return "1"
    if not denied and origins == 1:
        return "2" if found.origins[1] >= 2 and heard >= 2 else "3"
    if denied and (observed or origins >= 2 or (origins == 1 and heard >= 2)):
        return "3"
    if origins == 1 or found.possible or found.unnamed:
        return "4"
    return "5" if denied else "6"


def _reasons(found: Independence, observed: bool) -> list[str]:
    said = []
    if observed:
        said.append("we observed it ourselves")
    if found.affirming:
        said.append(f"affirmed by {names(found.affirming, _NAMES)}")
    elif found.possible:
        said.append(f"perhaps affirmed by {names(found.possible, _NAMES)}")
    if found.unnamed and not found.affirming:
        said.append("affirmed by sources that nobody names")
    if not (found.affirming or found.possible or found.unnamed):
        said.append("no report says who affirms it")
    low, high = found.collectors.span
    said.append(f"heard by {counted((low, high), 'newsroom')} {'itself' if high == 1 else 'for themselves'}")
    denied = f"denied by {names(found.denied_by, _NAMES)}" if found.denied_by else "no party that would know denies"
    said.append(denied)
    return said


def _changes(found: Independence, origins: int, heard: int, observed: bool) -> list[str]:
    said = []
    if not observed and origins < 2:
        what = "a second origin on another side" if origins else "a named origin that would know"
        said.append(f"better: {what}, or our own observation")
    if found.denied_by:
        said.append(f"better: if {found.denied_by[0].name} takes the denial back")
    else:
        said.append("worse: a denial by a party that would know")
    if origins == 1 and heard < 2:
        said.append("better: a second newsroom that hears it for itself")
    return said
