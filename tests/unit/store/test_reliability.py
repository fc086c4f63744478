"""Judgements come out of the store as they went in, in their order; who handed reports on can change and be gone."""

from pathlib import Path

import msgspec
import pytest

from backchannel.flow.ports import NewObject
from backchannel.flow.ports_reports import Judgement
from backchannel.store.database import Database
from worlds import NOW, stix

ONE = Judgement("example herald", "Example Herald", False, "B", "It was right.", "K. Lind", NOW)
US = "a" * 64


def test_every_judgement_is_kept_in_its_order(tmp_path: Path) -> None:
    two, party = (
        msgspec.structs.replace(ONE, **changed) for changed in ({"letter": "C"}, {"party": True, "key": US})
    )
    with Database.open(tmp_path / "db", create=True) as db:
        for one in (ONE, two, ONE, party):
            with db.write() as tx:
                tx.reliability.put(one)
        with db.read() as tx:
            assert tx.reliability.all() == [ONE, two, ONE, party]


def test_the_last_giver_of_a_report_counts(tmp_path: Path) -> None:
    with Database.open(tmp_path / "db", create=True) as db, db.write() as tx:
        tx.givers.put(["report--1", "report--2", "report--1"], "one")
        tx.givers.put(["report--1"], "two")
        tx.givers.put([], "three")
        assert tx.givers.of(["report--1", "report--2", "report--3"]) == {"report--1": "two", "report--2": "one"}


@pytest.mark.parametrize("versions", [None, ["2026-11-22T20:31:00.000Z"]])
def test_who_handed_a_report_on_is_forgotten_with_its_last_version(
    tmp_path: Path, versions: list[str] | None
) -> None:
    report = stix("malware", "Glasswing")
    later = NewObject.of(report)
    with Database.open(tmp_path / "db", create=True) as db, db.write() as tx:
        tx.agreements.put_own(US, "us")
        tx.holdings.add([later], source=US, now=NOW)
        tx.givers.put([report.id], "one")
        assert tx.holdings.remove_own(report.id, [] if versions is None else ["none"]) == 0
        assert tx.givers.of([report.id]) == {report.id: "one"}
        assert tx.holdings.remove_own(report.id, None) == 1
        assert tx.givers.of([report.id]) == {}
