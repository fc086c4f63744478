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
    half = session.offer if session.opener else session.answer
    return msgspec.json.decode(half, type=MatchOffer | MatchAnswer).kinds if half else ()


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
    tx.matching.clear(session.id, keep=_told_kinds(session))
    return session


def broken(tx: Transaction, session: SessionRow, why: str) -> SessionRow:
    """A frozen session that cannot go on. It waits for our officer all the same: who made it freeze does not get rid
    of it."""
    if session.secret:
        reason = f"{session.reason}; {why}"
        session = msgspec.structs.replace(session, reason=reason, secret=b"", seed=b"")
        tx.matching.put(session)
        tx.matching.clear(session.id, keep=_told_kinds(session))
    return session


def is_broken(session: SessionRow) -> bool:
    """Whether a session is frozen, and cannot go on."""
    return session.state == State.FROZEN and not session.secret


def take_back(tx: Transaction, agreement: str, last: int) -> None:
    """Sessions with words in envelopes after number `last`, which were taken back unsent, cannot go on; what they
    told there, also those that are over, is told again."""
    why = "what it said was taken back"
    for session in tx.matching.all(agreement):
        if session.posted <= last:
            continue
        _untell(tx, session, last)
        if session.state == State.FROZEN:
            broken(tx, session, why)
        elif State(session.state) not in OVER:
            tx.matching.put(msgspec.structs.replace(session, state=State.STOPPED, reason=why))
            tx.matching.clear(session.id, keep=_told_kinds(session))


def _untell(tx: Transaction, session: SessionRow, last: int) -> None:
    """What was told in envelopes that never left is told again. Nothing else is: who has tags twice, with other
    padding among them, knows which are padding."""
    for kind in own_half(session):
        values = tx.match_elements.sent_after(session.id, telling(kind.type), last)
        tx.matching.told(session.agreement, session.epoch, kind.type, values, told=False)


def unfinished_sizes(tx: Transaction, session: SessionRow, kinds: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Of each kind how many inputs and tags of ours were said by the last session of the epoch that said any, if it
    came to no good end; else 0. The next one says no less: else what was evaluated meanwhile would show how many
    values there are. Sessions in between that say nothing of it change nothing."""
    sizes: dict[str, list[int | None]] = {kind: [None, None] for kind in kinds}
    for one in tx.matching.entered(session.agreement, session.epoch):
        if one.id == session.id:
            continue
        for kind in own_half(one):
            known = sizes.get(kind.type, [0, 0])
            for place, size in enumerate((kind.inputs, kind.tags)):
                if known[place] is None and size:
                    known[place] = 0 if one.state == State.DONE else size
        if all(None not in known for known in sizes.values()):
            break
    return {kind: (inputs or 0, tags or 0) for kind, (inputs, tags) in sizes.items()}


def _told_kinds(session: SessionRow) -> list[str]:
    """What a session told is kept under these."""
    return [telling(kind.type) for kind in own_half(session)]


def telling(kind: str) -> str:
    """The name under which the values that we tell of are kept beside the inputs of a kind."""
    return f"{kind} tags"
