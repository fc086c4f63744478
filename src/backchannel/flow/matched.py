"""What is kept of matching sessions, and read of them by both sides of the flow: contract, parts, progress, ends."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from backchannel.core import matching as rules
from backchannel.core.canonical import Observable
from backchannel.core.release_records import Decision
from backchannel.core.vetting_rules import observables_of, pattern_of
from backchannel.errors import BadMatching
from backchannel.flow.parties import Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_matching import Input, Match, OwnValue, SessionRow
from backchannel.protocol.matching import Event, Progress, SessionSecrets, State, advance, progress
from backchannel.protocol.matching_engine import Engine
from backchannel.protocol.message_matching import ELEMENT, TAG, Kind, MatchAnswer, MatchOffer
from backchannel.protocol.versions import CURRENT

Choose = Callable[[Sequence[Decision]], Collection[str]]
"""Chooses among decided objects, by the ids they are held under."""

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
    session = msgspec.structs.replace(
        session, state=state, changed_at=standing.now, reason=reason, secret=b"", seed=b""
    )
    tx.matching.put(session)
    tx.matching.clear(session.id)
    return session


def broken(tx: Transaction, session: SessionRow, why: str) -> SessionRow:
    """A frozen session that cannot go on. It waits for our officer all the same: who made it freeze does not get rid
    of it."""
    if session.secret:
        reason = f"{session.reason}; {why}"
        session = msgspec.structs.replace(session, reason=reason, secret=b"", seed=b"")
        tx.matching.put(session)
        tx.matching.clear(session.id)
    return session


def is_broken(session: SessionRow) -> bool:
    """Whether a session is frozen, and cannot go on."""
    return session.state == State.FROZEN and not session.secret


def take_back(tx: Transaction, agreement: str, last: int) -> None:
    """Sessions with words in envelopes after number `last`, which were taken back unsent, cannot go on."""
    for session in tx.matching.open(agreement):
        if session.posted > last:
            _untell(tx, session, last)
            why = "what it said was taken back"
            if session.state == State.FROZEN:
                broken(tx, session, why)
                continue
            tx.matching.put(msgspec.structs.replace(session, state=State.STOPPED, reason=why))
            tx.matching.clear(session.id)


def _untell(tx: Transaction, session: SessionRow, last: int) -> None:
    """What was told in envelopes that never left is told again. Nothing else is: who has tags twice, with other
    padding among them, knows which are padding."""
    for kind in own_half(session):
        values = tx.matching.sent_after(session.id, telling(kind.type), last)
        tx.matching.told(session.agreement, session.epoch, kind.type, values, told=False)


def own_half(session: SessionRow) -> tuple[Kind, ...]:
    """Our side of the contract, also of a session that the other side has not entered."""
    half = session.offer if session.opener else session.answer
    return msgspec.json.decode(half, type=MatchOffer | MatchAnswer).kinds if half else ()


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


def check_terms(session: SessionRow, row: AgreementRow) -> None:
    """A session goes on under the terms that it was opened under, and no others.

    Raises:
        BadMatching: the terms have changed.
    """
    if msgspec.json.decode(session.offer, type=MatchOffer).version != row.version:
        raise BadMatching("the terms of the agreement have changed since the session was opened")


def chosen(tx: Transaction, row: AgreementRow, kinds: Collection[str], *, matched: bool) -> Choose:
    """Chooses the objects that name a value of these kinds which the counterpart is known to hold too; or, not
    `matched`, those that name values of these kinds of which it is known to hold none."""
    known = {(one.type, one.value) for one in tx.matching.matches(row.id)}

    def choose(decisions: Sequence[Decision]) -> set[str]:
        return {
            decision.id
            for decision in decisions
            if decision.sent is not None
            and (values := {one for one in _values_of(decision.sent.value) if one.type in kinds})
            and bool(values & known) is matched
        }

    return choose


def _values_of(value: Mapping[str, Any]) -> Iterable[Observable]:
    return observables_of(value, pattern_of(value))


def pin_keys(tx: Transaction, session: SessionRow, theirs: Iterable[Kind], engine: Engine) -> None:
    """Keep the keys that the other side evaluates with: within an epoch they stay the same.

    Raises:
        BadMatching: a key is none, or another than before.
    """
    new: dict[str, bytes] = {}
    for kind in theirs:
        if not kind.key:
            continue
        known = tx.matching.their_key(session.agreement, session.epoch, kind.type)
        if known is None:
            engine.check_public_key(kind.key)
            new[kind.type] = kind.key
        elif known != kind.key:
            raise BadMatching(f"the key for {kind.type} is not the one that epoch {session.epoch} began with")
    for name, key in new.items():
        tx.matching.put_their_key(session.agreement, session.epoch, name, key)


def check_not_ours(theirs: Iterable[Kind], ours: Iterable[Kind]) -> None:
    """Whoever sends our own key back would have our own tags match.

    Raises:
        BadMatching: a key of theirs is one of ours.
    """
    if {kind.key for kind in theirs if kind.key} & {kind.key for kind in ours if kind.key}:
        raise BadMatching("the counterpart's key is our own, sent back")


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
        secrets.padding(kind, one.number)
        if one.value is None
        else rules.input_of(session.agreement, Observable(kind, one.value))
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
