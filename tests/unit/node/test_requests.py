"""Asking and answering as an officer does it, between two real nodes over a folder."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from backchannel.core.request import State
from backchannel.errors import Ambiguous, BadArgument, BudgetSpent, IsGuest, NotFound, Withheld, WrongState
from backchannel.flow.ports import NewObject
from backchannel.node import agreements, exchange, guests, inbox, requests
from backchannel.node.inbox_choice import Choice
from backchannel.node.node import Node
from backchannel.node.requests import Asking, RequestView
from backchannel.node.sync import sync
from two_nodes import HOSTS, Pair, copy_of, make_pair, opened
from two_parties import NOW
from vetting_world import MARK, indicator

RED = indicator("red.example", object_marking_refs=[MARK["red"]])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Both nodes, with an agreement in force."""
    return make_pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture
def pair(made: Pair, tmp_path: Path) -> Pair:
    """A copy of both for one test."""
    return copy_of(made, tmp_path)


@pytest.fixture
def a(pair: Pair) -> Iterator[Node]:
    """The Lab, which holds what the agreement releases, and something red."""
    node = opened(pair.a)
    with node.db.write() as tx:
        tx.holdings.add([NewObject.of(RED)], source=node.us.key, now=NOW)
    yield node
    node.close()


@pytest.fixture
def b(pair: Pair) -> Iterator[Node]:
    """The Vendor, which holds nothing."""
    node = opened(pair.b)
    yield node
    node.close()


def carried(*nodes: Node) -> None:
    for node in nodes:
        sync(node)


def asked(pair: Pair, asker: Node, answerer: Node, text: str = "Seen since June?", **given: object) -> RequestView:
    view = requests.ask(asker, pair.agreement, Asking(text, **given))  # type: ignore[arg-type]
    carried(asker, answerer)
    return view


def test_an_officer_asks_in_own_words_and_the_other_reads_canonical_ones(pair: Pair, a: Node, b: Node) -> None:
    view = asked(
        pair,
        b,
        a,
        observables=("hxxp://H0[.]example/x", "h0.example", "h0[.]example"),
        threat="PREDATOR",
        pap="PAP:AMBER",
    )
    read, answers = requests.show(a, view.id[:6])
    assert [one["value"] for one in read.observables] == ["http://h0.example/x", "h0.example"]
    assert (read.threat, read.pap, read.tlp, read.with_) == ("Predator", "amber", "amber", "Vendor")
    assert (read.ours, read.waits_for_us, view.ours, view.waits_for_us) == (False, True, True, False)
    assert answers == []


def test_a_report_counts_what_was_asked_and_answered(pair: Pair, a: Node, b: Node) -> None:
    requests.ask(b, pair.agreement, Asking("One?"))
    requests.ask(b, pair.agreement, Asking("Two?"))
    sync(b)
    assert sync(a).counts()["requests"] == 2
    one, two = requests.all_requests(a)
    requests.answer(a, one.id, "Yes.")
    requests.decline(a, two.id)
    sync(a)
    report = sync(b)
    assert (report.requests, report.counts()["answers"]) == (0, 2)


def test_what_waits_for_us_stands_on_top_and_then_the_latest(pair: Pair, a: Node, b: Node) -> None:
    waiting = asked(pair, b, a, "Theirs?")
    answered = asked(pair, b, a, "Answered?")
    requests.answer(a, answered.id, "Yes.")
    own = requests.ask(a, pair.agreement, Asking("Ours?"))
    listed = requests.all_requests(a)
    assert listed[0].id == waiting.id
    assert {one.id for one in listed[1:]} == {answered.id, own.id}
    requests.close(a, own.id)
    assert {one.id for one in requests.all_requests(a, only_open=True)} == {waiting.id, answered.id}


def test_an_answer_arrives_with_its_objects_and_says_where_they_are(pair: Pair, a: Node, b: Node) -> None:
    request = asked(pair, b, a)
    made = requests.answer(a, request.id, "These.", [HOSTS[0].id, HOSTS[1].id[:20], RED.id])
    assert [one.id for one in made.staying] == [RED.id]
    assert requests.reasons(made.staying[0])[-1] == "marking: TLP:RED is above the ceiling TLP:AMBER"
    carried(a, b)
    _, (answer,) = requests.show(b, request.id)
    assert [(one.id, one.place) for one in answer.objects] == [(HOSTS[0].id, "inbox"), (HOSTS[1].id, "inbox")]
    inbox.refuse(b, Choice(objects=[HOSTS[1].id]), "")
    inbox.accept(b, Choice(everything=True))
    _, (answer,) = requests.show(b, request.id)
    assert [one.place for one in answer.objects] == ["held", "not kept"]
    _, (given,) = requests.show(a, request.id)
    assert {one.place for one in given.objects} == {"sent"}


def test_a_preview_sends_nothing_and_shows_what_would_be_sent(pair: Pair, a: Node, b: Node) -> None:
    request = asked(pair, b, a)
    shown = requests.answer(a, request.id, "This.", [HOSTS[0].id], preview=True)
    assert requests.show(a, request.id)[0].state == State.OPEN
    assert sync(a).sent == 0
    made = requests.answer(a, request.id, "This.", [HOSTS[0].id])
    assert [one.sent.raw for one in shown.leaving] == [one.sent.raw for one in made.leaving]
    assert exchange.release(a, pair.agreement).objects == len(HOSTS) * 2 - 2


def test_the_node_refuses_what_the_flow_refuses(pair: Pair, a: Node, b: Node) -> None:
    with pytest.raises(Withheld, match="red example"):
        requests.ask(a, pair.agreement, Asking("Is red.example yours?"))
    view = requests.ask(a, pair.agreement, Asking("Is red.example yours?"), although_withheld=True)
    assert "red example" in view.although_withheld
    request = asked(pair, b, a)
    with pytest.raises(Withheld, match="red example"):
        requests.answer(a, request.id, "red.example", preview=True)
    with pytest.raises(WrongState, match="decline it instead"):
        requests.close(a, request.id)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"observables": ["some words"]}, "is no observable"),
        ({"threat": "Nightjar"}, "names no threat"),
        ({"tlp": "public"}, "not a TLP level"),
        ({"tlp": "red"}, "above the ceiling"),
        ({"pap": "amber+strict"}, "not a PAP level"),
        ({"wanted_by": NOW - timedelta(days=1)}, "which is over"),
        ({"wanted_by": NOW + timedelta(days=9_000)}, "the agreement holds until"),
    ],
)
def test_what_cannot_be_asked_is_said(pair: Pair, a: Node, given: dict[str, object], says: str) -> None:
    with pytest.raises(BadArgument, match=says):
        requests.ask(a, pair.agreement, Asking("Seen?", **given))  # type: ignore[arg-type]
    assert requests.all_requests(a) == []


def test_a_budget_of_requests_holds_across_restarts(pair: Pair, a: Node, b: Node) -> None:
    for number in range(20):
        requests.ask(b, pair.agreement, Asking(f"Question {number}?"))
    b.close()
    again = opened(pair.b)
    with pytest.raises(BudgetSpent, match="20 requests were asked within 24 hours"):
        requests.ask(again, pair.agreement, Asking("One more?"))
    sync(again)
    again.close()
    sync(a)
    assert len(requests.all_requests(a)) == 20
    later = opened(pair.b, NOW + timedelta(days=1, seconds=1))
    requests.ask(later, pair.agreement, Asking("One more?"))
    later.close()


def test_prefixes_name_a_request_and_unclear_ones_are_said(pair: Pair, a: Node, b: Node) -> None:
    with pytest.raises(NotFound, match="no request has an id"):
        requests.show(a, "0")
    ids = [asked(pair, b, a, f"Question {number}?").id for number in range(17)]
    shared = next(one[0] for one in ids if sum(other[0] == one[0] for other in ids) > 1)
    with pytest.raises(Ambiguous):
        requests.decline(a, shared)
    requests.decline(a, ids[0].upper())
    assert requests.show(a, ids[0])[0].state == State.DECLINED


def test_a_guest_is_asked_nothing(a: Node, tmp_path: Path) -> None:
    guests.add(a, "Birch Desk")
    (path := tmp_path / "guest.toml").write_text('[scope]\nthreats = ["Predator"]\ndepth = 1\n')
    row, _ = agreements.propose(a, path, "Birch Desk", one_sided=True)
    with pytest.raises(IsGuest, match="Birch Desk is a guest, a counterpart without a node: it can be asked nothing"):
        requests.ask(a, row.id, Asking("Seen?"))


def test_a_request_expires_with_its_time_and_with_its_agreement(pair: Pair, a: Node, b: Node) -> None:
    soon = asked(pair, b, a, "Soon?", wanted_by=NOW + timedelta(hours=1))
    whenever = asked(pair, b, a, "Whenever?")
    later = opened(pair.a, NOW + timedelta(hours=2))
    assert {one.id: one.state for one in requests.all_requests(later)} == {
        soon.id: State.EXPIRED,
        whenever.id: State.OPEN,
    }
    agreements.end(later, pair.agreement)
    assert requests.all_requests(later, only_open=True) == []
    later.close()


def test_a_request_asked_before_a_restart_is_answered_after_it(pair: Pair, a: Node, b: Node) -> None:
    request = asked(pair, b, a)
    a.close(), b.close()
    a, b = opened(pair.a), opened(pair.b)
    requests.answer(a, request.id, "Yes.", [HOSTS[0].id])
    carried(a, b)
    assert requests.show(b, request.id)[0].answers == 1
    a.close(), b.close()
