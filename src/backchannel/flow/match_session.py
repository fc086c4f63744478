"""What is kept of a matching session, as all who handle one read it: contract, what is sent before anything is
evaluated, how far it is, how it ends."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from backchannel.errors import BadMatching
from backchannel.flow.parties import Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_matching import SessionRow
from backchannel.protocol.matching import OVER, Event, Progress, State, advance, progress
from backchannel.protocol.message_matching import Kind, MatchAnswer, MatchOffer
from backchannel.protocol.versions import CURRENT

_PIECE = CURRENT.max_matched


class Piece(NamedTuple):
    """A bounded piece of what one side sends before evaluating: blinded inputs or tags of a kind, from one place
    until before another. `tags to make` are computed first, and sent in an order that says nothing."""

    what: str
    kind: str
    begin: int
    end: int


def pieces(side: Iterable[Kind]) -> list[Piece]:
    """What a side sends before anything is evaluated, in this order and no other."""
    return [
        Piece(what, kind.type, begin, min(begin + _PIECE, size))
        for kind in side
        for what, size in (("blinded", kind.inputs), ("tags", kind.tags))
        for begin in range(0, size, _PIECE)
    ]


def own_pieces(side: Sequence[Kind]) -> list[Piece]:
    """The same with what has to be made first."""
    sent = pieces(side)
    return [*(piece._replace(what="tags to make") for piece in sent if piece.what == "tags"), *sent]


def offer_of(session: SessionRow) -> MatchOffer:
    """The opener's half of the contract, which every session has."""
    return msgspec.json.decode(session.offer, type=MatchOffer)


def contract(session: SessionRow) -> tuple[MatchOffer, MatchAnswer]:
    """Both halves of what was agreed, of a session that both have entered."""
    return offer_of(session), msgspec.json.decode(session.answer, type=MatchAnswer)


def sides(session: SessionRow) -> tuple[tuple[Kind, ...], tuple[Kind, ...]]:
    """Our half of the contract and theirs."""
    offer, answer = contract(session)
    return (offer.kinds, answer.kinds) if session.opener else (answer.kinds, offer.kinds)


def own_half(session: SessionRow) -> tuple[Kind, ...]:
    """Our side of the contract, also of a session that the other side has not entered."""
    if session.opener:
        return offer_of(session).kinds
    return msgspec.json.decode(session.answer, type=MatchAnswer).kinds if session.answer else ()


def progress_of(session: SessionRow) -> Progress:
    """How far a session is."""
    begun = progress(*contract(session), opener=session.opener)
    return msgspec.structs.replace(begun, given=session.given, got=session.got)


def check_terms(session: SessionRow, row: AgreementRow) -> None:
    """A session goes on under the terms that it was opened under, and no others.

    Raises:
        BadMatching: the terms have changed.
    """
    if offer_of(session).version != row.version:
        raise BadMatching("the terms of the agreement have changed since the session was opened")


def ended(tx: Transaction, standing: Standing, session: SessionRow, event: Event, reason: str = "") -> SessionRow:
    """A session in a final state: all that only a running one needs is gone. What it told stays for the epoch, since
    it may still be taken back.

    Raises:
        WrongState: it is over.
    """
    state = advance(State(session.state), event)
    session = msgspec.structs.replace(
        session, state=state, changed_at=standing.now, reason=reason, secret=b"", seed=b""
    )
    tx.matching.put(session)
    tx.matching.clear(session.id, keep=[telling(kind.type) for kind in own_half(session)])
    return session


def take_back(tx: Transaction, agreement: str, last: int) -> None:
    """Sessions with words in envelopes after number `last`, which were taken back unsent, cannot go on; what they
    told, also those that are over, is told again."""
    for session in tx.matching.all(agreement):
        if session.posted > last:
            _untell(tx, session)
            if State(session.state) not in OVER:
                stopped = msgspec.structs.replace(session, state=State.STOPPED, reason="what it said was taken back")
                tx.matching.put(stopped)
            tx.matching.clear(session.id)


def _untell(tx: Transaction, session: SessionRow) -> None:
    """What was told in envelopes that never left is told again. Nothing else is: who has tags twice, with other
    padding among them, knows which are padding."""
    for kind in own_half(session):
        values = tx.matching.values(session.id, telling(kind.type))
        tx.matching.told(session.agreement, session.epoch, kind.type, values, told=False)


def unfinished_sizes(tx: Transaction, session: SessionRow) -> dict[str, Kind]:
    """What the session before one said of our sizes, if it came to no good end. The next one says no less: else what
    was evaluated meanwhile would show how many values there are."""
    before = (one for one in reversed(tx.matching.all(session.agreement)) if one.id != session.id and not one.asked)
    last = next(before, None)
    if last is None or last.epoch != session.epoch or last.state != State.STOPPED:
        return {}
    return {kind.type: kind for kind in own_half(last)}


def telling(kind: str) -> str:
    """The name under which the values that we tell of are kept beside the inputs of a kind."""
    return f"{kind} tags"
