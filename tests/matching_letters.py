"""What must hold of matching whatever chance did: kept in plain sets and counters, apart from the code it judges."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import pytest

from backchannel.core import matching as rules
from backchannel.node.matching_engine import VoprfEngine
from backchannel.protocol import message_matching
from backchannel.protocol.libsodium import ELEMENT
from backchannel.protocol.message_matching import MatchAnswer, MatchEvaluated, MatchOffer
from letters import Letters
from seats import Seat

LEAST = 2
"""The least padded size here: a session is short, and a schedule plays several."""

PER_DAY = 5
"""Values of a kind that the terms let each evaluate in a day."""

EPOCH_DAYS = 2

HONEST = re.compile(
    r"|stopped by our officer|the counterpart (stopped it|opened another session)|what it said was taken back"
    r"|the agreement, or the epoch of its keys, is over|the terms of the agreement have changed .*"
    r"|[0-9,]+ values of .* would be evaluated (today|in all); .*"
)
"""Why a session may stop between honest sides."""

_POSTED = "SELECT max(posted) FROM match_session WHERE agreement = ? AND state NOT IN ('done', 'stopped')"

BLINDED: dict[bytes, bytes] = {}
"""What each blind was used for, in the schedule that is played."""

Shard = tuple[str, str, int]
"""Who evaluated, in which session, which."""


class Matched:
    """All that two seats said and know of matching under one agreement."""

    def __init__(self, letters: Letters, agreement: str) -> None:
        self.letters = letters
        self.agreement = agreement
        self.values: dict[str, set[str]] = {key: set() for key in letters.seats}
        self.shards: dict[Shard, bytes] = {}
        self.evaluated: dict[str, Counter[str]] = {key: Counter() for key in letters.seats}
        self._read: set[str] = set()

    def common(self) -> set[str]:
        """What both hold."""
        return set.intersection(*self.values.values())

    def found(self, seat: Seat) -> set[str]:
        """What a seat knows both to hold."""
        asked = "SELECT value FROM match_result WHERE agreement = ? AND ours_since IS NOT NULL"
        return {value for (value,) in seat.query(asked, self.agreement)}

    # --- after every step -----------------------------------------------------------------------------------

    def look_at(self, seat: Seat) -> None:
        """Everything that must hold of a seat at any time. What it sealed lies in its outbox at the end of a step."""
        for digest, data in seat.query("SELECT digest, data FROM outbox WHERE channel = ?", self.agreement):
            if digest not in self._read:
                self._read.add(digest)
                for said in self.letters.opened(data).messages:
                    if isinstance(said, MatchEvaluated):
                        self._evaluated(seat, said)
        assert self.found(seat) <= self.common(), "found, and not held by both"
        self._check_counts(seat)
        self._check_turns()
        ((posted,),) = seat.query(_POSTED, self.agreement)
        ((sent,),) = seat.query("SELECT max(sent) FROM channel WHERE channel = ?", self.agreement)
        assert (posted or 0) <= (sent or 0), "what a session that goes on has said was not taken back"
        for (reason,) in seat.query("SELECT reason FROM match_session WHERE agreement = ?", self.agreement):
            assert HONEST.fullmatch(reason), reason

    def _evaluated(self, seat: Seat, said: MatchEvaluated) -> None:
        content = msgspec.json.encode(said)
        before = self.shards.setdefault((seat.key, said.session, said.shard), content)
        assert before == content, "a shard is evaluated once"
        for part in said.parts:
            self.evaluated[seat.key][part.type] += len(part.elements) // ELEMENT

    def _check_counts(self, seat: Seat) -> None:
        counted: Counter[str] = Counter()
        asked = "SELECT kind, day, evaluated FROM match_count WHERE agreement = ?"
        for kind, day, evaluated in seat.query(asked, self.agreement):
            counted[kind] += evaluated
            assert evaluated <= PER_DAY, f"{evaluated} values of {kind} on day {day}"
        assert counted == self.evaluated[seat.key], "counted is what was sealed, no more and no less"

    def _check_turns(self) -> None:
        """The one that answered is one shard ahead at most, the opener never."""
        rows: dict[str, dict[bool, int]] = defaultdict(dict)
        asked = "SELECT id, opener, given, offer, answer FROM match_session WHERE agreement = ?"
        for seat in self.letters.seats.values():
            for session, opener, given, offer, answer in seat.query(asked, self.agreement):
                if answer and _wants(offer) and _wants(answer):
                    rows[session][bool(opener)] = given
        for given in rows.values():
            if len(given) == 2:
                assert given[True] <= given[False] <= given[True] + 1, "nobody is more than one shard ahead"

    # --- in the end -----------------------------------------------------------------------------------------

    def check_left(self) -> None:
        """What left is what was sealed, and no shard left in two envelopes."""
        left = Counter[Shard]()
        for (channel, sender), sent in self.letters.sent.items():
            for letter in sent.values() if channel == self.agreement else ():
                for said in letter.messages:
                    if isinstance(said, MatchEvaluated):
                        shard = sender, said.session, said.shard
                        left[shard] += 1
                        assert self.shards[shard] == msgspec.json.encode(said)
        assert set(left.values()) <= {1}

    def last_session(self, seat: Seat) -> tuple[str, str]:
        """The id and state of the session that was opened last."""
        asked = "SELECT id, state FROM match_session WHERE agreement = ? ORDER BY opened_at DESC, id LIMIT 1"
        ((session, state),) = seat.query(asked, self.agreement)
        return session, state


def _wants(half: bytes) -> bool:
    return any(kind.inputs for kind in msgspec.json.decode(half, type=MatchOffer | MatchAnswer).kinds)


@contextmanager
def small() -> Iterator[None]:
    """Sizes are small, and no blind serves two inputs, within the block."""
    blind = VoprfEngine.blind

    def noted(engine: VoprfEngine, given: Sequence[bytes], blinds: Sequence[bytes]) -> list[bytes]:
        for one, with_ in zip(given, blinds, strict=True):
            assert BLINDED.setdefault(with_, one) == one, "no blind is for two inputs"
        return blind(engine, given, blinds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "SMALLEST", LEAST)
        patch.setattr(message_matching, "SMALLEST", LEAST)
        patch.setattr(VoprfEngine, "blind", noted)
        yield
