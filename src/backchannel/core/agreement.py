"""Agreements: their states, what leads from one to the next, and whether new terms narrow or widen old ones.

Rules: one table says everything that can happen; what is not in it is refused. Final states have no way out.
Narrowing and ending are one-sided and take effect at once for what one sends; anything else needs both
signatures. What cannot be compared counts as widening. Only terms with a guest, who cannot sign, are in force by our
signature alone; what was offered to somebody who can never gets there that way.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from enum import StrEnum
from math import inf
from typing import NamedTuple, TypeVar

import msgspec

from backchannel.core.marking import PERMITTED_ACTIONS, rank
from backchannel.core.stix import format_timestamp
from backchannel.core.term_fields import ON_END, ONWARD, Handling, Matching, Parties, Retention, Scope, Terms
from backchannel.core.term_rules import glob
from backchannel.core.text import printable
from backchannel.errors import WrongState

T = TypeVar("T")


class State(StrEnum):
    """Where an agreement stands on this node. `OFFERED` is our proposal, `PROPOSED` the counterpart's.

    Nothing is kept in the state `DRAFT`: it is where every agreement begins, as terms that nobody has signed.
    """

    DRAFT = "draft"
    OFFERED = "offered"
    PROPOSED = "proposed"
    IN_FORCE = "in force"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    EXPIRED = "expired"

    @property
    def shown(self) -> str:
        """The word for it on screens and in `--json`: a proposal is one, whoever made it."""
        return "proposed" if self is State.OFFERED else str(self)


class Event(StrEnum):
    """What happens to an agreement: what we do, what the counterpart did (past tense), or time."""

    PROPOSE = "propose"
    PROPOSED = "proposed"
    SIGN_ALONE = "sign alone"
    ACCEPT = "accept"
    ACCEPTED = "accepted"
    DECLINE = "decline"
    DECLINED = "declined"
    WITHDRAW = "withdraw"
    WITHDRAWN = "withdrawn"
    AMEND = "amend"
    END = "end"
    ENDED = "ended"
    EXPIRE = "expire"


TRANSITIONS: Mapping[tuple[State, Event], State] = {
    (State.DRAFT, Event.PROPOSE): State.OFFERED,
    (State.DRAFT, Event.PROPOSED): State.PROPOSED,
    # The counterpart is a guest: there is nobody who could sign with us.
    (State.DRAFT, Event.SIGN_ALONE): State.IN_FORCE,
    (State.OFFERED, Event.ACCEPTED): State.IN_FORCE,
    (State.OFFERED, Event.DECLINED): State.DECLINED,
    (State.OFFERED, Event.WITHDRAW): State.WITHDRAWN,
    (State.OFFERED, Event.EXPIRE): State.EXPIRED,
    (State.PROPOSED, Event.ACCEPT): State.IN_FORCE,
    (State.PROPOSED, Event.DECLINE): State.DECLINED,
    (State.PROPOSED, Event.WITHDRAWN): State.WITHDRAWN,
    (State.PROPOSED, Event.EXPIRE): State.EXPIRED,
    (State.IN_FORCE, Event.AMEND): State.IN_FORCE,
    (State.IN_FORCE, Event.END): State.ENDED,
    (State.IN_FORCE, Event.ENDED): State.ENDED,
    # They withdrew their proposal while our acceptance was on its way.
    (State.IN_FORCE, Event.WITHDRAWN): State.ENDED,
    (State.IN_FORCE, Event.EXPIRE): State.EXPIRED,
}
"""Every transition there is; the diagram in the documentation is drawn from this table."""

FINAL = frozenset({State.DECLINED, State.WITHDRAWN, State.ENDED, State.EXPIRED})


_PASSIVE = {
    Event.PROPOSE: "proposed",
    Event.PROPOSED: "proposed by the counterpart",
    Event.SIGN_ALONE: "put in force by one signature",
    Event.ACCEPT: "accepted",
    Event.ACCEPTED: "accepted by the counterpart",
    Event.DECLINE: "declined",
    Event.DECLINED: "declined by the counterpart",
    Event.WITHDRAW: "withdrawn",
    Event.WITHDRAWN: "withdrawn by the counterpart",
    Event.AMEND: "amended",
    Event.END: "ended",
    Event.ENDED: "ended by the counterpart",
    Event.EXPIRE: "expired",
}


class Change(msgspec.Struct, frozen=True):
    """What new terms change, as sentences. With anything in `widened` both signatures are needed."""

    narrowed: list[str]
    widened: list[str]


def advance(state: State, event: Event) -> State:
    """The state after an event.

    Raises:
        WrongState: the event cannot happen in this state.
    """
    following = TRANSITIONS.get((state, event))
    if following is None:
        raise WrongState(f"the agreement is {state.shown}, so it cannot be {_PASSIVE[event]}")
    return following


def state_at(state: State, terms: Terms, now: datetime) -> State:
    """The state at a time: what the calendar ended is over, whatever was stored."""
    if now >= terms.valid_until and (state, Event.EXPIRE) in TRANSITIONS:
        return advance(state, Event.EXPIRE)
    return state


def in_force(state: State, terms: Terms, now: datetime) -> bool:
    """Whether an agreement covers anything now: accepted, begun, and neither ended nor over."""
    return state is State.IN_FORCE and terms.valid_from <= now < terms.valid_until


def compare(old: Terms, new: Terms) -> Change:
    """What `new` narrows and widens against `old`. The predecessor is not compared: versions always differ in
    it."""
    change = _Comparison([], [])
    change.other("parties", old.parties, new.parties)
    change.other("title", old.title, new.title)
    change.width("valid_from", old.valid_from, new.valid_from, lambda moment: -moment.timestamp())
    change.width("valid_until", old.valid_until, new.valid_until, datetime.timestamp)
    _compare_scope(change, old.scope, new.scope)
    _compare_handling(change, old.handling, new.handling)
    _compare_matching(change, old.matching, new.matching)
    change.width("quota.objects_per_day", old.quota.objects_per_day, new.quota.objects_per_day, float)
    change.other("record.mode", old.record.mode, new.record.mode)
    change.width("record.outcomes", old.record.outcomes, new.record.outcomes, float)
    change.width("requests.per_day", old.requests.per_day, new.requests.per_day, float)
    _compare_retention(change, old.retention, new.retention)
    return Change(change.narrowed, change.widened)


class _Comparison(NamedTuple):
    narrowed: list[str]
    widened: list[str]

    def width(self, field: str, old: T, new: T, width: Callable[[T], float]) -> None:
        """A value of which one is wider than the other."""
        if old != new:
            kind = self.narrowed if width(new) < width(old) else self.widened
            kind.append(f"{field}: {_shown(old)} becomes {_shown(new)}")

    def members(self, field: str, old: Collection[str], new: Collection[str]) -> None:
        """A list of which each member widens."""
        self._listed(self.narrowed, f"{field} without", old, new)
        self._listed(self.widened, f"{field} also", new, old)

    def other(self, field: str, old: object, new: object) -> None:
        """A value that cannot be compared: any change widens."""
        if old != new:
            self.widened.append(f"{field}: {_shown(old)} becomes {_shown(new)}")

    def _listed(self, kind: list[str], field: str, some: Collection[str], others: Collection[str]) -> None:
        rest = [printable(word) for word in some if word not in others]
        if rest:
            kind.append(f"{field} {', '.join(rest)}")


def _compare_scope(change: _Comparison, old: Scope, new: Scope) -> None:
    change.members("scope.threats", old.threats, new.threats)
    change.members("scope.types", old.types, new.types)
    change.members("scope.may_name", old.may_name, new.may_name)
    change.width("scope.depth", old.depth, new.depth, float)
    change.width("scope.since", old.since, new.since, _since_width)
    lost = [name for name in old.exclude_properties if not covered(name, new.exclude_properties)]
    gained = [name for name in new.exclude_properties if not covered(name, old.exclude_properties)]
    if lost:
        change.widened.append(f"scope.exclude_properties without {', '.join(lost)}")
    if gained:
        change.narrowed.append(f"scope.exclude_properties also {', '.join(gained)}")


def _compare_handling(change: _Comparison, old: Handling, new: Handling) -> None:
    change.width("handling.tlp_max", old.tlp_max, new.tlp_max, rank)
    change.width(
        "handling.permitted_actions",
        old.permitted_actions,
        new.permitted_actions,
        PERMITTED_ACTIONS.index,
    )
    if (old.provider_attribution, new.provider_attribution) == ("may", "must-not"):
        change.narrowed.append("handling.provider_attribution: may becomes must-not")
    else:
        change.other("handling.provider_attribution", old.provider_attribution, new.provider_attribution)
    change.width("handling.onward", old.onward, new.onward, ONWARD.index)
    change.members("handling.onward_to", old.onward_to, new.onward_to)
    change.width("handling.onward_names", old.onward_names, new.onward_names, float)


def _compare_matching(change: _Comparison, old: Matching | None, new: Matching | None) -> None:
    change.members("matching.types", old.types if old else (), new.types if new else ())
    if old and new:
        change.width("matching.per_day", old.per_day, new.per_day, float)
        change.width("matching.lifetime", old.lifetime, new.lifetime, float)
        change.width("matching.epoch_days", old.epoch_days, new.epoch_days, float)


def _compare_retention(change: _Comparison, old: Retention, new: Retention) -> None:
    change.width("retention.destroy_after_days", old.destroy_after_days, new.destroy_after_days, float)
    change.width("retention.on_end", old.on_end, new.on_end, ON_END.index)


def _since_width(since: datetime | None) -> float:
    return inf if since is None else -since.timestamp()


def covered(name: str, by: Collection[str]) -> bool:
    """Whether everything that a glob names is named by one of these: only a `*` can match a `*`."""
    return any(glob(pattern).fullmatch(name) for pattern in by)


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return format_timestamp(value)
    if isinstance(value, Parties):
        return f"{value.proposer[:12]} and {value.accepter[:12]}"
    return "none" if value is None else printable(str(value))
