"""Matching sessions of ours and theirs: opened, entered, carried on step by step, stopped.

Rules:
- What is matched could be released: only values of our own objects that the agreement lets leave are inputs.
- A session is carried on by `step`, one bounded piece of work in one transaction: what it computes, what it counts
  and what it sends become durable together. A step that is interrupted is made again, and gives the same bytes.
- Evaluations are counted in the transaction that seals them. What would exceed the budget is not evaluated.
- Whatever goes wrong, the other side hears the same: that the session is stopped.

What the counterpart says is heard in `match_heard`.
"""

from collections.abc import Collection, Sequence

import msgspec

from backchannel.core import matching as rules
from backchannel.core.canonical import Observable
from backchannel.errors import BadMatching, BudgetSpent, CounterpartError, OperatorError, WrongState
from backchannel.flow.match_keys import check_not_ours, seed_of
from backchannel.flow.match_limits import (
    NONE,
    allowed,
    check_budget,
    check_may_look_up,
    check_not_too_many,
    check_their_budget,
    count,
    epoch_kept,
    epoch_now,
    matching_terms,
)
from backchannel.flow.match_session import (
    Piece,
    broken,
    check_terms,
    ended,
    is_broken,
    offer_of,
    own_pieces,
    pieces,
    progress_of,
    sides,
    telling,
)
from backchannel.flow.match_side import OwnValues, make_side
from backchannel.flow.parties import Peer, Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_matching import SessionRow
from backchannel.flow.post import post
from backchannel.flow.requests import check_in_force, not_in_force
from backchannel.protocol.matching import (
    Event,
    Progress,
    SessionSecrets,
    State,
    advance,
    check_offer,
    draw_hash,
    key_info,
    offer_hash,
    tag_of,
)
from backchannel.protocol.matching_engine import Engine
from backchannel.protocol.message import AnyMessage
from backchannel.protocol.message_matching import (
    SESSION_BYTES,
    Evaluated,
    Kind,
    Learns,
    MatchAnswer,
    MatchBlinded,
    MatchEvaluated,
    MatchOffer,
    MatchStop,
    MatchTags,
)

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
    held: OwnValues | None = None,
) -> SessionRow:
    """Offer a session for every kind that the terms allow, or one that looks up these values only. `held` is what
    `own_values` gives, if it is known already.

    Raises:
        WrongState: the agreement is not in force, or a session under it is not over.
        BadArgument: the terms allow no matching, or not of such a value; or there are more than a session can have.
        BudgetSpent: the other side would have to evaluate more than the terms let it; or too many were opened today.
    """
    check_in_force(row, standing)
    terms = matching_terms(row)
    if running := tx.matching.open(row.id):
        raise WrongState(f"session {running[0].id[:12]} under agreement {row.id[:12]} is not over yet")
    check_not_too_many(tx, standing, row, ours=True)
    for one in look_up:
        check_may_look_up(one, terms)
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
    side, root = make_side(tx, standing, peer, row, session, kinds, learns, engine, look_up=look_up, held=held)
    check_their_budget(side, terms)
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
    """Go on with a session that froze. One that cannot go on, because the other side broke it off, ends now.

    Raises:
        WrongState: it is not frozen.
    """
    if is_broken(session):
        return ended(tx, standing, session, Event.STOP, session.reason)
    state = advance(State(session.state), Event.RESUME)
    session = msgspec.structs.replace(session, state=state, changed_at=standing.now)
    tx.matching.put(session)
    return session


def tidy(tx: Transaction, standing: Standing, row: AgreementRow) -> None:
    """Destroy the keys and tags of epochs that are over, and stop what ran in them; with the agreement, all of it.
    What is frozen waits for our officer beyond its epoch, which the other side could bring to an end."""
    kept = epoch_kept(row, standing)
    for session in tx.matching.open(row.id):
        if session.state == State.FROZEN and kept not in (session.epoch, NONE):
            broken(tx, session, "the epoch of its keys is over")
        elif session.epoch != kept:
            ended(tx, standing, session, Event.STOP, "the agreement, or the epoch of its keys, is over")
    tx.matching.destroy_all_but(row.id, kept)


def has_work(session: SessionRow) -> bool:
    """Whether `step` would do anything now."""
    if session.state != State.RUNNING:
        return session.state == State.ASKED
    ours, theirs = sides(session)
    if session.said < len(own_pieces(ours)):
        return True
    now = progress_of(session)
    return session.heard == len(pieces(theirs)) and (now.may_give or now.is_over)


# --- one step ----------------------------------------------------------------------------------------------------


def step(
    tx: Transaction,
    standing: Standing,
    peer: Peer,
    session: SessionRow,
    engine: Engine,
    held: OwnValues | None = None,
) -> bool:
    """Do the next piece of work of a session, if it is our turn; whether there was one. `held` as in `open_session`,
    for the step that enters it."""
    if not has_work(session):
        return False
    try:
        row = tx.agreements.get(session.agreement)
        if row is None:
            raise BadMatching("its agreement is gone")
        if (why := not_in_force(row, standing.now)) is not None:
            raise BadMatching(why)
        check_terms(session, row)
    except BadMatching as error:
        stop(tx, standing, peer, session, str(error))
        return True
    if session.state == State.ASKED:
        try:
            _enter(tx, standing, peer, row, session, engine, held)
        except (CounterpartError, OperatorError) as error:
            stop(tx, standing, peer, session, str(error))
        return True
    ours, theirs = sides(session)
    plan = own_pieces(ours)
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


def _enter(
    tx: Transaction,
    standing: Standing,
    peer: Peer,
    row: AgreementRow,
    session: SessionRow,
    engine: Engine,
    held: OwnValues | None,
) -> None:
    offer = offer_of(session)
    check_offer(offer, allowed(row, standing))
    kinds = [kind.type for kind in offer.kinds]
    side, root = make_side(tx, standing, peer, row, session, kinds, offer.learns, engine, held=held)
    check_not_ours(offer.kinds, side)
    answer = MatchAnswer(session.id, offer_hash(offer), side, root, SessionSecrets(session.secret).drawn())
    state = advance(State.ASKED, Event.ENTER)
    say(tx, standing, peer, msgspec.structs.replace(session, state=state, answer=msgspec.json.encode(answer)), answer)


def _send(tx: Transaction, standing: Standing, peer: Peer, session: SessionRow, piece: Piece, engine: Engine) -> None:
    elements, kind = tx.match_elements, piece.kind
    session = msgspec.structs.replace(session, said=session.said + 1)
    if piece.what == "tags to make":
        _make_tags(tx, session, piece, engine)
        tx.matching.put(session)
    elif piece.what == "blinded":
        made = elements.numbered(session.id, kind, piece.begin, piece.end)
        sent = b"".join(one.sent for one in made)
        say(tx, standing, peer, session, MatchBlinded(session.id, kind, piece.begin, sent))
    else:
        made = elements.inputs(session.id, telling(kind), piece.begin, piece.end)
        values = [one.value for one in made if one.value is not None]
        tx.matching.told(session.agreement, session.epoch, kind, values)
        tags = b"".join(one.sent for one in made)
        said = say(tx, standing, peer, session, MatchTags(session.id, kind, piece.begin, tags))
        elements.sent_in(session.id, telling(kind), [one.number for one in made], said.posted)


def _make_tags(tx: Transaction, session: SessionRow, piece: Piece, engine: Engine) -> None:
    """Tags of a piece of what we tell, kept so that they are sent in an order that says nothing: their own."""
    elements, kind = tx.match_elements, piece.kind
    waiting = elements.numbered(session.id, telling(kind), piece.begin, piece.end)
    # Padding is computed too: how long it takes says as little as how many there are.
    secrets = SessionSecrets(session.secret)
    data = [
        secrets.padding(telling(kind), one.number)
        if one.value is None
        else rules.input_of(session.agreement, Observable(kind, one.value))
        for one in waiting
    ]
    outputs = engine.own_outputs(seed_of(tx, session), key_info(session.agreement, kind, session.epoch), data)
    tags = {one.number: tag_of(output) for one, output in zip(waiting, outputs, strict=True)}
    elements.put_sent(session.id, telling(kind), tags)
    places = ((number, int.from_bytes(tag[:8]) >> 1) for number, tag in tags.items())
    elements.place_inputs(session.id, telling(kind), places)


def _give(
    tx: Transaction,
    standing: Standing,
    peer: Peer,
    session: SessionRow,
    now: Progress,
    theirs: Sequence[Kind],
    engine: Engine,
) -> None:
    """Evaluate the next shard of theirs, if all of it can be paid for: counted and sealed in one transaction, or
    neither."""
    bounds = {kind.type: rules.shard_bounds(kind.inputs, now.given, now.shards) for kind in theirs}
    wanted = {kind: end - begin for kind, (begin, end) in bounds.items() if begin != end}
    check_budget(tx, standing, session, wanted)
    made: list[Evaluated] = []
    for kind in wanted:
        elements = tx.match_elements.blinded(session.id, kind, *bounds[kind])
        info = key_info(session.agreement, kind, session.epoch)
        made += [
            Evaluated(kind, bounds[kind][0] + part.start, b"".join(part.elements), part.proof)
            for part in engine.evaluate(seed_of(tx, session), info, elements)
        ]
    count(tx, standing, session, wanted)
    shard, after = now.given, now.after_giving()
    session = msgspec.structs.replace(session, given=after.given)
    say(tx, standing, peer, session, MatchEvaluated(session.id, shard, tuple(made)))


def say(tx: Transaction, standing: Standing, peer: Peer, session: SessionRow, said: AnyMessage) -> SessionRow:
    """Seal a message of a session, and keep the session with it."""
    item = post(tx, standing.us, peer, session.agreement, [said])
    session = msgspec.structs.replace(session, posted=item.sequence, changed_at=standing.now)
    tx.matching.put(session)
    standing.us.reached("match.said")
    return session
