"""The background of `serve`: sync again and again, slower while it fails, and stop when told."""

import threading
from collections.abc import Callable
from pathlib import Path

from backchannel.errors import BackchannelError
from backchannel.node.node import open_node
from backchannel.node.sync import SyncReport, sync

MAX_BACK_OFF = 32
"""How many times the normal interval a failing sync waits at most."""

Tell = Callable[[str], None]


def keep_syncing(home: Path, stop: threading.Event, tell: Tell) -> None:
    """Sync until `stop` is set: every `sync_every_seconds`, and twice as long after each failure in a row.

    `tell` is given one line for each pass that did or met something.
    """
    node = open_node(home)
    failures = 0
    try:
        while not stop.is_set():
            try:
                report = sync(node)
                failures = failures + 1 if report.failed else 0
                for line in describe(report):
                    tell(line)
            except BackchannelError as error:
                failures += 1
                tell(f"sync failed: {error}")
            stop.wait(node.settings.sync_every_seconds * min(2**failures, MAX_BACK_OFF))
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
