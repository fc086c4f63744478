"""Requests in the store: what was put is what is got, also by the next process, and budgets are counted from it."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.exc import IntegrityError

from backchannel.core.canonical import Observable
from backchannel.flow.ports_requests import AnswerRow, RequestRow
from backchannel.store.database import Database
from store_samples import AGREEMENT, ENVELOPE, NOW, OTHERS, agreement, party

DAY = timedelta(days=1)
ASKED = RequestRow(
    id="1" * 32,
    agreement=AGREEMENT,
    ours=True,
    question="Wer? 誰?",
    observables=(Observable("domain-name", "evil.example"), Observable("mutex", "a'b\"c")),
    threat="Predator",
    wanted_by=NOW + DAY,
    tlp="amber+strict",
    pap="red",
    state="open",
    asked_at=NOW,
    changed_at=NOW,
    said=7,
    although="the question: says 'x'",
)
HEARD = RequestRow(
    id="2" * 32,
    agreement=AGREEMENT,
    ours=False,
    question="?",
    observables=(),
    threat=None,
    wanted_by=None,
    tlp="clear",
    pap=None,
    state="open",
    asked_at=NOW + DAY,
    changed_at=NOW + DAY,
    envelope=ENVELOPE,
)
GIVEN = AnswerRow(ASKED.id, ours=False, note="Yes.", tlp="green", objects=("a--1", "b--2"), at=NOW, envelope=ENVELOPE)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A store with an agreement, and another."""
    with Database.open(tmp_path / "store", create=True) as db, db.write() as tx:
        tx.agreements.put_party(party())
        tx.agreements.put(agreement())
        tx.agreements.put(agreement(OTHERS))
    return tmp_path / "store"


def test_what_was_put_is_what_the_next_process_gets(home: Path) -> None:
    with Database.open(home) as db, db.write() as tx:
        tx.requests.put(HEARD)
        tx.requests.put(ASKED)
        tx.requests.add_answer(GIVEN)
    with Database.open(home) as db, db.read() as tx:
        assert tx.requests.all() == [ASKED, HEARD]
        assert tx.requests.get(ASKED.id) == ASKED
        assert tx.requests.answers(ASKED.id) == [msgspec.structs.replace(GIVEN, number=1)]
        assert tx.requests.answers(HEARD.id) == []
        assert tx.requests.get("3" * 32) is None


def test_a_new_state_takes_the_place_of_the_old(home: Path) -> None:
    closed = msgspec.structs.replace(ASKED, state="closed", ended_by=9)
    with Database.open(home) as db:
        with db.write() as tx:
            tx.requests.put(ASKED)
            tx.requests.put(closed)
        with db.read() as tx:
            assert tx.requests.all(AGREEMENT) == [closed]
            assert tx.requests.all(OTHERS) == []


def test_answers_keep_their_order_and_numbers(home: Path) -> None:
    with Database.open(home) as db:
        with db.write() as tx:
            tx.requests.put(ASKED)
            for note in ("one", "two", "three"):
                tx.requests.add_answer(msgspec.structs.replace(GIVEN, note=note))
            tx.requests.drop_answer(2)
            tx.requests.put_answer(msgspec.structs.replace(GIVEN, number=3, note="", forgotten=True))
            tx.requests.add_answer(msgspec.structs.replace(GIVEN, note="four"))
        with db.read() as tx:
            found = tx.requests.answers(ASKED.id)
    assert [(one.number, one.note) for one in found] == [(1, "one"), (3, ""), (4, "four")]


def test_the_budget_is_counted_from_the_store_by_agreement_direction_and_time(home: Path) -> None:
    with Database.open(home) as db, db.write() as tx:
        tx.requests.put(ASKED)
        tx.requests.put(HEARD)
        tx.requests.put(msgspec.structs.replace(ASKED, id="4" * 32, taken_back=True))
        tx.requests.put(msgspec.structs.replace(ASKED, id="5" * 32, agreement=OTHERS))
    with Database.open(home) as db, db.read() as tx:
        assert tx.requests.asked_since(AGREEMENT, NOW - DAY, ours=True) == 1
        assert tx.requests.asked_since(AGREEMENT, NOW, ours=True) == 0
        assert tx.requests.asked_since(AGREEMENT, NOW, ours=False) == 1
        assert tx.requests.asked_since(OTHERS, NOW - DAY, ours=True) == 1


def test_nothing_is_kept_of_an_agreement_or_a_request_that_there_is_not(home: Path) -> None:
    with Database.open(home) as db:
        with pytest.raises(IntegrityError), db.write() as tx:
            tx.requests.put(msgspec.structs.replace(ASKED, agreement="0" * 64))
        with pytest.raises(IntegrityError), db.write() as tx:
            tx.requests.add_answer(GIVEN)
