"""Generated schedules: what two parties do, what a carrier of chance and their machines do to them, in any order.

Each schedule begins with two seats as bytes (`Beginning`), plays some steps, and ends at rest: the clocks are right
again, nothing is kept back any more, and both sync by the hour until neither has anything to say. `letters.Letters`
judges after every step and at the end. To add a kind of step, add a rule to `Schedule`; to add something that must
hold, add it to `Letters.look_at` or `Letters.at_rest`.
"""

import atexit
import gc
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache, wraps
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, ClassVar, NamedTuple

import msgspec
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from backchannel.core.stix import StixObject
from backchannel.core.terms import Handling, Matching, Parties, Quota, Record, Requests, Scope, Terms
from backchannel.errors import OperatorError
from backchannel.node.faults import STEPS
from backchannel.store.database import Database
from carrier_of_chance import TROUBLES, CarrierOfChance, Item
from letters import SECRET, Asking, Letters
from matching_letters import EPOCH_DAYS, PER_DAY
from seats import Fault, Seat
from two_parties import LAB, NOW, VENDOR
from vetting_world import MARK, indicator, link, stix, threat

HOUR = timedelta(hours=1, seconds=1)
DAY = timedelta(days=1)
BEGINNINGS = ("nothing agreed", "on the record", "off the record")
MATCHING = ("on the record, matching", "off the record, matching")
"""The same with terms that allow matching, on few elements a day and with keys for two days."""
KINDS = ("domain-name", "ipv4-addr")
MOST_AGREEMENTS = 3


class Beginning(NamedTuple):
    """Both stores, the id of the agreement that is in force, if there is one, and what left so far."""

    stores: tuple[bytes, bytes]
    agreement: str
    left: tuple[Item, ...]
    letters: Letters


# --- the two, made once ----------------------------------------------------------------------------------------


@cache
def seats() -> tuple[Seat, Seat]:
    """The two seats; every schedule loads their stores anew."""
    return Seat(LAB, _folder() / "lab"), Seat(VENDOR, _folder() / "vendor")


@cache
def empty() -> bytes:
    """A store with its tables."""
    path = _folder() / "empty.db"
    Database.open(path, create=True).close()
    # A file with a write-ahead log says so in two bytes of its head; one in memory has none.
    head = path.read_bytes()
    return head[:18] + b"\1\1" + head[20:]


@cache
def _folder() -> Path:
    folder = Path(mkdtemp(prefix="backchannel-seats-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def beginning(name: str) -> Beginning:
    """The two before a schedule, by the name of one of `BEGINNINGS` or `MATCHING`."""
    lab, vendor = both = seats()
    if name == BEGINNINGS[0]:
        for seat, other in ((lab, vendor), (vendor, lab)):
            seat.load(empty())
            seat.enrol(other)
            seat.holds(first_objects(seat))
        return Beginning((lab.store.save(), vendor.store.save()), "", (), Letters(both))
    nothing = beginning(BEGINNINGS[0])
    for seat, data in zip(both, nothing.stores, strict=True):
        seat.load(data)
    letters = Letters(both)
    carrier = CarrierOfChance(letters.put)
    terms = terms_of(lab, vendor, name[:3].strip())
    if name in MATCHING:
        matching = Matching(types=KINDS, per_day=PER_DAY, lifetime=200, epoch_days=EPOCH_DAYS)
        terms = msgspec.structs.replace(terms, matching=matching, quota=Quota(objects_per_day=1_000))
    agreement = lab.propose(vendor, terms)
    for number in range(5):
        lab.sync(carrier)
        vendor.sync(carrier)
        if number == 0:
            vendor.decide("accept", agreement, lab)
    assert {seat.rows()[agreement].state for seat in both} == {"in force"}
    letters.read()
    return Beginning((lab.store.save(), vendor.store.save()), agreement, tuple(carrier.left), letters)


def terms_of(proposer: Seat, accepter: Seat, mode: str, title: str = "Watch") -> Terms:
    day = NOW.replace(second=0)
    return Terms(
        title=title,
        valid_from=day - 60 * DAY,
        valid_until=day + 180 * DAY,
        parties=Parties(proposer.key, accepter.key),
        scope=Scope(threats=("Predator",), types=("indicator", "malware", "relationship")),
        handling=Handling(tlp_max="amber"),
        quota=Quota(objects_per_day=4),
        requests=Requests(per_day=2),
        record=Record(mode=mode, outcomes=True),
    )


def first_objects(seat: Seat) -> list[StixObject]:
    """A threat of one's own, and what never leaves: RED, and of another threat."""
    mine, kept = own_threat(seat), SECRET.decode()
    red = indicator(f"{kept}.example", object_marking_refs=[MARK["red"]])
    return [mine, red, link(red, mine), threat(f"{kept} {seat.key[:4]}", created="2026-01-01T00:00:00.000Z")]


def own_threat(seat: Seat) -> StixObject:
    return stix("malware", f"Predator of {seat.key}", name="Predator", is_family=True)


def found(seat: Seat, number: int) -> list[StixObject]:
    host = indicator(f"h{number}-{seat.key[:4]}.example")
    return [host, link(host, own_threat(seat))]


# --- the machine -----------------------------------------------------------------------------------------------

SIDES = st.sampled_from((0, 1))
NO_FAULT = Fault()
FAULTS = st.sampled_from(
    [NO_FAULT] * 24
    + [Fault(step, nth) for step in STEPS for nth in (1, 2)]
    + [Fault("full", nth) for nth in range(1, 9)]
)
NO_TROUBLE: dict[tuple[str, int], str] = {}
TROUBLE = st.sampled_from(
    [NO_TROUBLE] * 20
    + [{(verb, nth): fate} for verb, fates in TROUBLES.items() for fate in fates for nth in (1, 2, 3)]
    + [{("put", 1): "lost", ("put", 2): "unheard"}, {("get", 1): "cut", ("delete", 2): "ignored"}]
)
SHIFTS = st.sampled_from([timedelta(minutes=-3), HOUR, 13 * HOUR, -13 * HOUR, DAY + HOUR, -DAY - HOUR, 8 * DAY])
MEDDLING: dict[str, Callable[[CarrierOfChance, Item, int], None]] = {
    "lose": lambda carrier, item, _number: carrier.lose(item),
    "double": lambda carrier, item, _number: carrier.double(item),
    "list first": lambda carrier, item, _number: carrier.rename(item, first=True),
    "list last": lambda carrier, item, _number: carrier.rename(item, first=False),
    "keep back": lambda carrier, item, _number: carrier.keep_back(item),
    "cut": lambda carrier, item, number: carrier.cut(item, len(item.data) * number // 16),
    "change": lambda carrier, item, number: carrier.change(item, len(item.data) * number // 16),
}
OLD: dict[str, Callable[[CarrierOfChance, Item], None]] = {
    "replay": CarrierOfChance.replay,
    "reflect": CarrierOfChance.reflect,
}


def step(**strategies: Any) -> Callable[[Callable[..., None]], Any]:
    """A rule that notes what it was asked to do."""

    def ruled(function: Callable[..., None]) -> Any:
        @wraps(function)
        def noted(self: "Schedule", **drawn: Any) -> None:
            self.steps.append(f"{function.__name__} {drawn}")
            function(self, **drawn)

        return rule(**strategies)(noted)

    return ruled


class Schedule(RuleBasedStateMachine):
    """One schedule. `played` are those that came to rest, each as the hash of its steps."""

    played: ClassVar[set[int]] = set()
    beginnings: ClassVar[tuple[str, ...]] = BEGINNINGS

    def __init__(self) -> None:
        super().__init__()
        self.seats = seats()
        self.letters = Letters(self.seats)
        self.carrier = CarrierOfChance(self.letters.put)
        self.agreements: list[str] = []
        self.begun = False
        self.steps: list[str] = []

    @initialize(which=st.integers(0, 2))
    def begins(self, which: int) -> None:
        self.steps.append(str(which))
        first = beginning(self.beginnings[which % len(self.beginnings)])
        for seat, data in zip(self.seats, first.stores, strict=True):
            seat.load(data)
        self.letters.begin(first.letters)
        self.carrier.left = list(first.left)
        self.carrier.boxes = {old.mailbox: {} for old in first.left}
        self.agreements = [first.agreement] if first.agreement else []
        self.begun = True
        self._judge(*self.seats)

    # --- what officers do -----------------------------------------------------------------------------------

    @step(side=SIDES, number=st.integers(0, 3), tlp=st.sampled_from(["green", "amber", "green"]))
    def finds(self, side: int, number: int, tlp: str) -> None:
        self.seats[side].holds(found(self.seats[side], number), tlp)

    @precondition(lambda self: self.agreements)
    @step(side=SIDES, number=st.integers(4, 7))
    def tells(self, side: int, number: int) -> None:
        self.seats[side].holds(found(self.seats[side], number))
        self._releases(self.seats[side], self.agreements[0], NO_FAULT)

    @precondition(lambda self: self.agreements)
    @step(side=SIDES, place=st.integers(0, 2), fault=FAULTS)
    def releases(self, side: int, place: int, fault: Fault) -> None:
        self._releases(self.seats[side], self._agreement(place), fault)

    @precondition(lambda self: self.agreements)
    @step(side=SIDES, place=st.integers(0, 2))
    def asks(self, side: int, place: int) -> None:
        seat, agreement = self.seats[side], self._agreement(place)
        if agreement in seat.rows():
            asked = self._does(seat, lambda: seat.ask(agreement), NO_FAULT)
            most = seat.terms(agreement).requests.per_day
            self.letters.askings[agreement, seat.key].append(Asking(seat.now, most, asked))

    @precondition(lambda self: self.letters.crossed())
    @step(which=st.integers(0, 7), fault=FAULTS)
    def recalls(self, which: int, fault: Fault) -> None:
        crossed = self.letters.crossed()
        sender, object_id = crossed[which % len(crossed)]
        seat = self.letters.seats[sender]
        self._does(seat, lambda: seat.recall(object_id), fault)
        if seat.query("SELECT 1 FROM recall WHERE object_id = ?", object_id):
            self.letters.recalled(seat, object_id)

    @precondition(lambda self: len(self.agreements) < MOST_AGREEMENTS)
    @step(side=SIDES, mode=st.sampled_from(["on", "off"]), fault=FAULTS)
    def proposes(self, side: int, mode: str, fault: Fault) -> None:
        seat, other = self.seats[side], self.seats[1 - side]
        terms = terms_of(seat, other, mode, f"Watch {len(self.agreements)}")
        identifier = self._does(seat, lambda: seat.propose(other, terms), fault)
        if identifier is not None:
            self.agreements.append(identifier)

    @precondition(lambda self: self.agreements)
    @step(side=SIDES, place=st.integers(0, 2), what=st.sampled_from(["accept"] * 4 + ["decline", "decline", "end"]))
    def answers(self, side: int, place: int, what: str) -> None:
        self._decides(side, self._agreement(place), what)

    @precondition(lambda self: self.agreements)
    @step(
        side=SIDES, place=st.integers(0, 2), quota=st.sampled_from([2, 4, 9]), tlp=st.sampled_from(["green", "amber"])
    )
    def amends(self, side: int, place: int, quota: int, tlp: str) -> None:
        agreement = self._agreement(place)
        row = self.seats[side].rows().get(agreement)
        if row is None:
            return
        terms = msgspec.structs.replace(
            self.seats[side].terms(agreement),
            quota=Quota(objects_per_day=quota),
            handling=Handling(tlp_max=tlp),
            predecessor=row.version,
        )
        self._decides(side, agreement, "amend", terms)

    @step(side=SIDES)
    def takes(self, side: int) -> None:
        self.seats[side].take()

    # --- what moves, and what goes wrong --------------------------------------------------------------------

    @step(side=SIDES, fault=FAULTS, trouble=TROUBLE)
    def syncs(self, side: int, fault: Fault, trouble: dict[tuple[str, int], str]) -> None:
        self._syncs(self.seats[side], fault, trouble)

    @step(fault=FAULTS)
    def both_sync(self, fault: Fault) -> None:
        self._syncs(self.seats[0], fault, NO_TROUBLE)
        self._syncs(self.seats[1], NO_FAULT, NO_TROUBLE)

    @precondition(lambda self: any(self.carrier.boxes.values()))
    @step(how=st.sampled_from(sorted(MEDDLING)), which=st.integers(0, 7), number=st.integers(0, 15))
    def meddles(self, how: str, which: int, number: int) -> None:
        items = self.carrier.items()
        MEDDLING[how](self.carrier, items[which % len(items)], number)

    @precondition(lambda self: self.carrier.left)
    @step(how=st.sampled_from(sorted(OLD)), which=st.integers(0, 31))
    def brings_again(self, how: str, which: int) -> None:
        OLD[how](self.carrier, self.carrier.left[which % len(self.carrier.left)])

    @precondition(lambda self: self.carrier.kept_back)
    @step()
    def lets_go(self) -> None:
        self.carrier.let_go()

    @step(side=SIDES, by=SHIFTS)
    def clock_moves(self, side: int, by: timedelta) -> None:
        """By minutes or days; within the time that every agreement here is valid."""
        if abs(self.seats[side].now + by - NOW) < 30 * DAY:
            self.seats[side].now += by

    # --- the end --------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        if not self.begun:
            return
        self.carrier.let_go()
        self.carrier.begin_pass(NO_TROUBLE)
        now = max(NOW, *(seat.now for seat in self.seats))
        for _ in range(16):
            moved = 0
            for seat in self.seats:
                now += HOUR
                seat.now = now
                report = seat.sync(self.carrier)
                # What was spoiled and refused lay in the way of its next copy, which comes an hour later.
                moved += report.sent + report.received + report.refused_envelopes
                assert not report.failed, report.problems
            if not moved:
                break
        else:
            raise AssertionError("the two never fall silent")
        self.letters.read()
        self.letters.at_rest()
        self.played.add(hash(tuple(self.steps)))

    # --- the pieces -----------------------------------------------------------------------------------------

    def _agreement(self, place: int) -> str:
        return self.agreements[place % len(self.agreements)]

    def _releases(self, seat: Seat, agreement: str, fault: Fault) -> None:
        if agreement not in seat.rows():
            return
        terms = seat.terms(agreement)
        before = seat.query("SELECT coalesce(max(sent), 0) FROM channel WHERE channel = ?", agreement)[0][0]
        self._does(seat, lambda: seat.release(agreement), fault)
        self.letters.sealed(seat, agreement, before, terms.quota.objects_per_day, terms.handling.tlp_max)

    def _syncs(self, seat: Seat, fault: Fault, trouble: dict[tuple[str, int], str]) -> None:
        self.carrier.begin_pass(trouble)
        self._does(seat, lambda: seat.sync(self.carrier), fault)

    def _decides(self, side: int, agreement: str, what: str, terms: Terms | None = None) -> None:
        seat, other = self.seats[side], self.seats[1 - side]
        if agreement in seat.rows():
            self._does(seat, lambda: seat.decide(what, agreement, other, terms), NO_FAULT)

    def _does(self, seat: Seat, action: Callable[[], Any], fault: Fault) -> Any:
        """A step of a seat; what its rules do not allow changes nothing. Then both are judged."""
        done = None
        with suppress(OperatorError):
            done = seat.does(action, fault)
        self._judge(seat)
        return done

    def _judge(self, *some: Seat) -> None:
        self.letters.read()
        for seat in some:
            self.letters.look_at(seat)


def play(machine: type[Schedule], number: int, *, steps: int, first: int, shrink: bool = True) -> int:
    """Play so many schedules of a machine, generated from a seed; how many different ones came to rest.

    A failure prints the steps that lead to it; if it may `shrink`, made as few as they can be.
    """
    sys.stdout.write(f"{machine.__name__}: {number} schedules of up to {steps} steps, seed {first}\n")
    machine.played = set()
    with _little_collecting():
        run_state_machine_as_test(
            seed(first)(machine),
            settings=settings(
                max_examples=number,
                stateful_step_count=steps,
                deadline=None,
                derandomize=False,
                database=None,
                phases=(Phase.generate, *([Phase.shrink] if shrink else [])),
                suppress_health_check=list(HealthCheck),
                report_multiple_bugs=False,
            ),
        )
    return len(machine.played)


@contextmanager
def _little_collecting() -> Iterator[None]:
    """What was there before is no garbage, and what the generator remembers of schedules grows and stays."""
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()
