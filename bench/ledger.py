"""The ledger at 1,000,000 entries: appended durably in batches, verified as a whole, proofs out of the store; and the
pure parts of it by themselves, in memory.

A batch is a transaction: on the disk when it ends. `one_by_one` is what a pass of few envelopes does.
"""

import random
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from backchannel.protocol.ledger import Kind, decode_entry, encode_entry, make_entry
from backchannel.protocol.merkle import Frontier, ReadHash, leaf_hashes, root_at
from backchannel.protocol.merkle_proof import check_consistency, check_inclusion, prove_consistency, prove_inclusion
from backchannel.protocol.tiles import Tile, grow, hash_reader
from backchannel.store.database import Database
from bench.measure import met, rate, timed

ENTRIES = 1_000_000
BATCH = 10_000
PROOFS = 300
LEAVES_PER_SECOND = 300_000
APPENDED_PER_SECOND = 50_000
PROOF_MS = 5.0
ONE_BY_ONE = 300


def run() -> dict[str, object]:
    entries = _entries()
    (root, leaves), seconds = timed(lambda: _verified(entries), best_of=3)
    tiles, growing = timed(lambda: _tiles(leaves))

    def cold() -> ReadHash:
        return hash_reader(tiles.__getitem__, ENTRIES)

    assert root_at(cold(), ENTRIES) == root
    places = random.Random(7).sample(range(1, ENTRIES), PROOFS)
    for place in places[:20]:
        check_inclusion(leaves[place], place, ENTRIES, prove_inclusion(cold(), place, ENTRIES), root)
        old = root_at(cold(), place)
        check_consistency(place, ENTRIES, prove_consistency(cold(), place, ENTRIES), old, root)
    inclusion = [_milliseconds(lambda at=at: prove_inclusion(cold(), at, ENTRIES)) for at in places]  # type: ignore[misc]
    consistency = [_milliseconds(lambda at=at: prove_consistency(cold(), at, ENTRIES)) for at in places]  # type: ignore[misc]
    return {
        "entries": ENTRIES,
        "verify": {"leaves_per_second": rate(ENTRIES, seconds), **met(rate(ENTRIES, seconds), LEAVES_PER_SECOND)},
        "tiles": {"leaves_per_second": rate(ENTRIES, growing), "batch": BATCH},
        "inclusion_ms": _summary(inclusion),
        "consistency_ms": _summary(consistency),
        "store": _stored(entries),
    }


def _stored(bodies: list[bytes]) -> dict[str, object]:
    """The same in a node's store."""
    entries = [decode_entry(body) for body in bodies]
    with TemporaryDirectory() as folder, Database.open(Path(folder) / "store.db", create=True) as db:

        def append() -> None:
            for start in range(0, ENTRIES, BATCH):
                with db.write() as tx:
                    tx.ledger.append(entries[start : start + BATCH])

        def verified() -> bytes:
            frontier = Frontier()
            with db.read() as tx:
                source = tx.ledger.entries()
                while batch := list(islice(source, 65_536)):
                    frontier = frontier.extended(leaf_hashes(batch))
            return frontier.root()

        def prove(at: int) -> None:
            with db.read() as tx:
                prove_inclusion(tx.ledger.reader(ENTRIES), at, ENTRIES)

        def one_by_one() -> None:
            for entry in entries[:ONE_BY_ONE]:
                with db.write() as tx:
                    tx.ledger.append([entry])

        _, appending = timed(append)
        root, verifying = timed(verified)
        with db.read() as tx:
            assert root_at(tx.ledger.reader(ENTRIES), ENTRIES) == root
        places = random.Random(9).sample(range(1, ENTRIES), PROOFS)
        proofs = [_milliseconds(lambda at=at: prove(at)) for at in places]  # type: ignore[misc]
        _, single = timed(one_by_one)
        size = (Path(folder) / "store.db").stat().st_size
    appended, checked = rate(ENTRIES, appending), rate(ENTRIES, verifying)
    return {
        "append": {"leaves_per_second": appended, "batch": BATCH, **met(appended, APPENDED_PER_SECOND)},
        "append_one_by_one": {"leaves_per_second": rate(ONE_BY_ONE, single)},
        "verify": {"leaves_per_second": checked, **met(checked, LEAVES_PER_SECOND)},
        "inclusion_ms": _summary(proofs),
        "bytes_per_entry": round(size / ENTRIES),
    }


def _entries() -> list[bytes]:
    """Entries of the usual kind and length; what their hashes are of does not matter."""
    draw = random.Random(5).randbytes
    first = encode_entry(make_entry(Kind.SENT, draw(32), channel=draw(32), envelope=draw(32)))
    return [first[:2] + draw(len(first) - 2) for _ in range(ENTRIES)]


def _verified(entries: list[bytes]) -> tuple[bytes, list[bytes]]:
    leaves = leaf_hashes(entries)
    return Frontier().extended(leaves).root(), leaves


def _tiles(leaves: list[bytes]) -> dict[Tile, bytes]:
    tiles: dict[Tile, bytes] = {}
    for start in range(0, ENTRIES, BATCH):
        tiles |= grow(tiles.__getitem__, start, leaves[start : start + BATCH])
    return tiles


def _milliseconds(work: Callable[[], object]) -> float:
    return timed(work)[1] * 1000


def _summary(values: list[float]) -> dict[str, object]:
    """Each proof is made with nothing read before."""
    worst = max(values)
    mean = sum(values) / len(values)
    return {"mean": round(mean, 2), "worst": round(worst, 2), "target": PROOF_MS, "met": worst <= PROOF_MS}
