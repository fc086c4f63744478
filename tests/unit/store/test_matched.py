"""What was found is read by value, and goes by age, a bounded piece at a time."""

from datetime import timedelta

import msgspec
import pytest

from backchannel.core.canonical import Observable
from backchannel.flow.ports_matching import Match, OwnValue, SessionRow
from backchannel.store.database import Database
from backchannel.store.lists import as_pairs
from backchannel.store.matched import matches_of
from two_parties import NOW

A, B, URL = "a" * 64, "b" * 64, "url"
DAY = timedelta(days=1)
ROW = SessionRow("1" * 32, A, True, "done", 1, b"offer", NOW, NOW, b"answer")


def url(name: str) -> Observable:
    return Observable(URL, name)


def test_what_is_known_of_values_is_found_under_every_agreement_by_kind_and_value(db: Database) -> None:
    with db.write() as tx:
        rows = [
            Match(agreement, kind, value, NOW, NOW, ROW.id)
            for agreement in (B, A)
            for kind, value in ((URL, "u0"), (URL, "u1"), ("mutex", "u0"))
        ]
        tx.matching.add_matches(rows)
        found = tx.matching.matches_of([url("u0"), url("u9"), Observable("mutex", "u1")])
        assert [(one.agreement, one.type, one.value) for one in found] == [(A, URL, "u0"), (B, URL, "u0")]
        assert tx.matching.matches_of([]) == []


def test_values_are_looked_up_in_an_index_however_much_was_found(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No scan: neither of all that was found, nor of one agreement's."""
    plans: list[str] = []
    with db.read() as tx:
        connection = tx.matching._connection
        run = connection.execute

        def explained(statement: object, parameters: object = None) -> object:
            text = str(statement.compile(connection, compile_kwargs={"literal_binds": False}))
            plans.extend(
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ("$[0]", "$[1]", "[]"))
            )
            return run(statement, parameters)

        monkeypatch.setattr(connection, "execute", explained)
        matches_of(connection, [url("u0")])
    assert [plan for plan in plans if "match_result" in plan] == [
        "SEARCH match_result USING INDEX ix_match_result_value (type=? AND value=?)"
    ]


def test_what_was_found_goes_the_oldest_first_and_what_is_kept_stays(db: Database) -> None:
    with db.write() as tx:
        found = [Match(A, URL, f"u{age}", NOW, NOW - age * DAY, ROW.id) for age in range(6)]
        tx.matching.add_matches([*found, msgspec.structs.replace(found[5], agreement=B)])
        assert tx.matching.drop_matches(A, NOW - 2 * DAY, [url("u4")], 1) == 1
        assert [one.value for one in tx.matching.matches(A)] == ["u0", "u1", "u2", "u3", "u4"]
        assert tx.matching.drop_matches(A, NOW - 2 * DAY, [url("u4")], 10) == 1
        assert [one.value for one in tx.matching.matches(A)] == ["u0", "u1", "u2", "u4"], "two days is not too old"
        assert tx.matching.drop_matches(A, NOW - 2 * DAY, [], 10) == 1
        assert tx.matching.drop_matches(A, NOW - 2 * DAY, [], 10) == 0
        assert [one.value for one in tx.matching.matches(B)] == ["u5"]


def test_a_value_with_a_nul_goes_like_any_other(db: Database) -> None:
    assert as_pairs([url("u\0")]) == "[]"
    with db.write() as tx:
        tx.matching.add_matches([Match(A, URL, "u\0", NOW, NOW, ROW.id)])
        assert (tx.matching.drop_matches(A, NOW + DAY, [], 10), tx.matching.matches(A)) == (1, [])


def test_sessions_that_look_nothing_up_or_nothing_any_more_are_not_among_those_that_do(db: Database) -> None:
    with db.write() as tx:
        for number, asked in enumerate((b"", b"[]", b'[["url","u0"]]')):
            tx.matching.put(msgspec.structs.replace(ROW, id=f"{number:032d}", asked=asked))
        tx.matching.put(msgspec.structs.replace(ROW, id="9" * 32, agreement=B, asked=b'[["url","u0"]]'))
        (found,) = tx.matching.looking_up(A)
        assert (found.id, found.look_ups) == (f"{2:032d}", [url("u0")])


def test_of_what_an_epoch_knows_only_what_was_only_looked_up_goes(db: Database) -> None:
    with db.write() as tx:
        for agreement, epoch in ((A, 1), (A, 2), (B, 1)):
            tx.matching.put_own(agreement, epoch, URL, {"asked": None, "ours": NOW, "asked too": None})
        tx.matching.drop_looked_up(A, 1, [url("asked"), url("ours"), Observable("mutex", "asked too")])
        tx.matching.drop_looked_up(A, 1, [])
        assert tx.matching.own(A, 1, URL) == {
            "ours": OwnValue("ours", None, False, NOW),
            "asked too": OwnValue("asked too", None, False, None),
        }
        assert len(tx.matching.own(A, 2, URL)) == len(tx.matching.own(B, 1, URL)) == 3


def test_what_was_found_goes_with_the_tag_by_which_it_would_be_found_again(db: Database) -> None:
    with db.write() as tx:
        for agreement, epoch in ((A, 1), (A, 2), (B, 1)):
            tx.matching.put(
                msgspec.structs.replace(ROW, id=f"{agreement[0]}{epoch}", agreement=agreement, epoch=epoch)
            )
            tx.matching.put_own(agreement, epoch, URL, {"u0": NOW, "u1": NOW})
            tx.matching.tagged(agreement, epoch, URL, {"u0": b"0" * 16, "u1": b"1" * 16})
            tx.matching.add_tags(agreement, epoch, URL, [b"0" * 16, b"1" * 16])
        tx.matching.add_matches([Match(A, URL, "u0", NOW, NOW - DAY, ROW.id)])
        tx.matching.drop_matches(A, NOW, [], 10)
        assert [one.value for one in tx.matching.both(A, 1, URL)] == ["u1"]
        assert [one.value for one in tx.matching.both(A, 2, URL)] == ["u1"]
        assert [one.value for one in tx.matching.both(B, 1, URL)] == ["u0", "u1"]
