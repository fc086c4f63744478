"""Generated schedules of two parties that match, while a carrier of chance and their machines do what they like.

Officers open sessions, look values up, stop what runs, learn more values, narrow the terms and move clocks over an
epoch. `matching_letters.Matched` judges after every step. In the end one more session, undisturbed, finds everything
that both hold: nothing that happened keeps it from that.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize

from backchannel.core.canonical import Observable
from backchannel.core.matching import epoch_at
from backchannel.core.stix import StixObject
from backchannel.core.terms import Quota
from backchannel.flow import matching
from backchannel.node import matching as desk
from backchannel.node.faults import MATCHING_STEPS, STEPS
from backchannel.node.matching_engine import VoprfEngine
from backchannel.protocol import voprf
from backchannel.protocol.matching import Progress
from cheap_crypto import cheap
from matching_letters import BLINDED, EPOCH_DAYS, Matched, small
from schedules import DAY, HOUR, KINDS, MATCHING, NO_FAULT, NO_TROUBLE, SIDES, Schedule, own_threat, step
from schedules import play as played
from seats import Fault, Seat, draw_anew
from vetting_world import indicator, link

PLAYED = 75
VALUES = 4
"""Of each kind; either party may come to know any."""

FAULTS = st.sampled_from(
    [NO_FAULT] * 12
    + [Fault(one, nth) for one in MATCHING_STEPS for nth in (1, 2, 3)]
    + [Fault(one, 1) for one in STEPS if one.startswith(("send.", "receive."))]
    + [Fault("full", nth) for nth in range(1, 9)]
)

KNOWN = st.sets(st.integers(0, 2 * VALUES - 1), max_size=7)
THEN = st.sampled_from(["amend", "stop", "stop and amend", "learn"])
LEARNS = st.sampled_from(["both", "both", "both", "opener", "other"])


def value(number: int) -> Observable:
    """One of the values of this world."""
    kind = KINDS[number % 2]
    return Observable(kind, f"v{number}.example" if kind == KINDS[0] else f"198.51.100.{number}")


def known(seat: Seat, number: int) -> list[StixObject]:
    """What a party holds that knows a value."""
    one = value(number)
    mine = indicator(f"{one.value} {seat.key[:4]}", pattern=f"[{one.type}:value = '{one.value}']")
    return [mine, link(mine, own_threat(seat))]


class MatchingSchedule(Schedule):
    """The two are in the middle of an agreement that allows matching."""

    beginnings = MATCHING
    finds = tells = releases = asks = recalls = proposes = takes = amends = both_sync = None

    def __init__(self) -> None:
        super().__init__()
        self.matched: Matched | None = None

    @initialize(which=st.integers(0, 1), ours=KNOWN, theirs=KNOWN)
    def begins(self, which: int, ours: set[int], theirs: set[int]) -> None:
        super().begins(which=which)
        draw_anew(10_000)  # ids of sessions decide which of two offers stays
        BLINDED.clear()
        self.steps.append(f"{sorted(ours)} {sorted(theirs)}")
        for seat, numbers in zip(self.seats, (ours, theirs), strict=True):
            for number in sorted(numbers):
                self._knows(seat, number)

    # --- what officers do -----------------------------------------------------------------------------------

    @step(side=SIDES, number=st.integers(0, 2 * VALUES - 1), many=st.integers(1, 3))
    def learns(self, side: int, number: int, many: int) -> None:
        """A party comes to know some values."""
        for one in range(number, number + many):
            self._knows(self.seats[side], one % (2 * VALUES))

    @step(side=SIDES, learns=LEARNS, passes=st.integers(0, 8), fault=FAULTS)
    def matches(self, side: int, learns: Any, passes: int, fault: Fault) -> None:
        """A session is opened, and goes on for a while."""
        seat = self.seats[side]
        self._does(seat, lambda: desk.run(seat.node, self.agreement, learns), fault)
        self._go_on(passes)

    @step(passes=st.integers(0, 3))
    def both_open(self, passes: int) -> None:
        """Two offers that cross."""
        for seat in self.seats:
            self._does(seat, partial(desk.run, seat.node, self.agreement), NO_FAULT)
        self._go_on(passes)

    @step(side=SIDES, numbers=KNOWN, passes=st.integers(0, 5))
    def looks_up(self, side: int, numbers: set[int], passes: int) -> None:
        seat, name = self.seats[side], self.seats[1 - side].keys.card.name
        asked = [value(one) for one in sorted(numbers)]
        self._does(seat, lambda: desk.look_up(seat.node, name, asked), NO_FAULT)
        self._go_on(passes)

    @step(side=SIDES, fault=FAULTS)
    def stops(self, side: int, fault: Fault) -> None:
        self._stops(self.seats[side], fault)

    @step(side=SIDES, opener=SIDES, learns=LEARNS, passes=st.integers(0, 2), nth=st.integers(1, 8), then=THEN)
    def is_cut_short(self, side: int, opener: int, learns: Any, passes: int, nth: int, then: str) -> None:
        """A sync gets no further than sealing so much; then its officer does something else."""
        seat, first = self.seats[side], self.seats[opener]
        self._does(first, partial(desk.run, first.node, self.agreement, learns), NO_FAULT)
        self._go_on(passes)
        self._syncs(seat, Fault("match.committed", nth), NO_TROUBLE)
        if "stop" in then:
            self._stops(seat, NO_FAULT)
        if "amend" in then:
            self._narrows(side)
        if "learn" in then:
            self._knows(seat, nth)

    @step(side=SIDES)
    def narrows(self, side: int) -> None:
        """What runs is stopped, and what waits is taken back."""
        self._narrows(side)

    @step(side=SIDES, what=st.sampled_from(["nothing"] * 7 + ["end"]))
    def answers(self, side: int, what: str) -> None:
        if what != "nothing":
            self._decides(side, self.agreement, what)

    @step(side=SIDES, by=st.sampled_from([timedelta(minutes=-3), HOUR, 13 * HOUR, DAY + HOUR, 3 * DAY]))
    def clock_moves(self, side: int, by: timedelta) -> None:
        """Forwards over the edge of an epoch, and not back over one: with that its keys are gone."""
        seat = self.seats[side]
        if by > timedelta() or self._epoch(seat.now + by) == self._epoch(seat.now):
            seat.now += by

    # --- what moves -----------------------------------------------------------------------------------------

    @step(passes=st.integers(1, 8), fault=FAULTS)
    def go_on(self, passes: int, fault: Fault) -> None:
        """Both sync so often; the fault waits in the last pass."""
        self._go_on(passes - 1)
        for seat in self.seats:
            self._syncs(seat, fault, NO_TROUBLE)

    # --- the end --------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        if not self.begun:
            return
        self.carrier.let_go()
        for seat in self.seats:
            self._stops(seat, NO_FAULT)
            seat.now += timedelta(days=1)
        self._quiet()
        self.letters.read()
        self.letters.at_rest()
        if all(seat.rows()[self.agreement].state == "in force" for seat in self.seats):
            self._one_more()
        assert self.matched is not None
        self.letters.read()
        self.matched.check_left()
        self.played.add(hash(tuple(self.steps)))

    def _one_more(self) -> None:
        """On another day, one more session finds everything."""
        assert self.matched is not None
        desk.run(self.seats[0].node, self.agreement, "both")
        self._quiet()
        for seat in self.seats:
            assert self.matched.last_session(seat)[1] == "done", "a session comes to its end"
            assert self.matched.found(seat) == self.matched.common(), "everything that both hold is found"

    def _quiet(self) -> None:
        """Both sync until nothing moves, and an hour later neither."""
        now = max(seat.now for seat in self.seats)
        quiet = 0
        for _ in range(150):
            now += HOUR if quiet else timedelta(seconds=1)
            moved = 0
            for seat in self.seats:
                seat.now = now
                self.carrier.begin_pass(NO_TROUBLE)
                report = seat.sync(self.carrier)
                moved += report.sent + report.received + report.refused_envelopes + report.matching
                assert not report.failed, report.problems
                self._judge(seat)
            quiet = 0 if moved else quiet + 1
            if quiet == 3:
                return
        raise AssertionError("the two never fall silent")

    # --- the pieces -----------------------------------------------------------------------------------------

    @property
    def agreement(self) -> str:
        return self.agreements[0]

    def _knows(self, seat: Seat, number: int) -> None:
        seat.holds(known(seat, number))
        assert self.matched is not None
        self.matched.values[seat.key].add(value(number).value)

    def _epoch(self, now: datetime) -> int:
        return epoch_at(self.seats[0].terms(self.agreement).valid_from, now, EPOCH_DAYS)

    def _go_on(self, passes: int) -> None:
        for _ in range(passes):
            for seat in self.seats:
                self._syncs(seat, NO_FAULT, NO_TROUBLE)

    def _narrows(self, side: int) -> None:
        terms = self.seats[side].terms(self.agreement)
        quota = Quota(objects_per_day=terms.quota.objects_per_day - 1)
        before = self.seats[side].rows()[self.agreement].version
        after = msgspec.structs.replace(terms, quota=quota, predecessor=before)
        self._decides(side, self.agreement, "amend", after)

    def _stops(self, seat: Seat, fault: Fault) -> None:
        for one in desk.sessions(seat.node):
            if not one.is_over:
                self._does(seat, partial(desk.stop, seat.node, one.id), fault)

    def _judge(self, *some: Seat) -> None:
        super()._judge(*some)
        if self.matched is None:
            self.matched = Matched(self.letters, self.agreement)
        for seat in some:
            self.matched.look_at(seat)


def play(number: int, *, first: int, shrink: bool = True) -> int:
    """Play so many schedules; how many different ones came to rest."""
    with cheap(), small():
        return played(MatchingSchedule, number, steps=10, first=first, shrink=shrink)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_whatever_chance_does_to_matching_nothing_is_charged_twice_and_all_is_found_in_the_end() -> None:
    assert play(PLAYED, first=20_261_126) >= PLAYED * 9 // 10


def nobody_waits(now: Progress) -> bool:
    return now.owes and now.given < now.shards


def one_for_all(_engine: VoprfEngine, secret: bytes, labels: Sequence[bytes]) -> list[bytes]:
    return [voprf.derive_blind(secret, b"0")] * len(labels)


DEFECTS: dict[str, tuple[Any, str, Any, str]] = {
    "nothing is counted": (matching, "count", lambda *_given: None, "counted is what was sealed"),
    "no side waits": (Progress, "may_give", property(nobody_waits), "one shard ahead"),
    "one blind for all": (VoprfEngine, "derive_blinds", one_for_all, "no blind is for two inputs"),
}
"""Where, what in its place, and what is said of it."""


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_turns_a_schedule_of_matching_red(defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, instead, said = DEFECTS[defect]
    monkeypatch.setattr(where, name, instead)
    with pytest.raises(AssertionError, match=said):
        play(PLAYED, first=20_261_126, shrink=False)
