"""Echo: whether what comes in is what we released, come back; in tiers, with reasons and with what speaks against.

Rules:
1. Certain: it bears an id of ours, or our own origin tag, or is said to be derived from an object of ours, directly
   or over others. The id of a value, or of vocabulary that everybody shares, is nobody's; what others made is not
   ours because we hold it or passed it on.
2. Whoever told us something before we released it has it not from us: what it repeats is no echo.
3. Strong: the same pattern of several parts, each of which could be known without the others, was released to
   anybody; or all that it names, or the object of somebody else that it is, went to whoever sends it, before.
4. What others told us before we released it can be had without us: then rule 3 gives no more than possible.
5. Possible: it shares a value with what was released to anybody. A value that many things share (a file's name, a
   popular domain) says nothing by itself.
6. Against it speaks, whatever the tier: that they say to have seen it, or to have made it, before we did. That lowers
   no tier, since the date is the word of whoever sends it.

An echo confirms nothing. It is no accusation either: who gives back under another id what it got may have found it
too. Not known here: what left this node by other ways than a release, and what is told in text or in other words.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec

from backchannel.core.canonical import Observable

Tier = Literal["none", "possible", "strong", "certain"]
TIERS: Final[tuple[Tier, ...]] = ("none", "possible", "strong", "certain")
"""From the weakest on."""

_MOST_REASONS: Final = 3


class Traces(msgspec.Struct, frozen=True):
    """What an object is known again by (`core.assess.traces`): the trace of the whole that it says, None where it has
    no canonical key, and of each value that it names; and in how many parts it says it."""

    whole: str | None = None
    values: Mapping[Observable, str] = {}
    parts: int = 0

    @property
    def all(self) -> frozenset[str]:
        """Every trace."""
        return frozenset(self.values.values()) | ({self.whole} if self.whole is not None else set())


class Crossing(msgspec.Struct, frozen=True):
    """That an object of ours crossed: its id here, to whom (a party's key), and when first.

    `ours` says whether it is our own, and not passed on for somebody else. An object that we hold as our own and
    never released crossed to nobody: `to` is empty, and there is no time.
    """

    object: str
    to: str = ""
    at: datetime | None = None
    ours: bool = True


class Came(msgspec.Struct, frozen=True):
    """What is known of an incoming object: who sends it, its parts (`core.assess.traces`), the ids of what it is
    derived from, whether our own origin tag of it came with it, and since when, by their own word, they have seen it
    (sightings, observations) and have had it (when it was made, or was first valid)."""

    sender: str
    parts: int = 0
    derived_from: tuple[str, ...] = ()
    own_tag: bool = False
    seen: datetime | None = None
    made: datetime | None = None


class Known(msgspec.Struct, frozen=True):
    """What is known of ours: crossings of its id, of each id that it is derived from, of the whole that it says and
    of each value that it names (none, of most). `common` are those of the values that say nothing.

    `told_id` and `told_whole` are when the sender first told us that id and that whole, `others` when anybody else
    first told us the whole. `seen` and `made` are of our own, as in `Came`.
    """

    id: tuple[Crossing, ...] = ()
    derived: Mapping[str, tuple[Crossing, ...]] = {}
    whole: tuple[Crossing, ...] = ()
    values: Mapping[Observable, tuple[Crossing, ...]] = {}
    common: frozenset[Observable] = frozenset()
    told_id: datetime | None = None
    told_whole: datetime | None = None
    others: datetime | None = None
    seen: datetime | None = None
    made: datetime | None = None


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reason, by the name of its rule: the object of ours that it is about, to whom that crossed and when;
    `number` of `total` parts or values; `before` is what a time in it is earlier than."""

    rule: str
    object: str = ""
    to: str = ""
    at: datetime | None = None
    number: int = 0
    total: int = 0
    before: datetime | None = None


class Echo(msgspec.Struct, frozen=True):
    """The judgement of one object. `went` are the values in it that went to the sender before: content, which is told
    where the object is and kept nowhere else."""

    tier: Tier = "none"
    reasons: tuple[Reason, ...] = ()
    against: tuple[Reason, ...] = ()
    went: tuple[str, ...] = ()

    @property
    def rank(self) -> int:
        """The place of the tier, from 0 for none."""
        return TIERS.index(self.tier)


NO_ECHO: Final = Echo()


class Background(msgspec.Struct, frozen=True):
    """What is known of where an incoming object comes from: its traces, whether it is an echo, and whether it is said
    to come from something else (`second_hand`). `tag` is the origin tag that came with it, if one did."""

    traces: Traces = Traces()
    echo: Echo = NO_ECHO
    second_hand: bool = False
    tag: str = ""


UNKNOWN: Final = Background()


def judge(came: Came, known: Known) -> Echo:
    """Whether an object is an echo."""
    went = _went(came, known)
    certain = [*_certain(came, known)]
    if certain:
        return Echo("certain", tuple(certain[:_MOST_REASONS]), tuple(_earlier(came, known, certain)), went)
    passed = [one for one in known.id if not _told_before(known.told_id, one)]
    whole = [one for one in known.whole if not _told_before(known.told_whole, one)]
    values = {
        value: later
        for value, crossings in known.values.items()
        if (later := [one for one in crossings if not _told_before(known.told_whole, one)])
    }
    if not (passed or whole or values):
        return Echo(against=tuple(_told_first(known)))
    reasons = [*_strong(came, known, passed, whole, values)]
    against: list[Reason] = []
    first = min((one.at for one in reasons if one.at is not None), default=None)
    public = known.others is not None and first is not None and known.others < first
    tier: Tier = "strong" if reasons else "none"
    if not reasons or public:
        reasons = [*_possible(came, known, passed, whole, values)]
        tier = "possible" if reasons else "none"
        against += [Reason("others-first", at=known.others, before=first)] if public and reasons else []
    against += _earlier(came, known, reasons)
    return Echo(tier, tuple(reasons[:_MOST_REASONS]), tuple(against), went) if reasons else NO_ECHO


def _certain(came: Came, known: Known) -> Iterator[Reason]:
    mine = [one for one in known.id if one.ours]
    if mine:
        yield _about("own-id", mine)
    if came.own_tag:
        yield Reason("own-tag")
    for identifier in came.derived_from:
        crossings = [one for one in known.derived.get(identifier, ()) if one.ours]
        if crossings:
            yield _about("derived", crossings)


def _strong(
    came: Came,
    known: Known,
    passed: list[Crossing],
    whole: list[Crossing],
    values: Mapping[Observable, list[Crossing]],
) -> Iterator[Reason]:
    back = [one for one in passed if one.to == came.sender]
    if back:
        yield _about("passed-on", back)
    if whole and came.parts > 1:
        yield _about("same-pattern", whole, came.sender, number=came.parts)
    telling = known.values.keys() - known.common
    theirs = {value: [one for one in values.get(value, ()) if one.to == came.sender] for value in telling}
    if telling and all(theirs.values()):
        yield _about("went-to-them", [one for crossings in theirs.values() for one in crossings])


def _possible(
    came: Came,
    known: Known,
    passed: list[Crossing],
    whole: list[Crossing],
    values: Mapping[Observable, list[Crossing]],
) -> Iterator[Reason]:
    if passed:
        yield _about("passed-on", passed, came.sender)
    shared = [value for value in values if value not in known.common]
    if whole and (shared or came.parts > 1 or any(one.to == came.sender for one in whole)):
        yield _about("same-whole", whole, came.sender)
    elif shared:
        crossings = [one for value in shared for one in values[value]]
        yield _about("shared-value", crossings, came.sender, number=len(shared), total=len(known.values))


def _told_first(known: Known) -> Iterator[Reason]:
    """That they told it before it crossed, where that alone is why it is no echo."""
    crossings = [one for one in (*known.whole, *(c for each in known.values.values() for c in each)) if one.at]
    if crossings and known.told_whole is not None:
        yield Reason("they-first", at=known.told_whole, before=min(one.at for one in crossings if one.at))


def _earlier(came: Came, known: Known, reasons: Iterable[Reason]) -> Iterator[Reason]:
    """What they say to have seen, or to have had, before we did."""
    crossed = [one.at for one in reasons if one.at is not None]
    seen = min([one for one in (known.seen, known.made) if one is not None] + crossed, default=None)
    if came.seen is not None and seen is not None and came.seen < seen:
        yield Reason("earlier-sighting", at=came.seen, before=seen)
    made = min([one for one in (known.made,) if one is not None] + crossed, default=None)
    if came.made is not None and made is not None and came.made < made:
        yield Reason("earlier-date", at=came.made, before=made)


def _went(came: Came, known: Known) -> tuple[str, ...]:
    return tuple(
        value.value
        for value, crossings in known.values.items()
        if any(one.to == came.sender and not _told_before(known.told_whole, one) for one in crossings)
    )


def _told_before(told: datetime | None, one: Crossing) -> bool:
    return told is not None and one.at is not None and told < one.at


def _about(rule: str, crossings: Iterable[Crossing], sender: str = "", number: int = 0, total: int = 0) -> Reason:
    """A reason that names the first crossing, one to the sender before all others."""
    # Times are compared with times only: what never crossed stands behind what did.
    first = min(
        crossings, key=lambda one: (one.to != sender, one.at is None, one.at and one.at.timestamp(), one.object)
    )
    return Reason(rule, first.object, first.to, first.at, number, total)
