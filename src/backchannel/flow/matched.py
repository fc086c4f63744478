"""What is kept of matching sessions, and read of them by both sides of the flow: contract, parts, progress, ends."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from backchannel.core import matching as rules
from backchannel.core.canonical import Observable
from backchannel.errors import BadMatching
from backchannel.flow.parties import Standing
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_matching import Input, Match, OwnValue, SessionRow
from backchannel.protocol.matching import Event, Progress, SessionSecrets, State, advance, progress
from backchannel.protocol.matching_engine import Engine
from backchannel.protocol.message_matching import ELEMENT, TAG, Kind, MatchAnswer, MatchOffer
from backchannel.protocol.versions import CURRENT

_PART = CURRENT.max_matched


class Part(NamedTuple):
    """A bounded piece of what one side sends before evaluating: blinded inputs or tags of a kind, from one place
    until before another. `tags to make` are computed first, and sent in an order that says nothing."""

    what: str
    kind: str
    begin: int
    end: int


def parts(side: Iterable[Kind]) -> list[Part]:
    """What a side sends before anything is evaluated, in this order and no other."""
    return [
        Part(what, kind.type, begin, min(begin + _PART, size))
        for kind in side
        for what, size in (("blinded", kind.inputs), ("tags", kind.tags))
        for begin in range(0, size, _PART)
    ]


def own_parts(side: Sequence[Kind]) -> list[Part]:
    """The same with what has to be made first."""
    sent = parts(side)
    return [*(part._replace(what="tags to make") for part in sent if part.what == "tags"), *sent]


def contract(session: SessionRow) -> tuple[MatchOffer, MatchAnswer]:
    """Both halves of what was agreed, of a session that both have entered."""
    offer = msgspec.json.decode(session.offer, type=MatchOffer)
    return offer, msgspec.json.decode(session.answer, type=MatchAnswer)


def sides(session: SessionRow) -> tuple[tuple[Kind, ...], tuple[Kind, ...]]:
    """Our half of the contract and theirs."""
    offer, answer = contract(session)
    return (offer.kinds, answer.kinds) if session.opener else (answer.kinds, offer.kinds)


def progress_of(session: SessionRow) -> Progress:
    """How far a session is."""
    begun = progress(*contract(session), opener=session.opener)
    return msgspec.structs.replace(begun, given=session.given, got=session.got)


def ended(tx: Transaction, standing: Standing, session: SessionRow, event: Event, reason: str = "") -> SessionRow:
    """A session in a final state: all that only a running one needs is gone.

    Raises:
        WrongState: it is over.
    """
    state = advance(State(session.state), event)
    if state is State.STOPPED:
        _untell(tx, session)
    session = msgspec.structs.replace(
        session, state=state, changed_at=standing.now, reason=reason, secret=b"", seed=b""
    )
    tx.matching.put(session)
    tx.matching.clear(session.id)
    return session


def take_back(tx: Transaction, agreement: str, last: int) -> None:
    """Sessions with words in envelopes after number `last`, which were taken back unsent, cannot go on."""
    for session in tx.matching.open(agreement):
        if session.posted > last:
            _untell(tx, session)
            stopped = msgspec.structs.replace(session, state=State.STOPPED, reason="what it said was taken back")
            tx.matching.put(stopped)
            tx.matching.clear(session.id)


def _untell(tx: Transaction, session: SessionRow) -> None:
    """What a session that comes to no good end told may not have been heard: the next one tells it again."""
    half = session.offer if session.opener else session.answer
    if half:
        for kind in msgspec.json.decode(half, type=MatchOffer | MatchAnswer).kinds:
            values = tx.matching.values(session.id, telling(kind.type))
            tx.matching.told(session.agreement, session.epoch, kind.type, values, told=False)


def pin_keys(
    tx: Transaction, session: SessionRow, theirs: Iterable[Kind], ours: Iterable[Kind], engine: Engine
) -> None:
    """Keep the keys that the other side evaluates with: within an epoch they stay the same.

    Raises:
        BadMatching: a key is none, or another than before.
    """
    for kind in theirs:
        if not kind.key:
            continue
        known = tx.matching.their_key(session.agreement, session.epoch, kind.type)
        if known is None:
            engine.check_public_key(kind.key)
            tx.matching.put_their_key(session.agreement, session.epoch, kind.type, kind.key)
        elif known != kind.key:
            raise BadMatching(f"the key for {kind.type} is not the one that epoch {session.epoch} began with")
    for name in (kind.type for kind in ours if kind.inputs):
        their_key(tx, session, name)


def their_key(tx: Transaction, session: SessionRow, kind: str) -> bytes:
    """The key that the other side evaluates a kind with.

    Raises:
        BadMatching: it has said none.
    """
    key = tx.matching.their_key(session.agreement, session.epoch, kind)
    if key is None:
        raise BadMatching(f"there is no key for {kind}")
    return key


def input_bytes(session: SessionRow, kind: str, inputs: Iterable[Input]) -> list[bytes]:
    """What is evaluated for inputs: values, and padding where there is none."""
    secrets = SessionSecrets(session.secret)
    return [
        secrets.padding(kind, one.number) if one.value is None else rules.input_of(Observable(kind, one.value))
        for one in inputs
    ]


def blinds(session: SessionRow, kind: str, inputs: Iterable[Input], engine: Engine) -> list[bytes]:
    """The blinds of inputs, always the same in one session."""
    secret = SessionSecrets(session.secret).blind_secret(kind)
    return engine.derive_blinds(secret, [str(one.number).encode() for one in inputs])


def found(session: SessionRow, kind: str, values: Iterable[OwnValue], now: datetime) -> Iterator[Match]:
    """What both hold, as it is kept."""
    for one in values:
        yield Match(session.agreement, kind, one.value, one.since, now, session.id)


def elements_of(data: bytes) -> list[bytes]:
    """Elements one by one."""
    return [data[at : at + ELEMENT] for at in range(0, len(data), ELEMENT)]


def tags_of(data: bytes) -> list[bytes]:
    """Tags one by one."""
    return [data[at : at + TAG] for at in range(0, len(data), TAG)]


def telling(kind: str) -> str:
    """The name under which the values that we tell of are kept beside the inputs of a kind."""
    return f"{kind} tags"
