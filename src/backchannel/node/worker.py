"""The background of `serve`: sync again and again, and stop when told. Who cannot be served is asked more seldom."""

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

Tell = Callable[[str], None]


class Patience:
    """Which counterparts are left alone for how long: one pass after a first failure, then three, seven and so on.
    Each has its own count, so that none of them slows down the others."""

    def __init__(self) -> None:
        self._pass = 0
        self._failures: dict[str, int] = {}
        self._again: dict[str, int] = {}

    def resting(self) -> frozenset[str]:
        """The keys of those whose hosts are left alone in this pass."""
        return frozenset(key for key, number in self._again.items() if number > self._pass)

    def learn(self, resting: frozenset[str], report: SyncReport) -> None:
        """Take in what a pass met; the next one begins."""
        for key in (self._failures.keys() | set(report.troubled)) - resting:
            failures = self._failures.get(key, 0) + 1 if key in report.troubled else 0
            self._failures[key] = failures
            self._again[key] = self._pass + min(2**failures, MAX_BACK_OFF)
        self._pass += 1


def keep_syncing(home: Path, stop: threading.Event, tell: Tell, timer: Timer = time.monotonic) -> None:
    """Sync until `stop` is set, every `sync_every_seconds`; a node that cannot be used waits twice as long after each
    failure in a row, and so does, alone, a counterpart that cannot be served. While a matching session goes on, it
    waits for moments only.

    `tell` is given one line for each pass that did or met something.
    """
    node, patience = open_node(home), Patience()
    failures = idle = 0
    try:
        while not stop.is_set():
            resting = patience.resting()
            pause = float(node.settings.sync_every_seconds)
            try:
                report = sync(node, resting=resting, timer=timer)
                failures, idle = 0, 0 if report.matching else idle + 1
                if matching.is_under_way(node):
                    pause = min(pause, MATCHING_SECONDS * 2 ** min(idle, 20))
                patience.learn(resting, report)
                for line in describe(report):
                    tell(line)
            except BackchannelError as error:
                failures += 1
                tell(f"sync failed: {error}")
            stop.wait(pause * min(2**failures, MAX_BACK_OFF))
    finally:
        node.close()


def describe(report: SyncReport) -> list[str]:
    """A pass in lines for a log; none if nothing happened."""
    lines = list(report.problems)
    if report.sent or report.received:
        lines.append(
            f"envelopes: {report.sent} sent, {report.received} received; "
            f"objects: {report.accepted} accepted, {report.held} held in the inbox, {report.refused} refused"
        )
    return lines
