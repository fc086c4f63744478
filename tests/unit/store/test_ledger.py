import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from backchannel.errors import StoreBroken
from backchannel.flow.ports_ledger import OwnCheckpoint, Witnessing
from backchannel.protocol.ledger import Entry, Kind, encode_entry, make_entry
from backchannel.protocol.merkle import Tree, leaf_hash, root_at
from backchannel.protocol.merkle_proof import check_inclusion, prove_inclusion
from backchannel.store.database import Database
from two_parties import NOW

DRAW = random.Random(11).randbytes


def entries(count: int) -> list[Entry]:
    return [make_entry(Kind.SENT, DRAW(32), channel=DRAW(32), envelope=DRAW(32)) for _ in range(count)]


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return Database.open(tmp_path / "store.db", create=True)


@pytest.mark.parametrize("batches", [[1], [1, 1, 1], [255, 1, 1], [256, 256], [300, 700], [1000, 1, 65_000, 500]])
def test_the_stored_hashes_are_those_of_the_entries(db: Database, batches: list[int]) -> None:
    tree, size = Tree(), 0
    for count in batches:
        fresh = entries(count)
        with db.write() as tx:
            assert tx.ledger.append(fresh) == size
        tree.extend(leaf_hash(encode_entry(one)) for one in fresh)
        size += count
        with db.read() as tx:
            assert tx.ledger.size() == size
            assert root_at(tx.ledger.reader(size), size) == tree.root()
            assert b"".join(tx.ledger.entries())[-82:] == encode_entry(fresh[-1])[-82:]
    with db.read() as tx:
        for index in {0, size // 2, size - 1}:
            leaf = leaf_hash(tx.ledger.entry(index) or b"")
            check_inclusion(leaf, index, size, prove_inclusion(tx.ledger.reader(size), index, size), tree.root())


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 600), min_size=1, max_size=8))
def test_however_it_grows_an_older_size_keeps_its_root(
    tmp_path_factory: pytest.TempPathFactory, batches: list[int]
) -> None:
    with Database.open(tmp_path_factory.mktemp("log") / "store.db", create=True) as db:
        roots: dict[int, bytes] = {}
        tree = Tree()
        for count in batches:
            fresh = entries(count)
            tree.extend(leaf_hash(encode_entry(one)) for one in fresh)
            with db.write() as tx:
                tx.ledger.append(fresh)
            roots[tree.size] = tree.root()
        with db.read() as tx:
            assert {size: root_at(tx.ledger.reader(size), size) for size in roots} == roots


def test_an_empty_ledger_has_no_entry(db: Database) -> None:
    with db.write() as tx:
        assert tx.ledger.append([]) == 0
        assert (tx.ledger.size(), tx.ledger.entry(0), list(tx.ledger.entries())) == (0, None, [])


def test_entries_are_found_by_what_they_are_about(db: Database) -> None:
    fresh = entries(3)
    twice = make_entry(Kind.RECEIVED, DRAW(32), channel=DRAW(32), envelope=fresh[1].subject)
    with db.write() as tx:
        tx.ledger.append([*fresh, twice])
    with db.read() as tx:
        assert tx.ledger.about(fresh[1].subject.hex()) == [1, 3]
        assert tx.ledger.about(fresh[2].subject.hex()[:16]) == [2]
        assert tx.ledger.about("0" * 16) == []


def test_a_transaction_that_fails_leaves_no_entry_behind(db: Database) -> None:
    def fails() -> None:
        with db.write() as tx:
            tx.ledger.append(entries(300))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    with db.write() as tx:
        assert tx.ledger.append(entries(1)) == 0


def test_a_missing_entry_or_tile_is_noticed(db: Database) -> None:
    with db.write() as tx:
        tx.ledger.append(entries(600))
    with db._engine.begin() as connection:  # the file, changed behind our back
        connection.exec_driver_sql("DELETE FROM ledger_entry WHERE number = 7")
        connection.exec_driver_sql("DELETE FROM ledger_tile WHERE level = 0 AND number = 1")
    with db.read() as tx:
        with pytest.raises(StoreBroken, match="no entry 7"):
            list(tx.ledger.entries())
        with pytest.raises(StoreBroken, match="no tile 1 of level 0"):
            root_at(tx.ledger.reader(500), 500)


def test_one_checkpoint_is_kept_of_each_size(db: Database) -> None:
    one = OwnCheckpoint(5, b"r" * 32, b"note", NOW)
    with db.write() as tx:
        tx.ledger.put_checkpoint(one)
        tx.ledger.put_checkpoint(one._replace(size=9))
    with db.read() as tx:
        assert tx.ledger.checkpoint(5) == one
        assert tx.ledger.checkpoint(6) is None
        assert [each.size for each in tx.ledger.checkpoints()] == [5, 9]
    with pytest.raises(IntegrityError), db.write() as tx:
        tx.ledger.put_checkpoint(one._replace(root=b"x" * 32))


def test_witnesses_and_accusations_are_kept(db: Database) -> None:
    row = Witnessing("a" * 64, True, 3, 2, b"cosigned", 7, b"held", NOW, due=True, problem="none")
    with db.write() as tx:
        assert tx.ledger.witnessing("a" * 64) == Witnessing("a" * 64)
        tx.ledger.put_witnessing(row)
        for _ in range(2):
            tx.ledger.add_accusation("a" * 64, b"document", NOW)
    with db.read() as tx:
        assert tx.ledger.witnessing("a" * 64) == row
        assert tx.ledger.witnesses() == [row]
        (kept,) = tx.ledger.accusations()
        assert (kept.party, kept.document) == ("a" * 64, b"document")


def test_what_a_hash_stands_for_comes_back_as_it_was(db: Database) -> None:
    with db.write() as tx:
        for _ in range(2):
            tx.ledger.keep_record(b"d" * 32, b"record" * 1000)
    with db.read() as tx:
        assert tx.ledger.record(b"d" * 32) == b"record" * 1000
        assert tx.ledger.record(b"e" * 32) is None
