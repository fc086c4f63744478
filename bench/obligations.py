"""What is taken away again: objects recalled one by one, and the content of a whole agreement at its end."""

import os
import time
from collections.abc import Callable
from itertools import islice

from backchannel.flow.ports import Filter
from backchannel.node import agreements, exchange, inbox, recalls, retention
from backchannel.node.importing import import_files
from backchannel.node.inbox_choice import Choice
from backchannel.node.sync import sync
from bench.measure import rate
from bench.pair import pair, write_bundle

INDICATORS = int(os.environ.get("BACKCHANNEL_BENCH_TAKEN_BACK", "20000"))
RECALLED = 100


def run(indicators: int = INDICATORS) -> dict[str, object]:
    with pair(quota=4 * indicators + 10) as (ours, theirs, folder, agreement):
        count = write_bundle(folder / "bundle.json", indicators)
        import_files(ours, [folder / "bundle.json"], tlp="amber")
        exchange.release(ours, agreement)
        sync(ours)
        sync(theirs)
        inbox.accept(theirs, Choice(everything=True))
        with ours.db.read() as tx:
            found = tx.holdings.find(Filter(type="indicator"))
            ids = [one.id for one in islice(found, RECALLED)]
        told = _seconds(lambda: [recalls.recall(ours, one, "it was wrong") for one in ids])
        sync(ours)
        withdrawn = _seconds(lambda: sync(theirs))
        agreements.end(ours, agreement)
        sync(ours)
        destroyed = _seconds(lambda: (sync(theirs), retention.run(theirs)))
        gone = len(retention.tombstones(theirs, None, 2 * count))
    if gone != count:
        raise RuntimeError(f"{gone} of {count} objects are gone")
    return {
        "objects": count,
        "recalls": len(ids),
        "recalls_per_second": rate(len(ids), told),
        "heard_per_second": rate(len(ids), withdrawn),
        "destroyed_per_second": rate(count - len(ids), destroyed),
    }


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
