"""Two nodes that sync: their ledgers are witnessed, verified, proven; and nothing of it happens off the record."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from backchannel.errors import BadArgument, NotFound
from backchannel.flow.ports import NewObject
from backchannel.node import channel_status, exchange, ledger, matching
from backchannel.node.node import DATABASE_FILE, Node
from backchannel.node.sync import sync
from backchannel.protocol.ledger import Kind, decode_entry
from matching_nodes import PADDED, make_matching
from standoff import good
from two_nodes import TERMS, Pair, copy_of, make_pair, opened
from two_parties import NOW


class Nodes:
    """Both nodes, open."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.a, self.b = opened(pair.a), opened(pair.b)

    def rest(self) -> int:
        """Both sync until neither has anything to say; how many passes that took."""
        for passes in range(1, 12):
            moved = [sync(node) for node in (self.a, self.b)]
            if not any(one.sent or one.received for one in moved):
                return passes
        raise TimeoutError("the two never come to rest")

    def release(self) -> None:
        exchange.release(self.a, self.pair.agreement)
        self.rest()

    def size(self, node: Node) -> int:
        return ledger.verify(node).size


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pair]:
    """A pair on the record, and one off it."""
    pairs = {}
    for mode in ("on", "off"):
        pairs[mode] = make_pair(tmp_path_factory.mktemp(mode), f'{TERMS}[record]\nmode = "{mode}"\n')
    return pairs


@pytest.fixture
def nodes(made: dict[str, Pair], tmp_path: Path) -> Iterator[Nodes]:
    both = Nodes(copy_of(made["on"], tmp_path))
    yield both
    both.a.close()
    both.b.close()


@pytest.fixture
def quiet(made: dict[str, Pair], tmp_path: Path) -> Iterator[Nodes]:
    """The pair that speaks off the record."""
    both = Nodes(copy_of(made["off"], tmp_path))
    yield both
    both.a.close()
    both.b.close()


def test_after_an_exchange_both_ledgers_are_witnessed_by_the_other(nodes: Nodes) -> None:
    before = ledger.verify(nodes.a).witnessed_size
    nodes.release()
    for node, other in ((nodes.a, nodes.b), (nodes.b, nodes.a)):
        found = ledger.verify(node)
        assert found.ok, found.problems
        assert found.witnessed_size > before
        (view,) = ledger.witnesses(node)
        (theirs,) = ledger.witnesses(other)
        assert view.shown == theirs.held == view.cosigned
        assert not view.problem


def test_two_nodes_with_nothing_new_to_say_fall_silent(nodes: Nodes) -> None:
    nodes.release()
    sizes = nodes.size(nodes.a), nodes.size(nodes.b)
    for _ in range(5):
        for node in (nodes.a, nodes.b):
            report = sync(node)
            assert (report.sent, report.received) == (0, 0)
    assert (nodes.size(nodes.a), nodes.size(nodes.b)) == sizes


def test_an_exchange_ends_after_few_envelopes(nodes: Nodes) -> None:
    """A releases: the envelope and a checkpoint; B: receipt, cosignature, checkpoint; A: a cosignature."""
    exchange.release(nodes.a, nodes.pair.agreement)
    sent = [sync(node).sent for node in (nodes.a, nodes.b, nodes.a, nodes.b, nodes.a)]
    assert sent == [2, 3, 1, 0, 0]


def test_ledgers_are_shown_when_a_matching_session_is_over_and_not_with_every_shard(tmp_path: Path) -> None:
    nodes = Nodes(make_matching(tmp_path))
    sizes = [ledger.verify(node).witnessed_size for node in (nodes.a, nodes.b)]
    matching.run(nodes.a, nodes.pair.agreement)
    sent = 0
    while matching.is_under_way(nodes.a):
        sent += sum(sync(node).sent for node in (nodes.a, nodes.b))
    assert sent < 3 * 2 * PADDED, "each side sends every shard with a receipt for the other's, and little else"
    nodes.rest()
    for node, size in zip((nodes.a, nodes.b), sizes, strict=True):
        found = ledger.verify(node)
        assert found.ok, found.problems
        assert found.witnessed_size > size + 2 * PADDED
    nodes.a.close()
    nodes.b.close()


def test_an_entry_is_proven_to_a_stranger(nodes: Nodes, tmp_path: Path) -> None:
    nodes.release()
    with nodes.a.db.read() as tx:
        sent = [decode_entry(one) for one in tx.ledger.entries()]
    index = next(place for place, one in enumerate(sent) if one.kind is Kind.RELEASE)
    shown, data = ledger.prove(nodes.a, str(index))
    (tmp_path / "proof.txt").write_bytes(data)
    found = ledger.check(tmp_path / "proof.txt")
    assert (found.proven.index, found.entry.kind) == (index, Kind.RELEASE)
    assert found.owner == nodes.a.us.card
    assert [card for card, _ in found.witnesses] == [nodes.b.us.card]
    assert shown.record is not None
    assert b"indicator--" in bytes(shown.record)


def test_an_entry_that_no_witness_has_yet_is_proven_by_our_signature_alone(nodes: Nodes, tmp_path: Path) -> None:
    exchange.release(nodes.a, nodes.pair.agreement)
    last = nodes.size(nodes.a) - 1
    (tmp_path / "proof.txt").write_bytes(ledger.prove(nodes.a, str(last))[1])
    assert ledger.check(tmp_path / "proof.txt").witnesses == ()


def test_entries_are_named_by_number_or_by_the_hash_they_are_about(nodes: Nodes) -> None:
    nodes.release()
    (received,) = [one for one in ledger.show(nodes.b, nodes.pair.agreement) if one.kind == "agreement"]
    assert received.hashes["version"] == nodes.pair.agreement
    for wrong in ("999999", "ab" * 32):
        with pytest.raises(NotFound):
            ledger.show(nodes.a, wrong)
    for odd in ("", "-1", "x" * 64, "ab", "٣"):
        with pytest.raises(BadArgument):
            ledger.show(nodes.a, odd)
    several = next(
        one.hashes["envelope"] for one in _all(nodes.a) if one.kind == "outcome" and len(_about(nodes.a, one)) > 1
    )
    with pytest.raises(BadArgument, match="names the entries"):
        ledger.prove(nodes.a, several)


def _all(node: Node) -> list[ledger.Shown]:
    return [ledger.show(node, str(index))[0] for index in range(ledger.verify(node).size)]


def _about(node: Node, one: ledger.Shown) -> list[ledger.Shown]:
    return ledger.show(node, one.hashes["envelope"])


LAST = "number = (SELECT max(number) FROM ledger_entry)"
CHANGES = {
    "an entry": "UPDATE ledger_entry SET data = zeroblob(98) WHERE number = 3",
    "the last entry": f"UPDATE ledger_entry SET data = zeroblob(98) WHERE {LAST}",
    "an entry taken out": "DELETE FROM ledger_entry WHERE number = 3",
    "the last entry taken out": f"DELETE FROM ledger_entry WHERE {LAST}",
    "a tile": "UPDATE ledger_tile SET data = zeroblob(8192)",
    "a checkpoint's root": "UPDATE ledger_checkpoint SET root = zeroblob(32)",
    "what was cosigned": "UPDATE ledger_witnessing SET cosigned_note = held_note",
    "every entry, and its tiles": "DELETE FROM ledger_entry; DELETE FROM ledger_tile",
}


@pytest.mark.parametrize("change", CHANGES)
def test_verify_notices_whatever_was_changed(nodes: Nodes, change: str) -> None:
    nodes.release()
    assert ledger.verify(nodes.a).ok
    with sqlite3.connect(nodes.pair.a / DATABASE_FILE) as connection:
        connection.executescript(CHANGES[change])
    found = ledger.verify(nodes.a)
    assert not found.ok
    assert found.problems


def test_a_node_restored_from_an_old_copy_is_refused_by_its_witness(made: dict[str, Pair], tmp_path: Path) -> None:
    """From outside that is what two books look like: its envelopes fork the channel, and nobody reads them."""
    pair = copy_of(made["on"], tmp_path)
    old = (pair.a / DATABASE_FILE).read_bytes()
    nodes = Nodes(pair)
    nodes.release()
    nodes.a.close()
    for name in (f"{DATABASE_FILE}-wal", f"{DATABASE_FILE}-shm"):
        (pair.a / name).unlink(missing_ok=True)
    (pair.a / DATABASE_FILE).write_bytes(old)
    restored = opened(pair.a)
    with restored.db.write() as tx:
        tx.holdings.add((NewObject.of(one) for one in good("other.example")), source=restored.us.key, now=NOW)
    exchange.release(restored, pair.agreement)
    assert sync(restored).sent
    report = sync(nodes.b)
    assert report.refused_envelopes == 1
    assert any("two different envelopes with sequence" in problem for problem in report.problems)
    restored.close()
    nodes.b.close()


def test_channel_status_shows_what_was_offered_received_and_is_overdue(nodes: Nodes) -> None:
    exchange.release(nodes.a, nodes.pair.agreement)
    sync(nodes.a)
    _, view = channel_status.status(nodes.a)
    assert (view.offered, view.received, view.unanswered, view.overdue) == (1, 0, 1, 0)
    later = opened(nodes.pair.a, NOW.replace(year=2027, month=1))
    _, late = channel_status.status(later)
    assert (late.overdue, late.oldest_overdue) == (1, NOW)
    later.close()
    nodes.rest()
    _, done = channel_status.status(nodes.a)
    assert (done.offered, done.received, done.unanswered, done.overdue) == (1, 1, 0, 0)
    _, there = channel_status.status(nodes.b)
    assert (there.arrived, there.owed) == (1, 0)


# --- off the record ------------------------------------------------------------------------------------------------


def test_off_the_record_neither_ledger_grows_and_no_checkpoint_is_shown(quiet: Nodes) -> None:
    sizes = nodes_sizes(quiet)
    exchange.release(quiet.a, quiet.pair.agreement)
    sent = [sync(node).sent for node in (quiet.a, quiet.b, quiet.a, quiet.b)]
    assert sent == [1, 1, 0, 0]
    assert nodes_sizes(quiet) == sizes
    (_, view) = channel_status.status(quiet.a)
    assert (view.on_record, view.received, view.unanswered) == (False, 1, 0)


WITNESSED = ("ledger_entry", "ledger_checkpoint", "ledger_record", "receipt", "ledger_witnessing", "agreement")
"""Tables of what is signed or entered."""


def nodes_sizes(both: Nodes) -> tuple[int, int]:
    return both.size(both.a), both.size(both.b)


def test_off_the_record_nothing_in_either_store_speaks_of_an_envelope_under_a_signature(quiet: Nodes) -> None:
    """Every table that holds what is signed or entered, on both sides, without the envelopes' hashes."""
    exchange.release(quiet.a, quiet.pair.agreement)
    sync(quiet.a)
    digests = [path.name.partition("-")[2] for path in quiet.pair.items()]
    quiet.rest()
    assert digests
    for home in (quiet.pair.a, quiet.pair.b):
        with sqlite3.connect(home / DATABASE_FILE) as connection:
            dump = b"".join(
                cell if isinstance(cell, bytes) else str(cell).encode()
                for table in WITNESSED
                for row in connection.execute(f"SELECT * FROM {table}")
                for cell in row
            )
        assert dump
        for digest in digests:
            assert digest.encode() not in dump
            assert bytes.fromhex(digest) not in dump
