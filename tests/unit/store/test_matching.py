"""What is kept of matching: in order, counted once, and gone when its time is over."""

from datetime import timedelta

import msgspec

from backchannel.flow.ports_matching import Match, OwnValue, SessionRow
from backchannel.store.database import Database
from two_parties import NOW

A, B, URL = "a" * 64, "b" * 64, "url"
ROW = SessionRow("1" * 32, A, True, "running", 1, b"offer", NOW, NOW, b"answer", b"secret", b"seed")


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


def test_what_only_a_running_session_needs_goes_with_it(db: Database) -> None:
    with db.write() as tx:
        for session in (ROW.id, "2" * 32):
            tx.matching.put(msgspec.structs.replace(ROW, id=session))
            tx.match_elements.put_inputs(session, URL, ["u0"], 1)
            tx.match_elements.add_blinded(session, URL, 0, [b"e" * 32], [0])
        tx.matching.clear(ROW.id)
        after = tx.matching.get(ROW.id)
        assert after == msgspec.structs.replace(ROW, secret=b"", seed=b"")
        assert tx.match_elements.numbered(ROW.id, URL, 0, 9) == tx.match_elements.blinded(ROW.id, URL, 0, 1) == []
        assert [one.value for one in tx.match_elements.numbered("2" * 32, URL, 0, 9)][:1] == ["u0"]
        assert tx.match_elements.blinded("2" * 32, URL, 0, 1) == [b"e" * 32]


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
