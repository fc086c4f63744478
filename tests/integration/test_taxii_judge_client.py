"""The TAXII server read and written by taxii2-client, a client that others wrote, over TLS."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from math import ceil
from typing import Any

import pytest
import requests
from taxii2client.common import TokenAuth
from taxii2client.v21 import Collection, Server, as_pages

from backchannel.core.stix import StixObject, format_timestamp
from backchannel.node.taxii import MOST_CONTENT
from backchannel.protocol.taxii import MEDIA_TYPE, STIX_MEDIA_TYPE
from paths import ROOT
from standoff import good
from taxii_clients import client, collection, crawl, identity
from taxii_served import HELD, LAST, MANY, NIGHTJAR, PREDATOR, RED, VERSIONS, Served
from vetting_world import indicator, threat
from walkthrough import blocks

pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("no_other_authorities")]


def values(objects: list[StixObject]) -> list[Any]:
    """Objects as a client has them, in the order of their ids and versions."""
    return sorted((one.value for one in objects), key=identity)


def as_asked(found: list[Any]) -> list[Any]:
    return sorted(found, key=identity)


# --- finding one's way ----------------------------------------------------------------------------------------------


def test_discovery_leads_the_client_to_the_root_and_to_the_collection(served: Served) -> None:
    with client(served, served.siem) as server:
        root = server.default
        assert (server.title, [one.url for one in server.api_roots]) == ("Human Rights Lab", [root.url])
        assert (root.title, root.versions) == ("Human Rights Lab", [MEDIA_TYPE])
        assert root.max_content_length == MOST_CONTENT
        (holdings,) = root.collections
        assert (holdings.title, holdings.alias, holdings.media_types) == ("Holdings", "holdings", [STIX_MEDIA_TYPE])
        assert (holdings.can_read, holdings.can_write) == (True, True)
    address = f"{root.url}collections/{holdings.id}"
    with Collection(address, user="siem", password=served.siem.token, verify=served.certificate) as direct:
        assert (direct.id, direct.title) == (holdings.id, "Holdings")


def test_a_token_is_taken_as_the_client_shows_it(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = [{"user": "siem", "password": served.siem.token}, {"auth": TokenAuth(served.siem.token)}]
    for proofs in shown:
        with Server(served.url, verify=served.certificate, **proofs) as server:
            assert server.title == "Human Rights Lab"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", served.certificate)
    for proofs in shown:
        with Server(served.url, **proofs) as server:
            assert server.title == "Human Rights Lab"


def test_a_client_that_has_no_token_or_a_wrong_one_gets_nothing(served: Served) -> None:
    wrong: list[dict[str, Any]] = [
        {},
        {"auth": TokenAuth(served.siem.token + "x")},
        {"user": "vendor", "password": served.siem.token},
    ]
    for proofs in wrong:
        server = Server(served.url, verify=served.certificate, **proofs)
        with server, pytest.raises(requests.HTTPError, match="401"):
            server.refresh()


def test_a_client_that_does_not_know_the_certificate_does_not_show_its_token(served: Served) -> None:
    server = Server(served.url, user="siem", password=served.siem.token)
    with server, pytest.raises(requests.exceptions.SSLError):
        server.refresh()


# --- pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_request", [1, 7, len(HELD) - 1, len(HELD), 1000])
def test_every_object_of_one_import_comes_once_whatever_the_page(served: Served, per_request: int) -> None:
    with collection(served, served.siem, "holdings") as holdings:
        pages = [*as_pages(holdings.get_objects, per_request, version="all")]
    assert len(pages) == ceil(len(HELD) / per_request)
    assert {len(page["objects"]) for page in pages[:-1]} <= {per_request}
    assert as_asked([one for page in pages for one in page["objects"]]) == values(HELD)


@pytest.mark.parametrize("per_request", [1, 7, len(HELD) - 1, len(HELD), 1000])
def test_the_manifest_has_every_object_once_and_in_the_same_order(served: Served, per_request: int) -> None:
    with collection(served, served.siem, "holdings") as holdings:
        objects = crawl(holdings.get_objects, 10, version="all")
        pages = [*as_pages(holdings.get_manifest, per_request, version="all")]
    assert len(pages) == ceil(len(HELD) / per_request)
    entries = [one for page in pages for one in page["objects"]]
    assert [identity(one) for one in entries] == [identity(one) for one in objects]
    dates = [one["date_added"] for one in entries]
    assert dates == sorted(set(dates))


def test_without_a_filter_the_last_version_of_each_object_comes(served: Served) -> None:
    with collection(served, served.siem, "holdings") as holdings:
        assert as_asked(crawl(holdings.get_objects, 9)) == values(LAST)
        assert holdings.get_objects()["objects"] == crawl(holdings.get_objects, 9)


@pytest.mark.parametrize("per_request", [1, 2, 3, 7, 100])
def test_every_version_of_an_object_is_named_once(served: Served, per_request: int) -> None:
    with collection(served, served.siem, "holdings") as holdings:
        first = holdings.object_versions(VERSIONS[0].id, limit=per_request)
        assert len(first["versions"]) == min(per_request, len(VERSIONS))
        assert first.get("more", False) is (per_request < len(VERSIONS))
        found = crawl(holdings.object_versions, per_request, VERSIONS[0].id)
    assert sorted(found) == [one.version for one in VERSIONS]


def test_who_stops_anywhere_goes_on_by_date_and_misses_nothing(served: Served) -> None:
    with collection(served, served.siem, "holdings") as holdings:
        entries = crawl(holdings.get_manifest, 1000, version="all")
        for place in range(0, len(entries), 10):
            since = entries[place]["date_added"]
            rest = crawl(holdings.get_objects, 40, version="all", added_after=since)
            assert [identity(one) for one in rest] == [identity(one) for one in entries[place + 1 :]]
        assert holdings.get_objects(added_after=datetime(2100, 1, 1, tzinfo=UTC)) == {}


# --- filters --------------------------------------------------------------------------------------------------------


def test_the_clients_filters_give_what_they_say(served: Served) -> None:
    some = [PREDATOR[3], NIGHTJAR[0], RED[1]]
    malware = [one for one in LAST if one.type == "malware"]
    ties = [one for one in LAST if one.type == "relationship"]
    with collection(served, served.siem, "holdings") as holdings:
        for per_request in (2, 1000):
            assert as_asked(crawl(holdings.get_objects, per_request, id=[one.id for one in some])) == values(some)
            assert as_asked(crawl(holdings.get_objects, per_request, type="malware")) == values(malware)
            both = crawl(holdings.get_objects, per_request, type=["malware", "relationship"])
            assert as_asked(both) == values([*malware, *ties])
        assert holdings.get_objects(id=some[0].id, type="malware") == {}
        assert holdings.get_objects(spec_version="2.0") == {}


def test_an_object_and_its_versions_are_got_as_they_were_imported(served: Served) -> None:
    third = datetime(2026, 7, 3, tzinfo=UTC)
    wanted = {"first": VERSIONS[:1], "last": VERSIONS[-1:], "all": VERSIONS, third: VERSIONS[2:3]}
    with collection(served, served.siem, "holdings") as holdings:
        for version, expected in wanted.items():
            assert as_asked(holdings.get_object(VERSIONS[0].id, version=version)["objects"]) == values(expected)
        assert holdings.get_object(PREDATOR[0].id)["objects"] == [threat().value]
        for one in LAST[::20]:
            assert holdings.get_object(one.id) == {"objects": [one.value]}
        for missing in (indicator("never.example").id, "no-id"):
            with pytest.raises(requests.HTTPError, match="404"):
                holdings.get_object(missing)


# --- writing --------------------------------------------------------------------------------------------------------


def test_what_the_client_adds_is_held_and_its_status_says_so(written: Served) -> None:
    added = good("posted.example")
    with collection(written, written.siem, "holdings") as holdings, client(written, written.siem) as server:
        status = holdings.add_objects({"objects": [one.value for one in added]}, wait_for_completion=True)
        assert (status.status, status.success_count, status.failure_count) == ("complete", 2, 0)
        assert [one["id"] for one in status.successes] == [one.id for one in added]
        for one in added:
            assert holdings.get_object(one.id)["objects"] == [one.value]
        again = server.default.get_status(status.id)
        again.refresh()
        assert (again.id, again.total_count, again.pending_count) == (status.id, 2, 0)
        bad = {**indicator("bad.example").value, "valid_from": "never"}
        said = holdings.add_objects({"objects": [bad, indicator("sound.example").value]}, wait_for_completion=False)
        assert [(one["id"], bool(one["message"])) for one in said.failures] == [(bad["id"], True)]
        assert said.success_count == 1
        assert holdings.get_object(indicator("sound.example").id)["objects"]


def test_what_the_client_deletes_is_gone_one_version_or_all(written: Served) -> None:
    one = indicator(MANY)
    with collection(written, written.siem, "holdings") as holdings:
        holdings.delete_object(one.id, version=datetime(2026, 7, 7, tzinfo=UTC))
        assert holdings.get_object(one.id)["objects"] == [VERSIONS[-2].value]
        holdings.delete_object(one.id)
        with pytest.raises(requests.HTTPError, match="404"):
            holdings.get_object(one.id)
        left = crawl(holdings.get_objects, 20, version="all")
        assert as_asked(left) == values([held for held in HELD if held.id != one.id])


# --- the page -------------------------------------------------------------------------------------------------------


def test_the_lines_of_the_how_to_print_everything_that_is_held(served: Served) -> None:
    page = (ROOT / "docs" / "how-to" / "taxii-server.md").read_text()
    (lines,) = blocks(page, "python")
    assert lines.count("https://node.example:8443") == lines.count('"bct_…"') == 1
    typed = lines.replace("https://node.example:8443", served.origin).replace("bct_…", served.siem.token)
    environment = {name: value for name, value in os.environ.items() if name != "REQUESTS_CA_BUNDLE"}
    done = subprocess.run(
        [sys.executable, "-c", typed],
        cwd=served.node.home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == sorted(f"{one.id} {one.version}" for one in LAST)
    assert format_timestamp(datetime(2026, 7, 7, tzinfo=UTC)) in done.stdout
