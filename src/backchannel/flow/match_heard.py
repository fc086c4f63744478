"""What the counterpart says of matching sessions: offers, answers, beginnings, inputs, tags, evaluated shards, stops.

Rules: what does not fit stops the session, and the other side hears no more than that. Nothing is used of an
evaluated shard before its proofs were verified. An offer ends what went before it; of two offers that cross, the one
with the lower id stays.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import msgspec

from backchannel.core import matching as rules
from backchannel.errors import BadMatching, CounterpartError, NotAgreed, OperatorError
from backchannel.flow import match_keys, match_limits, match_session, matched, matching
from backchannel.flow.hearing import Arrival, Hearing
from backchannel.flow.ports import AgreementRow
from backchannel.flow.ports_matching import SessionRow
from backchannel.flow.post import post
from backchannel.flow.requests import not_in_force
from backchannel.protocol.libsodium import ELEMENT
from backchannel.protocol.matching import (
    BEGUN,
    OVER,
    Event,
    SessionSecrets,
    State,
    advance,
    check_answer,
    check_begin,
    check_offer,
    commitment,
    contract_hash,
    tag_of,
)
from backchannel.protocol.matching_engine import IN_PART, Part
from backchannel.protocol.message_matching import (
    TAG,
    Evaluated,
    Kind,
    MatchAnswer,
    MatchBegin,
    MatchBlinded,
    MatchEvaluated,
    MatchOffer,
    MatchStop,
    MatchTags,
)


def on_offer(hearing: Hearing, row: AgreementRow, said: MatchOffer) -> Arrival:
    """They open a session: it is entered with our next step (`flow.matching.step`), if it is what the terms allow.

    Raises:
        NotAgreed: the agreement is not in force.
        BadMatching: it is not what the terms allow, too many were opened today, our own offer stays, or a session of
            that id was there before.
    """
    _check_in_force(hearing, row)
    if hearing.tx.matching.get(said.session) is not None:
        raise BadMatching(f"session {said.session[:12]} was offered before")
    try:
        _take(hearing, row, said)
    except (CounterpartError, OperatorError) as error:
        post(hearing.tx, hearing.standing.us, hearing.peer, row.id, [MatchStop(said.session)])
        raise BadMatching(f"session {said.session[:12]} was not entered: {error}") from None
    return Arrival()


def _take(hearing: Hearing, row: AgreementRow, said: MatchOffer) -> None:
    tx, standing = hearing.tx, hearing.standing
    check_offer(said, match_limits.allowed(row, standing))
    match_limits.check_not_too_many(tx, standing, row, ours=False)
    before = tx.matching.open(row.id)
    for one in before:
        if one.state == State.FROZEN:
            raise BadMatching(f"session {one.id[:12]} is frozen until an officer has looked")
        if one.state == State.OFFERED and one.id < said.session:
            raise BadMatching(f"our offer {one.id[:12]} crossed theirs, and stays")
    session = SessionRow(
        id=said.session,
        agreement=row.id,
        opener=False,
        state=State.ASKED,
        epoch=said.epoch,
        offer=msgspec.json.encode(said),
        opened_at=standing.now,
        changed_at=standing.now,
        secret=standing.us.random(32),
    )
    match_limits.check_affordable(tx, session, row, said.kinds)
    match_keys.pin_keys(tx, session, said.kinds, hearing.services.engine())
    for one in before:
        match_session.ended(tx, standing, one, Event.STOPPED, "the counterpart opened another session")
    # From here on it costs something: it counts, whatever becomes of it.
    tx.matching.put(session)


def _in_session(
    hear: Callable[[Hearing, AgreementRow, SessionRow, Any], None],
) -> Callable[[Hearing, AgreementRow, Any], Arrival]:
    """Hears what is said of a session that is not over; what does not fit stops it."""

    @wraps(hear)
    def heard(hearing: Hearing, row: AgreementRow, said: Any) -> Arrival:
        _check_in_force(hearing, row)
        session = hearing.tx.matching.get(said.session)
        if session is None or session.agreement != row.id:
            raise BadMatching(f"there is no session {said.session[:12]} under agreement {row.id[:12]}")
        if State(session.state) in OVER or match_session.is_broken(session):
            _keep_late(hearing, row, session, said)
            return Arrival()  # what was on its way when it ended
        try:
            if not isinstance(said, MatchStop):
                match_session.check_terms(session, row)
            hear(hearing, row, session, said)
        except (CounterpartError, OperatorError) as error:
            _stop(hearing, session, str(error))
            raise BadMatching(f"session {session.id[:12]} was stopped: {error}") from None
        return Arrival()

    return heard


@_in_session
def on_answer(hearing: Hearing, row: AgreementRow, session: SessionRow, said: MatchAnswer) -> None:
    """They entered the session that we offered: it begins."""
    tx, standing, peer = hearing.tx, hearing.standing, hearing.peer
    state = advance(State(session.state), Event.ENTERED)
    offer = match_session.offer_of(session)
    check_answer(offer, said, match_limits.allowed(row, standing))
    match_limits.check_affordable(tx, session, row, said.kinds)
    match_keys.check_not_ours(said.kinds, offer.kinds)
    match_keys.pin_keys(tx, session, said.kinds, hearing.services.engine())
    drawn = SessionSecrets(session.secret).drawn()
    session = msgspec.structs.replace(session, state=state, answer=msgspec.json.encode(said))
    begun = _ordered(hearing, session, drawn, said.drawn, offer.kinds)
    matching.say(tx, standing, peer, begun, MatchBegin(session.id, contract_hash(offer, said), drawn))


@_in_session
def on_begin(hearing: Hearing, _row: AgreementRow, session: SessionRow, said: MatchBegin) -> None:
    """The opener begins the session that we entered."""
    state = advance(State(session.state), Event.BEGUN)
    offer, answer = match_session.contract(session)
    check_begin(offer, answer, said)
    session = msgspec.structs.replace(session, state=state)
    hearing.tx.matching.put(_ordered(hearing, session, said.drawn, answer.drawn, answer.kinds))


@_in_session
def on_blinded(hearing: Hearing, _row: AgreementRow, session: SessionRow, said: MatchBlinded) -> None:
    """A piece of their blinded inputs."""
    elements = match_keys.elements_of(said.elements)
    _check_next(session, "blinded", said.type, said.start, len(elements))
    places = [rules.place(session.seed, said.type, said.start + number) for number in range(len(elements))]
    if not hearing.tx.match_elements.add_blinded(session.id, said.type, said.start, elements, places):
        raise BadMatching("a blinded element comes twice in a session")
    if hearing.tx.match_elements.reflects(session.id, said.type, said.start, len(elements)):
        raise BadMatching("a blinded element is one of ours, sent back")
    _heard(hearing, session)


@_in_session
def on_tags(hearing: Hearing, _row: AgreementRow, session: SessionRow, said: MatchTags) -> None:
    """A piece of their tags: what we had evaluated before may be among them."""
    tags = match_keys.tags_of(said.tags)
    _check_next(session, "tags", said.type, said.start, len(tags))
    match_limits.keep_tags(hearing.tx, session, said.type, tags)
    _heard(hearing, session)


@_in_session
def on_evaluated(hearing: Hearing, _row: AgreementRow, session: SessionRow, said: MatchEvaluated) -> None:
    """A shard of ours, evaluated: its proofs are verified, then its values are compared with their tags."""
    tx, standing = hearing.tx, hearing.standing
    if session.state not in BEGUN:
        raise BadMatching("a shard came before the session had begun")
    ours, theirs = match_session.sides(session)
    if session.heard < len(match_session.pieces(theirs)):
        raise BadMatching("a shard came before everything that goes before it")
    before = match_session.progress_of(session)
    after = before.after_getting(said.shard)
    if {one.type for one in said.parts} - {kind.type for kind in ours}:
        raise BadMatching("a shard has a kind that the session has not")
    verified = {
        kind.type: _finalize(
            hearing,
            session,
            kind,
            rules.shard_bounds(kind.inputs, said.shard, before.shards),
            [one for one in said.parts if one.type == kind.type],
        )
        for kind in ours
    }
    # All proofs of the shard hold: now something of it is used.
    tagged = hits = 0
    for name, values in verified.items():
        tx.matching.tagged(session.agreement, session.epoch, name, values)
        tagged, hits = tagged + len(values), hits + matched.find(tx, session, name, standing.now, values)
    session = msgspec.structs.replace(
        session, got=after.got, inputs=session.inputs + tagged, hits=session.hits + hits, changed_at=standing.now
    )
    tx.matching.put(session)
    _watch_hits(hearing, session)


@_in_session
def on_stop(hearing: Hearing, _row: AgreementRow, session: SessionRow, _said: MatchStop) -> None:
    """They end the session."""
    if session.state == State.FROZEN:
        match_session.broken(hearing.tx, session, "the counterpart stopped it")
    else:
        match_session.ended(hearing.tx, hearing.standing, session, Event.STOPPED, "the counterpart stopped it")


def _keep_late(hearing: Hearing, row: AgreementRow, session: SessionRow, said: Any) -> None:
    """Tags that were on their way when a session ended are kept all the same, as far as it had announced them: they
    will not be told again. Who enters an offer that ended here without a word, for another that crossed it, hears now
    that it is over."""
    if isinstance(said, MatchAnswer):
        post(hearing.tx, hearing.standing.us, hearing.peer, row.id, [MatchStop(session.id)])
    if not (isinstance(said, MatchBlinded | MatchTags) and session.answer):
        return
    what, length = ("tags", TAG) if isinstance(said, MatchTags) else ("blinded", ELEMENT)
    count = len(said.tags if isinstance(said, MatchTags) else said.elements) // length
    if not _is_next(session, what, said.type, said.start, count):
        return
    hearing.tx.matching.put(msgspec.structs.replace(session, heard=session.heard + 1))
    if isinstance(said, MatchTags) and session.epoch == match_limits.epoch_kept(row, hearing.standing):
        match_limits.keep_tags(hearing.tx, session, said.type, match_keys.tags_of(said.tags))


def _stop(hearing: Hearing, session: SessionRow, why: str) -> None:
    """End a session for what was said in it. A frozen one waits for our officer all the same; they hear the same."""
    if session.state == State.FROZEN:
        after = match_session.broken(hearing.tx, session, why)
        matching.say(hearing.tx, hearing.standing, hearing.peer, after, MatchStop(session.id))
    else:
        matching.stop(hearing.tx, hearing.standing, hearing.peer, session, why)


# --- the pieces ----------------------------------------------------------------------------------------------------


def _check_in_force(hearing: Hearing, row: AgreementRow) -> None:
    if (why := not_in_force(row, hearing.standing.now)) is not None:
        raise NotAgreed(f"it speaks of matching, and {why}")


def _ordered(hearing: Hearing, session: SessionRow, first: bytes, second: bytes, ours: Sequence[Kind]) -> SessionRow:
    """The session with its order: of what both drew, the opener's first."""
    seed = rules.order_seed(session.id, first, second)
    for kind in ours:
        places = ((number, rules.place(seed, kind.type, number)) for number in range(kind.inputs))
        hearing.tx.match_elements.place_inputs(session.id, kind.type, places)
    return msgspec.structs.replace(session, seed=seed, changed_at=hearing.standing.now)


def _check_next(session: SessionRow, what: str, kind: str, start: int, count: int) -> None:
    """Their pieces come in the one order that the contract gives."""
    if session.state not in BEGUN:
        raise BadMatching("a piece came before the session had begun")
    if not _is_next(session, what, kind, start, count):
        raise BadMatching(f"{count} {what} of {kind} from {start} on are not what comes next")


def _is_next(session: SessionRow, what: str, kind: str, start: int, count: int) -> bool:
    _, theirs = match_session.sides(session)
    plan = match_session.pieces(theirs)
    return session.heard < len(plan) and plan[session.heard] == (what, kind, start, start + count)


def _heard(hearing: Hearing, session: SessionRow) -> None:
    """One more piece of theirs is here. When all are, what we had evaluated before is compared with the new tags."""
    tx, now = hearing.tx, hearing.standing.now
    session = msgspec.structs.replace(session, heard=session.heard + 1, changed_at=now)
    tx.matching.put(session)
    _, theirs = match_session.sides(session)
    if session.heard < len(match_session.pieces(theirs)):
        return
    offer, answer = match_session.contract(session)
    told = answer.commitment if session.opener else offer.commitment
    if commitment(one for kind in theirs for one in tx.match_elements.all_blinded(session.id, kind.type)) != told:
        raise BadMatching("the blinded elements are not those that were committed to")
    for kind in theirs:
        if kind.tags:
            matched.find(tx, session, kind.type, now)


def _finalize(
    hearing: Hearing, session: SessionRow, kind: Kind, bounds: tuple[int, int], came: Sequence[Evaluated]
) -> dict[str, bytes]:
    """The tags of our values in a shard of one kind, by value.

    Raises:
        BadMatching: the parts are not those of the shard, or a proof fails.
    """
    begin, end = bounds
    if begin == end:
        if came:
            raise BadMatching(f"a shard without inputs of {kind.type} came with some")
        return {}
    inputs = hearing.tx.match_elements.inputs(session.id, kind.type, begin, end)
    parts = [Part(one.start - begin, tuple(match_keys.elements_of(one.elements)), one.proof) for one in came]
    if len(parts) > -(-(end - begin) // IN_PART):
        raise BadMatching("a shard has more parts than it may have")
    engine = hearing.services.engine()
    outputs = engine.finalize(
        match_keys.input_bytes(session, kind.type, inputs),
        match_keys.blinds(session, kind.type, inputs, engine),
        [one.sent for one in inputs],
        parts,
        match_keys.their_key(hearing.tx, session, kind.type),
    )
    return {one.value: tag_of(output) for one, output in zip(inputs, outputs, strict=True) if one.value is not None}


def _watch_hits(hearing: Hearing, session: SessionRow) -> None:
    """Freeze a session whose hits are far below what was usual. A look-up says nothing of them, and a session that an
    officer let go on is not frozen again."""
    if session.state != State.RUNNING or session.asked or session.reason:
        return
    usual = hearing.tx.matching.history(session.agreement)
    if not rules.has_fallen(usual, (session.inputs, session.hits)):
        return
    state = advance(State.RUNNING, Event.FREEZE)
    reason = f"{session.hits:,} of {session.inputs:,} values were found, and {usual[1]:,} of {usual[0]:,} before"
    hearing.tx.matching.put(msgspec.structs.replace(session, state=state, reason=reason))
