"""Indicators from one node's holdings to another's: seal, carry by folder, open, vet, merge, each by itself."""

import os
import time
from collections import Counter

import msgspec

from backchannel.node import exchange, inbox
from backchannel.node.importing import import_files
from backchannel.node.inbox_choice import Choice
from backchannel.node.node import Node
from backchannel.node.sync import sync
from bench.measure import rate
from bench.pair import pair, write_bundle

INDICATORS = int(os.environ.get("BACKCHANNEL_BENCH_INDICATORS", "100000"))
TARGET = 5_000
"""Objects per second; no step may be under it."""


class Clock:
    """Seconds on the wall between the steps that a node reports; each span is named by the step that ends it."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._last = time.perf_counter()

    def reached(self, step: str) -> None:
        now = time.perf_counter()
        self.seconds[step] += now - self._last
        self._last = now

    def watching(self, node: Node) -> Node:
        """The node, reporting its steps here."""
        us = msgspec.structs.replace(node.us, reached=self.reached)
        return Node(node.home, node.settings, us, node.card_bytes, node.db, node.synonyms, node.services, node.clock)


def run(indicators: int = INDICATORS) -> dict[str, object]:
    with pair(quota=4 * indicators + 10) as (ours, theirs, folder, agreement):
        count = write_bundle(folder / "bundle.json", indicators)
        clock = Clock()
        ours, theirs = clock.watching(ours), clock.watching(theirs)
        import_files(ours, [folder / "bundle.json"], tlp="amber")
        clock.reached("import")
        exchange.preview(ours, agreement)
        clock.reached("decide")
        released = exchange.release(ours, agreement)
        clock.reached("seal.rest")
        sync(ours)
        clock.reached("carry.rest")
        arrived = sync(theirs)
        clock.reached("receive.rest")
        accepted = inbox.accept(theirs, Choice(everything=True)).count
        clock.reached("merge")
    if not released.objects == arrived.held == accepted == count:
        raise RuntimeError(f"{count} objects: {released.objects} left, {arrived.held} held, {accepted} merged")
    seconds = {name: sum(clock.seconds[step] for step in steps) for name, steps in STEPS.items()}
    speeds = {name: rate(count, spent) for name, spent in seconds.items()}
    slowest = min(speeds.values())
    return {
        "indicators": indicators,
        "objects": count,
        "envelopes": released.envelopes,
        "objects_per_second": speeds,
        "slowest": slowest,
        "target": TARGET,
        "met": slowest >= TARGET,
    }


STEPS = {
    "import": ("import",),
    "decide": ("decide",),
    "decide_and_seal": ("release.sealed", "release.committed", "seal.rest"),
    "carry": ("receipt.committed", "send.offered", "send.put", "send.marked", "carry.rest"),
    "open": ("receive.opened",),
    "vet": ("receive.stored", "receive.committed", "receive.deleted", "receive.rest"),
    "merge": ("merge",),
}
"""Which reported steps make up each step of an object's path. `receive.opened` includes fetching the envelope."""
