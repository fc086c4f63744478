"""The TAXII server: what each user sees, pages that hold while others write, posts, and what nobody may learn."""

import base64
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from unittest.mock import Mock
from urllib.parse import urljoin

import pytest
from starlette.routing import Route

from backchannel.core.assess.keys import key_of
from backchannel.core.stix import StixObject, decode, format_timestamp
from backchannel.errors import DiskFull, StoreBroken, StoreBusy
from backchannel.flow.ports import Filter
from backchannel.flow.publish import AT_LEAST_EVERY
from backchannel.node import agreements, taxii_users
from backchannel.node.exchange import preview
from backchannel.node.taxii import TaxiiService
from backchannel.protocol.origin_tag import origin_tag, tag_in
from backchannel.protocol.taxii import MEDIA_TYPE
from backchannel.store.text_index import matching, query_of
from backchannel.web.taxii import ROOT, Visitors
from standoff import OURS, SECRET, THIRD, Standoff, good
from taxii_desk import HOLDINGS, Desk, without_tags
from two_parties import NOW
from vetting_world import MARK, indicator, link, threat


def body(*objects: StixObject) -> bytes:
    return b'{"objects":[' + b",".join(one.raw for one in objects) + b"]}"


@pytest.fixture
def siem(standoff: Standoff) -> Desk:
    return Desk(standoff.node, "siem")


# --- what the server is --------------------------------------------------------------------------------------------


def test_discovery_leads_to_the_root_and_to_the_collections(siem: Desk) -> None:
    found = siem.get("/taxii2/")
    assert (found["title"], found["default"]) == ("Human Rights Lab", f"https://node.example{ROOT}")
    assert siem.get(ROOT)["versions"] == [MEDIA_TYPE]
    (holdings,) = siem.get(f"{ROOT}collections/")["collections"]
    assert (holdings["can_read"], holdings["can_write"]) == (True, True)
    assert siem.get(f"{ROOT}collections/{holdings['id']}/") == siem.get(HOLDINGS) == holdings


def test_a_missing_slash_is_redirected_with_method_and_query(siem: Desk) -> None:
    answer = siem.ask("POST", f"{HOLDINGS}objects?limit=1")
    assert (answer.status_code, answer.headers["location"]) == (308, "./objects/?limit=1")
    assert siem.ask("GET", f"{HOLDINGS}objects?limit=1", follow_redirects=True).json()["objects"]


def test_the_address_that_a_redirect_names_holds_behind_a_proxy_too(siem: Desk) -> None:
    seen = urljoin(
        f"https://taxii.example.com/birch{HOLDINGS}objects?limit=1",
        siem.ask("GET", f"{HOLDINGS}objects?limit=1").headers["location"],
    )
    assert seen == f"https://taxii.example.com/birch{HOLDINGS}objects/?limit=1"


def test_what_fails_in_the_store_is_for_the_servers_own_log_only(
    siem: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for error, status in (
        (StoreBroken("/secret/path is damaged"), 500),
        (StoreBusy("/secret/path"), 503),
        (DiskFull("/secret/path"), 507),
    ):
        caplog.clear()
        monkeypatch.setattr(TaxiiService, "page", Mock(side_effect=error))
        answer = siem.ask("GET", f"{HOLDINGS}objects/")
        assert answer.status_code == status
        assert "secret" not in answer.text
        assert "/secret/path" in caplog.text


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (MEDIA_TYPE, 200), ("application/taxii+json", 200), ("*/*", 200), ("text/html, application/*;q=0.1", 200),
        ("application/taxii+json; version=2.1", 200), ("application/taxii+json;version=2.0", 406),
        ("application/json", 406), ("text/html", 406), ("*/*;q=0", 406), ("", 200),
    ],
)  # fmt: skip
def test_only_taxii_2_1_is_spoken(siem: Desk, accept: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {siem.token}", "Accept": accept}
    answer = siem.ask("GET", ROOT, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)


def test_a_body_of_another_media_type_is_415(siem: Desk) -> None:
    headers = {"Authorization": f"Bearer {siem.token}", "Content-Type": "application/json"}
    assert siem.ask("POST", f"{HOLDINGS}objects/", headers=headers, content=body()).status_code == 415


def test_every_error_says_what_it_is_and_what_to_do(siem: Desk) -> None:
    asked = [
        siem.ask("GET", "/taxii2/", headers={}),
        siem.ask("GET", f"{ROOT}collections/nothing/"),
        siem.ask("PUT", f"{HOLDINGS}objects/"),
        siem.ask("GET", f"{HOLDINGS}objects/?limit=none"),
        siem.post(f"{HOLDINGS}objects/", b"{"),
    ]
    assert [one.status_code for one in asked] == [401, 404, 405, 400, 400]
    for one in asked:
        assert one.headers["content-type"] == MEDIA_TYPE
        assert one.json()["http_status"] == str(one.status_code)
        assert one.json()["title"]
        assert one.json()["description"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "TRACE", "QUERY", "PROPFIND", "X" * 100])
def test_a_method_that_is_not_used_is_405_with_what_is_and_401_for_strangers(siem: Desk, method: str) -> None:
    for path, allowed in (("/taxii2/", "GET"), (f"{HOLDINGS}objects/", "GET, POST")):
        answer = siem.ask(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
        assert answer.json()["http_status"] == "405"
        assert siem.ask(method, path, headers={}).status_code == 401
        assert siem.ask(method, path.removesuffix("/")).status_code == 308
    assert siem.ask(method, "/taxii2/nothing").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "changed", "status"),
    [
        ("POST", f"{HOLDINGS}objects/", {"Authorization": ""}, 401),
        ("POST", f"{ROOT}collections/nothing/objects/", {}, 404),
        ("POST", f"{ROOT}nothing/", {}, 404),
        ("PUT", f"{HOLDINGS}objects/", {}, 405),
        ("POST", f"{HOLDINGS}objects/", {"Accept": "text/html"}, 406),
        ("POST", f"{HOLDINGS}objects/", {"Content-Type": "text/html"}, 415),
        ("GET", HOLDINGS, {}, 200),
    ],
)
def test_whatever_the_answer_the_body_was_read_first(
    siem: Desk, method: str, path: str, changed: dict[str, str], status: int
) -> None:
    """So that its sender hears the answer, and the connection is of use for the next request."""
    read: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        for number in range(10):
            read.append(number)
            yield b"x" * 1000

    headers = {"Authorization": f"Bearer {siem.token}", "Content-Type": MEDIA_TYPE} | changed
    assert siem.ask(method, path, headers=headers, content=pieces()).status_code == status
    assert len(read) == 10


def test_the_document_has_every_path_and_every_method(siem: Desk) -> None:
    documented = siem.ask("GET", "/taxii2/openapi.json", headers={}).json()["paths"]
    assert {route.path for route in siem.app.routes if isinstance(route, Route) and route.path[-1] == "/"} == {
        *documented
    }
    for path, operations in documented.items():
        allowed = siem.ask("OPTIONS", re.sub(r"{\w+}", "holdings", path)).headers["allow"]
        assert allowed == ", ".join(sorted(method.upper() for method in operations))


# --- users ---------------------------------------------------------------------------------------------------------


def test_a_token_is_taken_as_bearer_as_token_and_as_the_password_of_its_user(siem: Desk) -> None:
    def basic(name: str, password: str) -> str:
        return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()

    good_ones = [f"Bearer {siem.token}", f"token {siem.token}", basic("siem", siem.token)]
    bad = [
        "", "Bearer", f"Bearer {siem.token}x", f"Digest {siem.token}", basic("other", siem.token), basic("siem", ""),
        "Basic !!!", "Basic /w==", "Bearer " + "x" * 10_000,
    ]  # fmt: skip
    assert {siem.ask("GET", ROOT, headers={"Authorization": one}).status_code for one in good_ones} == {200}
    assert {siem.ask("GET", ROOT, headers={"Authorization": one}).status_code for one in bad} == {401}


def test_a_token_is_kept_as_its_hash_only(standoff: Standoff, siem: Desk) -> None:
    standoff.node.db.close()
    kept = b"".join(path.read_bytes() for path in standoff.home.iterdir() if path.is_file())
    assert siem.token.encode() not in kept
    assert taxii_users.digest(siem.token) in kept


def test_a_revoked_or_expired_token_is_worth_nothing_at_once(standoff: Standoff, siem: Desk) -> None:
    soon = Desk(standoff.node, "soon", expires=NOW + timedelta(seconds=1))
    assert soon.ask("GET", ROOT).status_code == 200
    object.__setattr__(standoff.node, "clock", lambda: NOW + timedelta(seconds=1))
    assert soon.ask("GET", ROOT).status_code == 401
    assert siem.ask("GET", ROOT).status_code == 200
    taxii_users.revoke(standoff.node, "siem")
    assert siem.ask("GET", ROOT).status_code == 401


def test_who_asks_too_often_is_told_when_to_come_back(standoff: Standoff) -> None:
    hasty = Desk(standoff.node, "hasty", Visitors(a_second=0.001, burst=3))
    assert [hasty.ask("GET", ROOT).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert int(hasty.ask("GET", ROOT).headers["retry-after"]) > 100


def test_discovery_names_the_address_that_clients_see_behind_a_proxy(siem: Desk) -> None:
    assert siem.get("/taxii2/")["api_roots"] == [f"https://node.example{ROOT}"]
    siem.behind("https://taxii.example.com/birch")
    assert siem.get("/taxii2/")["api_roots"] == [f"https://taxii.example.com/birch{ROOT}"]


def test_rights_are_kept_apart(standoff: Standoff) -> None:
    reader, writer = Desk(standoff.node, "reader", write=False), Desk(standoff.node, "writer", read=False)
    for kind in ("objects/", "manifest/", f"objects/{OURS[0].id}/", f"objects/{OURS[0].id}/versions/"):
        assert reader.ask("GET", HOLDINGS + kind).status_code == 200
        assert writer.ask("GET", HOLDINGS + kind).status_code == 403
    assert reader.post(f"{HOLDINGS}objects/", body(*good("new.example"))).status_code == 403
    assert writer.post(f"{HOLDINGS}objects/", body(*good("new.example"))).status_code == 202
    for one in (reader, writer):
        assert one.ask("DELETE", f"{HOLDINGS}objects/{OURS[0].id}/").status_code == 403


# --- pages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
def test_all_that_is_held_comes_once_whatever_the_page(siem: Desk, limit: int) -> None:
    everything = {(one.id, one.version) for one in [*OURS, *SECRET, *THIRD]}
    found = siem.crawl(f"{HOLDINGS}objects/", limit=limit)
    assert len(found) == len(set(found))
    assert set(found) == everything
    manifest = [
        (one["id"], one["version"])
        for page in siem.pages(f"{HOLDINGS}manifest/", limit=limit)
        for one in page["objects"]
    ]
    assert manifest == found


def test_the_bytes_are_those_that_are_held(siem: Desk) -> None:
    answer = siem.ask("GET", f"{HOLDINGS}objects/{OURS[1].id}/")
    assert answer.content == body(OURS[1])


def test_dates_are_unique_grow_and_stand_in_the_headers(standoff: Standoff, siem: Desk) -> None:
    standoff.hold(*(indicator(f"same-{number}.example") for number in range(50)))
    entries = siem.get(f"{HOLDINGS}manifest/")["objects"]
    dates = [one["date_added"] for one in entries]
    assert dates == sorted(set(dates))
    answer = siem.ask("GET", f"{HOLDINGS}objects/?limit=7")
    assert answer.headers["x-taxii-date-added-first"] == dates[0]
    assert answer.headers["x-taxii-date-added-last"] == dates[6]


def test_added_after_resumes_behind_any_object(siem: Desk) -> None:
    entries = siem.get(f"{HOLDINGS}manifest/")["objects"]
    for place, entry in enumerate(entries):
        rest = siem.get(f"{HOLDINGS}manifest/", added_after=entry["date_added"]).get("objects", [])
        assert rest == entries[place + 1 :]
    assert siem.get(f"{HOLDINGS}objects/", added_after=entries[-1]["date_added"]) == {}


def test_no_object_comes_twice_or_is_missed_while_others_write_and_delete(standoff: Standoff, siem: Desk) -> None:
    before = siem.crawl(f"{HOLDINGS}objects/")
    found: list[tuple[str, str]] = []
    page = siem.get(f"{HOLDINGS}objects/", limit=1)
    for number in range(100):
        found += [(one["id"], one["modified"]) for one in page["objects"]]
        if not page.get("more"):
            break
        if number < 5:
            standoff.hold(indicator(f"while-{number}.example"))
        if number == 2:
            assert siem.ask("DELETE", f"{HOLDINGS}objects/{OURS[0].id}/").status_code == 200
        page = siem.get(f"{HOLDINGS}objects/", limit=1, next=page["next"])
    assert found[: len(before)] == before
    assert [one for one, _ in found[len(before) :]] == [
        indicator(f"while-{number}.example").id for number in range(5)
    ]


@pytest.mark.parametrize("kind", ["objects/", "manifest/"])
def test_more_always_comes_with_next(siem: Desk, kind: str) -> None:
    for page in siem.pages(HOLDINGS + kind, limit=2):
        assert ("next" in page) is bool(page.get("more"))


def test_versions_are_paged_too(standoff: Standoff, siem: Desk) -> None:
    one = indicator("many.example")
    for day in range(1, 6):
        standoff.hold(newer(one, day))
    pages = siem.pages(f"{HOLDINGS}objects/{one.id}/versions/", limit=2)
    assert [len(page["versions"]) for page in pages] == [2, 2, 1]
    assert all("next" in page for page in pages[:-1])


@pytest.mark.parametrize("forged", ["", "x", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "%00", "é"])
def test_a_forged_cursor_is_refused(siem: Desk, forged: str) -> None:
    assert siem.ask("GET", f"{HOLDINGS}objects/", params={"next": forged}).status_code == 400


def test_a_cursor_is_good_for_its_own_request_and_user_only(standoff: Standoff, siem: Desk) -> None:
    cursor = siem.get(f"{HOLDINGS}objects/", limit=1)["next"]
    assert siem.ask("GET", f"{HOLDINGS}objects/", params={"next": cursor, "limit": 2}).status_code == 200
    other = Desk(standoff.node, "other")
    assert other.ask("GET", f"{HOLDINGS}objects/", params={"next": cursor}).status_code == 400
    assert siem.ask("GET", f"{HOLDINGS}manifest/", params={"next": cursor}).status_code == 400
    assert (
        siem.ask("GET", f"{HOLDINGS}objects/", params={"next": cursor, "match[type]": "malware"}).status_code == 400
    )


# --- filters -------------------------------------------------------------------------------------------------------


def newer(one: StixObject, day: int, **properties: Any) -> StixObject:
    """Another version of an object."""
    return decode(json.dumps({**one.value, **properties, "modified": f"2026-07-{day:02}T00:00:00.000Z"}).encode())


def test_objects_are_matched_by_id_and_type_and_by_lists_of_them(siem: Desk) -> None:
    path = f"{HOLDINGS}objects/"
    everything = [*OURS, *SECRET, *THIRD]
    both = {OURS[0].id, SECRET[1].id}
    assert {one for one, _ in siem.crawl(path, **{"match[id]": ",".join(both)})} == both
    for kinds in ("malware", "indicator,malware", "relationship,campaign"):
        wanted = {one.id for one in everything if one.type in kinds.split(",")}
        assert {one for one, _ in siem.crawl(path, limit=2, **{"match[type]": kinds})} == wanted
    assert siem.crawl(path, **{"match[type]": "malware", "match[id]": OURS[1].id}) == []
    assert siem.crawl(path, **{"match[spec_version]": "2.0"}) == []
    assert len(siem.crawl(path, **{"match[spec_version]": "2.0,2.1"})) == len(everything)


def test_versions_are_matched_by_first_last_all_and_time(standoff: Standoff, siem: Desk) -> None:
    one = indicator("many.example")
    every = [newer(one, day) for day in (2, 3, 1)]
    standoff.hold(*every)
    path = f"{HOLDINGS}objects/{one.id}/"

    def matched(wanted: str) -> list[str]:
        return [version[8:10] for _, version in siem.crawl(path, **{"match[version]": wanted})]

    assert matched("last") == ["03"]
    assert matched("first") == ["01"]
    assert matched("all") == ["02", "03", "01"]
    assert matched("first,last") == ["03", "01"]
    assert matched("2026-07-02T00:00:00Z") == ["02"]
    assert matched("2026-07-02T00:00:00.000Z,first") == ["02", "01"]
    assert [version[8:10] for _, version in siem.crawl(path)] == ["03"]
    assert sorted(siem.get(f"{path}versions/")["versions"]) == [f"2026-07-0{day}T00:00:00.000Z" for day in (1, 2, 3)]
    assert (one.id, "2026-07-03T00:00:00.000Z") in siem.crawl(f"{HOLDINGS}objects/")


def test_an_object_that_two_sources_gave_is_there_once(standoff: Standoff, siem: Desk) -> None:
    standoff.hold(THIRD[0])
    assert [one for one, _ in siem.crawl(f"{HOLDINGS}objects/", **{"match[version]": "all"})].count(THIRD[0].id) == 1
    assert [one for one, _ in siem.crawl(f"{HOLDINGS}objects/")].count(THIRD[0].id) == 1


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=-1", "limit=1.5", "limit=", "limit=%F0%9F%98%80", "limit=1&limit=2",
        "added_after=yesterday", "added_after=", "added_after=2026-13-01T00:00:00Z", "match[id]=",
        "match[id]=x", "match[id]=,,",
        "match[type]=%00", "match[type]=a%0Ab", "match[version]=newest", "match[version]=", "match[spec_version]=3",
        "match[nothing]=1", "match[id", "match[type]=" + ",".join(f"x-{number}" for number in range(501)),
    ],
)  # fmt: skip
def test_a_malformed_parameter_is_400_and_says_which(siem: Desk, query: str) -> None:
    answer = siem.ask("GET", f"{HOLDINGS}objects/?{query}")
    assert answer.status_code == 400
    assert answer.json()["title"].startswith(query.partition("=")[0][:10])


def test_what_is_no_parameter_of_taxii_is_not_looked_at(siem: Desk) -> None:
    assert siem.ask("GET", f"{HOLDINGS}objects/?_=123&utm=x").status_code == 200


# --- writing -------------------------------------------------------------------------------------------------------


def test_what_an_own_tool_posts_is_held_as_ours_and_its_status_can_be_read(standoff: Standoff, siem: Desk) -> None:
    posted = good("posted.example")
    answer = siem.post(f"{HOLDINGS}objects/", body(*posted))
    assert answer.status_code == 202
    status = answer.json()
    assert (status["status"], status["success_count"], status["failure_count"]) == ("complete", 2, 0)
    assert siem.get(f"{ROOT}status/{status['id']}/") == status
    with standoff.node.db.read() as tx:
        (held,) = tx.holdings.get(posted[0].id)
        assert (held.own, held.raw) == (True, posted[0].raw)


def test_a_status_is_its_users_own(standoff: Standoff, siem: Desk) -> None:
    identifier = siem.post(f"{HOLDINGS}objects/", body(*good("posted.example"))).json()["id"]
    assert Desk(standoff.node, "other").ask("GET", f"{ROOT}status/{identifier}/").status_code == 404


def test_a_bad_object_is_a_failure_and_its_neighbours_are_kept(siem: Desk) -> None:
    wrong = b'{"type":"indicator","id":"indicator--1"}'
    sent = body(*good("posted.example"))[:-2] + b"," + wrong + b',7,{"type":"x","a":1,"a":2}]}'
    status = siem.post(f"{HOLDINGS}objects/", sent).json()
    assert (status["success_count"], status["failure_count"]) == (2, 3)
    assert all(one["message"] for one in status["failures"])


def test_another_content_under_a_version_that_is_held_is_a_failure(siem: Desk) -> None:
    one = OURS[1]
    other = one.raw.replace(b"ours.example", b"else.example")
    status = siem.post(f"{HOLDINGS}objects/", b'{"objects":[' + other + b"]}").json()
    assert status["failure_count"] == 1
    assert "conflict" in status["failures"][0]["message"]
    assert siem.ask("GET", f"{HOLDINGS}objects/{one.id}/").content == body(one)


@pytest.mark.parametrize(
    "wrong",
    [
        b"", b"{", b"[]", b"{}", b'{"objects":{}}', b'{"objects":[{"type":"malware"}', b'\xff\xfe{"objects":[]}',
        b'{"objects":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}", b'{"objects":[]} x',
    ],
)  # fmt: skip
def test_nothing_is_kept_of_what_is_no_envelope(standoff: Standoff, siem: Desk, wrong: bytes) -> None:
    before = standoff.held()
    assert siem.post(f"{HOLDINGS}objects/", wrong).status_code == 400
    first = body(*good("x.example"))[:-2] + b","
    assert siem.post(f"{HOLDINGS}objects/", wrong.replace(b'{"objects":[', first, 1)).status_code == 400
    assert standoff.held() == before


def test_a_deleted_object_is_gone_from_every_place(standoff: Standoff, siem: Desk) -> None:
    one = OURS[1]
    assert siem.ask("DELETE", f"{HOLDINGS}objects/{one.id}/").status_code == 200
    assert siem.ask("GET", f"{HOLDINGS}objects/{one.id}/").status_code == 404
    assert siem.ask("DELETE", f"{HOLDINGS}objects/{one.id}/").status_code == 404
    with standoff.node.db.read() as tx:
        assert tx.holdings.get(one.id) == []
        assert tx.holdings.terms(["ours example"]) == []
        assert not [edge for edge in tx.holdings.edges_to([threat().id]) if edge.object_id == one.id]
        assert [held.id for held in tx.holdings.find(Filter(text="ours.example"))] == []
    with standoff.node.db._engine.connect() as connection:
        assert [*matching(connection, query_of("ours.example") or "", 0)] == []
    assert siem.post(f"{HOLDINGS}objects/", body(one)).json()["success_count"] == 1
    assert siem.ask("GET", f"{HOLDINGS}objects/{one.id}/").content == body(one)


def test_one_version_is_deleted_and_the_one_before_is_the_last_again(standoff: Standoff, siem: Desk) -> None:
    one = indicator("many.example")
    standoff.hold(newer(one, 1), newer(one, 2))
    path = f"{HOLDINGS}objects/{one.id}/"
    assert siem.ask("DELETE", path, params={"match[version]": "2026-07-02T00:00:00Z"}).status_code == 200
    assert [version[8:10] for _, version in siem.crawl(path)] == ["01"]


def test_what_another_party_gave_is_not_deleted(siem: Desk) -> None:
    assert siem.ask("DELETE", f"{HOLDINGS}objects/{THIRD[0].id}/").status_code == 403
    assert siem.ask("GET", f"{HOLDINGS}objects/{THIRD[0].id}/").status_code == 200


# --- agreements ----------------------------------------------------------------------------------------------------


def released(standoff: Standoff) -> dict[str, bytes]:
    """What the preview says that the agreement releases, by the id it leaves under."""
    plan = preview(standoff.node, standoff.agreement)
    return {one.sent.id: one.sent.raw for one in plan.decisions if one.sent is not None}


def read(desk: Desk) -> dict[str, bytes]:
    """What the user reads in its agreement's collection, by id."""
    pages = desk.pages(f"{desk.collection('agreement')}objects/", limit=2)
    return {one["id"]: one for page in pages for one in page.get("objects", ())}


@pytest.fixture
def vendor(standoff: Standoff) -> Desk:
    return Desk(standoff.node, "vendor", agreement=standoff.agreement)


def test_the_collection_of_an_agreement_is_what_its_preview_releases(standoff: Standoff, vendor: Desk) -> None:
    expected = {one: json.loads(raw) for one, raw in released(standoff).items()}
    assert {one.id for one in OURS} <= set(expected)
    assert without_tags(read(vendor)) == expected


def test_beside_each_indicator_a_note_says_its_origin_tag(standoff: Standoff, vendor: Desk) -> None:
    found = read(vendor)
    tags = {one["object_refs"][0]: tag_in(one) for one in found.values() if tag_in(one)}
    indicators = {one: value for one, value in found.items() if value["type"] == "indicator"}
    assert tags == {
        one: origin_tag(standoff.node.us.secret, key_of(value) or "") for one, value in indicators.items()
    }


def test_the_collection_follows_what_changes(standoff: Standoff, vendor: Desk) -> None:
    before = read(vendor)
    standoff.hold(*good("added.example"))
    assert set(without_tags(read(vendor))) - set(before) == {one.id for one in good("added.example")}
    gone = indicator("ours.example", modified="2026-11-01T00:00:00.000Z", revoked=True)
    standoff.hold(gone)
    assert gone.id not in read(vendor)
    assert without_tags(read(vendor)) == {one: json.loads(raw) for one, raw in released(standoff).items()}
    agreements.end(standoff.node, standoff.agreement)
    assert read(vendor) == {}


def test_what_expires_is_gone_from_the_next_page_on(standoff: Standoff, vendor: Desk) -> None:
    """Also within the time for which a decision stands while nothing changes."""
    brief = indicator("brief.example", valid_until=format_timestamp(NOW + AT_LEAST_EVERY / 3))
    standoff.hold(brief, link(brief, threat()))
    assert brief.id in read(vendor)
    object.__setattr__(standoff.node, "clock", lambda: NOW + AT_LEAST_EVERY / 2)
    assert brief.id not in read(vendor)


def test_what_is_given_again_out_of_memory_is_for_the_same_user_and_request_only(
    standoff: Standoff, vendor: Desk
) -> None:
    """One server, two users: each asks for what the other was just given."""
    third = Desk(standoff.node, "third", agreement=standoff.other, app=vendor.app)
    mine, other = f"{vendor.collection('agreement')}objects/", f"{third.collection('agreement')}objects/"
    for _ in range(2):
        assert vendor.get(mine)["objects"]
        assert third.ask("GET", mine).status_code == 404
        assert vendor.ask("GET", other).status_code == 404
        assert third.get(other)["objects"]
        assert len(vendor.get(mine, limit=1)["objects"]) == 1
        assert vendor.ask("GET", mine, headers={}).status_code == 401


def test_who_polls_by_date_gets_each_object_once_and_what_is_new(standoff: Standoff, vendor: Desk) -> None:
    path = f"{vendor.collection('agreement')}objects/"
    first = vendor.ask("GET", path)
    last = first.headers["x-taxii-date-added-last"]
    assert vendor.get(path, added_after=last) == {}
    standoff.hold(*good("added.example"))
    added = {one["id"]: one for one in vendor.get(path, added_after=last)["objects"]}
    assert set(without_tags(added)) == {one.id for one in good("added.example")}
    assert len(added) == 3, "and a note with the tag of the indicator"


def test_what_is_published_counts_as_crossed_and_a_release_still_sends_it(standoff: Standoff, vendor: Desk) -> None:
    count = len(read(vendor))
    with standoff.node.db.read() as tx:
        assert set(tx.channels.released_ids(standoff.agreement)) >= {one.id for one in OURS}
        assert tx.channels.released_since(standoff.agreement, NOW) == count
        assert tx.channels.released_ids(standoff.agreement, sealed=True) == {}
    read(vendor)
    with standoff.node.db.read() as tx:
        assert tx.channels.released_since(standoff.agreement, NOW) == count


def test_the_same_filters_work_on_an_agreements_collection(vendor: Desk) -> None:
    path = f"{vendor.collection('agreement')}objects/"
    assert [one for one, _ in vendor.crawl(path, **{"match[type]": "malware"})] == [OURS[0].id]
    assert [one for one, _ in vendor.crawl(path, **{"match[id]": OURS[1].id})] == [OURS[1].id]
    for version in ("first", "last", "all", OURS[1].version):
        assert [one for one, _ in vendor.crawl(f"{path}{OURS[1].id}/", **{"match[version]": version})] == [OURS[1].id]
    answer = vendor.ask("GET", f"{path}{OURS[1].id}/", params={"match[version]": "2001-01-01T00:00:00Z"})
    assert answer.status_code == 404
    assert vendor.get(f"{path}{OURS[1].id}/versions/")["versions"] == [OURS[1].version]


def test_a_user_sees_only_its_collections(standoff: Standoff, siem: Desk, vendor: Desk) -> None:
    third = Desk(standoff.node, "third", agreement=standoff.other)
    own = {
        desk.name: {one["id"] for one in desk.get(f"{ROOT}collections/")["collections"]}
        for desk in (siem, vendor, third)
    }
    assert [len(ids) for ids in own.values()] == [1, 2, 2]
    for desk in (siem, vendor, third):
        foreign = set().union(*(ids for name, ids in own.items() if name != desk.name))
        missing = desk.ask("GET", f"{ROOT}collections/00000000-0000-4000-8000-000000000000/")
        for identifier in foreign:
            for path in ("", "objects/", "manifest/", f"objects/{OURS[0].id}/", f"objects/{OURS[0].id}/versions/"):
                answer = desk.ask("GET", f"{ROOT}collections/{identifier}/{path}")
                assert (answer.status_code, answer.content) == (404, missing.content)
                assert not [name for name in answer.headers if name.startswith("x-taxii")]


def test_two_users_with_different_agreements_see_not_one_byte_of_each_other(standoff: Standoff, vendor: Desk) -> None:
    third = Desk(standoff.node, "third", agreement=standoff.other)
    seen = read(vendor)
    assert seen
    forbidden = [one.id for one in SECRET] + ["Nightjar", "secret.example", "red.example"]
    for desk in (vendor, third):
        everything = "".join(
            desk.ask("GET", f"{desk.collection(kind)}{path}").text
            for kind in ("agreement", "inbox")
            for path in ("", "objects/", "manifest/")
        )
        for text in forbidden:
            assert text not in everything, (desk.name, text)
    assert not {one.id for one in THIRD} & set(seen)


def test_what_a_counterpart_posts_waits_in_the_inbox_like_what_comes_in_an_envelope(
    standoff: Standoff, vendor: Desk
) -> None:
    answer = vendor.post(f"{vendor.collection('inbox')}objects/", body(*good("told.example")))
    assert answer.status_code == 202
    assert (answer.json()["success_count"], answer.json()["failure_count"]) == (2, 0)
    assert {one.id for one in good("told.example")} <= set(standoff.waiting())
    with standoff.node.db.read() as tx:
        items = list(tx.inbox.items(object_id=good("told.example")[0].id))
        assert [(one.party, one.agreement) for one in items] == [(standoff.vendor.key, standoff.agreement)]


def test_a_status_tells_a_counterpart_nothing_of_what_is_held(standoff: Standoff, vendor: Desk) -> None:
    path = f"{vendor.collection('inbox')}objects/"
    echo, own, unknown = OURS[1], SECRET[0], good("new.example")[0]
    changed = newer(own, 5)
    status = vendor.post(path, body(echo, changed, unknown)).json()
    assert status["failures"] == []
    assert [set(one) for one in status["successes"]] == [{"id", "version"}] * 3
    assert [one.subject for one in standoff.refusals()] != []


def test_what_the_agreement_forbids_is_a_failure_that_says_why(vendor: Desk) -> None:
    red = indicator("hot.example", object_marking_refs=[MARK["red"]])
    status = vendor.post(f"{vendor.collection('inbox')}objects/", body(red, *good("told.example"))).json()
    assert [one["id"] for one in status["failures"]] == [red.id]
    assert "ceiling" in status["failures"][0]["message"]
    assert status["success_count"] == 2


def test_a_status_tells_one_version_of_an_object_from_another(vendor: Desk) -> None:
    fine, tie = good("told.example")
    red = newer(fine, 5, object_marking_refs=[MARK["red"]])
    status = vendor.post(f"{vendor.collection('inbox')}objects/", body(fine, red, tie)).json()
    assert [(one["id"], one["version"]) for one in status["failures"]] == [(red.id, red.version)]
    assert [(one["id"], one["version"]) for one in status["successes"]] == [
        (fine.id, fine.version),
        (tie.id, tie.version),
    ]


def test_a_status_names_a_version_of_whatever_was_posted(vendor: Desk, siem: Desk) -> None:
    """The standard requires one: what has none has the time of the request (section 4.3.1)."""
    address = {"type": "ipv4-addr", "spec_version": "2.1", "value": "198.51.100.3"}
    address["id"] = "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd"
    never = {"type": "identity", "id": "identity--9b2b6f5e-0d3c-4a86-8f0d-3a1f6c2e7d10", "modified": "never"}
    posted = json.dumps({"objects": [address, never, 7]}).encode()
    for path, desk in ((f"{vendor.collection('inbox')}objects/", vendor), (f"{HOLDINGS}objects/", siem)):
        status = desk.post(path, posted).json()
        said = [*status["successes"], *status["failures"]]
        assert len(said) == 3
        assert {one["version"] for one in said} == {status["request_timestamp"]}


def test_an_inbox_cannot_be_read_and_is_closed_when_the_agreement_ends(standoff: Standoff, vendor: Desk) -> None:
    inbox = vendor.collection("inbox")
    assert vendor.ask("GET", f"{inbox}objects/").status_code == 403
    assert vendor.ask("DELETE", f"{inbox}objects/{OURS[0].id}/").status_code == 403
    agreements.end(standoff.node, standoff.agreement)
    before = standoff.waiting()
    assert vendor.post(f"{inbox}objects/", body(*good("late.example"))).status_code == 403
    assert standoff.waiting() == before


def test_a_misp_event_posted_to_an_inbox_is_understood(vendor: Desk) -> None:
    attribute: dict[str, Any] = {
        "uuid": "5d0f8a52-7d5c-4b9c-9a54-1e0a6a0c9a11", "type": "domain", "category": "Network activity",
        "value": "misp.example", "to_ids": True, "timestamp": "1767225600",
    }  # fmt: skip
    event = {
        "Event": {
            "uuid": "5d0f8a52-7d5c-4b9c-9a54-1e0a6a0c9a10", "info": "Seen", "date": "2026-01-01",
            "timestamp": "1767225600", "threat_level_id": "2", "analysis": "2", "published": True,
            "Attribute": [attribute],
        }
    }  # fmt: skip
    answer = vendor.post(f"{vendor.collection('inbox')}objects/", json.dumps(event).encode())
    assert answer.status_code == 202, answer.text
    assert answer.json()["success_count"] > 0
