"""Generated schedules of three parties in a row: what the first consents to, refuses and recalls, against a model.

The model knows what was consented to, until when, and what was recalled. After each step the third party holds
nothing else, whatever the second one tries, and in the end it holds all of it.
"""

import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from backchannel.core.consent import State, state_at
from backchannel.core.stix import StixObject
from backchannel.flow import recall
from backchannel.flow.ports_consents import Item, Request
from cheap_crypto import cheap
from exchange import Side
from onward import THREAT, Row, grant, refuse, requests
from onward import row as parties_in_a_row
from two_parties import NOW as NOON
from worlds import link, stix

PLAYED = 40
OBJECTS = 3
DAY = timedelta(days=1)


def indicators() -> list[tuple[StixObject, StixObject]]:
    """Each with the relationship that ties it to the threat."""
    found = [stix("indicator", f"number{number}") for number in range(OBJECTS)]
    return [(one, link(one, THREAT, "indicates")) for one in found]


class Consenting(RuleBasedStateMachine):
    """A gives to B, who would pass it on to C, and must ask A."""

    played: ClassVar[int] = 0
    passed_on: ClassVar[int] = 0
    """Objects that the third party held at the end, in all schedules."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(prefix="backchannel-consents-"))
        self.world = parties_in_a_row(self.folder)
        self.made: Row | None = None
        self.until: dict[str, datetime] = {}
        self.recalled: set[str] = set()
        self.steps = 0

    @property
    def sides(self) -> tuple[Side, Side, Side]:
        assert self.made is not None
        first, second, third = self.made.sides
        return first, second, third

    @initialize()
    def begins(self) -> None:
        self.made = self.world.__enter__()
        self.sides[0].holds([THREAT, *indicators()[0]])
        self._releases(0)
        self._releases(1)

    # --- what the officers do --------------------------------------------------------------------------------

    @rule(number=st.integers(0, OBJECTS - 1))
    def finds(self, number: int) -> None:
        self.sides[0].holds(indicators()[number])
        self._releases(0)

    @rule()
    def passes_on(self) -> None:
        self._releases(1)

    @precondition(lambda self: self._waiting())
    @rule(which=st.integers(0, 7), days=st.sampled_from([1, 5, 100]), all_=st.booleans())
    def consents(self, which: int, days: int, all_: bool) -> None:
        first = self.sides[0]
        request, numbers = self._waiting()[which % len(self._waiting())]
        chosen = set(numbers) if all_ else {numbers[which % len(numbers)]}
        items = {item.number: item.object_id for item in self._items(request)}
        grant(first, request, chosen, until=first.now + days * DAY)
        self.until |= {items[number]: first.now + days * DAY for number in chosen}
        self._carried()

    @precondition(lambda self: self._waiting())
    @rule(which=st.integers(0, 7))
    def refuses(self, which: int) -> None:
        refuse(self.sides[0], self._waiting()[which % len(self._waiting())][0])
        self._carried()

    @rule(number=st.integers(0, OBJECTS - 1))
    def recalls(self, number: int) -> None:
        one = indicators()[number][0].id
        first = self.sides[0]
        if one in self.recalled or one not in self._given():
            return
        with first.db.write() as tx:
            recall.recall(tx, first.standing, one, "it was wrong")
        self.recalled.add(one)
        assert self.made is not None
        for side, other in ((0, 1), (1, 2)):
            with self.sides[side].db.write() as tx:
                recall.speak(tx, self.sides[side].standing, self.sides[side].peers[self.sides[other].key])
            self.made.carry()
        self._judge()

    @rule(days=st.sampled_from([1, 3, 20]))
    def time_passes(self, days: int) -> None:
        for side in self.sides:
            if side.now < self.sides[0].now + days * DAY and (side.now - NOON).days < 120:
                side.now += days * DAY

    # --- what must hold ----------------------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            if self.made is not None:
                self._at_rest()
        finally:
            self.world.__exit__(None, None, None)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _at_rest(self) -> None:
        """What was consented to, is still allowed, and was not recalled, arrives with one more release."""
        self._releases(1)
        now = self.sides[1].now
        allowed = {one for one, until in self.until.items() if until > now} - self.recalled
        ends = {tie.id: one.id for one, tie in indicators()}
        complete = {one for one in allowed if one not in ends or ends[one] in allowed}
        missing = complete - self.sides[2].ids()
        if THREAT.id in allowed:
            assert not {one for one in missing if one in ends or one == THREAT.id} - self._unreachable(allowed)
        type(self).played += 1
        type(self).passed_on += len(self.sides[2].ids())

    def _unreachable(self, allowed: set[str]) -> set[str]:
        """Relationships of which an end may not leave."""
        return {tie.id for one, tie in indicators() if not {one.id, THREAT.id} <= allowed}

    def _releases(self, number: int) -> None:
        assert self.made is not None
        before = self.sides[2].ids()
        now = self.sides[1].now
        self.made.release(number)
        new = self.sides[2].ids() - before
        assert new <= {one for one, until in self.until.items() if until > now}, "passed on without consent"
        self._judge()

    def _carried(self) -> None:
        assert self.made is not None
        self.made.carry()
        self._judge()

    def _judge(self) -> None:
        self.steps += 1
        held = self.sides[2].ids()
        assert held <= set(self.until), "held without consent"
        assert not held & self.recalled, "held although it was recalled"
        for side in self.sides:
            # An object may come before what ties it to the threat; a consent that is refused never does.
            assert not [one for one in side.refusals() if "consent" in one.rule]

    # --- the pieces ----------------------------------------------------------------------------------------------

    def _given(self) -> set[str]:
        return self.sides[1].ids()

    def _waits(self, request: Request, item: Item) -> bool:
        """What nobody answered for long has lapsed."""
        return state_at(item.state, request.at, item.until, self.sides[0].now) is State.ASKED

    def _items(self, request: Request) -> list[Item]:
        return next(items for one, items in requests(self.sides[0]) if one == request)

    def _waiting(self) -> list[tuple[Request, list[int]]]:
        """Requests that wait for the first party, with the numbers of what waits in each."""
        if self.made is None:
            return []
        found = [
            (one, [item.number for item in items if self._waits(one, item)])
            for one, items in requests(self.sides[0])
            if not one.ours
        ]
        return [(one, numbers) for one, numbers in found if numbers]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_whatever_is_consented_to_refused_and_recalled_nothing_else_is_passed_on() -> None:
    sys.stdout.write(f"{PLAYED} schedules of consents, seed 20261126\n")
    Consenting.played = Consenting.passed_on = 0
    with cheap():
        run_state_machine_as_test(
            seed(20_261_126)(Consenting),
            settings=settings(
                max_examples=PLAYED,
                stateful_step_count=10,
                deadline=None,
                derandomize=False,
                database=None,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert Consenting.played >= PLAYED
    assert Consenting.passed_on > PLAYED // 2, "most of them pass something on"
