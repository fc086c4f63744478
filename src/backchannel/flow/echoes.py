"""Echoes: what was released is entered by its traces, and what comes in is judged by them (`core.assess.echo`).

What is judged is gathered here, from what we hold and what is on record, for a whole batch at a time. Nothing is
refused for being an echo: that it is one is told to our own officer.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import Any

from backchannel.core.age import is_time
from backchannel.core.assess.echo import NO_ECHO, Background, Came, Crossing, Echo, Known, Traces, judge
from backchannel.core.assess.keys import key_of
from backchannel.core.assess.traces import COMMON_KINDS, trace, traces_of
from backchannel.core.canonical import Observable
from backchannel.core.mention import term_key
from backchannel.core.poison import Poison
from backchannel.core.properties import OBSERVABLE_TYPES
from backchannel.core.stix import SHARED_VOCABULARY, StixObject, decode, timestamp
from backchannel.core.stix_ids import type_of
from backchannel.flow.parties import Us
from backchannel.flow.ports import Filter, Transaction
from backchannel.flow.ports_channels import Released
from backchannel.flow.ports_echoes import Telling
from backchannel.protocol.origin_tag import origin_tag, tag_in

_NOBODYS = OBSERVABLE_TYPES | SHARED_VOCABULARY
"""Types whose ids are nobody's: they follow from a value, or everybody uses the same."""

_DERIVED = ("derived-from", "duplicate-of")
_SEEN, _MADE = ("first_seen", "first_observed"), ("created", "valid_from")
_STEPS = 8
"""How many objects a derivation is followed over."""

_AT_ONCE = 2_000
"""Crossings of before that are read at a time."""

Poisonous = Callable[[str, str], Poison | None]
Derived = Mapping[str, Collection[str]]


Judged = tuple[StixObject, Background]
"""One object, and what is known of where it comes from."""


def cross(tx: Transaction, us: Us, agreement: str, leaving: Iterable[tuple[Released, StixObject]]) -> None:
    """Put on record what leaves under an agreement, with its traces."""
    both = list(leaving)
    traces = [traces_of(sent.value, us.secret).all for _, sent in both]
    tx.channels.add_released(agreement, (one for one, _ in both), traces)


def read_older(tx: Transaction, us: Us) -> None:
    """Enter the traces of what was released before this was kept, as far as it is held still: once."""
    while unread := tx.echoes.unread(_AT_ONCE):
        for one in unread:
            traces = traces_of(decode(one.raw).value, us.secret).all if one.raw else frozenset()
            tx.echoes.add_traces(one.agreement, [(one.number, traces)] if traces else ())
        tx.echoes.read_down_to(min(one.number for one in unread))


def judge_all(
    tx: Transaction,
    us: Us,
    sender: str,
    batch: Sequence[StixObject],
    poison: Poisonous = lambda _kind, _value: None,
    tags: Mapping[str, str] = MappingProxyType({}),
) -> list[Background]:
    """Where each object of a batch comes from, and whether it is an echo: a batch from one source, by a party's or a
    collection's key. `tags` are the origin tags that came beside the objects, by their ids. Nothing is written."""
    return _Judging(tx, us, sender, batch, poison, tags).run()


def tell(
    tx: Transaction,
    us: Us,
    sender: str,
    judged: Iterable[Judged],
    now: datetime,
    *,
    poisoned: Collection[str] = (),
    passed_on: Collection[str] = (),
) -> None:
    """Enter what a source told; `poisoned` and `passed_on` are ids, of what vetting refused for what it would do to
    us, and of what the source has from others by what goes beside it."""
    batch = list(judged)
    new = _new(tx, sender, batch)
    tx.echoes.tell(
        sender,
        (
            Telling(
                one.id,
                one.type,
                now,
                whole=known.traces.whole,
                origin=_origin(one, known.tag, us.secret),
                second_hand=known.second_hand or one.id in passed_on,
                new=one.id in new and one.id not in poisoned,
                poisoned=one.id in poisoned,
                revoked=one.value.get("revoked") is True,
                echo=known.echo,
            )
            for one, known in batch
        ),
    )


def hear(tx: Transaction, us: Us, source: str, objects: Sequence[StixObject], now: datetime) -> None:
    """Judge and enter what comes from a source that is no party: a collection that was read. Nobody refuses it."""
    read_older(tx, us)
    judged = judge_all(tx, us, source, objects)
    tell(tx, us, source, zip(objects, judged, strict=True), now)


# --- judging -------------------------------------------------------------------------------------------------------


class _Judging:
    """One batch, and what is known around it."""

    def __init__(
        self,
        tx: Transaction,
        us: Us,
        sender: str,
        batch: Sequence[StixObject],
        poison: Poisonous,
        tags: Mapping[str, str],
    ) -> None:
        self._tx = tx
        self._us = us
        self._sender = sender
        self._batch = batch
        self._poison = poison
        self._tags = {**_noted(batch), **tags}
        self._derived = _derived(batch)
        self._traces = [traces_of(one.value, us.secret) for one in batch]
        ids = {one.id for one in batch} | set(chain.from_iterable(self._derived.values()))
        ids = {one for one in ids if type_of(one) not in _NOBODYS}
        self._ids = tx.echoes.crossed_ids(ids)
        self._own = self._held_as_own(ids - self._ids.keys())
        self._crossed = tx.echoes.crossed_traces(frozenset(chain.from_iterable(one.all for one in self._traces)))
        self._crossings = [self._all(one, traces) for one, traces in zip(batch, self._traces, strict=True)]
        found = [place for place, crossings in enumerate(self._crossings) if crossings]
        wholes = {whole for place in found if (whole := self._traces[place].whole) is not None}
        known = {batch[place].id for place in found}
        self._told = tx.echoes.told(sender, known, wholes)
        self._others = tx.echoes.told_by_others(sender, wholes)
        self._their_sightings = _sightings(self._with_sightings(known)) if found else {}
        ours = {each.object for place in found for each in self._crossings[place]}
        self._our_objects = {one.id: one for one in self._own_objects(ours)}
        self._our_sightings = _sightings(self._own_sightings(ours))

    def run(self) -> list[Background]:
        """What is known of each object."""
        every = zip(self._batch, self._traces, self._crossings, strict=True)
        return [
            Background(
                traces,
                self._judge(one, traces, found) if found or self._is_our_tag(one) else NO_ECHO,
                one.id in self._derived,
                self._tags.get(one.id, ""),
            )
            for one, traces, found in every
        ]

    def _is_our_tag(self, one: StixObject) -> bool:
        """Whether the origin tag that came with an object is ours, of what it tells."""
        tag = self._tags.get(one.id, "")
        key = key_of(one.value) if tag else None
        return key is not None and tag == origin_tag(self._us.secret, key)

    def _judge(self, one: StixObject, traces: Traces, crossings: Sequence[Crossing]) -> Echo:
        sources = _origins(one.id, self._derived)
        came = Came(
            sender=self._sender,
            parts=traces.parts,
            derived_from=sources,
            own_tag=self._is_our_tag(one),
            seen=_first([*_times(one, _SEEN), *self._their_sightings.get(one.id, ())]),
            made=_first(_times(one, _MADE)),
        )
        ours = {each.object for each in crossings}
        held = [found for each in ours if (found := self._our_objects.get(each)) is not None]
        seen = [time for each in held for time in _times(each, _SEEN)]
        known = Known(
            id=self._of_id(one.id),
            derived={source: self._of_id(source) for source in sources},
            whole=tuple(self._crossed.get(traces.whole or "", ())),
            values={value: tuple(self._crossed.get(each, ())) for value, each in traces.values.items()},
            common=frozenset(value for value in traces.values if self._is_common(value)),
            told_id=self._told.ids.get(one.id),
            told_whole=self._told.wholes.get(traces.whole or ""),
            others=self._others.get(traces.whole or ""),
            seen=_first([*seen, *(time for each in ours for time in self._our_sightings.get(each, ()))]),
            made=_first(time for each in held for time in _times(each, _MADE)),
        )
        return judge(came, known)

    def _all(self, one: StixObject, traces: Traces) -> list[Crossing]:
        """Every crossing that an object has to do with."""
        found = [*self._of_id(one.id)]
        for source in _origins(one.id, self._derived):
            found += self._of_id(source)
        for each in traces.all if self._crossed else ():
            found += self._crossed.get(each, ())
        return found

    def _of_id(self, identifier: str) -> tuple[Crossing, ...]:
        return (*self._ids.get(identifier, ()), *self._own.get(identifier, ()))

    def _is_common(self, value: Observable) -> bool:
        return value.type in COMMON_KINDS or self._poison(*value) is not None

    def _held_as_own(self, ids: Collection[str]) -> dict[str, list[Crossing]]:
        """What we hold as our own and never released, unless it names another maker."""
        makers = (None, self._us.identity)
        found = self._own_objects(ids)
        return {one.id: [Crossing(one.id)] for one in found if one.value.get("created_by_ref") in makers}

    def _own_objects(self, ids: Collection[str]) -> list[StixObject]:
        if not ids:
            return []
        query = Filter(ids=frozenset(ids), own=True, latest=True)
        return [held.object() for held in self._tx.holdings.find(query)]

    def _own_sightings(self, ids: Collection[str]) -> list[StixObject]:
        if not ids:
            return []
        edges = self._tx.holdings.edges_to(ids, own=True)
        return self._own_objects({one.object_id for one in edges if one.object_type == "sighting"})

    def _with_sightings(self, ids: Collection[str]) -> Iterator[StixObject]:
        """The sender's sightings of these: those of the batch, and those that it gave before."""
        yield from self._batch
        edges = self._tx.holdings.edges_to(ids)
        given = frozenset(one.object_id for one in edges if one.object_type == "sighting")
        if given:
            yield from (held.object() for held in self._tx.holdings.find(Filter(ids=given, source=self._sender)))


def _noted(batch: Iterable[StixObject]) -> dict[str, str]:
    """The origin tags that notes of the batch say, by the ids of what they speak of."""
    notes = ((one.value, tag) for one in batch if one.type == "note" and (tag := tag_in(one.value)))
    return {value["object_refs"][0]: tag for value, tag in notes if isinstance(value["object_refs"][0], str)}


def _derived(batch: Iterable[StixObject]) -> dict[str, set[str]]:
    """By the ids of derived objects, what they are said to be derived from."""
    found: dict[str, set[str]] = {}
    for one in batch:
        if one.type == "relationship" and one.value.get("relationship_type") in _DERIVED:
            start, end = one.value.get("source_ref"), one.value.get("target_ref")
            if isinstance(start, str) and isinstance(end, str) and start != end:
                found.setdefault(start, set()).add(end)
    return found


def _origins(identifier: str, derived: Derived) -> tuple[str, ...]:
    """Everything that an object is derived from, over others too, the nearest first."""
    if identifier not in derived:
        return ()
    found: dict[str, None] = {}
    edge: list[str] = [identifier]
    for _ in range(_STEPS):
        edge = sorted({source for one in edge for source in derived.get(one, ()) if source not in found})
        found |= dict.fromkeys(edge)
    return tuple(found)


def _sightings(objects: Iterable[StixObject]) -> dict[str, list[datetime]]:
    """By the ids of what was seen, when it was first seen by each sighting."""
    found: dict[str, list[datetime]] = {}
    for one in objects:
        of = one.value.get("sighting_of_ref")
        if one.type == "sighting" and isinstance(of, str):
            found.setdefault(of, []).extend(_times(one, _SEEN))
    return found


def _times(one: StixObject, names: Iterable[str]) -> Iterator[datetime]:
    for name in names:
        text = one.value.get(name)
        if isinstance(text, str) and is_time(text):
            try:
                yield timestamp(text)
            except ValueError:  # the 31st of February
                continue


def _first(times: Iterable[datetime]) -> datetime | None:
    return min(times, default=None)


# --- telling -------------------------------------------------------------------------------------------------------


def _origin(one: StixObject, tag: str, secret: bytes) -> str | None:
    """A trace of what names the origin of an object: its origin tag, else its creator."""
    named: Any = tag or one.value.get("created_by_ref")
    return trace(secret, named) if isinstance(named, str) else None


def _new(tx: Transaction, sender: str, batch: Iterable[Judged]) -> set[str]:
    """The ids of what nobody else had given us: neither the object nor all the values that it names."""
    fresh = {one.id: known.traces for one, known in batch if known.echo.rank == 0}
    keys = {one: {term_key(value.value) for value in traces.values} for one, traces in fresh.items()}
    elsewhere = tx.echoes.held_elsewhere(sender, frozenset(chain.from_iterable(keys.values())))
    wholes = {traces.whole for traces in fresh.values() if traces.whole is not None}
    told = tx.echoes.told_by_others(sender, wholes)
    held = tx.holdings.held_from_others(fresh.keys(), sender)
    return {
        one
        for one, traces in fresh.items()
        if one not in held and traces.whole not in told and not (keys[one] and keys[one] <= elsewhere)
    }
