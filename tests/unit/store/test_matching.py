"""What is kept of matching: in order, counted once, and gone when its time is over."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from backchannel.flow.ports_matching import Input, Match, OwnValue, SessionRow
from backchannel.store.database import Database
from store_samples import steps
from two_parties import NOW

A, B, URL = "a" * 64, "b" * 64, "url"
ROW = SessionRow("1" * 32, A, True, "running", 1, b"offer", NOW, NOW, b"answer", b"secret", b"seed")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "node.db", create=True) as opened:
        yield opened


def test_a_session_is_kept_as_it_was_put_and_changes_with_the_next(db: Database) -> None:
    later = msgspec.structs.replace(ROW, state="done", given=3, hits=2)
    with db.write() as tx:
        tx.matching.put(ROW)
        assert tx.matching.get(ROW.id) == ROW
        tx.matching.put(later)
        assert (tx.matching.get(ROW.id), tx.matching.get("2" * 32)) == (later, None)
        assert tx.matching.all() == tx.matching.all(A) == [later]
        assert tx.matching.all(B) == tx.matching.open() == []
        tx.matching.put(msgspec.structs.replace(ROW, id="2" * 32, agreement=B, opened_at=NOW - timedelta(days=1)))
        assert [one.id for one in tx.matching.open()] == [one.id for one in tx.matching.open(B)] == ["2" * 32]
        assert tx.matching.open(A) == []
        assert (tx.matching.opened_since(A, NOW, ours=True), tx.matching.opened_since(B, NOW, ours=True)) == (1, 0)


def test_history_is_that_of_whole_sessions_of_an_agreement(db: Database) -> None:
    with db.write() as tx:
        ended = [("done", A, b""), ("done", A, b""), ("running", A, b""), ("stopped", A, b"")]
        for number, (state, agreement, asked) in enumerate([*ended, ("done", B, b""), ("done", A, b"[]")]):
            row = msgspec.structs.replace(
                ROW, id=f"{number:032d}", state=state, agreement=agreement, inputs=100, hits=7, asked=asked
            )
            tx.matching.put(row)
        assert tx.matching.history(A) == (200, 14)
        assert tx.matching.history("c" * 64) == (0, 0)


def test_inputs_come_in_the_order_of_their_places_padding_among_them(db: Database) -> None:
    with db.write() as tx:
        tx.matching.put_inputs(ROW.id, URL, ["u0", "u1"], 4)
        tx.matching.put_inputs(ROW.id, "mutex", ["m0"], 1)
        tx.matching.place_inputs(ROW.id, URL, [(0, 30), (1, 10), (2, 20), (3, 10)])
        tx.matching.put_sent(ROW.id, URL, {1: b"b" * 32})
        assert tx.matching.inputs(ROW.id, URL, 0, 2) == [Input(1, "u1", b"b" * 32), Input(3, None, b"")]
        assert [one.number for one in tx.matching.inputs(ROW.id, URL, 0, 9)] == [1, 3, 2, 0]
        assert [one.number for one in tx.matching.numbered(ROW.id, URL, 1, 3)] == [1, 2]
        assert [one.value for one in tx.matching.numbered(ROW.id, URL, 0, 9)][:2] == ["u0", "u1"]


def test_what_was_sent_stays_before_what_was_not_and_is_known_by_its_envelope(db: Database) -> None:
    with db.write() as tx:
        tx.matching.put_inputs(ROW.id, URL, ["u0", "u1", "u2", "u3"], 6)
        tx.matching.place_inputs(ROW.id, URL, [(0, 30), (1, 0), (2, 20), (3, 10), (4, 15), (5, 25)])
        assert tx.matching.sent_after(ROW.id, URL, 0) == []
        for begin, envelope in ((0, 7), (2, 9)):
            sent = tx.matching.inputs(ROW.id, URL, begin, begin + 2)
            tx.matching.sent_in(ROW.id, URL, [one.number for one in sent], envelope)
        assert {one.number for one in tx.matching.inputs(ROW.id, URL, 4, 6)} == {5, 0}, "what is next to be sent"
        assert tx.matching.sent_after(ROW.id, URL, 6) == ["u1", "u2", "u3"]
        assert tx.matching.sent_after(ROW.id, URL, 7) == tx.matching.sent_after(ROW.id, URL, 8) == ["u2"]
        assert tx.matching.sent_after(ROW.id, URL, 9) == []


def test_a_later_shard_costs_what_the_first_one_does(db: Database) -> None:
    """Rows that come before it are passed over in the index."""
    many = 20_000
    with db.write() as tx:
        tx.matching.put_inputs(ROW.id, URL, [f"u{number}" for number in range(many)], many)
        tx.matching.place_inputs(ROW.id, URL, ((number, number * 7919 % many) for number in range(many)))
        some = [number.to_bytes(32, "big") for number in range(many)]
        assert tx.matching.add_blinded(ROW.id, URL, 0, some, [number * 7919 % many for number in range(many)])
    for read in ("inputs", "blinded"):
        first, last = (
            steps(db, lambda tx, read=read, at=at: getattr(tx.matching, read)(ROW.id, URL, at, at + 200))  # type: ignore[misc]
            for at in (0, many - 200)
        )
        assert first > 0
        assert last < first + many * 6 / 1_000, "a few instructions for each row that is passed over"


def test_a_blinded_element_is_kept_once_in_a_session(db: Database) -> None:
    some = [bytes([number]) * 32 for number in range(5)]
    with db.write() as tx:
        assert tx.matching.add_blinded(ROW.id, URL, 0, some[:3], [7, 5, 6])
        assert tx.matching.blinded(ROW.id, URL, 0, 2) == some[1:3], "by their places"
        assert list(tx.matching.all_blinded(ROW.id, URL)) == some[:3], "by their numbers"
        assert not tx.matching.add_blinded(ROW.id, URL, 3, [some[3], some[3]], [0, 0])
        assert not tx.matching.add_blinded(ROW.id, "mutex", 0, [some[0]], [0])
        assert tx.matching.add_blinded("2" * 32, URL, 0, some[:3], [7, 5, 6])


def test_what_only_a_running_session_needs_goes_with_it(db: Database) -> None:
    with db.write() as tx:
        for session in (ROW.id, "2" * 32):
            tx.matching.put(msgspec.structs.replace(ROW, id=session))
            tx.matching.put_inputs(session, URL, ["u0"], 1)
            tx.matching.add_blinded(session, URL, 0, [b"e" * 32], [0])
        tx.matching.clear(ROW.id)
        after = tx.matching.get(ROW.id)
        assert after == msgspec.structs.replace(ROW, secret=b"", seed=b"")
        assert tx.matching.numbered(ROW.id, URL, 0, 9) == tx.matching.blinded(ROW.id, URL, 0, 1) == []
        assert [one.value for one in tx.matching.numbered("2" * 32, URL, 0, 9)][:1] == ["u0"]
        assert tx.matching.blinded("2" * 32, URL, 0, 1) == [b"e" * 32]


def test_values_meet_the_tags_of_their_own_epoch_kind_and_agreement(db: Database) -> None:
    tag, other = b"t" * 16, b"o" * 16
    with db.write() as tx:
        for agreement, epoch, kind in ((A, 1, URL), (A, 2, URL), (A, 1, "mutex"), (B, 1, URL)):
            tx.matching.put_own(agreement, epoch, kind, {"u0": NOW, "u1": NOW})
            tx.matching.tagged(agreement, epoch, kind, {"u0": tag, "u1": other})
        tx.matching.add_tags(A, 1, URL, [tag])
        tx.matching.add_tags(A, 1, URL, [tag])
        tx.matching.told(A, 1, URL, ["u1"])
        assert (tx.matching.tag_count(A, 1, URL), tx.matching.tag_count(A, 2, URL)) == (1, 0)
        assert tx.matching.both(A, 1, URL) == [OwnValue("u0", tag, False, NOW)]
        assert tx.matching.both(A, 1, URL, ["u1"]) == []
        assert tx.matching.both(A, 2, URL) == tx.matching.both(A, 1, "mutex") == tx.matching.both(B, 1, URL) == []
        assert tx.matching.own(A, 1, URL)["u1"] == OwnValue("u1", other, True, NOW)
        tx.matching.put_own(A, 1, URL, {"u1": NOW + timedelta(days=1), "u2": NOW})
        assert tx.matching.own(A, 1, URL)["u1"].told, "what is there stays as it is"
        tx.matching.told(A, 1, URL, ["u1"], told=False)
        assert not tx.matching.own(A, 1, URL)["u1"].told


def test_seeds_keys_and_tags_are_destroyed_with_their_epoch(db: Database) -> None:
    with db.write() as tx:
        for agreement, epoch in ((A, 1), (A, 2), (B, 1), (B, 2)):
            one = msgspec.structs.replace(ROW, id=f"{agreement[0]}{epoch}" * 16, agreement=agreement, epoch=epoch)
            tx.matching.put(one)
        for agreement, epoch in ((A, 1), (A, 2), (B, 1)):
            tx.matching.put_key_seed(agreement, epoch, b"s" * 32)
            tx.matching.put_their_key(agreement, epoch, URL, b"k" * 32)
            tx.matching.put_own(agreement, epoch, URL, {"u0": NOW})
            tx.matching.add_tags(agreement, epoch, URL, [b"t" * 16])
        assert tx.matching.epochs() == {(A, 1), (A, 2), (B, 1)}
        tx.matching.destroy_all_but(A, 2)
        assert tx.matching.epochs() == {(A, 2), (B, 1)}
        assert (tx.matching.key_seed(A, 1), tx.matching.their_key(A, 1, URL), tx.matching.own(A, 1, URL)) == (
            None,
            None,
            {},
        )
        for agreement, epoch in ((A, 2), (B, 1)):
            assert tx.matching.key_seed(agreement, epoch) == b"s" * 32
            assert tx.matching.their_key(agreement, epoch, URL) == b"k" * 32
            assert list(tx.matching.own(agreement, epoch, URL)) == ["u0"]


def test_what_both_hold_is_found_once(db: Database) -> None:
    first = Match(A, URL, "u0", NOW, NOW, ROW.id)
    again = msgspec.structs.replace(first, matched_at=NOW + timedelta(days=1), session="2" * 32)
    with db.write() as tx:
        tx.matching.add_matches([first, msgspec.structs.replace(first, agreement=B)])
        tx.matching.add_matches([again, msgspec.structs.replace(again, value="t0")])
        tx.matching.add_matches([])
        assert [one.value for one in tx.matching.matches(A)] == ["t0", "u0"]
        assert tx.matching.matches(A)[1] == first


def test_evaluations_are_counted_by_agreement_kind_and_day(db: Database) -> None:
    with db.write() as tx:
        for agreement, kind, day, evaluated in ((A, URL, 1, 5), (A, URL, 1, 7), (A, URL, 2, 1), (A, "mutex", 1, 3)):
            tx.matching.count(agreement, kind, day, evaluated)
    with db.read() as tx:
        counted = tx.matching.counted
        assert (counted(A, URL, 1), counted(A, URL, 2), counted(A, URL)) == (12, 1, 13)
        assert (counted(A, "mutex"), counted(B, URL), counted(A, URL, 3)) == (3, 0, 0)
