"""A counterpart with a token attacks the TAXII server: by posts, by patience, by reading between the lines."""

import base64
import io
import json
import struct
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from backchannel.core.stix import StixObject, decode
from backchannel.errors import StoreBusy
from backchannel.flow.record import terms_of
from backchannel.node import agreements, taxii_posts, taxii_users
from backchannel.node.taxii import MOST_CONTENT, MOST_FROM_COUNTERPARTS, Reached, TaxiiService
from backchannel.node.taxii_posts import MOST_OBJECTS
from backchannel.node.taxii_users import NotAllowed
from backchannel.store.database import Database
from backchannel.web.taxii import ROOT
from standoff import OURS, Standoff, good, welcome
from taxii_desk import HOLDINGS, Desk
from two_parties import NOW
from vetting_world import MARK, indicator, link, stix, threat


def body(*objects: StixObject) -> bytes:
    return b'{"objects":[' + b",".join(one.raw for one in objects) + b"]}"


@pytest.fixture
def siem(standoff: Standoff) -> Desk:
    return Desk(standoff.node, "siem")


@pytest.fixture
def vendor(standoff: Standoff) -> Desk:
    return Desk(standoff.node, "vendor", agreement=standoff.agreement)


@pytest.fixture
def inbox(vendor: Desk) -> str:
    return f"{vendor.collection('inbox')}objects/"


def told(status: dict[str, Any]) -> list[tuple[str, str]]:
    """Ids and reasons of a status: what a counterpart learns."""
    return [(one["id"], one.get("message", "")) for name in ("successes", "failures") for one in status[name]]


# --- what it costs -------------------------------------------------------------------------------------------------


def test_a_post_has_so_many_objects(vendor: Desk, siem: Desk, inbox: str) -> None:
    many = b'{"objects":[' + b"1," * MOST_OBJECTS + b"1]}"
    for desk, path in ((vendor, inbox), (siem, f"{HOLDINGS}objects/")):
        answer = desk.post(path, many)
        assert (answer.status_code, f"more than {MOST_OBJECTS} objects" in answer.text) == (400, True)
        assert desk.post(path, b'{"objects":[' + b"1," * 9 + b"1]}").json()["failure_count"] == 10


def test_a_status_repeats_so_much_of_an_object(vendor: Desk, inbox: str) -> None:
    long = json.dumps({"objects": [{"type": "indicator", "id": "indicator--" + "x" * 100_000}]}).encode()
    answer = vendor.post(inbox, long)
    assert answer.json()["failure_count"] == 1
    assert len(answer.content) < 5_000


def test_a_counterpart_posts_less_at_once_than_an_own_tool(vendor: Desk, siem: Desk, inbox: str) -> None:
    assert vendor.get(ROOT)["max_content_length"] == MOST_FROM_COUNTERPARTS
    assert siem.get(ROOT)["max_content_length"] == MOST_CONTENT
    large = b'{"objects":[]' + b" " * MOST_FROM_COUNTERPARTS + b"}"
    assert vendor.post(inbox, large).status_code == 413
    assert siem.post(f"{HOLDINGS}objects/", large).status_code == 202


def test_what_takes_long_to_vet_does_not_hold_the_store(
    standoff: Standoff, vendor: Desk, inbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever holds it keeps the officer from revoking the token."""
    judge, written = taxii_posts.judge, []

    def slow(*arguments: Any) -> Any:
        if not written:
            with Database.open(standoff.node.db.path, busy_milliseconds=0) as other, other.write() as tx:
                tx.taxii.drop_user("somebody")
            written.append(True)
        return judge(*arguments)

    monkeypatch.setattr(taxii_posts, "judge", slow)
    assert vendor.post(inbox, body(*good("told.example"))).json()["success_count"] == 2
    assert written


def test_what_was_judged_before_somebody_wrote_is_judged_again(
    standoff: Standoff, vendor: Desk, inbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, tries = taxii_posts.judge, list[int]()

    def overtaken(*arguments: Any) -> Any:
        found = judge(*arguments)
        tries.append(len(tries))
        standoff.hold(indicator(f"meanwhile-{len(tries)}.example"))
        return found

    monkeypatch.setattr(taxii_posts, "judge", overtaken)
    answer = vendor.post(inbox, body(*good("told.example")))
    assert (answer.status_code, len(tries)) == (503, taxii_posts.TRIES)
    assert not set(standoff.waiting()) & {one.id for one in good("told.example")}


def test_a_file_within_a_misp_event_is_not_unpacked(
    vendor: Desk, inbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pymisp")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.filename.txt", "sample.bin")
        archive.writestr("a", bytes(1_000_000))
    attribute = {
        "uuid": "5d0f8a52-7d5c-4b9c-9a54-1e0a6a0c9a11", "type": "malware-sample", "category": "Payload delivery",
        "value": "sample.bin|d41d8cd98f00b204e9800998ecf8427e", "data": base64.b64encode(packed.getvalue()).decode(),
        "to_ids": True, "timestamp": "1767225600",
    }  # fmt: skip
    event = {
        "Event": {"uuid": "5d0f8a52-7d5c-4b9c-9a54-1e0a6a0c9a12", "info": "Night Heron", "Attribute": [attribute]}
    }
    opened = list[object]()
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_a, **_k: opened.append(1))
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_a, **_k: opened.append(1))
    event["Event"]["timestamp"] = "1767225600"
    assert vendor.post(inbox, json.dumps(event).encode()).status_code == 202
    assert opened == []


def test_what_comes_out_of_a_misp_event_is_validated_like_everything_else(siem: Desk) -> None:
    pytest.importorskip("pymisp")
    attribute = {
        "uuid": "5d0f8a52-7d5c-4b9c-9a54-1e0a6a0c9a11", "type": "url", "category": "Network activity",
        "value": "http://\\u", "to_ids": False, "timestamp": "1767225600",
    }  # fmt: skip
    event = {
        "uuid": "5d0f8a52-7d5c-4b9c-9a54-1e0a6a0c9a12", "info": "x", "timestamp": "1767225600",
        "Attribute": [attribute],
    }  # fmt: skip
    status = siem.post(f"{HOLDINGS}objects/", json.dumps({"Event": event}).encode()).json()
    assert [one["id"].split("--")[0] for one in status["failures"]] == ["url"]


# --- who posts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ends", ["revoked", "expired", "agreement ended"])
def test_nothing_is_taken_of_a_post_whose_user_or_agreement_ended_while_it_arrived(
    standoff: Standoff, ends: str
) -> None:
    vendor = Desk(standoff.node, "vendor", agreement=standoff.agreement, expires=NOW + timedelta(hours=1))
    service = TaxiiService(standoff.node)
    (where,) = [one for one in service._all(vendor.user) if one.kind == "inbox"]
    if ends == "revoked":
        taxii_users.revoke(standoff.node, "vendor")
    elif ends == "expired":
        object.__setattr__(standoff.node, "clock", lambda: NOW + timedelta(hours=1))
    else:
        agreements.end(standoff.node, standoff.agreement)
    before = standoff.waiting()
    with pytest.raises(NotAllowed):
        service.post(vendor.user, where, body(*good("late.example")))
    assert standoff.waiting() == before


def test_an_own_tool_that_was_revoked_posts_and_deletes_nothing_any_more(standoff: Standoff, siem: Desk) -> None:
    service = TaxiiService(standoff.node)
    where: Reached = service.collection(siem.user, "holdings")
    query, _ = service.query(siem.user, where, "delete", [], [])
    taxii_users.revoke(standoff.node, "siem")
    with pytest.raises(NotAllowed):
        service.post(siem.user, where, body(indicator("late.example")))
    with pytest.raises(NotAllowed):
        service.delete(siem.user, where, OURS[0].id, query)


def test_a_request_that_waited_for_its_turn_while_its_user_was_revoked_is_not_answered(
    standoff: Standoff, siem: Desk
) -> None:
    service = TaxiiService(standoff.node)
    as_of = service.version()
    service.check_still(siem.user, as_of)
    taxii_users.revoke(standoff.node, "siem")
    with pytest.raises(NotAllowed):
        service.check_still(siem.user, as_of)


def test_what_nobody_signed_says_who_posted_it_and_does_not_use_up_the_signed_ones_day(
    standoff: Standoff, vendor: Desk, inbox: str
) -> None:
    assert vendor.post(inbox, body(*good("told.example"))).status_code == 202
    assert vendor.post(inbox, b'{"objects":[7,8]}').json()["failure_count"] == 2
    red = indicator("hot.example", object_marking_refs=[MARK["red"]])
    assert vendor.post(inbox, body(red)).json()["failure_count"] == 1
    with standoff.node.db.read() as tx:
        assert {one.envelope for one in tx.inbox.items(object_id=good("told.example")[0].id)} == {"TAXII user vendor"}
        assert tx.channels.refused_on_day(standoff.vendor.key, standoff.node.clock()) == 0
    assert [(one.envelope, one.rule) for one in standoff.refusals()[-3:]] == [
        (None, "invalid"), (None, "invalid"), (None, "marking"),
    ]  # fmt: skip


# --- what it learns ------------------------------------------------------------------------------------------------


def test_a_status_does_not_tell_which_definitions_of_marks_we_hold(
    standoff: Standoff, vendor: Desk, inbox: str
) -> None:
    statement = {"definition_type": "statement", "definition": {"statement": "Not for sale"}, "modified": None}
    held = stix("marking-definition", "held", **statement)
    value = {name: part for name, part in held.value.items() if part is not None}
    held = decode(json.dumps(value).encode())
    unknown = decode(json.dumps({**value, "id": held.id[:-1] + ("0" if held.id[-1] != "0" else "1")}).encode())
    standoff.hold(held, source=standoff.third.key)
    found = []
    for number, definition in enumerate((held, unknown)):
        one = indicator(f"probe-{number}.example", object_marking_refs=[definition.id])
        status = vendor.post(inbox, body(one, link(one, threat()))).json()
        found.append([message for _, message in told(status)])
    assert found[0] == found[1] == ["", ""]


def test_a_status_does_not_tell_which_identities_we_hold(standoff: Standoff) -> None:
    """Their type need not be agreed where they accompany something."""
    with standoff.node.db.read() as tx:
        scope = terms_of(standoff.node.agreement(tx, standoff.agreement)).scope
    agreement = welcome(standoff.node, "Guest", scope=replace(scope, types=("indicator", "malware", "relationship")))
    desk = Desk(standoff.node, "guest", agreement=agreement)
    path = f"{desk.collection('inbox')}objects/"
    held, unknown = stix("identity", "held", name="Held"), stix("identity", "unknown", name="Unknown")
    standoff.hold(held)
    assert [told(desk.post(path, body(one)).json()) for one in (held, unknown)] == [
        [(held.id, "")],
        [(unknown.id, "")],
    ]


def test_a_type_that_is_not_agreed_is_told_whether_we_hold_the_object_or_not(
    standoff: Standoff, vendor: Desk, inbox: str
) -> None:
    held, unknown = stix("campaign", "held", name="Held"), stix("campaign", "unknown", name="Unknown")
    standoff.hold(held)
    found = [told(vendor.post(inbox, body(one)).json())[0][1] for one in (held, unknown)]
    assert found[0] == found[1]
    assert found[0].startswith("type: ")


def test_many_refusals_change_nothing_about_what_is_answered(
    vendor: Desk, inbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A count of what was refused for what we hold would be an oracle."""
    monkeypatch.setattr("backchannel.flow.inbound.MOST_REFUSED", 3)
    for number in range(6):
        answer = vendor.post(inbox, body(indicator(f"hot-{number}.example", object_marking_refs=[MARK["red"]])))
        assert (answer.status_code, answer.json()["failure_count"]) == (202, 1)


def test_cursors_and_dates_tell_nothing_of_what_others_are_given(standoff: Standoff, vendor: Desk) -> None:
    objects = f"{vendor.collection('agreement')}objects/"
    cursor = vendor.get(objects, limit=1)["next"]
    raw = base64.urlsafe_b64decode(cursor)
    assert all(struct.pack(">Q", number) not in raw for number in range(10_000))
    before = [one["date_added"] for one in vendor.get(f"{vendor.collection('agreement')}manifest/")["objects"]]
    third = Desk(standoff.node, "third", agreement=standoff.other)
    assert third.get(f"{third.collection('agreement')}objects/")["objects"]
    standoff.hold(*good("more.example"))
    after = [one["date_added"] for one in vendor.get(f"{vendor.collection('agreement')}manifest/")["objects"]]
    assert after[: len(before)] == before
    microseconds = [int(one[-7:-1]) for one in after]
    assert microseconds == list(range(microseconds[0], microseconds[0] + len(after)))


def test_what_expires_is_gone_also_where_its_end_does_not_leave(standoff: Standoff) -> None:
    soon = NOW + timedelta(minutes=2)
    brief = indicator("brief.example", valid_until=soon.strftime("%Y-%m-%dT%H:%M:%S.000Z"))
    with standoff.node.db.read() as tx:
        scope = terms_of(standoff.node.agreement(tx, standoff.agreement)).scope
    agreement = welcome(standoff.node, "Guest", scope=replace(scope, exclude_properties=("valid_until",)))
    standoff.hold(brief, link(brief, threat()))
    desk = Desk(standoff.node, "ends", agreement=agreement)
    path = f"{desk.collection('agreement')}objects/"
    names = [one.get("pattern") for one in desk.get(path)["objects"]]
    assert brief.value["pattern"] in names
    object.__setattr__(standoff.node, "clock", lambda: soon)
    assert brief.value["pattern"] not in [one.get("pattern") for one in desk.get(path)["objects"]]


def test_a_store_that_is_busy_is_told_and_waits_for_nobody_for_ever(
    standoff: Standoff, vendor: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = TaxiiService(standoff.node)
    (where,) = [one for one in service._all(vendor.user) if one.kind == "agreement"]
    monkeypatch.setattr("backchannel.node.taxii.PUBLISHING_SECONDS", 0.0)
    query, _ = service.query(vendor.user, where, "objects", [], [])
    with service._publishing, pytest.raises(StoreBusy, match="another request"):
        service.page(where, query, with_bytes=True)
