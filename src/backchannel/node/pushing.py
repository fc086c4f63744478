"""Pushing: held objects into a collection of a TAXII server, in requests that it takes, until it is done with them.

Rules: only our own objects, unless a source is named: what others gave us is not ours to pass on by default. Bytes
are sent as they are held. An object that the server refuses costs its neighbours nothing, and is told.
Source: TAXII 2.1, sections 4.3 (status) and 5.5 (add objects).
"""

import time
from collections.abc import Callable, Iterable, Iterator

import msgspec

from backchannel.carriers import taxii
from backchannel.carriers.session import Session
from backchannel.carriers.taxii import ApiRoot, Collection, Detail, Status
from backchannel.core.text import printable
from backchannel.errors import BackchannelError, TaxiiUnreachable
from backchannel.flow.ports import Held
from backchannel.node import holdings
from backchannel.node.holdings import Selection
from backchannel.node.node import Node
from backchannel.node.pulling import chosen
from backchannel.node.recalls import recalled_ids

BATCH_OBJECTS, BATCH_BYTES = 1_000, 8 << 20
"""Objects in one request: at most so many, of so many bytes together, or of fewer if the server takes fewer."""

FIRST_PAUSE, LONGEST_PAUSE, POLL_SECONDS = 0.5, 30.0, 600.0
"""Seconds between two looks at a status, at first and at most (twice as long each time), and in all."""

_HEAD, _TAIL = b'{"objects":[', b"]}"


class PushReport(msgspec.Struct):
    """What a push did. `objects` counts those that were chosen and sent, or found too large to be sent."""

    collection: Collection
    objects: int = 0
    succeeded: int = 0
    pending: int = 0
    failed: list[Detail] = []
    problem: BackchannelError | None = None

    def as_json(self) -> dict[str, object]:
        """The public shape."""
        return {
            "id": self.collection.id,
            "title": self.collection.title,
            "objects": self.objects,
            "succeeded": self.succeeded,
            "pending": self.pending,
            "failed": self.failed,
            "problem": str(self.problem) if self.problem else None,
        }


def push(
    node: Node,
    session: Session,
    name: str,
    wanted: Selection,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> PushReport:
    """Send what a selection names into the collection of that id, alias or title.

    Raises:
        NotFound, Ambiguous, BadArgument: what is selected, or the collection, cannot be told.
        TaxiiNotThere, TaxiiDenied, TaxiiUnreachable, TaxiiMisbehaves: the collection cannot be found or written.
    """
    if wanted.source is None:
        wanted = msgspec.structs.replace(wanted, source="own")
    collection = chosen(taxii.locate(session), name, can="write")
    report = PushReport(collection)
    limit = min(collection.root.max_content_length, BATCH_BYTES)
    try:
        recalled = recalled_ids(node)
        leaving = (one for one in holdings.each(node, wanted) if one.id not in recalled)
        for batch in _batches(leaving, limit, report):
            report.objects += len(batch)
            envelope = _HEAD + b",".join(one.raw for one in batch) + _TAIL
            status = taxii.send(session, collection, envelope)
            _take_up(report, _finished(session, collection.root, status, sleep))
    except taxii.FAULTS as error:
        report.problem = error
    return report


def _batches(objects: Iterable[Held], limit: int, report: PushReport) -> Iterator[list[Held]]:
    """Objects that fit into one request each; what fits into none is on the report as failed."""
    batch: list[Held] = []
    space = limit - len(_HEAD) - len(_TAIL)
    room = space
    for one in objects:
        size = len(one.raw) + bool(batch)  # and a comma
        if len(one.raw) > space:
            message = f"it has {len(one.raw)} bytes; the server takes {max(space, 0)} at once"
            report.objects += 1
            report.failed.append(Detail(one.id, one.version, message))
            continue
        if size > room or len(batch) == BATCH_OBJECTS:
            if batch:
                yield batch
            batch, room, size = [], space, len(one.raw)
        batch.append(one)
        room -= size
    if batch:
        yield batch


def _finished(session: Session, root: ApiRoot, status: Status, sleep: Callable[[float], None]) -> Status:
    """The status once the server is done, or the last one that it gave."""
    pause, spent = FIRST_PAUSE, 0.0
    while not status.complete and status.id and spent < POLL_SECONDS:
        sleep(pause)
        spent += pause
        pause = min(2 * pause, LONGEST_PAUSE)
        later = taxii.status_of(session, root, status.id)
        status = msgspec.structs.replace(later, id=status.id)
    return status


def _take_up(report: PushReport, status: Status) -> None:
    report.succeeded += max(status.success_count, 0)
    report.pending += max(status.pending_count, 0)
    named = [Detail(*(printable(text, 300) for text in msgspec.structs.astuple(one))) for one in status.failures]
    report.failed += named
    if status.failure_count > len(named):
        report.failed.append(
            Detail(message=f"{status.failure_count - len(named)} objects that the server does not name")
        )
    if not status.complete:
        raise TaxiiUnreachable(
            "the server took the objects, but was not done with them in time; what became of them is not known"
        )
