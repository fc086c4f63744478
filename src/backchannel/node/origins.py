"""How many independent origins an indicator has, for the officer: of held objects, and of a value however spelled."""

from collections.abc import Sequence

import msgspec

from backchannel.core.assess.keys import key_of, key_of_value
from backchannel.core.request_rules import observable_of
from backchannel.errors import BadArgument
from backchannel.flow.origins import Counted, origins_among
from backchannel.flow.ports import Held
from backchannel.node.node import Node


class OriginView(msgspec.Struct, frozen=True):
    """One origin: what it is called, whether it is established, why, and who tells of it."""

    name: str
    established: bool
    why: str
    tellers: tuple[str, ...]


class OriginsView(msgspec.Struct, frozen=True):
    """The origins of a value: at least `low`, at most `high`, in words, each with its reason; and who handed back
    what is ours, which counts for nothing."""

    low: int
    high: int
    sentence: str
    origins: tuple[OriginView, ...]
    echoes: tuple[str, ...]


class TellingView(msgspec.Struct, frozen=True):
    """A held object that tells a value, and the name of its source."""

    id: str
    source: str
    own: bool


class ValueView(msgspec.Struct, frozen=True):
    """A value, or pattern: its kind (`pattern` for one of these), its canonical spelling, which held objects tell it,
    and its origins."""

    type: str
    value: str
    objects: tuple[TellingView, ...]
    origins: OriginsView


def beside(node: Node, found: Sequence[Held]) -> dict[int, OriginsView | None]:
    """The origins of what held objects tell, by `seq`; None for an object of a type that has no canonical key."""
    keys = {one.seq: key_of(one.object().value) for one in found}
    wanted = {key for key in keys.values() if key is not None}
    with node.db.read() as tx:
        counted = origins_among(tx, node.standing(), wanted)
    return {seq: None if key is None else _view(counted[key]) for seq, key in keys.items()}


def of_value(node: Node, text: str) -> ValueView:
    """The origins of a value, written in any spelling, as `TYPE=VALUE`, or as a STIX pattern.

    Raises:
        BadArgument: it is none.
    """
    type_, value, key = _named(text)
    with node.db.read() as tx:
        counted = origins_among(tx, node.standing(), {key})[key]
    told = tuple(TellingView(one.id, one.source_name, one.own) for one in counted.objects)
    return ValueView(type_, value, told, _view(counted))


def _named(text: str) -> tuple[str, str, str]:
    """The kind, the spelling and the canonical key of what somebody asks for."""
    pattern = text.strip()
    if pattern.startswith("["):
        key = key_of({"type": "indicator", "pattern_type": "stix", "pattern": pattern})
        if key is None:
            raise BadArgument(f"{pattern[:120]!r} is no STIX pattern that can be read")
        return "pattern", pattern, key
    try:
        one = observable_of(pattern)
    except ValueError as error:
        raise BadArgument(str(error)) from None
    return one.type, one.value, key_of_value(one)


def _view(counted: Counted) -> OriginsView:
    found = counted.origins
    origins = tuple(OriginView(one.name, one.sure, one.why, one.tellers) for one in found.origins)
    return OriginsView(found.low, found.high, found.sentence, origins, counted.echoes)
