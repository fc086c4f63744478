"""Recalls and retention between two real nodes: carried by `sync`, killed at each of their steps, cleaned up."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from backchannel.errors import ClockJumped, NotFound, NotOurs, WrongState
from backchannel.flow.ports import Filter, NewObject
from backchannel.node import agreements, exchange, inbox, recalls, retention
from backchannel.node.inbox_choice import Choice
from backchannel.node.node import Node
from backchannel.node.report import SyncReport
from backchannel.node.sync import sync
from killing import done, killed
from two_nodes import CROSSING, HOSTS, Pair, copy_of, make_pair, opened
from two_parties import NOW

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
HOST = HOSTS[0]
WORD = b"h0.example"
"""What HOST says, and nothing else does."""


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A released everything, and B accepted it."""
    pair = make_pair(tmp_path_factory.mktemp("crossed"))
    done(pair.a, lambda node: exchange.release(node, pair.agreement))
    done(pair.a, sync), done(pair.b, sync)
    done(pair.b, lambda node: inbox.accept(node, Choice(everything=True)))
    done(pair.a, sync), done(pair.b, sync)
    return pair


@pytest.fixture
def pair(crossed: Pair, tmp_path: Path) -> Pair:
    return copy_of(crossed, tmp_path)


@pytest.fixture
def both(pair: Pair) -> Iterator[tuple[Node, Node]]:
    nodes = opened(pair.a), opened(pair.b)
    yield nodes
    for node in nodes:
        node.close()


def ids(node: Node) -> set[str]:
    with node.db.read() as tx:
        return {one.id for one in tx.holdings.find(Filter())}


def states(node: Node, recall: str = "") -> list[str]:
    return [str(one.state) for one in recalls.find(node, recall or HOST.id).recipients]


def at(node: Node, now: datetime) -> Node:
    return replace(node, clock=lambda: now)


def issued(node: Node) -> object:
    return recalls.recall(node, HOST.id, "It was wrong.")


def rounds(a: Node, b: Node, count: int = 3) -> list[SyncReport]:
    return [sync(node) for _ in range(count) for node in (a, b)]


# --- recalls ---------------------------------------------------------------------------------------------------


def test_a_recall_goes_with_the_next_sync_and_is_answered_with_the_next_of_theirs(both: tuple[Node, Node]) -> None:
    a, b = both
    view, taken_back = recalls.recall(a, HOST.id[:20], "It was wrong.")
    assert taken_back == 0
    assert [(one.party, one.state, one.told) for one in view.recipients] == [("Vendor", "waiting", False)]
    sync(a)
    (told,) = recalls.find(a, view.id[:8]).recipients
    assert told.told
    report = sync(b)
    assert any("recalled what it gave" in line and "versions withdrawn: 1" in line for line in report.problems)
    assert HOST.id not in ids(b)
    assert HOST.id in ids(a), "our own copy stays"
    report = sync(a)
    assert any("answered the recall" in line for line in report.problems)
    assert states(a) == ["withdrawn"]
    (theirs,) = recalls.everything(b).theirs
    assert (theirs.from_, theirs.objects, theirs.withdrawn, theirs.answered) == ("Lab", [HOST.id], 1, True)
    assert rounds(a, b, 1)[0].sent <= 1
    assert [report.sent for report in rounds(a, b, 2)][-2:] == [0, 0], "the two fall silent"


def test_who_does_not_answer_in_time_is_shown_as_overdue(both: tuple[Node, Node]) -> None:
    a, _ = both
    issued(a)
    sync(a)
    assert not recalls.find(at(a, NOW + 72 * HOUR), HOST.id).recipients[0].overdue
    assert recalls.find(at(a, NOW + 73 * HOUR), HOST.id).recipients[0].overdue
    sooner = at(a, NOW + 2 * HOUR).with_settings(msgspec.structs.replace(a.settings, recall_overdue_hours=1))
    assert recalls.find(sooner, HOST.id).recipients[0].overdue


def test_only_what_is_ours_is_recalled(both: tuple[Node, Node]) -> None:
    a, b = both
    with pytest.raises(NotOurs, match="came from Lab"):
        recalls.recall(b, HOST.id, "no")
    with pytest.raises(NotFound):
        recalls.recall(a, "indicator--ffff", "no")
    issued(a)
    with pytest.raises(WrongState):
        issued(a)


def test_what_is_not_held_any_more_can_still_be_recalled(both: tuple[Node, Node]) -> None:
    a, b = both
    with a.db.write() as tx:
        assert tx.holdings.remove_own(HOST.id, None) == 1
    issued(a)
    rounds(a, b)
    assert HOST.id not in ids(b)


def test_a_recall_reaches_who_got_the_object_although_the_agreement_is_over(
    both: tuple[Node, Node], pair: Pair
) -> None:
    a, b = both
    with b.db.write() as tx:
        row = b.agreement(tx, pair.agreement)
        terms = msgspec.json.decode(row.terms)
        terms["retention"] = {"destroy_after_days": 365, "on_end": "keep"}
        tx.agreements.put(msgspec.structs.replace(row, terms=msgspec.json.encode(terms, order="sorted")))
    agreements.end(a, pair.agreement)
    rounds(a, b, 1)
    assert HOST.id in ids(b)
    issued(a)
    rounds(a, b, 2)
    assert HOST.id not in ids(b)
    assert states(a) == ["withdrawn"]


KILLS = [("A", "recall.committed"), ("A", "recall.said"), ("B", "receive.stored"), ("B", "receive.committed")]
KILLS += [("B", "recall.said"), ("B", "send.put"), ("A", "receive.stored"), ("A", "receive.committed")]


@pytest.mark.parametrize(("victim", "step"), KILLS)
def test_a_kill_between_withdrawal_and_acknowledgement_loses_neither(pair: Pair, victim: str, step: str) -> None:
    commands: list[tuple[Path, Callable[[Node], object]]] = [
        (pair.a, issued),
        (pair.a, sync),
        (pair.b, sync),
        (pair.a, sync),
        (pair.b, sync),
    ]
    died = False
    for home, command in commands:
        if not died and home.name == victim:
            died = killed(home, command, step)
            if not died or step == "recall.committed":
                continue
        done(home, command)
    assert died, f"{victim} never reached {step}"
    for home in (pair.a, pair.b, pair.a):
        done(home, sync)
    a, b = opened(pair.a), opened(pair.b)
    try:
        assert HOST.id not in ids(b)
        assert states(a) == ["withdrawn"]
        assert len(retention.tombstones(b, HOST.id, 10)) == len(recalls.everything(b).theirs) == 1
        assert inbox.refusals(a, 10) == inbox.refusals(b, 10) == []
    finally:
        a.close()
        b.close()


def test_after_a_recall_the_content_is_in_no_file_of_the_receiver(both: tuple[Node, Node], pair: Pair) -> None:
    a, b = both
    assert any(WORD in path.read_bytes() for path in pair.b.rglob("*.db*"))
    issued(a)
    rounds(a, b)
    assert [path for path in pair.b.rglob("*") if path.is_file() and WORD in path.read_bytes()] == []


# --- retention ---------------------------------------------------------------------------------------------------


def test_a_sync_destroys_what_may_not_be_kept_once_an_agreement_is_over(both: tuple[Node, Node], pair: Pair) -> None:
    a, b = both
    agreements.end(a, pair.agreement)
    sync(a)
    report = sync(b)
    assert report.destroyed == report.counts()["destroyed"] == len(CROSSING)
    assert ids(b) == set()
    assert ids(a) == {one.id for one in CROSSING}
    assert {one.cause for one in retention.tombstones(b, None, 100)} == {"end"}
    sync(b)
    assert [path for path in pair.b.rglob("*") if path.is_file() and b".example" in path.read_bytes()] == []


def test_a_kill_between_two_steps_of_retention_loses_nothing_and_doubles_nothing(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "STEP", 2)
    done(pair.a, lambda node: agreements.end(node, pair.agreement))
    done(pair.a, sync)
    assert killed(pair.b, sync, "retention.swept:2")
    b = opened(pair.b)
    try:
        assert len(ids(b)) == len(CROSSING) - 4
        sync(b)
        assert ids(b) == set()
        stones = retention.tombstones(b, None, 100)
        assert len({(one.object_id, one.version) for one in stones}) == len(stones) == len(CROSSING)
    finally:
        b.close()


def test_a_sync_with_nothing_to_carry_out_does_not_look_through_what_is_held(
    both: tuple[Node, Node], pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, b = both
    sync(at(b, NOW + 2 * HOUR))
    with monkeypatch.context() as patch:
        patch.setattr(retention, "run", lambda *_, **__: pytest.fail("there is nothing to carry out"))
        sync(at(b, NOW + 2 * HOUR + HOUR / 2))
    assert retention.is_due(at(b, NOW + 3 * HOUR))
    agreements.end(at(b, NOW + 2 * HOUR + HOUR / 2), pair.agreement)
    assert retention.is_due(at(b, NOW + 2 * HOUR + HOUR / 2))


def test_a_clock_that_jumped_ahead_destroys_nothing_without_the_officers_word(both: tuple[Node, Node]) -> None:
    _, b = both
    sync(b)
    later = at(b, NOW + 400 * DAY)
    report = sync(later)
    assert report.destroyed == 0
    assert any("retention waits" in line and "--clock-is-right" in line for line in report.problems)
    with pytest.raises(ClockJumped, match="400 days ago"):
        retention.run_by_hand(later, clock_is_right=False)
    assert retention.overview(later).clock_in_doubt
    assert len(ids(b)) == len(CROSSING)
    assert retention.run_by_hand(later, clock_is_right=True).destroyed == len(CROSSING)
    assert ids(b) == set()
    assert not retention.overview(later).clock_in_doubt


def test_a_clock_that_was_set_back_destroys_nothing_and_brings_nothing_back(both: tuple[Node, Node]) -> None:
    _, b = both
    sync(b)
    retention.run_by_hand(at(b, NOW + 400 * DAY), clock_is_right=True)
    back = at(b, NOW - 400 * DAY)
    assert sync(back).destroyed == 0
    assert ids(b) == set()
    assert retention.overview(back).last_pass == NOW + 400 * DAY


def test_what_a_party_ended_goes_although_the_clock_is_in_doubt(both: tuple[Node, Node], pair: Pair) -> None:
    a, b = both
    sync(b)
    agreements.end(a, pair.agreement)
    sync(a)
    assert sync(at(b, NOW + 60 * DAY)).destroyed == len(CROSSING)


def test_a_sync_destroys_so_much_and_the_next_goes_on(
    both: tuple[Node, Node], pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = both
    monkeypatch.setattr(retention, "MOST_A_SYNC", 3)
    agreements.end(a, pair.agreement)
    sync(a)
    assert [sync(b).destroyed for _ in range(4)] == [3, 3, len(CROSSING) - 6, 0]


def test_what_is_due_is_shown_before_it_goes(both: tuple[Node, Node]) -> None:
    _, b = both
    (view,) = retention.overview(b).agreements
    assert (view.with_, view.state, view.destroy_after_days, view.on_end) == ("Lab", "in force", 365, "destroy")
    assert (view.due, view.cause) == (0, None)
    (view,) = retention.overview(at(b, NOW + 366 * DAY)).agreements
    assert (view.due, view.cause) == (len(CROSSING), "end")


def test_a_copy_that_was_restored_forgets_again_with_the_next_pass(both: tuple[Node, Node], pair: Pair) -> None:
    a, b = both
    copy = pair.folder / "copy"
    b.close()
    shutil.copytree(pair.b, copy)
    agreements.end(a, pair.agreement)
    sync(a)
    restored = opened(copy)
    try:
        assert len(ids(restored)) == len(CROSSING)
        assert retention.run(at(restored, NOW + 366 * DAY), clock_is_right=True).destroyed == len(CROSSING)
    finally:
        restored.close()


def test_what_another_source_gave_and_what_is_our_own_is_never_touched(both: tuple[Node, Node], pair: Pair) -> None:
    a, b = both
    with b.db.write() as tx:
        tx.holdings.add([NewObject.of(HOST)], source="c" * 64, now=NOW)
        tx.holdings.add([NewObject.of(CROSSING[0])], source=b.us.key, now=NOW)
    agreements.end(a, pair.agreement)
    rounds(a, b, 1)
    assert ids(b) == {HOST.id, CROSSING[0].id}
