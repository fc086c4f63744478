"""Which threats a name in an agreement stands for, among the threats that are held.

Rules: a name stands for the one own threat that bears it (as name, alias or synonym) and for the other
parties' objects of that name. If several different own threats bear it, it stands for nothing until the
officer pins one by id: a guess would open a second threat to the counterpart. Objects of other parties
never make a name ambiguous, so that nobody can switch an agreement off by sending a namesake. A name that
nothing bears yet is allowed, and said. An id stands for itself, held or not.
"""

from collections.abc import Iterable

import msgspec

from backchannel.core.stix_ids import is_id
from backchannel.core.text import shown

_LISTED = 5


class Bearer(msgspec.Struct, frozen=True):
    """One held threat that bears the name; `own` says that we collected it ourselves."""

    id: str
    type: str
    name: str
    own: bool


class Resolution(msgspec.Struct, frozen=True):
    """What a name stands for: `ids`, own first; the `candidates` if it is ambiguous; and a `note` for the
    officer, empty when there is nothing to say."""

    name: str
    ids: tuple[str, ...] = ()
    candidates: tuple[Bearer, ...] = ()
    note: str = ""


def resolve(name: str, bearers: Iterable[Bearer]) -> Resolution:
    """What a name stands for among its bearers, each id counted once, own before others'."""
    if is_id(name):
        return Resolution(name, (name,))
    ordered = sorted(bearers, key=lambda bearer: (not bearer.own, bearer.id))
    unique: dict[str, Bearer] = {}
    for bearer in ordered:
        unique.setdefault(bearer.id, bearer)
    own = tuple(bearer for bearer in unique.values() if bearer.own)
    if len(own) > 1:
        return Resolution(name, (), own, _ambiguous(name, own))
    return Resolution(name, tuple(unique), (), "" if own else _unowned(name, len(unique)))


def _unowned(name: str, others: int) -> str:
    if not others:
        return f"{shown(name)} matches no threat held yet; it takes effect when one is imported"
    return f"{shown(name)} matches no threat of our own, only what other parties sent"


def _ambiguous(name: str, own: tuple[Bearer, ...]) -> str:
    listed = ", ".join(f"{bearer.id} ({shown(bearer.name)})" for bearer in own[:_LISTED])
    more = f" and {len(own) - _LISTED} more" if len(own) > _LISTED else ""
    return (
        f"{shown(name)} is borne by {len(own)} different threats, so nothing is released for it: "
        f"pin one of {listed}{more}"
    )
