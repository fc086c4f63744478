"""Pushing: what goes, in what pieces, until the server is done; what it refuses is told for each object."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backchannel.carriers.session import Access, Session
from backchannel.errors import NotFound, TaxiiDenied, TaxiiMisbehaves, TaxiiUnreachable
from backchannel.flow.ports import NewObject
from backchannel.flow.ports_taxii import PULLED
from backchannel.node import pushing, recalls
from backchannel.node.creating import create_node
from backchannel.node.holdings import Selection
from backchannel.node.node import Node
from backchannel.node.pushing import PushReport, push
from standoff import opened
from taxii_server import Asked, Feed, Reply, Server
from two_parties import NOW
from vetting_world import indicator as decoded
from vetting_world import threat

OWN = [decoded(f"own{n}.example") for n in range(12)]
OTHERS = PULLED + "https://taxii.example/api/collections/one/"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("push") / "lab"
    create_node(home, "Lab").close()
    (home / "settings.toml").write_text("warning_lists = false\nsynonyms = false\n")
    node = opened(home)
    with node.db.write() as tx:
        tx.holdings.add((NewObject.of(one) for one in OWN), source=node.us.key, now=NOW)
        tx.holdings.add([NewObject.of(threat("Theirs"))], source=OTHERS, now=NOW)
        tx.pulls.name(OTHERS, "One @ taxii.example")
    node.close()
    return home


@pytest.fixture
def node(made: Path, tmp_path: Path) -> Iterator[Node]:
    node = opened(Path(shutil.copytree(made, tmp_path / "lab")))
    yield node
    node.close()


def pushed(node: Node, server: Server, slept: list[float] | None = None, **wanted: Any) -> PushReport:
    session = Session(server.url, Access(), sleep=lambda _seconds: None)
    pause = slept.append if slept is not None else lambda _seconds: None
    try:
        return push(node, session, "Indicators", Selection(**wanted), sleep=pause)
    finally:
        session.close()


def posts(server: Server) -> list[Asked]:
    return [one for one in server.asked if one.method == "POST"]


def test_only_our_own_objects_go_unless_a_source_is_named(node: Node) -> None:
    with Server(feed := Feed()) as server:
        report = pushed(node, server)
        assert (report.objects, report.succeeded, report.failed, report.problem) == (12, 12, [], None)
        assert [one["id"] for one in feed.received] == [one.id for one in OWN]
        feed.received.clear()
        pushed(node, server, source="One @ taxii.example")
        assert [one["id"] for one in feed.received] == [threat("Theirs").id]


def test_what_is_recalled_is_not_pushed(node: Node) -> None:
    view, _ = recalls.recall(node, OWN[3].id, "It was wrong.")
    with Server(feed := Feed()) as server:
        assert pushed(node, server).objects == len(OWN) - 1
        assert [one["id"] for one in feed.received] == [one.id for one in OWN if one is not OWN[3]]
        feed.received.clear()
        recalls.lift(node, view.id)
        pushed(node, server, ids=(OWN[3].id,))
        assert [one["id"] for one in feed.received] == [OWN[3].id]


def test_filters_choose_what_goes(node: Node) -> None:
    with Server(feed := Feed()) as server:
        pushed(node, server, ids=(OWN[3].id, OWN[5].id[:30]))
        assert [one["id"] for one in feed.received] == [OWN[3].id, OWN[5].id]
        assert pushed(node, server, type="malware").objects == 0
        assert len(posts(server)) == 1
        with pytest.raises(NotFound):
            pushed(node, server, ids=("indicator--ffffffff",))


def test_bytes_go_as_they_are_held(node: Node) -> None:
    with Server(Feed()) as server:
        pushed(node, server)
        (post,) = posts(server)
    assert post.body == b'{"objects":[' + b",".join(one.raw for one in OWN) + b"]}"


@pytest.mark.parametrize("limit", [400, 1_000, 1_300, 5_000])
def test_each_request_is_one_that_the_server_takes(node: Node, limit: int) -> None:
    with Server(feed := Feed(), max_content_length=limit) as server:
        assert pushed(node, server).succeeded == 12
        assert all(len(one.body) <= limit for one in posts(server))
        assert [one["id"] for one in feed.received] == [one.id for one in OWN]


def test_requests_are_as_full_as_they_may_be(node: Node) -> None:
    size = len(OWN[0].raw)
    assert {len(one.raw) for one in OWN[:10]} == {size}
    exact = len(b'{"objects":[') + 2 * size + 1 + len(b"]}")
    for limit, fit in ((exact, 2), (exact - 1, 1)):
        with Server(Feed(), max_content_length=limit) as server:
            pushed(node, server)
            assert len(json.loads(posts(server)[0].body)["objects"]) == fit


def test_an_object_that_is_too_large_is_told_and_the_others_go(node: Node) -> None:
    big = decoded("big.example", description="x" * 2_000)
    with node.db.write() as tx:
        tx.holdings.add([NewObject.of(big)], source=node.us.key, now=NOW)
    with Server(Feed(), max_content_length=1_500) as server:
        report = pushed(node, server)
    assert (report.objects, report.succeeded) == (13, 12)
    assert [(one.id, one.version) for one in report.failed] == [(big.id, big.version)]
    assert "the server takes" in report.failed[0].message


def test_a_server_that_takes_its_time_is_asked_until_it_is_done(node: Node) -> None:
    states = iter(["pending", "pending", "complete"])
    with Server(feed := Feed()) as server:
        server.routes[f"/api/collections/{feed.id}/objects/"] = lambda _asked: Reply(
            {"id": "s/1", "status": "pending", "pending_count": 12}, 202
        )

        def status(_asked: Asked) -> Reply:
            state = next(states)
            bad = {"id": OWN[0].id, "version": OWN[0].version, "message": "no \x1b[2J"}
            return Reply({"id": "s/1", "status": state, "success_count": 11, "failure_count": 1, "failures": [bad]})

        server.routes["/api/status/s%2F1/"] = status
        slept: list[float] = []
        report = pushed(node, server, slept)
    assert (report.succeeded, report.pending, report.problem) == (11, 0, None)
    assert [one.id for one in report.failed] == [OWN[0].id]
    assert report.failed[0].message.isprintable()
    assert slept == [0.5, 1.0, 2.0]


def test_a_server_that_is_never_done_is_left_and_said(node: Node) -> None:
    pending = {"id": "1", "status": "pending", "pending_count": 12}
    with Server(feed := Feed()) as server:
        server.routes[f"/api/collections/{feed.id}/objects/"] = lambda _asked: Reply(pending, 202)
        server.routes["/api/status/1/"] = lambda _asked: Reply(pending)
        slept: list[float] = []
        report = pushed(node, server, slept)
    assert isinstance(report.problem, TaxiiUnreachable)
    assert report.pending == 12
    assert sum(slept) < pushing.POLL_SECONDS + pushing.LONGEST_PAUSE


def test_failures_that_the_server_does_not_name_are_counted(node: Node) -> None:
    with Server(feed := Feed()) as server:
        answer = {"id": "1", "status": "complete", "success_count": 9, "failure_count": 3}
        server.routes[f"/api/collections/{feed.id}/objects/"] = lambda _asked: Reply(answer, 202)
        report = pushed(node, server)
    assert [one.message for one in report.failed] == ["3 objects that the server does not name"]


@pytest.mark.parametrize(("status", "error"), [(403, TaxiiDenied), (413, TaxiiMisbehaves), (422, TaxiiMisbehaves)])
def test_a_server_that_refuses_the_whole_request_is_a_problem(node: Node, status: int, error: Any) -> None:
    with Server(feed := Feed()) as server:
        server.routes[f"/api/collections/{feed.id}/objects/"] = lambda _asked: Reply({"title": "no"}, status)
        report = pushed(node, server)
        assert len(posts(server)) == 1
    assert isinstance(report.problem, error)


def test_a_collection_that_may_not_be_written_gets_nothing(node: Node) -> None:
    with Server(Feed(can_write=False)) as server:
        with pytest.raises(TaxiiDenied, match="may not be written"):
            pushed(node, server)
        assert posts(server) == []


def test_an_answer_to_what_was_sent_that_is_lost_is_not_sent_twice(node: Node) -> None:
    with Server(feed := Feed()) as server:
        server.routes[f"/api/collections/{feed.id}/objects/"] = lambda _asked: Reply({"id": "1"}, 202, drop=True)
        report = pushed(node, server)
        assert len(posts(server)) == 1
    assert isinstance(report.problem, TaxiiUnreachable)
