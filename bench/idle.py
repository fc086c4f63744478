"""A sync with nothing new on a large store: the time of the command, start-up included, and what it reads."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from sqlalchemy import event

from backchannel.core.stix import decode
from backchannel.flow.ports import NewObject
from backchannel.node.node import Node
from backchannel.node.sync import sync
from bench.measure import COMMAND, indicator
from bench.pair import pair

OBJECTS = int(os.environ.get("BACKCHANNEL_BENCH_HELD", "1000000"))
RUNS = 5
BATCH = 10_000
TARGET_SECONDS = 1.0
TABLES_OF_OBJECTS = ("body", "holding", "inbox", "original")


def run(objects: int = OBJECTS) -> dict[str, object]:
    with pair(quota=1_000) as (ours, theirs, folder, _agreement):
        sync(theirs)
        for batch in _held(objects):
            with ours.db.write() as tx:
                tx.holdings.add(batch, source=ours.us.key, now=ours.clock())
        sync(ours)
        statements = _statements_of_a_sync(ours)
        seconds = min(_seconds_of_a_sync(folder / "a") for _ in range(RUNS))
    reading = [one for one in statements if any(f" {table} " in f"{one} " for table in TABLES_OF_OBJECTS)]
    return {
        "objects": objects,
        "wall_seconds": round(seconds, 3),
        "target_seconds": TARGET_SECONDS,
        "statements": len(statements),
        "statements_that_read_objects": len(reading),
        "met": seconds < TARGET_SECONDS and not reading,
    }


def _held(objects: int) -> Iterator[list[NewObject]]:
    for start in range(0, objects, BATCH):
        numbers = range(start, min(start + BATCH, objects))
        yield [NewObject.of(decode(msgspec.json.encode(indicator(number)))) for number in numbers]


def _statements_of_a_sync(node: Node) -> list[str]:
    """Every SQL statement of one pass, with blanks for line ends."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(" ".join(statement.replace("(", " ").replace(")", " ").replace(",", " , ").split()))

    engine = node.db._engine  # the seam that nothing but this measurement needs
    event.listen(engine, "before_cursor_execute", note)
    try:
        sync(node)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return found


def _seconds_of_a_sync(home: Path) -> float:
    start = time.perf_counter()
    subprocess.run([*COMMAND, "--home", home, "sync", "--json"], check=True, capture_output=True)
    return time.perf_counter() - start
