"""Our side of a matching session's contract: which values are inputs, how many are told, under which keys."""

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain

import msgspec

from backchannel.core import matching as rules
from backchannel.core.canonical import Observable
from backchannel.core.term_fields import Quota
from backchannel.core.vetting_rules import values_of
from backchannel.errors import BadArgument
from backchannel.flow.match_keys import blinds, input_bytes, seed_of
from backchannel.flow.match_session import telling, unfinished_sizes
from backchannel.flow.outbound import decide_all
from backchannel.flow.parties import Counterpart, Standing
from backchannel.flow.ports import AgreementRow, Filter, Transaction
from backchannel.flow.ports_matching import SessionRow
from backchannel.flow.record import terms_of
from backchannel.protocol.matching import commitment, key_info, role
from backchannel.protocol.matching_engine import Engine
from backchannel.protocol.message_matching import Kind, Learns
from backchannel.protocol.versions import CURRENT

LONGEST_VALUE = 16_384
"""Longest value in bytes; what is longer is not matched."""

OwnValues = Mapping[str, Mapping[str, datetime]]
"""Values of our own: by kind, with the time since when we have each. What it takes to know them grows with what is
held, so it is found out while others may write (`node.match_steps`)."""


def make_side(
    tx: Transaction,
    standing: Standing,
    them: Counterpart,
    row: AgreementRow,
    session: SessionRow,
    kinds: Sequence[str],
    learns: Learns,
    engine: Engine,
    *,
    look_up: Collection[Observable] = (),
    held: OwnValues | None = None,
) -> tuple[tuple[Kind, ...], str]:
    """Our half of a contract, and the commitment to our inputs: what is new in this epoch, of what may leave. `held`
    is what `own_values` gives, if it is known already."""
    may = role(learns, opener=session.opener)
    if look_up:
        held = {kind: {} for kind in kinds}
    elif held is None:
        held = own_values(tx, standing, them, row)
    side: list[Kind] = []
    committed: list[bytes] = []
    unfinished = {} if look_up else unfinished_sizes(tx, session, kinds)
    for kind in kinds:
        asked = dict.fromkeys(one.value for one in look_up if one.type == kind)
        tx.matching.put_own(row.id, session.epoch, kind, {**asked, **held[kind]})
        known = tx.matching.own(row.id, session.epoch, kind)
        wanted = sorted(one for one in (asked or held[kind]) if known[one].tag is None) if may.learns else []
        told = sorted(one for one in held[kind] if not known[one].told) if may.tells else []
        sizes = _padded(kind, wanted), _padded(kind, told)
        inputs, tags = unfinished.get(kind, (0, 0))
        sizes = max(sizes[0], may.learns * inputs), max(sizes[1], may.tells * tags)
        tx.match_elements.put_inputs(session.id, kind, wanted, sizes[0])
        tx.match_elements.put_inputs(session.id, telling(kind), told, sizes[1])
        key = b""
        if may.tells:
            key = engine.public_key(seed_of(tx, session, standing), key_info(row.id, kind, session.epoch))
        side.append(Kind(kind, *sizes, key))
        committed += _blind(tx, session, kind, sizes[0], engine)
    return tuple(side), commitment(committed)


def _blind(tx: Transaction, session: SessionRow, kind: str, size: int, engine: Engine) -> Iterator[bytes]:
    """Blind the inputs of a kind, and keep what will be sent; in the order of their numbers."""
    for begin in range(0, size, CURRENT.max_matched):
        inputs = tx.match_elements.numbered(session.id, kind, begin, begin + CURRENT.max_matched)
        elements = engine.blind(input_bytes(session, kind, inputs), blinds(session, kind, inputs, engine))
        made = zip((one.number for one in inputs), elements, strict=True)
        tx.match_elements.put_sent(session.id, kind, dict(made))
        yield from elements


def own_values(tx: Transaction, standing: Standing, them: Counterpart, row: AgreementRow) -> OwnValues:
    """The values of our own objects that may leave under an agreement, or have left, of every kind that its terms
    match; its canaries among them, or whoever got them would find them by looking up what it got. How many objects
    may leave in one day does not matter: matching has bounds of its own."""
    terms = msgspec.structs.replace(terms_of(row), quota=Quota(objects_per_day=sys.maxsize))
    if terms.matching is None:
        return {}
    plan = decide_all(tx, standing, them, row, terms, everything=False)
    leaving = {one.id: one.sent for one in plan.decisions if one.sent is not None and one.subject.own}
    found: dict[str, dict[str, datetime]] = {kind: {} for kind in terms.matching.types}
    own = tx.holdings.find(Filter(latest=True, ids=frozenset(leaving), source=standing.us.key))
    planted = ((one.indicator.id, one.added_at) for one in tx.canaries.under(row.id) if one.indicator.id in leaving)
    for identifier, added_at in chain(((held.id, held.added_at) for held in own), planted):
        value = leaving[identifier].value
        for observable in values_of(value):
            if observable.type in found and _may_be_input(observable):
                since = found[observable.type].get(observable.value, added_at)
                found[observable.type][observable.value] = min(since, added_at)
    return found


def _may_be_input(observable: Observable) -> bool:
    return rules.why_not(observable) is None and len(observable.value.encode()) <= LONGEST_VALUE


def _padded(kind: str, values: Sequence[str]) -> int:
    try:
        return rules.padded(len(values))
    except ValueError as error:
        raise BadArgument(f"{kind}: {error}") from None
