"""Users of different agreements over the wire: what taxii2-client finds for one is nothing of the other's."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import httpx
import pytest
import requests
from taxii2client.exceptions import AccessError
from taxii2client.v21 import Collection

from backchannel.protocol.origin_tag import tag_in
from backchannel.protocol.taxii import MEDIA_TYPE
from backchannel.web.taxii import ROOT
from command import Desk
from standoff import good
from taxii_clients import client, collection, crawl
from taxii_served import HELD, NIGHTJAR, PREDATOR, RED, Served, User, by_http

pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("no_other_authorities")]

RANDOM = "6f0e5c1b-9f43-4a57-8d0e-3b6f0d7c2a15"
"""An id that nothing has."""

METHODS = ["GET", "HEAD", "POST", "DELETE", "PUT"]


def names(served: Served, user: User) -> set[str]:
    """The ids and aliases of a user's collections."""
    with client(served, user) as server:
        return {name for one in server.default.collections for name in (one.id, one.alias)}


def read(one: Collection) -> Iterator[Any]:
    """Whatever a collection answers to who asks for everything in it."""
    yield one._raw
    if one.can_read:
        for found in crawl(one.get_objects, 10, version="all"):
            yield found
            yield crawl(one.get_object, 10, found["id"], version="all")
            yield crawl(one.object_versions, 10, found["id"])
        yield from crawl(one.get_manifest, 10, version="all")


def wire(answer: httpx.Response) -> tuple[str, list[tuple[bytes, bytes]], bytes]:
    """An answer as it came, but for its date."""
    line = f"{answer.http_version} {answer.status_code} {answer.reason_phrase}"
    return line, [one for one in answer.headers.raw if one[0].lower() != b"date"], answer.content


def ask(http: httpx.Client, method: str, path: str) -> httpx.Response:
    """A request, with a sound body where one is posted."""
    posted = {"content": b'{"objects":[]}', "headers": {"Content-Type": MEDIA_TYPE}} if method == "POST" else {}
    return http.request(method, path, **posted)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "told"), [("vendor", PREDATOR), ("third", NIGHTJAR)])
def test_a_user_crawls_exactly_what_its_agreement_releases(served: Served, name: str, told: list[Any]) -> None:
    user = served.node.users[name]
    released = served.node.released(user)
    assert {one.id for one in told} <= set(released)
    with collection(served, user, "agreement") as agreed:
        for per_request in (3, 1000):
            found = crawl(agreed.get_objects, per_request)
            notes = {one["id"]: one for one in found if tag_in(one)}
            assert len(found) == len(released) + len(notes)
            assert {one["id"]: one for one in found} == released | notes
            about = [one["object_refs"][0] for one in notes.values()]
            assert sorted(about) == sorted(one for one in released if one.startswith("indicator--"))
        assert sorted(one["id"] for one in crawl(agreed.get_manifest, 4)) == sorted(released | notes)


def test_all_that_a_user_can_read_names_nothing_of_another_user(served: Served) -> None:
    users = served.node.users.values()
    own = {user.name: names(served, user) for user in users}
    everything = {}
    for user in users:
        with client(served, user) as server:
            everything[user.name] = json.dumps([*(part for one in server.default.collections for part in read(one))])
    objects = {"vendor": PREDATOR, "third": NIGHTJAR}
    for name, text in everything.items():
        assert len(text) > 10_000
        assert not [one for other in own if other != name for one in own[other] if one in text]
        assert not [one.id for one in RED if one.id in text and name != "siem"]
        assert not [
            one.id for other in objects if name not in (other, "siem") for one in objects[other] if one.id in text
        ]
    assert not [one.id for one in HELD if one.id not in everything["siem"]]


def test_an_inbox_gives_the_client_nothing_and_takes_what_it_adds(written: Served) -> None:
    with collection(written, written.vendor, "inbox") as inbox:
        for asked in (inbox.get_objects, inbox.get_manifest):
            with pytest.raises(AccessError):
                asked()
        with pytest.raises(requests.HTTPError, match="403"):
            inbox._conn.get(inbox.objects_url)
        status = inbox.add_objects({"objects": [one.value for one in good("told.example")]})
        assert (status.status, status.success_count, status.failure_count) == ("complete", 2, 0)
    waiting = Desk(written.node.home.parent, "lab").json("inbox", "list")
    assert {one.id for one in good("told.example")} <= {one["id"] for one in waiting}
    with by_http(written, written.third) as http:
        theirs = http.get(f"{ROOT}status/{status.id}/")
        assert wire(theirs) == wire(http.get(f"{ROOT}status/{RANDOM}/"))
        assert theirs.status_code == 404


@pytest.mark.parametrize("name", ["siem", "vendor", "third"])
def test_the_collection_of_another_answers_like_one_that_nobody_has(served: Served, name: str) -> None:
    """By id and by alias, to the byte, apart from the date."""
    user = served.node.users[name]
    others = [one for one in served.node.users.values() if one.name != name]
    foreign = sorted(set().union(*(names(served, one) for one in others)))
    assert len(foreign) >= 6
    objects = f"objects/{PREDATOR[0].id}/"
    places = ["", "manifest/", "objects/", "objects/?limit=1&match[version]=all", objects, f"{objects}versions/"]
    with by_http(served, user) as http:
        for method, place in product(METHODS, places):
            missing = wire(ask(http, method, f"{ROOT}collections/{RANDOM}/{place}"))
            for one in foreign:
                answer = ask(http, method, f"{ROOT}collections/{one}/{place}")
                assert wire(answer) == missing, (method, one, place)
                assert answer.status_code in (404, 405)


@pytest.mark.parametrize(("name", "others"), [("vendor", NIGHTJAR), ("third", PREDATOR)])
def test_an_object_of_another_answers_like_one_that_is_not_held(served: Served, name: str, others: list[Any]) -> None:
    user = served.node.users[name]
    with collection(served, user, "agreement") as agreed, by_http(served, user) as http:
        place = f"{ROOT}collections/{agreed.id}/objects/"
        for one in [*others[:5], *RED]:
            nobodys = f"{one.type}--{RANDOM}"
            for rest, method in product(("/", "/versions/"), METHODS):
                answer = ask(http, method, place + one.id + rest)
                assert wire(answer) == wire(ask(http, method, place + nobodys + rest)), (method, one.id, rest)
                assert answer.status_code != 200
        assert agreed.get_objects(id=[one.id for one in others]) == {}


def test_a_cursor_of_another_user_is_refused(served: Served) -> None:
    with collection(served, served.siem, "holdings") as holdings:
        cursor = holdings.get_objects(limit=1)["next"]
        assert holdings.get_objects(limit=1, next=cursor)["objects"]
    with collection(served, served.vendor, "agreement") as agreed, pytest.raises(requests.HTTPError, match="400"):
        agreed.get_objects(limit=1, next=cursor)


def test_a_user_that_is_revoked_by_a_command_is_out_with_its_next_request(written: Served) -> None:
    with collection(written, written.vendor, "agreement") as agreed:
        assert agreed.get_objects(limit=1)["objects"]
        Desk(written.node.home.parent, "lab")("taxii", "user", "revoke", "vendor")
        with pytest.raises(requests.HTTPError, match="401"):
            agreed.get_objects(limit=1)
