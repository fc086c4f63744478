"""A matching session between two parties, as a state machine: no sockets, no store, no clock.

Three steps make the contract, of which each side has the same bytes or goes no further: offer, answer, begin. Then
both send blinded inputs and tags, and evaluate for each other shard by shard (`Progress`): the one that answered is
never more than one shard ahead, the opener never at all.

What a side needs again after a crash is derived from one secret of the session (`SessionSecrets`): a message that is
made again is the same bytes but for its proofs, which are drawn anew each time, and no blind is ever used for two
inputs. What has left is never made again: it is sent again as it was. Keys are derived from one secret of the epoch
and direction, one for each kind, so that a value is evaluated as what it was asked for.

Sources: RFC 9497 (mode 0x01), RFC 9162 (the root over the inputs).
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from backchannel.core import matching
from backchannel.errors import BadMatching, WrongState
from backchannel.protocol.merkle import leaf_hashes, root_of
from backchannel.protocol.message_matching import TAG, Kind, Learns, MatchAnswer, MatchBegin, MatchOffer


class State(StrEnum):
    """Where a session stands on this node."""

    OFFERED = "offered"
    """We opened it, and nothing came back."""
    ASKED = "asked"
    """They opened it, and nobody here has entered it."""
    ANSWERED = "answered"
    """We entered it, and it has not begun."""
    RUNNING = "running"
    FROZEN = "frozen"
    """Its hits are far below what was usual: an officer decides."""
    DONE = "done"
    STOPPED = "stopped"


class Event(StrEnum):
    """What happens to a session: what we do, or what the counterpart did (past tense)."""

    ENTER = "enter"
    ENTERED = "entered"
    BEGUN = "begun"
    FREEZE = "freeze"
    RESUME = "resume"
    FINISH = "finish"
    STOP = "stop"
    STOPPED = "stopped"


TRANSITIONS: Mapping[tuple[State, Event], State] = {
    (State.ASKED, Event.ENTER): State.ANSWERED,
    (State.OFFERED, Event.ENTERED): State.RUNNING,
    (State.ANSWERED, Event.BEGUN): State.RUNNING,
    (State.RUNNING, Event.FREEZE): State.FROZEN,
    (State.FROZEN, Event.RESUME): State.RUNNING,
    (State.RUNNING, Event.FINISH): State.DONE,
    **{
        (state, event): State.STOPPED
        for state in (State.OFFERED, State.ASKED, State.ANSWERED, State.RUNNING)
        for event in (Event.STOP, Event.STOPPED)
    },
    # Whoever made it freeze does not get rid of it: our officer looks at it first.
    (State.FROZEN, Event.STOP): State.STOPPED,
    (State.FROZEN, Event.STOPPED): State.FROZEN,
}
"""Everything that can happen. What is not in it is refused."""

BEGUN = frozenset({State.RUNNING, State.FROZEN})
"""States in which parts and shards are heard."""

OVER = frozenset({State.DONE, State.STOPPED})
"""States that nothing leads out of."""


def advance(state: State, event: Event) -> State:
    """The state after an event.

    Raises:
        WrongState: it cannot happen in this state.
    """
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise WrongState(f"a session that is {state} cannot {event.value}")
    return after


# --- the contract ------------------------------------------------------------------------------------------------


class Role(NamedTuple):
    """Whether a side learns from a session, and whether it tells: it may do both."""

    learns: bool
    tells: bool


class Allowed(msgspec.Struct, frozen=True):
    """What a session must keep to, on our side: the id of the terms' version, the kinds that they allow, and the
    epoch that it is in."""

    version: str
    kinds: frozenset[str]
    epoch: int


def role(learns: Learns, *, opener: bool) -> Role:
    """What the contract lets one side do, the one that opened or the other."""
    alone = "opener" if opener else "other"
    return Role(learns=learns in ("both", alone), tells=learns != alone)


def draw_hash(drawn: bytes) -> str:
    """What the opener shows of what it drew, before the other has drawn (64 hex digits)."""
    return hashlib.sha256(b"backchannel/1 match drawn\0" + drawn).hexdigest()


def offer_hash(offer: MatchOffer) -> str:
    """What an answer names of the offer (64 hex digits)."""
    return hashlib.sha256(b"backchannel/1 match offer\0" + msgspec.json.encode(offer)).hexdigest()


def contract_hash(offer: MatchOffer, answer: MatchAnswer) -> str:
    """What both sides of a session agreed (64 hex digits)."""
    both = msgspec.json.encode((offer, answer))
    return hashlib.sha256(b"backchannel/1 match contract\0" + both).hexdigest()


def check_offer(offer: MatchOffer, allowed: Allowed) -> None:
    """What the counterpart offers is what the terms allow, and what this program would do.

    Raises:
        BadMatching: it is not. No value of ours was used.
    """
    if offer.version != allowed.version:
        raise BadMatching("the session was offered under other terms than those in force")
    if offer.normaliser != matching.NORMALISER:
        raise BadMatching(
            f"the session spells values by version {offer.normaliser}, this node by {matching.NORMALISER}: "
            "the older node must be updated"
        )
    if offer.epoch != allowed.epoch:
        raise BadMatching(f"the session is for epoch {offer.epoch} of the keys; it is {allowed.epoch} now")
    _check_side(offer.kinds, role(offer.learns, opener=True), allowed)


def check_answer(offer: MatchOffer, answer: MatchAnswer, allowed: Allowed) -> None:
    """What the counterpart answers is to our offer, of the same kinds.

    Raises:
        BadMatching: it is not. No value of ours was used.
    """
    if answer.session != offer.session or answer.offer != offer_hash(offer):
        raise BadMatching("the answer is to another offer than ours")
    if [kind.type for kind in answer.kinds] != [kind.type for kind in offer.kinds]:
        raise BadMatching("the answer is for other kinds than the offer")
    _check_side(answer.kinds, role(offer.learns, opener=False), allowed)


def check_begin(offer: MatchOffer, answer: MatchAnswer, begin: MatchBegin) -> None:
    """The opener begins the very session that we entered, with what it drew before we did.

    Raises:
        BadMatching: it does not. No value of ours was used.
    """
    if begin.session != offer.session or begin.contract != contract_hash(offer, answer):
        raise BadMatching("the counterpart began another session than the one that was entered")
    if draw_hash(begin.drawn) != offer.drawn:
        raise BadMatching("the counterpart did not draw what it had committed to")


def _check_side(kinds: Sequence[Kind], may: Role, allowed: Allowed) -> None:
    for kind in kinds:
        if kind.type not in allowed.kinds:
            raise BadMatching(f"the terms do not allow matching of {kind.type}")
        if kind.inputs and not may.learns:
            raise BadMatching(f"inputs of {kind.type} from a side that learns nothing")
        if bool(kind.key) is not may.tells:
            raise BadMatching(f"a key for {kind.type} from a side that tells nothing, or none from one that does")


# --- the steps ---------------------------------------------------------------------------------------------------


class Progress(msgspec.Struct, frozen=True):
    """How far a running session is, in shards: `given` were evaluated by us, `got` for us.

    `wants` and `owes` say whether we have inputs, and they. Only where both do must one wait for the other.
    """

    opener: bool
    shards: int
    wants: bool
    owes: bool
    given: int = 0
    got: int = 0

    @property
    def may_give(self) -> bool:
        """Whether the next shard of theirs may be evaluated now, without falling behind more than one shard."""
        if not self.owes or self.given >= self.shards:
            return False
        return not self.wants or self.given < self.got + (0 if self.opener else 1)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to give or to get."""
        return (not self.owes or self.given == self.shards) and (not self.wants or self.got == self.shards)

    def after_giving(self) -> "Progress":
        """One more shard of theirs was evaluated.

        Raises:
            WrongState: it is not our turn.
        """
        if not self.may_give:
            raise WrongState("it is the counterpart's turn to evaluate")
        return msgspec.structs.replace(self, given=self.given + 1)

    def after_getting(self, shard: int) -> "Progress":
        """One more shard of ours was evaluated.

        Raises:
            BadMatching: it is not the one that comes next.
        """
        if not self.wants or shard != self.got or self.got >= self.shards:
            raise BadMatching(f"shard {shard} came where {self.got} of {self.shards} comes next")
        return msgspec.structs.replace(self, got=self.got + 1)


def progress(offer: MatchOffer, answer: MatchAnswer, *, opener: bool) -> Progress:
    """Where a session of this contract begins."""
    ours, theirs = (offer, answer) if opener else (answer, offer)
    return Progress(
        opener=opener,
        shards=matching.shards_of((kind.inputs for kind in ours.kinds), (kind.inputs for kind in theirs.kinds)),
        wants=any(kind.inputs for kind in ours.kinds),
        owes=any(kind.inputs for kind in theirs.kinds),
    )


# --- what is derived ---------------------------------------------------------------------------------------------


class SessionSecrets(msgspec.Struct, frozen=True):
    """All that one side derives for one session, from 32 random bytes that are destroyed when it is over."""

    secret: bytes

    def __repr__(self) -> str:
        return "SessionSecrets(…)"

    def drawn(self) -> bytes:
        """What this side draws for the order, 32 bytes."""
        return self._derive("drawn", "", 0)

    def blind_secret(self, kind: str) -> bytes:
        """What the blinds of a kind come from, with the number of the input as label."""
        return self._derive("blind", kind, 0)

    def padding(self, kind: str, number: int) -> bytes:
        """The input in the place of one that is missing."""
        return matching.padding(self._derive("padding", kind, number))

    def _derive(self, what: str, kind: str, number: int) -> bytes:
        text = f"backchannel/1 match {what}\0{kind}\0{number}".encode()
        return hmac.digest(self.secret, text, "sha256")


def commitment(blinded: Iterable[bytes]) -> str:
    """The root over all blinded inputs of a side, kind by kind, by their numbers (64 hex digits).

    Told before the order is drawn, it keeps each side from putting what it wants most into the first shards. It is
    never opened: the blinds that would say what the inputs were go with their session.
    """
    return root_of(leaf_hashes(blinded)).hex()


def key_info(agreement: str, kind: str, epoch: int) -> bytes:
    """The `info` of RFC 9497 `DeriveKeyPair`: one key for each agreement, kind and epoch. The seed is that of one
    direction."""
    return f"backchannel/1 match key\0{agreement}\0{kind}\0{epoch}".encode()


def tag_of(output: bytes) -> bytes:
    """What is sent, and compared, of an output of the VOPRF."""
    return hashlib.sha256(b"backchannel/1 match tag\0" + output).digest()[:TAG]
