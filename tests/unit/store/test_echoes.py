"""Traces of what crossed, what each source told, and the record of a party, counted by hand."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backchannel.core.assess.echo import NO_ECHO, Crossing, Echo, Reason
from backchannel.core.mention import term_key
from backchannel.core.recall import Answer
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_channels import Released
from backchannel.flow.ports_echoes import RecordRow, Telling, Told
from backchannel.flow.ports_recalls import HeardRecall
from backchannel.store.database import Database
from old_store import back_to_0009
from store_samples import AGREEMENT, ENVELOPE, NOW, OTHERS, THEM, US, agreement, indicator, new, party, steps, stix

DAY = timedelta(days=1)
X, Y, Z = "a" * 32, "b" * 32, "c" * 32
OURS = indicator("ours.example")
STRONG = Echo("strong", (Reason("went-to-them", OURS.id, THEM, NOW),))


def cross(
    tx: Transaction, *traces: str, to: str = AGREEMENT, sent: str = "", sequence: int = 1, days: int = 0
) -> None:
    one = Released(OURS.id, sent or OURS.id, OURS.version, sequence, NOW + days * DAY)
    tx.channels.add_released(to, [one], [traces])


def two_agreements(tx: Transaction) -> None:
    tx.agreements.put_own(US, "Us")
    for each, name in ((THEM, "Beta"), (OTHERS, "Gamma")):
        tx.agreements.put_party(party(each, name))
    tx.agreements.put(agreement())
    tx.agreements.put(agreement(ENVELOPE, party=OTHERS))


def told(identifier: str, days: int = 0, **facts: Any) -> Telling:
    return Telling(identifier, identifier.partition("--")[0], NOW + days * DAY, **facts)


# --- what crossed --------------------------------------------------------------------------------------------------


def test_what_crossed_is_known_by_its_traces_with_whom_it_went_to_and_when_first(db: Database) -> None:
    with db.write() as tx:
        two_agreements(tx)
        cross(tx, X, Y)
        cross(tx, X, days=3)
        cross(tx, X, to=ENVELOPE, days=1)
        first, second = Crossing(OURS.id, THEM, NOW), Crossing(OURS.id, OTHERS, NOW + DAY)
        assert tx.echoes.crossed_traces([X, Y, Z]) == {X: [first, second], Y: [first]}
        assert tx.echoes.crossed_traces([]) == {}
        assert tx.echoes.crossed_ids([OURS.id, "malware--9"]) == {OURS.id: [first, second]}


def test_what_was_taken_back_before_it_left_is_forgotten_with_its_traces(db: Database) -> None:
    with db.write() as tx:
        two_agreements(tx)
        cross(tx, X, sequence=1)
        cross(tx, X, Y, sequence=2)
        tx.channels.forget_released(AGREEMENT, after=1)
        assert set(tx.echoes.crossed_traces([X, Y])) == {X}
        cross(tx, Z, sequence=2)
        assert tx.echoes.crossed_traces([Y]) == {}, "a number that is given out again brings back nothing"


def test_what_we_passed_on_is_told_from_what_is_our_own(db: Database) -> None:
    with db.write() as tx:
        two_agreements(tx)
        cross(tx, X)
        assert tx.echoes.crossed_ids([OURS.id])[OURS.id][0].ours, "it never came in"
        tx.channels.add_received(ENVELOPE, [(OURS.id, 0)], NOW)
        assert not tx.echoes.crossed_ids([OURS.id])[OURS.id][0].ours
        tx.holdings.add(new(OURS), source=US, now=NOW)
        assert tx.echoes.crossed_ids([OURS.id])[OURS.id][0].ours


def test_a_reduced_copy_is_ours_under_its_own_id(db: Database) -> None:
    with db.write() as tx:
        two_agreements(tx)
        cross(tx, sent="indicator--reduced")
        (crossing,) = tx.echoes.crossed_ids(["indicator--reduced"])["indicator--reduced"]
        assert (crossing.object, crossing.ours) == (OURS.id, True)


# --- what was told -------------------------------------------------------------------------------------------------


def test_what_a_source_told_first_stays_and_a_judgement_gives_way_to_a_stronger_one(db: Database) -> None:
    possible = Echo("possible", (Reason("shared-value", OURS.id, OTHERS, NOW, 1, 2),))
    with db.write() as tx:
        two_agreements(tx)
        tx.echoes.tell(THEM, [told("indicator--1", whole=X, new=True, echo=possible)])
        tx.echoes.tell(THEM, [told("indicator--1", 1, whole=Y, echo=STRONG, revoked=True)])
        tx.echoes.tell(THEM, [told("indicator--1", 2, whole=Y)])
        assert tx.echoes.of(THEM, ["indicator--1", "indicator--2"]) == {"indicator--1": STRONG}
        assert tx.echoes.told(THEM, ["indicator--1"], [X, Y]) == Told({"indicator--1": NOW}, {X: NOW})
        assert tx.echoes.told(OTHERS, ["indicator--1"], [X, Y]) == Told({}, {})
        (row,) = tx.echoes.record(THEM)
        assert (row.received, row.new, row.strong, row.revoked) == (1, 1, 1, 1)


def test_of_what_others_told_only_what_is_no_echo_counts(db: Database) -> None:
    with db.write() as tx:
        two_agreements(tx)
        tx.echoes.tell(THEM, [told("indicator--1", whole=X)])
        tx.echoes.tell(OTHERS, [told("indicator--2", 1, whole=Y, echo=STRONG), told("indicator--3", 2, whole=X)])
        assert tx.echoes.told_by_others(THEM, [X, Y]) == {X: NOW + 2 * DAY}
        assert tx.echoes.told_by_others("nobody", [X]) == {X: NOW}


def test_a_value_that_is_held_from_somebody_else_is_known(db: Database) -> None:
    keys = {term_key("ours.example"), term_key("theirs.example"), term_key("none.example")}
    with db.write() as tx:
        two_agreements(tx)
        tx.holdings.add(new(OURS), source=US, now=NOW)
        tx.holdings.add(new(indicator("theirs.example")), source=THEM, now=NOW)
        assert tx.echoes.held_elsewhere(THEM, keys) == {term_key("ours.example")}
        assert tx.echoes.held_elsewhere("nobody", keys) == {term_key("ours.example"), term_key("theirs.example")}


# --- the record of a party -----------------------------------------------------------------------------------------


def test_a_record_counts_each_type_by_hand(db: Database) -> None:
    contested = Echo("possible", (Reason("same-whole"),), (Reason("earlier-sighting"),))
    with db.write() as tx:
        two_agreements(tx)
        tellings = [
            told("indicator--1", whole=X, new=True),
            told("indicator--2", whole=Y, new=True),
            told("indicator--3", echo=Echo("certain", (Reason("own-id"),))),
            told("indicator--4", echo=STRONG),
            told("indicator--5", echo=contested),
            told("indicator--6", poisoned=True),
            told("malware--1", new=True, revoked=True),
        ]
        tx.echoes.tell(THEM, tellings)
        tx.echoes.tell(OTHERS, [told("indicator--8", 1, whole=X)])
        assert tx.echoes.record(THEM) == [
            RecordRow("indicator", 6, 2, 1, 1, 1, 1, 1, 1, 0),
            RecordRow("malware", 1, 1, 0, 0, 0, 0, 0, 0, 1),
        ]
        assert tx.echoes.record("nobody") == []


LATER: dict[str, tuple[Telling, int]] = {
    "the same value later": (told("indicator--9", 1, whole=X), 1),
    "earlier": (told("indicator--9", -1, whole=X), 0),
    "another value": (told("indicator--9", 1, whole=Y), 0),
    "as an echo": (told("indicator--9", 1, whole=X, echo=STRONG), 0),
    "derived from something": (told("indicator--9", 1, whole=X, second_hand=True), 0),
    "the very same object": (told("indicator--1", 1, whole=X), 0),
    "of the same origin": (told("indicator--9", 1, whole=X, origin=Z), 0),
    "of another origin": (told("indicator--9", 1, whole=X, origin=Y), 1),
}


@pytest.mark.parametrize("what", LATER)
def test_only_an_independent_origin_confirms(db: Database, what: str) -> None:
    telling, expected = LATER[what]
    with db.write() as tx:
        two_agreements(tx)
        tx.echoes.tell(THEM, [told("indicator--1", whole=X, new=True, origin=Z)])
        tx.echoes.tell(OTHERS, [telling])
        assert tx.echoes.record(THEM)[0].confirmed == expected


def test_whom_we_passed_it_on_to_does_not_confirm_it(db: Database) -> None:
    with db.write() as tx:
        two_agreements(tx)
        tx.echoes.tell(THEM, [told(OURS.id, whole=X, new=True)])
        cross(tx, to=ENVELOPE, days=1)
        tx.echoes.tell(OTHERS, [told("indicator--9", 2, whole=X)])
        assert tx.echoes.record(THEM)[0].confirmed == 0


def test_nothing_confirms_an_echo_or_poison(db: Database) -> None:
    with db.write() as tx:
        two_agreements(tx)
        tx.echoes.tell(
            THEM, [told("indicator--1", whole=X, echo=STRONG), told("indicator--2", whole=Y, poisoned=True)]
        )
        tx.echoes.tell(OTHERS, [told("indicator--8", 1, whole=X), told("indicator--9", 1, whole=Y)])
        assert tx.echoes.record(THEM)[0].confirmed == 0


def test_who_told_it_before_them_does_not_confirm_it_by_telling_it_again(db: Database) -> None:
    with db.write() as tx:
        two_agreements(tx)
        tx.echoes.tell(THEM, [told("indicator--1", whole=X)])
        tx.echoes.tell(OTHERS, [told("indicator--8", -1, whole=X), told("indicator--9", 1, whole=X)])
        assert tx.echoes.record(THEM)[0].confirmed == 0


def test_no_flood_of_the_same_makes_a_record_slow(db: Database) -> None:
    """So much from both, all of one value: the work grows with what was told, and not with the pairs of it."""
    with db.write() as tx:
        two_agreements(tx)
    done = []
    for size in (500, 1_000):
        with db.write() as tx:
            for source, day in ((THEM, 0), (OTHERS, -1)):
                tx.echoes.tell(source, [told(f"indicator--{source[:4]}{n}", day, whole=X) for n in range(size)])
        done.append(steps(db, lambda tx: tx.echoes.record(THEM)))
    assert done[1] < 3 * done[0]


@pytest.mark.parametrize(("seer", "expected"), [(US, 1), (OTHERS, 1), (THEM, 0)])
def test_a_sighting_by_somebody_else_confirms(db: Database, seer: str, expected: int) -> None:
    theirs = indicator("theirs.example")
    with db.write() as tx:
        two_agreements(tx)
        tx.echoes.tell(THEM, [told(theirs.id, whole=X, new=True)])
        tx.holdings.add(new(stix("sighting", "seen", sighting_of_ref=theirs.id)), source=seer, now=NOW)
        assert tx.echoes.record(THEM)[0].confirmed == expected


def test_what_they_recalled_is_revoked_until_they_lift_that(db: Database) -> None:
    with db.write() as tx:
        two_agreements(tx)
        tx.echoes.tell(THEM, [told("indicator--1"), told("indicator--2")])
        heard = HeardRecall(THEM, "recall", AGREEMENT, "", NOW, Answer.WITHDRAWN)
        tx.recalls.put_heard(heard, ["indicator--1"])
        assert tx.echoes.record(THEM)[0].revoked == 1
        tx.recalls.put_heard(HeardRecall(THEM, "recall", AGREEMENT, "", NOW, Answer.WITHDRAWN, lifted_at=NOW))
        assert tx.echoes.record(THEM)[0].revoked == 0


def test_no_value_and_no_name_is_kept_of_what_was_told(db: Database) -> None:
    """What an agreement destroys may not stay here: ids and keyed hashes may."""
    secret = Echo("strong", (Reason("went-to-them", OURS.id, THEM, NOW),), went=("quiet.example",))
    with db.write() as tx:
        two_agreements(tx)
        tx.echoes.tell(THEM, [told("indicator--1", whole=X, echo=secret)])
    assert b"quiet.example" not in db.path.read_bytes() + db.path.with_name(f"{db.path.name}-wal").read_bytes()


def test_what_is_no_echo_is_not_spoken_of(db: Database) -> None:
    with db.write() as tx:
        two_agreements(tx)
        tx.echoes.tell(THEM, [told("indicator--1", echo=NO_ECHO)])
        assert tx.echoes.of(THEM, ["indicator--1"]) == {}


def test_a_store_of_before_takes_over_when_things_came_and_what_is_still_to_be_read(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with Database.open(path, create=True) as db, db.write() as tx:
        two_agreements(tx)
        tx.holdings.add(new(OURS), source=US, now=NOW)
        tx.channels.add_released(AGREEMENT, [Released(OURS.id, OURS.id, OURS.version, 1, NOW)])
        tx.channels.add_released(AGREEMENT, [Released("malware--gone", "malware--gone", "v1", 1, NOW)])
        tx.channels.add_received(AGREEMENT, [("indicator--1", 0), ("malware--1", 0)], NOW)
        tx.channels.add_received(AGREEMENT, [("indicator--1", 0)], NOW + DAY)
        tx.holdings.add(new(indicator("theirs.example")), source=THEM, now=NOW)
    back_to_0009(path)
    with Database.open(path) as db, db.write() as tx:
        assert tx.echoes.told(THEM, ["indicator--1"], []).ids == {"indicator--1": NOW}
        assert [(row.type, row.received, row.new) for row in tx.echoes.record(THEM)] == [
            ("indicator", 1, 0),
            ("malware", 1, 0),
        ]
        gone, ours = tx.echoes.unread(10)
        assert (ours.agreement, ours.raw, gone.raw) == (AGREEMENT, OURS.raw, b"")
        tx.echoes.read_down_to(ours.number)
        assert tx.echoes.unread(10) == []
