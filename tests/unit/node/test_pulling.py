"""Pulling from servers that page well and badly: everything arrives once, and what a server does wrong is said."""

import contextlib
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backchannel.carriers.session import Access, Session
from backchannel.errors import Ambiguous, TaxiiDenied, TaxiiMisbehaves, TaxiiNotThere, TaxiiUnreachable
from backchannel.flow.ports import Filter, Held
from backchannel.node import holdings, pulling
from backchannel.node.creating import create_node
from backchannel.node.holdings import Selection
from backchannel.node.node import Node
from backchannel.node.pulling import CollectionReport, PullReport, Wanted, pull
from backchannel.store.database import Database
from case import indicator, stix
from standoff import opened
from taxii_server import Asked, BySession, Feed, Reply, Server, by_cursor, by_date, date, dated

OBJECTS = [indicator(n, f"[domain-name:value = 'h{n}.example']") for n in range(1, 11)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("pull") / "lab"
    create_node(home, "Lab").close()
    (home / "settings.toml").write_text("warning_lists = false\nsynonyms = false\n")
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "lab"))


@pytest.fixture
def node(home: Path) -> Iterator[Node]:
    node = opened(home)
    yield node
    node.close()


def session(server: Server, **access: Any) -> Session:
    return Session(server.url, Access(**access), sleep=lambda _seconds: None, timeout=10)


def pulled(node: Node, server: Server, **wanted: Any) -> PullReport:
    asking = session(server)
    try:
        return pull(node, asking, Wanted(**wanted))
    finally:
        asking.close()


def the_one(node: Node, server: Server, **wanted: Any) -> CollectionReport:
    (one,) = pulled(node, server, **wanted).collections
    return one


def held(node: Node) -> list[Held]:
    with node.db.read() as tx:
        return list(tx.holdings.find(Filter()))


def ids(node: Node) -> list[str]:
    return [one.id for one in held(node)]


def all_ids(objects: list[dict[str, object]] = OBJECTS) -> list[str]:
    return [str(one["id"]) for one in objects]


def counts(report: CollectionReport) -> tuple[int, int, int]:
    return report.kept.read, report.kept.added, report.kept.unchanged


def same_date(count: int = 10, **properties: Any) -> Feed:
    return Feed([(date(1), one) for one in OBJECTS[:count]], **properties)


# --- servers that page well ---------------------------------------------------------------------------------


@pytest.mark.parametrize("behave", [by_cursor, by_date, BySession()], ids=["cursor", "date", "session"])
@pytest.mark.parametrize("size", [2, 3, 10, 50])
def test_all_objects_arrive_once_however_the_server_pages(node: Node, behave: Any, size: int) -> None:
    with Server(Feed.of(OBJECTS, behave=behave, size=size)) as server:
        report = the_one(node, server)
        assert (report.problem, report.kept.added, report.kept.refused) == (None, 10, [])
        assert report.kept.read == 10 or behave is by_date
        assert ids(node) == all_ids()
        again = the_one(node, server)
    assert (again.problem, again.kept.read) == (None, 0)
    assert again.since == date(9)


def test_what_is_pulled_is_of_the_collection_and_not_own(node: Node) -> None:
    with Server(feed := Feed.of(OBJECTS)) as server:
        pulled(node, server)
        name = f"Indicators @ {server.origin.removeprefix('http://')}"
        assert {(one.source, one.source_name, one.own) for one in held(node)} == {
            (f"taxii:{server.collection(feed)}", name, False)
        }
        for called in (name, f"taxii:{server.collection(feed)}", server.collection(feed)):
            assert len(holdings.select(node, Selection(source=called))) == 10
        assert holdings.select(node, Selection(source="own")) == []


def test_the_next_pull_asks_only_for_what_came_since(node: Node) -> None:
    with Server(feed := Feed.of(OBJECTS[:7])) as server:
        pulled(node, server)
        feed.objects += [(date(100 + n), one) for n, one in enumerate(OBJECTS[7:])]
        server.asked.clear()
        report = the_one(node, server)
        assert server.pages() == [{"added_after": date(6)}]
    assert counts(report) == (3, 3, 0)


def test_what_is_added_at_the_moment_of_the_last_object_is_not_lost(node: Node) -> None:
    """While objects of one date may still come in, the next pull asks from just before it."""

    def fresh(feed: Feed, asked: Asked) -> Reply:
        reply = by_cursor(feed, asked)
        return reply._replace(headers={**reply.headers, "Date": "Mon, 05 Oct 2026 00:00:02 GMT"})

    with Server(feed := same_date(2, behave=fresh)) as server:
        pulled(node, server)
        feed.objects.append((date(1), OBJECTS[2]))
        report = the_one(node, server)
    assert counts(report) == (3, 1, 2)


def test_since_is_where_a_pull_begins_whatever_was_read_before(node: Node) -> None:
    with Server(Feed.of(OBJECTS)) as server:
        assert counts(the_one(node, server, since=date(6))) == (3, 3, 0)
        assert counts(the_one(node, server, since=date(3))) == (6, 3, 3)
        assert counts(the_one(node, server)) == (0, 0, 0)


def test_objects_of_2_0_are_upgraded_and_their_original_is_kept(node: Node) -> None:
    old = {key: value for key, value in OBJECTS[0].items() if key not in ("spec_version", "pattern_type")}
    old |= {"labels": ["malicious-activity"]}
    del old["indicator_types"]
    with Server(Feed.of([old])) as server:
        assert the_one(node, server).kept.added == 1
    (one,) = held(node)
    assert one.object().value["spec_version"] == "2.1"
    with node.db.read() as tx:
        assert json.loads(tx.holdings.original_of(one.seq) or b"") == old


def test_objects_without_a_mark_have_the_level_that_was_given(node: Node) -> None:
    with Server(Feed.of(OBJECTS)) as server:
        pulled(node, server, tlp="green")
    assert {one.tlp for one in held(node)} == {"green"}


def test_an_empty_collection_is_no_problem(node: Node) -> None:
    with Server(Feed()) as server:
        assert counts(the_one(node, server)) == (0, 0, 0)
        assert the_one(node, server).problem is None


# --- pages without a cursor ---------------------------------------------------------------------------------


def test_objects_that_share_a_date_across_a_page_border_are_not_lost(node: Node) -> None:
    dates = [1, 1, 2, 2, 2, 3, 3, 4, 4, 4]
    feed = Feed([(date(n), one) for n, one in zip(dates, OBJECTS, strict=True)], behave=by_date, size=4)
    with Server(feed) as server:
        report = the_one(node, server)
    assert report.problem is None
    assert sorted(ids(node)) == sorted(all_ids())
    assert report.kept.read == report.kept.added + report.kept.unchanged > 10


def test_more_objects_of_one_date_than_fit_a_page_are_said_to_be_unreachable(node: Node) -> None:
    with Server(same_date(behave=by_date)) as server:
        report = the_one(node, server)
        assert isinstance(report.problem, TaxiiMisbehaves)
        assert "do not get beyond" in str(report.problem)
        assert len(server.pages()) == 2
    assert ids(node) == all_ids(OBJECTS[:3])


def test_without_a_header_the_manifest_says_when_objects_were_added(node: Node) -> None:
    def plain(feed: Feed, asked: Asked) -> Reply:
        return by_date(feed, asked, dates=False)

    with Server(Feed.of(OBJECTS, behave=plain)) as server:
        assert the_one(node, server).problem is None
        assert sorted(ids(node)) == sorted(all_ids())
        assert the_one(node, server).kept.read == 0


def test_without_header_and_manifest_the_objects_own_dates_lead_on(node: Node) -> None:
    def plain(feed: Feed, asked: Asked) -> Reply:
        return by_date(feed, asked, dates=False)

    objects = [{**one, "modified": date(n).replace("000000Z", "000Z")} for n, one in enumerate(OBJECTS)]
    objects = [{**one, "created": date(0).replace("000000Z", "000Z")} for one in objects]
    feed = Feed([(date(5000 + n), one) for n, one in enumerate(objects)], behave=plain, size=20, manifest=False)
    with Server(feed) as server:
        assert the_one(node, server).problem is None
        server.asked.clear()
        again = the_one(node, server)
    assert server.pages() == [{"added_after": date(9)}]
    assert (again.kept.added, again.kept.unchanged) == (0, 10)


def test_more_without_any_way_on_is_said(node: Node) -> None:
    def nowhere(_feed: Feed, _asked: Asked) -> Reply:
        return Reply({"more": True, "objects": [{"type": "x"}]})

    with Server(Feed.of(OBJECTS, behave=nowhere, manifest=False)) as server:
        report = the_one(node, server)
    assert "neither a cursor" in str(report.problem)


# --- cursors ------------------------------------------------------------------------------------------------


def test_the_same_cursor_again_with_nothing_new_ends_the_pass(node: Node) -> None:
    def stuck(feed: Feed, _asked: Asked) -> Reply:
        return feed.page(feed.objects[:3], more=True, cursor="stuck")

    with Server(Feed.of(OBJECTS, behave=stuck)) as server:
        report = the_one(node, server)
        assert len(server.pages()) == 2
    assert "the same cursor again" in str(report.problem)
    assert ids(node) == all_ids(OBJECTS[:3])


def test_cursors_that_go_round_in_a_circle_end_the_pass(node: Node) -> None:
    def circle(feed: Feed, asked: Asked) -> Reply:
        at = int(asked.query.get("next", "0")) % 3
        return feed.page(feed.objects[at : at + 1], more=True, cursor=str((at + 1) % 3), dates=False)

    with Server(Feed.of(OBJECTS, behave=circle)) as server:
        report = the_one(node, server)
        assert len(server.pages()) <= 5
    assert "a cursor that it gave before" in str(report.problem)
    assert ids(node) == all_ids(OBJECTS[:3])


@pytest.mark.parametrize("objects", [[], OBJECTS[:2]], ids=["empty", "the same"])
def test_more_for_ever_without_anything_new_ends_the_pass(node: Node, objects: list[Any]) -> None:
    served = iter(range(10_000))

    def endless(_feed: Feed, _asked: Asked) -> Reply:
        return Reply({"more": True, "next": str(next(served)), "objects": objects})

    with Server(Feed(behave=endless)) as server:
        report = the_one(node, server)
        assert len(server.pages()) <= 11
    assert "brought nothing new" in str(report.problem)
    assert ids(node) == all_ids(objects)


def test_dates_that_go_on_for_ever_without_anything_new_end_the_pass(node: Node) -> None:
    served = iter(range(10_000))

    def endless(feed: Feed, _asked: Asked) -> Reply:
        return dated({"more": True, "objects": [feed.objects[0][1]]}, last := date(next(served)), last)

    with Server(Feed.of(OBJECTS, behave=endless)) as server:
        report = the_one(node, server)
        assert len(server.pages()) <= 11
    assert "brought nothing new" in str(report.problem)


def test_a_few_empty_pages_on_the_way_are_borne(node: Node) -> None:
    def sparse(feed: Feed, asked: Asked) -> Reply:
        at = int(asked.query.get("next", "0"))
        given = feed.objects[at // 5 : at // 5 + 1] if at % 5 == 0 else []
        return feed.page(given, more=at < 46, cursor=str(at + 1))

    with Server(Feed.of(OBJECTS, behave=sparse)) as server:
        assert the_one(node, server).problem is None
    assert ids(node) == all_ids()


def test_duplicates_within_and_across_pages_are_unchanged(node: Node) -> None:
    twice = [one for one in OBJECTS for _ in range(2)]
    with Server(Feed.of(twice)) as server:
        report = the_one(node, server)
    assert (report.problem, *counts(report)) == (None, 20, 10, 10)


def test_a_page_out_of_order_ends_the_pass_and_is_read_again_next_time(node: Node) -> None:
    def disorder(feed: Feed, asked: Asked) -> Reply:
        reply = by_cursor(feed, asked)
        return dated(reply.body, date(5), date(4)) if asked.query.get("next") == "3" else reply

    with Server(Feed.of(OBJECTS, behave=disorder)) as server:
        report = the_one(node, server)
        assert "not in the order in which they were added" in str(report.problem)
        server.feeds[0].behave = by_cursor
        assert the_one(node, server).problem is None
    assert ids(node) == all_ids()


def test_pages_out_of_order_end_the_pass(node: Node) -> None:
    feed = Feed.of(OBJECTS, size=5)
    feed.objects = feed.objects[5:] + feed.objects[:5]
    with Server(feed) as server:
        report = the_one(node, server)
    assert "pages are not in the order" in str(report.problem)
    assert sorted(ids(node)) == sorted(all_ids())


def test_a_cursor_that_the_server_forgot_is_replaced_by_the_date(node: Node) -> None:
    def forgetful(feed: Feed, asked: Asked) -> Reply:
        if asked.query.get("next") == "6" and "added_after" not in asked.query:
            return Reply({"title": "expired"}, 400)
        return by_cursor(feed, asked)

    with Server(Feed.of(OBJECTS, behave=forgetful)) as server:
        report = the_one(node, server)
    assert report.problem is None
    assert ids(node) == all_ids()


def test_a_server_that_forgets_every_cursor_is_said_to(node: Node) -> None:
    def forgetful(feed: Feed, asked: Asked) -> Reply:
        return Reply({}, 400) if "next" in asked.query else by_cursor(feed, asked)

    with Server(same_date(behave=forgetful)) as server:
        report = the_one(node, server)
    assert "does not take its own cursor" in str(report.problem)
    assert ids(node) == all_ids(OBJECTS[:3])


def test_a_lost_answer_of_a_server_that_remembers_pages_costs_no_object(node: Node) -> None:
    remembering = BySession()
    lost = iter([False, True, False, False, True])

    def unreliable(feed: Feed, asked: Asked) -> Reply:
        reply = remembering(feed, asked)
        return reply._replace(drop=next(lost, False))

    with Server(Feed.of(OBJECTS, behave=unreliable)) as server:
        report = the_one(node, server)
    assert report.problem is None
    assert ids(node) == all_ids()


# --- what a page holds --------------------------------------------------------------------------------------


def test_a_broken_object_costs_its_neighbours_nothing(node: Node) -> None:
    deep = b'{"type":"malware","x":' + b"[" * 500 + b"]" * 500 + b"}"
    good = json.dumps(OBJECTS[0]).encode()
    page = b'{"objects":[' + b",".join([deep, b'{"type":"malware"}', b'{"type":}', good]) + b'],"more":false}'
    with Server(Feed(behave=lambda _feed, _asked: Reply(page))) as server:
        report = the_one(node, server)
    assert report.problem is None
    assert [one.index for one in report.kept.refused] == [0, 1, 2]
    assert {one.file for one in report.kept.refused} == {report.name + " @ " + server.origin[7:]}
    assert ids(node) == all_ids(OBJECTS[:1])


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"[]",
        b'{"objects":[',
        b'{"objects":[],"more":true',
        b'{"objects":[],"more":"yes"}',
        b'{"objects":{}}',
        b'{"more":false,"more":true}',
        b'{"objects":[]} and more',
        b'{"more":true,"next":"' + b"x" * 5000 + b'"}',
        b'{"more":true,"next":7}',
        b"<html>",
    ],
)
def test_a_page_that_is_no_envelope_is_said(node: Node, page: bytes) -> None:
    with Server(Feed(behave=lambda _feed, _asked: Reply(page))) as server:
        report = the_one(node, server)
    assert "page that cannot be read" in str(report.problem)
    assert isinstance(report.problem, TaxiiMisbehaves)


def test_a_page_that_is_too_large_is_not_read_to_its_end(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backchannel.carriers.taxii.MAX_PAGE", 1000)
    with Server(Feed.of(OBJECTS)) as server:
        assert "more than 1000 bytes" in str(the_one(node, server).problem)


def test_another_content_under_a_known_version_is_refused_as_a_conflict(node: Node) -> None:
    changed = {**OBJECTS[0], "name": "another"}
    with Server(feed := Feed.of(OBJECTS[:1])) as server:
        pulled(node, server)
        feed.objects.append((date(50), changed))
        report = the_one(node, server)
    assert [one.rule for one in report.kept.refused] == ["conflict"]
    ((_conflict, name),) = holdings.conflicts(node)
    assert name.startswith("Indicators @ ")


def test_the_list_of_refusals_is_bounded(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling, "MOST_REFUSED", 4)
    bad = [{**one, "created": "never"} for one in OBJECTS]
    with Server(Feed.of(bad)) as server:
        refused = the_one(node, server).kept.refused
    assert [one.rule for one in refused[4:]] == ["more"]
    assert refused[4].message == "6 further objects were refused"


def test_a_hostile_title_is_one_harmless_line(node: Node) -> None:
    with Server(Feed.of(OBJECTS, title="\x1b[2JLab\n\u202eevil" + "x" * 500)) as server:
        report = the_one(node, server)
    (name,) = {one.source_name for one in held(node)}
    assert name.isprintable()
    assert len(name) < 100
    assert report.name.isprintable()


# --- which collections --------------------------------------------------------------------------------------


def two() -> tuple[Feed, Feed]:
    return Feed.of(OBJECTS[:5], title="One"), Feed.of(OBJECTS[5:], id="second", title="Two")


def test_without_a_name_every_collection_that_can_be_read_is_read(node: Node) -> None:
    closed = Feed.of(OBJECTS, id="closed", title="Closed", can_read=False)
    with Server(*two(), closed) as server:
        report = pulled(node, server)
    assert [one.name for one in report.collections] == ["One", "Two"]
    assert len(ids(node)) == 10


def test_a_collection_is_named_by_id_title_or_its_own_url(node: Node) -> None:
    one, second = two()
    with Server(one, second) as server:
        for called in (second.id, "two", server.collection(second)):
            assert [found.name for found in pulled(node, server, collections=(called,)).collections] == ["Two"]
        asking = Session(server.collection(second), Access())
        assert [found.name for found in pull(node, asking, Wanted()).collections] == ["Two"]
        asking.close()


def test_a_collection_that_is_not_there_is_told_with_those_that_are(node: Node) -> None:
    with Server(*two()) as server, pytest.raises(TaxiiNotThere, match=r"'three'.*One.*Two"):
        pulled(node, server, collections=("three",))


def test_two_collections_of_one_title_are_not_guessed_between(node: Node) -> None:
    one, second = two()
    second.title = "one"
    with Server(one, second) as server, pytest.raises(Ambiguous):
        pulled(node, server, collections=("One",))


def test_a_collection_that_may_not_be_read_is_said_to(node: Node) -> None:
    with Server(Feed(can_read=False)) as server:
        for wanted in ({}, {"collections": ("Indicators",)}):
            with pytest.raises(TaxiiDenied):
                pulled(node, server, **wanted)


def test_what_is_wrong_with_one_collection_does_not_cost_the_others(node: Node) -> None:
    one, second = two()
    one.behave = lambda _feed, _asked: Reply({"title": "no"}, 403)
    with Server(one, second) as server:
        report = pulled(node, server)
    first, other = report.collections
    assert isinstance(first.problem, TaxiiDenied)
    assert report.problem is first.problem
    assert other.kept.added == 5


def test_a_root_on_another_server_is_not_asked_but_told(node: Node) -> None:
    with Server(Feed.of(OBJECTS)) as server, Server(Feed.of(OBJECTS)) as other:
        roots = [f"{other.origin}/api/", "/api/"]
        server.routes["/taxii2/"] = lambda _asked: Reply({"title": "x", "api_roots": roots})
        report = pulled(node, server)
        assert other.asked == []
    assert len(report.collections) == 1
    assert "another server" in report.notes[0]


# --- kill -9 ------------------------------------------------------------------------------------------------


class Dies:
    """A store that kills the process before or after its n-th commit."""

    def __init__(self, db: Database, commits: int, *, before: bool) -> None:
        self._db, self._left, self._before = db, commits, before

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def write(self) -> Any:
        @contextlib.contextmanager
        def writing() -> Iterator[Any]:
            self._left -= 1
            with self._db.write() as tx:
                yield tx
                if self._left == 0 and self._before:
                    os.kill(os.getpid(), signal.SIGKILL)
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        return writing()


def killed(home: Path, action: Callable[[Node], object], commits: int, *, before: bool) -> None:
    child = os.fork()
    if child == 0:
        try:
            node = opened(home)
            action(replace(node, db=Dies(node.db, commits, before=before)))  # type: ignore[arg-type]
        finally:
            os._exit(70)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("commits", [1, 2, 3, 4])
@pytest.mark.parametrize("behave", [by_cursor, by_date, BySession], ids=["cursor", "date", "session"])
def test_a_kill_at_any_page_loses_nothing_and_doubles_nothing(
    home: Path, behave: Any, commits: int, before: bool
) -> None:
    behave = behave() if behave is BySession else behave
    with Server(Feed.of(OBJECTS, behave=behave)) as server:
        killed(home, lambda node: pulled(node, server), commits, before=before)
        node = opened(home)
        kept = len(ids(node))
        assert kept < 10 or commits == 4
        report = the_one(node, server)
        assert report.problem is None
        assert kept + report.kept.added == 10
        assert ids(node) == all_ids()
        assert the_one(node, server).kept.read == 0
        node.close()


def test_a_cursor_that_moves_is_where_a_killed_pull_goes_on(home: Path) -> None:
    with Server(same_date()) as server:
        killed(home, lambda node: pulled(node, server), 3, before=False)
        server.asked.clear()
        node = opened(home)
        assert counts(the_one(node, server)) == (1, 1, 0)
        assert server.pages() == [{"next": "9"}]
        node.close()


# --- the server cannot be used ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, TaxiiDenied), (403, TaxiiDenied), (404, TaxiiNotThere), (406, TaxiiNotThere), (500, TaxiiUnreachable)],
)
def test_a_status_of_the_server_is_an_error_that_says_what_to_do(node: Node, status: int, error: Any) -> None:
    with Server(Feed.of(OBJECTS)) as server:
        server.before = lambda _asked: Reply({"title": "No", "description": "because"}, status)
        with pytest.raises(error, match=f"status {status}.*because") as raised:
            pulled(node, server)
    assert raised.value.advice


def test_a_page_of_html_is_no_taxii(node: Node) -> None:
    with Server() as server:
        server.before = lambda _asked: Reply(b"<html>", headers={"Content-Type": "text/html"})
        with pytest.raises(TaxiiNotThere, match="text/html"):
            pulled(node, server)


def test_a_server_that_is_busy_at_first_is_asked_again(node: Node) -> None:
    busy = iter([True, False, True, True, False])
    with Server(Feed.of(OBJECTS)) as server:
        server.before = lambda _asked: Reply({}, 503, {"Retry-After": "1"}) if next(busy, False) else None
        assert the_one(node, server).kept.added == 10


def test_an_odd_collection_is_told_and_costs_its_neighbours_nothing(node: Node) -> None:
    with Server(feed := Feed.of(OBJECTS)) as server:
        odd = [feed.about(), {"id": 7}, {**feed.about(), "id": ".."}]
        server.routes["/api/collections/"] = lambda _asked: Reply({"collections": odd})
        report = pulled(node, server)
    assert len(report.collections) == 1
    assert len(report.notes) == 2


def test_stix_that_no_collection_promised_is_validated_all_the_same(node: Node) -> None:
    with Server(Feed.of([stix("indicator", 1), *OBJECTS[:1]])) as server:
        report = the_one(node, server)
    assert len(report.kept.refused) == 1
    assert report.kept.added == 1
