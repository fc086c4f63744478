"""The TAXII server as a data source and sink of stix2, the library of OASIS: what it finds is what was imported."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from stix2 import Filter, TAXIICollectionSink, TAXIICollectionSource
from stix2 import parse as parsed
from stix2.datastore import DataSourceError

from backchannel.core.stix import StixObject
from backchannel.protocol.origin_tag import tag_in
from taxii_clients import client, collection, crawl
from taxii_served import LAST, NIGHTJAR, PREDATOR, RED, VERSIONS, Served
from vetting_world import indicator, threat

pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("no_other_authorities")]

PAGE = 13
"""Objects on a page, so that every answer has several."""


def said(objects: list[Any]) -> list[str]:
    """Objects of stix2, each as its own text, sorted."""
    return sorted(one.serialize(sort_keys=True) for one in objects)


def ours(objects: list[StixObject]) -> list[str]:
    """The same of what was imported, as stix2 understands it."""
    return said([parsed(one.value) for one in objects])


def test_an_object_is_got_by_its_id_and_what_is_not_there_is_none(served: Served) -> None:
    with collection(served, served.siem, "holdings") as holdings:
        source = TAXIICollectionSource(holdings, items_per_page=PAGE)
        for one in LAST[::10]:
            assert said([source.get(one.id)]) == ours([one])
        assert source.get(VERSIONS[0].id).modified == datetime(2026, 7, 7, tzinfo=UTC)
        assert source.get(indicator("never.example").id) is None


def test_all_versions_are_those_that_were_imported(served: Served) -> None:
    with collection(served, served.siem, "holdings") as holdings:
        source = TAXIICollectionSource(holdings, items_per_page=3)
        assert said(source.all_versions(VERSIONS[0].id)) == ours(VERSIONS)
        assert said(source.all_versions(RED[0].id)) == ours(RED[:1])
        assert source.all_versions(indicator("never.example").id) == []


@pytest.mark.parametrize("page", [PAGE, 5000])
def test_queries_give_what_their_filters_say(served: Served, page: int) -> None:
    some = [PREDATOR[2], NIGHTJAR[3], RED[0]]
    with collection(served, served.siem, "holdings") as holdings:
        source = TAXIICollectionSource(holdings, items_per_page=page)
        assert said(source.query()) == ours(LAST)
        for kind in ("malware", "indicator", "relationship"):
            assert said(source.query([Filter("type", "=", kind)])) == ours([one for one in LAST if one.type == kind])
        assert source.query([Filter("type", "=", "campaign")]) == []
        assert said(source.query([Filter("id", "=", [one.id for one in some])])) == ours(some)
        both = [Filter("type", "=", "indicator"), Filter("id", "=", some[1].id)]
        assert said(source.query(both)) == ours(some[1:2])
        assert said(source.query([Filter("version", "=", "first"), Filter("id", "=", VERSIONS[0].id)])) == ours(
            VERSIONS[:1]
        )
        # What TAXII has no filter for, stix2 looks for in all that comes.
        assert said(source.query([Filter("name", "=", "Nightjar")])) == ours([threat("Nightjar")])
        assert said(source.relationships(threat("Nightjar").id)) == ours(
            [one for one in NIGHTJAR if one.type == "relationship"]
        )


def test_a_query_for_what_was_added_after_a_date_gives_the_rest(served: Served) -> None:
    with collection(served, served.siem, "holdings") as holdings:
        source = TAXIICollectionSource(holdings, items_per_page=PAGE)
        entries = crawl(holdings.get_manifest, 1000)
        order = [one["id"] for one in entries]
        for place in (0, 50, len(entries) - 2, len(entries) - 1):
            found = source.query([Filter("added_after", "=", entries[place]["date_added"])])
            assert [one.id for one in found] == order[place + 1 :]


def test_a_counterparts_source_gives_what_its_agreement_releases(served: Served) -> None:
    released = served.node.released(served.vendor)
    with collection(served, served.vendor, "agreement") as agreed:
        found = TAXIICollectionSource(agreed, items_per_page=PAGE).query()
        plain = [one for one in found if not tag_in(json.loads(one.serialize()))]
        assert said(plain) == said([parsed(one) for one in released.values()])
        notes = {one.object_refs[0] for one in found if one not in plain}
        assert notes == {one.id for one in plain if one.type == "indicator"}, (
            "stix2 reads the notes of origin tags too"
        )
    with collection(served, served.vendor, "inbox") as inbox, pytest.raises(DataSourceError):
        TAXIICollectionSource(inbox)


def test_what_a_sink_adds_a_source_gives_back(written: Served) -> None:
    one, other = (parsed(indicator(host).value) for host in ("sunk.example", "sunk-too.example"))
    with collection(written, written.siem, "holdings") as holdings:
        sink = TAXIICollectionSink(holdings)
        sink.add(one)
        sink.add([json.loads(other.serialize())])
        source = TAXIICollectionSource(holdings, items_per_page=PAGE)
        assert said(source.query([Filter("id", "=", [one.id, other.id])])) == said([one, other])
    with client(written, written.vendor) as server:
        (agreed,) = [found for found in server.default.collections if not found.can_write]
        with pytest.raises(DataSourceError):
            TAXIICollectionSink(agreed)
