"""Matching sessions of ours and theirs: opened, entered, carried on step by step, stopped.

Rules:
- What is matched could be released: only values of our own objects that the agreement lets leave are inputs.
- A session is carried on by `step`, one bounded piece of work in one transaction: what it computes, what it counts
  and what it sends become durable together. A step that is interrupted is made again, and gives the same bytes.
- Evaluations are counted in the transaction that seals them. What would exceed the budget is not evaluated.
- Whatever goes wrong, the other side hears the same: that the session is stopped.

What the counterpart says is heard in `match_heard`.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import cast

import msgspec

from backchannel.core import matching as rules
from backchannel.core.canonical import Observable
from backchannel.core.term_fields import Matching as MatchingTerms
from backchannel.core.vetting_rules import observables_of, pattern_of
from backchannel.errors import BadArgument, BadMatching, BudgetSpent, CounterpartError, WrongState
from backchannel.flow.matched import (
    Part,
    blinds,
    check_terms,
    ended,
    input_bytes,
    own_parts,
    parts,
    progress_of,
    sides,
    telling,
    unfinished_sizes,
)
from backchannel.flow.outbound import decide_all
from backchannel.flow.parties import Counterpart, Peer, Standing
from backchannel.flow.ports import AgreementRow, Filter, Transaction
from backchannel.flow.ports_matching import SessionRow
from backchannel.flow.post import post
from backchannel.flow.record import terms_of
from backchannel.flow.requests import check_in_force, not_in_force
from backchannel.protocol.matching import (
    Allowed,
    Event,
    Progress,
    SessionSecrets,
    State,
    advance,
    commitment,
    draw_hash,
    key_info,
    tag_of,
)
from backchannel.protocol.matching_engine import SEED, Engine
from backchannel.protocol.message import AnyMessage
from backchannel.protocol.message_matching import (
    SESSION_BYTES,
    Evaluated,
    Kind,
    Learns,
    MatchBlinded,
    MatchEvaluated,
    MatchOffer,
    MatchStop,
    MatchTags,
)
from backchannel.protocol.versions import CURRENT

AFTER_ALL = 1 << 30
"""Later than every epoch."""

MOST_TAGS = 2 * rules.LARGEST
"""Tags of a counterpart that are kept of a kind in one epoch."""

LONGEST_INPUT = 16_384
"""Longest input in bytes; what is longer is not matched."""

MOST_SESSIONS_A_DAY = 100
"""Sessions that either side may open under an agreement in a day."""

# --- open and stop -----------------------------------------------------------------------------------------------


def open_session(
    tx: Transaction,
    standing: Standing,
    peer: Peer,
    row: AgreementRow,
    engine: Engine,
    *,
    learns: Learns = "both",
    look_up: Collection[Observable] = (),
) -> SessionRow:
    """Offer a session for every kind that the terms allow, or one that looks up these values only.

    Raises:
        WrongState: the agreement is not in force, or a session under it is not over.
        BadArgument: the terms allow no matching, or not of such a value.
        BudgetSpent: the other side would have to evaluate more than the terms let it; or too many were opened today.
    """
    check_in_force(row, standing)
    terms = _matching_terms(row)
    if running := tx.matching.open(row.id):
        raise WrongState(f"session {running[0].id[:12]} under agreement {row.id[:12]} is {running[0].state}")
    check_not_too_many(tx, standing, row, ours=True)
    for one in look_up:
        _check_may_look_up(one, terms)
    kinds = tuple(sorted({one.type for one in look_up})) or terms.types
    learns = "opener" if look_up else learns
    session = SessionRow(
        id=standing.us.random(SESSION_BYTES).hex(),
        agreement=row.id,
        opener=True,
        state=State.OFFERED,
        epoch=epoch_now(row, standing),
        offer=b"",
        opened_at=standing.now,
        changed_at=standing.now,
        secret=standing.us.random(32),
        asked=msgspec.json.encode(list(look_up)) if look_up else b"",
    )
    side, root = make_side(tx, standing, peer, row, session, kinds, learns, engine, look_up)
    _check_their_budget(side, terms)
    offer = MatchOffer(
        session=session.id,
        version=row.version,
        epoch=session.epoch,
        normaliser=rules.NORMALISER,
        learns=learns,
        kinds=side,
        commitment=root,
        drawn=draw_hash(SessionSecrets(session.secret).drawn()),
    )
    session = msgspec.structs.replace(session, offer=msgspec.json.encode(offer))
    return say(tx, standing, peer, session, offer)


def stop(tx: Transaction, standing: Standing, peer: Peer, session: SessionRow, reason: str) -> SessionRow:
    """End a session before its end: what it derives from is destroyed, and the other side is told nothing but that.

    Raises:
        WrongState: it is over.
    """
    session = ended(tx, standing, session, Event.STOP, reason)
    row = tx.agreements.get(session.agreement)
    if row is not None and not_in_force(row, standing.now) is None:
        session = say(tx, standing, peer, session, MatchStop(session.id))
    return session


def resume(tx: Transaction, standing: Standing, session: SessionRow) -> SessionRow:
    """Go on with a session that froze.

    Raises:
        WrongState: it is not frozen.
    """
    state = advance(State(session.state), Event.RESUME)
    session = msgspec.structs.replace(session, state=state, changed_at=standing.now)
    tx.matching.put(session)
    return session


def tidy(tx: Transaction, standing: Standing, row: AgreementRow) -> None:
    """Destroy the keys and tags of epochs that are over, and stop what ran in them; with the agreement, all of it."""
    first = first_epoch_kept(row, standing)
    for session in tx.matching.open(row.id):
        if session.epoch != first:
            ended(tx, standing, session, Event.STOP, "the agreement, or the epoch of its keys, is over")
    tx.matching.destroy_all_but(row.id, first)


def first_epoch_kept(row: AgreementRow, standing: Standing) -> int:
    """Of the epochs before this one nothing may be kept."""
    covers = not_in_force(row, standing.now) is None and terms_of(row).matching is not None
    return epoch_now(row, standing) if covers else AFTER_ALL


def has_work(session: SessionRow) -> bool:
    """Whether `step` would do anything now."""
    if session.state != State.RUNNING:
        return False
    ours, theirs = sides(session)
    if session.said < len(own_parts(ours)):
        return True
    now = progress_of(session)
    return session.heard == len(parts(theirs)) and (now.may_give or now.is_over)


# --- one step ----------------------------------------------------------------------------------------------------


def step(tx: Transaction, standing: Standing, peer: Peer, session: SessionRow, engine: Engine) -> bool:
    """Do the next piece of work of a session, if it is our turn; whether there was one."""
    if not has_work(session):
        return False
    try:
        row = tx.agreements.get(session.agreement)
        if row is None:
            raise BadMatching("its agreement is gone")
        check_terms(session, row)
    except BadMatching as error:
        stop(tx, standing, peer, session, str(error))
        return True
    ours, theirs = sides(session)
    plan = own_parts(ours)
    if session.said < len(plan):
        _send(tx, standing, peer, session, plan[session.said], engine)
        return True
    now = progress_of(session)
    if now.is_over:
        ended(tx, standing, session, Event.FINISH)
        return True
    try:
        _give(tx, standing, peer, session, now, theirs, engine)
    except (CounterpartError, BudgetSpent) as error:
        stop(tx, standing, peer, session, str(error))
    return True


def _send(tx: Transaction, standing: Standing, peer: Peer, session: SessionRow, part: Part, engine: Engine) -> None:
    store, kind = tx.matching, part.kind
    session = msgspec.structs.replace(session, said=session.said + 1)
    if part.what == "tags to make":
        _make_tags(tx, session, part, engine)
        store.put(session)
    elif part.what == "blinded":
        elements = b"".join(one.blinded for one in store.numbered(session.id, kind, part.begin, part.end))
        say(tx, standing, peer, session, MatchBlinded(session.id, kind, part.begin, elements))
    else:
        made = store.inputs(session.id, telling(kind), part.begin, part.end)
        store.told(session.agreement, session.epoch, kind, [one.value for one in made if one.value is not None])
        say(
            tx,
            standing,
            peer,
            session,
            MatchTags(session.id, kind, part.begin, b"".join(one.blinded for one in made)),
        )


def _make_tags(tx: Transaction, session: SessionRow, part: Part, engine: Engine) -> None:
    """Tags of a part of what we tell, kept so that they are sent in an order that says nothing: their own."""
    store, kind = tx.matching, part.kind
    waiting = store.numbered(session.id, telling(kind), part.begin, part.end)
    values = [one for one in waiting if one.value is not None]
    secrets = SessionSecrets(session.secret)
    tags = {one.number: secrets.padding_tag(kind, one.number) for one in waiting if one.value is None}
    if values:
        data = [rules.input_of(Observable(kind, cast(str, one.value))) for one in values]
        outputs = engine.tags(_seed(tx, session), key_info(session.agreement, kind, session.epoch), data)
        tags |= {one.number: tag_of(output) for one, output in zip(values, outputs, strict=True)}
    store.blind_inputs(session.id, telling(kind), tags)
    places = ((number, int.from_bytes(tag[:8]) >> 1) for number, tag in tags.items())
    store.place_inputs(session.id, telling(kind), places)


def _give(
    tx: Transaction,
    standing: Standing,
    peer: Peer,
    session: SessionRow,
    now: Progress,
    theirs: Sequence[Kind],
    engine: Engine,
) -> None:
    """Evaluate the next shard of theirs: counted first, sealed in the same transaction."""
    made: list[Evaluated] = []
    for kind in theirs:
        begin, end = rules.shard_bounds(kind.inputs, now.given, now.shards)
        if begin == end:
            continue
        elements = tx.matching.blinded(session.id, kind.type, begin, end)
        _count(tx, standing, session, kind.type, len(elements))
        info = key_info(session.agreement, kind.type, session.epoch)
        made += [
            Evaluated(kind.type, begin + part.start, b"".join(part.elements), part.proof)
            for part in engine.evaluate(_seed(tx, session), info, elements)
        ]
    shard, after = now.given, now.after_giving()
    session = msgspec.structs.replace(session, given=after.given)
    say(tx, standing, peer, session, MatchEvaluated(session.id, shard, tuple(made)))


def _count(tx: Transaction, standing: Standing, session: SessionRow, kind: str, evaluated: int) -> None:
    row = tx.agreements.get(session.agreement)
    terms = None if row is None else terms_of(row).matching
    if terms is None or kind not in terms.types:
        raise BudgetSpent(f"the terms allow no matching of {kind} any more")
    day = standing.now.toordinal()
    today = tx.matching.counted(session.agreement, kind, day) + evaluated
    ever = tx.matching.counted(session.agreement, kind) + evaluated
    for count, most, when in ((today, terms.per_day, "today"), (ever, terms.lifetime, "in all")):
        if count > most:
            raise BudgetSpent(f"{count:,} values of {kind} would be evaluated {when}; the terms allow {most:,}")
    tx.matching.count(session.agreement, kind, day, evaluated)


# --- a side of the contract --------------------------------------------------------------------------------------


def make_side(
    tx: Transaction,
    standing: Standing,
    them: Counterpart,
    row: AgreementRow,
    session: SessionRow,
    kinds: Sequence[str],
    learns: Learns,
    engine: Engine,
    look_up: Collection[Observable] = (),
) -> tuple[tuple[Kind, ...], str]:
    """Our half of a contract, and the commitment to our inputs: what is new in this epoch, of what may leave."""
    may_learn = learns in ("both", "opener" if session.opener else "other")
    may_tell = learns in ("both", "other" if session.opener else "opener")
    held = own_values(tx, standing, them, row, kinds) if may_tell or not look_up else {kind: {} for kind in kinds}
    side: list[Kind] = []
    committed: list[bytes] = []
    unfinished = unfinished_sizes(tx, session)
    for kind in kinds:
        asked = dict.fromkeys(one.value for one in look_up if one.type == kind)
        tx.matching.put_own(row.id, session.epoch, kind, {**asked, **held[kind]})
        known = tx.matching.own(row.id, session.epoch, kind)
        wanted = sorted(one for one in (asked or held[kind]) if known[one].tag is None) if may_learn else []
        told = sorted(one for one in held[kind] if not known[one].told) if may_tell else []
        sizes = _padded(kind, wanted), _padded(kind, told)
        if kind in unfinished and not look_up:
            sizes = max(sizes[0], unfinished[kind].inputs), max(sizes[1], unfinished[kind].tags)
        tx.matching.put_inputs(session.id, kind, wanted, sizes[0])
        tx.matching.put_inputs(session.id, telling(kind), told, sizes[1])
        key = b""
        if may_tell:
            key = engine.public_key(_seed(tx, session, standing), key_info(row.id, kind, session.epoch))
        side.append(Kind(kind, *sizes, key))
        committed += _blind(tx, session, kind, sizes[0], engine)
    return tuple(side), commitment(committed)


def _blind(tx: Transaction, session: SessionRow, kind: str, size: int, engine: Engine) -> Iterator[bytes]:
    """Blind the inputs of a kind, and keep what will be sent; in the order of their numbers."""
    for begin in range(0, size, CURRENT.max_matched):
        inputs = tx.matching.numbered(session.id, kind, begin, begin + CURRENT.max_matched)
        elements = engine.blind(input_bytes(session, kind, inputs), blinds(session, kind, inputs, engine))
        made = zip((one.number for one in inputs), elements, strict=True)
        tx.matching.blind_inputs(session.id, kind, dict(made))
        yield from elements


def own_values(
    tx: Transaction, standing: Standing, them: Counterpart, row: AgreementRow, kinds: Collection[str]
) -> dict[str, dict[str, datetime]]:
    """The values of our own objects that may leave under an agreement, or have left: by kind, with the time since
    when we have each."""
    plan = decide_all(tx, standing, them, row, terms_of(row), everything=False)
    leaving = {one.id: one.sent for one in plan.decisions if one.sent is not None and one.subject.own}
    found: dict[str, dict[str, datetime]] = {kind: {} for kind in kinds}
    for held in tx.holdings.find(Filter(latest=True, ids=frozenset(leaving), source=standing.us.key)):
        value = leaving[held.id].value
        for observable in observables_of(value, pattern_of(value)):
            if observable.type in found and _may_be_input(observable):
                since = found[observable.type].get(observable.value, held.added_at)
                found[observable.type][observable.value] = min(since, held.added_at)
    return found


# --- what both halves of the flow need ---------------------------------------------------------------------------


def say(tx: Transaction, standing: Standing, peer: Peer, session: SessionRow, said: AnyMessage) -> SessionRow:
    """Seal a message of a session, and keep the session with it."""
    item = post(tx, standing.us, peer, session.agreement, [said])
    session = msgspec.structs.replace(session, posted=item.sequence, changed_at=standing.now)
    tx.matching.put(session)
    standing.us.reached("match.said")
    return session


def allowed(row: AgreementRow, standing: Standing) -> Allowed:
    """What a session must keep to."""
    return Allowed(row.version, frozenset(_matching_terms(row).types), epoch_now(row, standing))


def epoch_now(row: AgreementRow, standing: Standing) -> int:
    """The number of the epoch that it is."""
    terms = terms_of(row)
    return rules.epoch_at(terms.valid_from, standing.now, _matching_terms(row).epoch_days)


def check_not_too_many(tx: Transaction, standing: Standing, row: AgreementRow, *, ours: bool) -> None:
    """Sessions cost both sides work, and are kept.

    Raises:
        BudgetSpent: too many were opened within a day.
    """
    midnight = standing.now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = tx.matching.opened_since(row.id, midnight, ours=ours)
    if today >= MOST_SESSIONS_A_DAY:
        raise BudgetSpent(f"{today} sessions were opened under agreement {row.id[:12]} today; more are not")


def keep_tags(tx: Transaction, session: SessionRow, kind: str, tags: Sequence[bytes]) -> None:
    """Keep tags of theirs, as far as there is room."""
    if tx.matching.tag_count(session.agreement, session.epoch, kind) + len(tags) <= MOST_TAGS:
        tx.matching.add_tags(session.agreement, session.epoch, kind, tags)


def check_affordable(tx: Transaction, session: SessionRow, row: AgreementRow, theirs: Iterable[Kind]) -> None:
    """What they want evaluated could be paid for, and what they tell kept: before anything of it is.

    Raises:
        BadMatching: it could not.
    """
    terms = _matching_terms(row)
    for kind in theirs:
        left = terms.lifetime - tx.matching.counted(row.id, kind.type)
        if kind.inputs > min(terms.per_day, left):
            raise BadMatching(
                f"it wants {kind.inputs:,} values of {kind.type} evaluated; "
                f"the terms allow {terms.per_day:,} a day, and {left:,} are left of all"
            )
        if tx.matching.tag_count(row.id, session.epoch, kind.type) + kind.tags > MOST_TAGS:
            raise BadMatching(f"more than {MOST_TAGS:,} tags of {kind.type} are not kept in one epoch")


def _may_be_input(observable: Observable) -> bool:
    return rules.why_not(observable) is None and len(rules.input_of(observable)) <= LONGEST_INPUT


def _matching_terms(row: AgreementRow) -> MatchingTerms:
    terms = terms_of(row).matching
    if terms is None:
        raise BadArgument(f"agreement {row.id[:12]} allows no matching: its terms have no table [matching]")
    return terms


def _check_may_look_up(one: Observable, terms: MatchingTerms) -> None:
    if (why := rules.why_not(one)) is not None:
        raise BadArgument(why)
    if one.type not in terms.types:
        raise BadArgument(f"the terms allow matching of {', '.join(terms.types)}, and not of {one.type}")


def _check_their_budget(side: Iterable[Kind], terms: MatchingTerms) -> None:
    for kind in side:
        if kind.inputs > min(terms.per_day, terms.lifetime):
            raise BudgetSpent(
                f"{kind.inputs:,} values of {kind.type} (padded) would have to be evaluated in this session; "
                f"the terms allow {terms.per_day:,} a day and {terms.lifetime:,} in all"
            )


def _padded(kind: str, values: Sequence[str]) -> int:
    try:
        return rules.padded(len(values))
    except ValueError as error:
        raise BadArgument(f"{kind}: {error}") from None


def _seed(tx: Transaction, session: SessionRow, standing: Standing | None = None) -> bytes:
    """What our keys of the session's epoch come from; with `standing` it is made if there is none."""
    seed = tx.matching.seed(session.agreement, session.epoch)
    if seed is None:
        if standing is None:
            raise WrongState(f"the keys of epoch {session.epoch} are destroyed")
        seed = standing.us.random(SEED)
        tx.matching.put_seed(session.agreement, session.epoch, seed)
    return seed
