"""The background of `serve`: sync again and again, at once when an envelope arrives, and stop when told. Who cannot
be served is asked more seldom."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from backchannel.errors import BackchannelError
from backchannel.node import matching
from backchannel.node.budget import Timer
from backchannel.node.node import open_node
from backchannel.node.report import SyncReport
from backchannel.node.sync import sync

MAX_BACK_OFF = 32
"""How many times the normal interval a counterpart, or a node, that fails is left alone at most."""

MATCHING_SECONDS = 0.25
"""How long it waits while a matching session goes on; twice as long after each pass that brought it no further."""

KNOCKED_SHARE = 4
"""Whoever brings envelopes makes the node sync at most one part in this many, and one more, of the time."""

Tell = Callable[[str], None]


class Alarm(threading.Event):
    """Set, it stops the background work. A knock only wakes it before its time."""

    def __init__(self) -> None:
        super().__init__()
        self._woken = threading.Event()

    def set(self) -> None:
        """Stop."""
        super().set()
        self._woken.set()

    def knock(self) -> None:
        """Something arrived that is to be looked at soon."""
        self._woken.set()

    def pause(self, seconds: float, least: float) -> bool:
        """Wait so long; at least for `least`, then until somebody knocks. A stop ends both at once. Whether somebody
        knocked."""
        if not self.wait(min(least, seconds)):
            self._woken.wait(max(0.0, seconds - least))
        woken = self._woken.is_set()
        self._woken.clear()
        return woken


class Patience:
    """Which counterparts are left alone for how long: until the next pass but one after a first failure, then for
    three passes, seven and so on, as long as passes are when nobody knocks. Each has its own count, so that none of
    them slows down the others.

    `every` is the time from one pass to the next in seconds.
    """

    def __init__(self, every: float) -> None:
        self._every = every
        self._failures: dict[str, int] = {}
        self._again: dict[str, float] = {}

    def resting(self, now: float) -> frozenset[str]:
        """The keys of those whose hosts are left alone in a pass that begins now."""
        return frozenset(key for key, again in self._again.items() if again > now)

    def learn(self, resting: frozenset[str], report: SyncReport, now: float) -> None:
        """Take in what a pass met that is over now."""
        for key in (self._failures.keys() | set(report.troubled)) - resting:
            if key not in report.troubled:
                self._failures.pop(key)
                self._again.pop(key, None)
                continue
            self._failures[key] = failures = self._failures.get(key, 0) + 1
            # Half a pause less than whole ones: passes take time too.
            self._again[key] = now + self._every * (min(2**failures, MAX_BACK_OFF) - 0.5)


def keep_syncing(home: Path, stop: Alarm, tell: Tell, timer: Timer = time.monotonic) -> None:
    """Sync until `stop` is set, every `sync_every_seconds`, and soon after a knock, then with those only whom it may
    concern; a node that cannot be used waits twice as long after each failure in a row, and so does, alone, a
    counterpart that cannot be served. While a matching session goes on, it waits for moments only.

    `tell` is given one line for each pass that did or met something.
    """
    node = open_node(home)
    patience = Patience(node.settings.sync_every_seconds)
    failures = idle = 0
    due = timer()
    knocked = False
    try:
        while not stop.is_set():
            began = timer()
            resting = patience.resting(began)
            pause = float(node.settings.sync_every_seconds)
            try:
                report = sync(node, resting=resting, called=began < due, timer=timer)
                # A knock, which may be anybody's, makes nobody who matches wait longer.
                failures, idle = 0, 0 if report.matching else idle + (not knocked)
                due = due if began < due else timer() + pause
                pause = max(0.0, due - timer())
                if matching.is_under_way(node):
                    pause = min(pause, MATCHING_SECONDS * 2 ** min(idle, 20))
                patience.learn(resting | set(report.unasked), report, timer())
                for line in describe(report):
                    tell(line)
            except BackchannelError as error:
                failures += 1
                tell(f"sync failed: {error}")
            pause *= min(2**failures, MAX_BACK_OFF)
            knocked = stop.pause(pause, least=pause if failures else _deaf(report, timer() - began))
    finally:
        node.close()


def _deaf(report: SyncReport, took: float) -> float:
    """For how many seconds after a pass nobody's knock is heard; not at all while a matching session moves on, whose
    steps are counted."""
    return 0.0 if report.matching else max(MATCHING_SECONDS, KNOCKED_SHARE * took)


def describe(report: SyncReport) -> list[str]:
    """A pass in lines for a log; none if nothing happened."""
    lines = list(report.problems)
    if report.sent or report.received:
        lines.append(
            f"envelopes: {report.sent} sent, {report.received} received; "
            f"objects: {report.accepted} accepted, {report.held} held in the inbox, {report.refused} refused"
        )
    return lines
