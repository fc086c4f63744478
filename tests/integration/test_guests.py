"""A counterpart without a node: it reads what the preview says, posts to the inbox, and nobody else speaks for it."""

import json
import os
import shutil
import ssl
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from backchannel.core.stix import StixObject
from backchannel.core.terms import Scope
from backchannel.flow.ports import Filter
from backchannel.node import agreements, exchange, inbox
from backchannel.node.canaries import canaries
from backchannel.node.certificate import CERTIFICATE_FILE
from backchannel.node.exchange import preview
from backchannel.node.inbox_choice import Choice
from backchannel.protocol.message import Release
from backchannel.protocol.taxii import MEDIA_TYPE
from backchannel.web.taxii import ROOT
from case import KNOWN, LINK, MALWARE, RED, TERMS, write_bundle
from command import Desk as Shell
from counterpart import TYPES
from paths import ROOT as REPOSITORY
from standoff import OURS, SECRET, THIRD, Standoff, good, welcome
from taxii_desk import Desk, without_tags
from taxii_served import listening
from two_parties import NOW
from vetting_world import MARK, indicator, link, make_id, threat
from walkthrough import Walk, files, steps

GUEST = "Birch Desk"
TOLD = {**KNOWN, "id": make_id("indicator", "told"), "pattern": "[domain-name:value = 'told.example']"}
LINK_OF_IT = {**LINK, "id": make_id("relationship", "told"), "source_ref": TOLD["id"]}


class Guest:
    """A guest of the Lab, its agreement, and its tool."""

    def __init__(self, standoff: Standoff) -> None:
        self.node = standoff.node
        self.agreement = welcome(standoff.node, GUEST)
        self.desk = Desk(standoff.node, "birch-siem", agreement=self.agreement)
        with standoff.node.db.read() as tx:
            self.key = standoff.node.agreement(tx, self.agreement).party

    def preview(self) -> dict[str, object]:
        """What the preview says that the guest reads, by id."""
        decisions = preview(self.node, self.agreement).decisions
        return {one.sent.id: json.loads(one.sent.raw) for one in decisions if one.sent is not None}

    def read(self) -> dict[str, object]:
        """What it reads, by id."""
        pages = self.desk.pages(f"{self.desk.collection('agreement')}objects/", limit=2)
        return {one["id"]: one for page in pages for one in page.get("objects", ())}

    def post(self, *objects: StixObject) -> httpx.Response:
        """It posts objects to the inbox of the agreement."""
        body = b'{"objects":[' + b",".join(one.raw for one in objects) + b"]}"
        return self.desk.post(f"{self.desk.collection('inbox')}objects/", body)


@pytest.fixture
def guest(standoff: Standoff) -> Guest:
    return Guest(standoff)


# --- reading ---------------------------------------------------------------------------------------------------


def test_a_guest_reads_exactly_what_the_preview_says(standoff: Standoff, guest: Guest) -> None:
    expected = guest.preview()
    assert {one.id for one in OURS} == set(without_tags(expected))
    assert guest.read() == expected
    assert guest.preview() == expected
    standoff.hold(*good("added.example"))
    assert set(guest.read()) == set(guest.preview())
    assert set(without_tags(guest.read())) - set(expected) == {one.id for one in good("added.example")}
    assert not {one.id for one in [*SECRET, *THIRD]} & set(guest.read())


def test_canaries_for_a_guest_are_in_what_it_reads_and_in_nothing_else(standoff: Standoff) -> None:
    settings = msgspec.structs.replace(standoff.node.settings, canary_domains=("example.com",))
    standoff.node = standoff.node.with_settings(settings)
    guest = Guest(standoff)
    before = guest.read()
    report = exchange.release(guest.node, guest.agreement, canaries=2)
    assert (report.envelopes, report.canaries) == (0, 4)
    after = guest.read()
    assert after == guest.preview()
    marked = canaries(guest.node)
    assert {one.indicator for one in marked} < set(after) - set(before)
    assert len(without_tags(after)) == len(without_tags(before)) + 4
    assert len(after) == len(before) + 6, "each canary has a note with its origin tag, as every indicator has"
    assert [one.released for one in marked] == [NOW, NOW]
    own = Desk(standoff.node, "own-siem")
    held = {
        one["id"] for page in own.pages(f"{own.collection('holdings')}objects/") for one in page.get("objects", ())
    }
    assert {one.id for one in OURS} <= held
    assert held.isdisjoint(one.indicator for one in marked)


def test_amended_terms_are_what_a_guest_reads_by(guest: Guest, tmp_path: Path) -> None:
    terms = tmp_path / "terms.toml"
    plain = '[scope]\nthreats = ["Predator"]\ntypes = [{}]\n[quota]\nobjects_per_day = 200\n'
    plain += '[handling]\ntlp_max = "amber"\n'
    before = guest.read()
    terms.write_text(plain.format('"malware"'))
    agreements.amend(guest.node, guest.agreement, terms)
    assert set(guest.read()) == set(guest.preview()) < set(before)
    terms.write_text(plain.format('"malware", "indicator", "relationship"').replace("amber", "red"))
    agreements.amend(guest.node, guest.agreement, terms, one_sided=True)
    after = guest.read()
    assert after == guest.preview()
    assert set(without_tags(before)) < set(after)
    assert indicator("red.example").id in after


def test_a_guest_reads_nothing_once_the_agreement_is_ended(guest: Guest) -> None:
    assert guest.read()
    agreements.end(guest.node, guest.agreement)
    assert guest.read() == {}
    assert guest.post(*good("late.example")).status_code == 403


def test_a_guest_reads_nothing_once_the_agreement_has_expired(guest: Guest) -> None:
    assert guest.read()
    object.__setattr__(guest.node, "clock", lambda: NOW + timedelta(days=400))
    assert guest.read() == {}
    assert guest.post(*good("late.example")).status_code == 403


def test_what_one_guest_is_given_another_sees_nothing_of(standoff: Standoff, guest: Guest) -> None:
    nightjar = welcome(standoff.node, "Aspen Desk", scope=Scope(threats=("Nightjar",), types=TYPES))
    other = Desk(standoff.node, "aspen", agreement=nightjar)
    seen = {one for one, _ in other.crawl(f"{other.collection('agreement')}objects/")}
    assert threat("Nightjar").id in seen
    assert not seen & set(guest.read())


# --- posting ---------------------------------------------------------------------------------------------------


def test_what_a_guest_posts_is_vetted_and_kept_as_its_own(standoff: Standoff, guest: Guest) -> None:
    red = indicator("hot.example", object_marking_refs=[MARK["red"]])
    told = good("told.example")
    status = guest.post(*told, red).json()
    assert (status["success_count"], [one["id"] for one in status["failures"]]) == (2, [red.id])
    with standoff.node.db.read() as tx:
        items = [(one.object_id, one.party, one.agreement) for one in tx.inbox.items()]
    assert items == [(one.id, guest.key, guest.agreement) for one in told]
    inbox.accept(standoff.node, Choice(everything=True))
    with standoff.node.db.read() as tx:
        held = list(tx.holdings.find(Filter(source=guest.key)))
    assert {(one.id, one.source_name, one.own) for one in held} == {(one.id, GUEST, False) for one in told}


def test_what_a_guest_posted_is_known_to_it_and_to_nobody_else(standoff: Standoff, guest: Guest) -> None:
    """What refers to it may leave to the guest, and to a counterpart that never had it may not."""
    told = good("told.example")
    guest.post(*told)
    inbox.accept(standoff.node, Choice(everything=True))
    more = link(OURS[1], told[0].id, id=make_id("relationship", "ours to theirs"), relationship_type="related-to")
    standoff.hold(more)
    assert more.id in guest.read()
    plan = exchange.preview(standoff.node, standoff.agreement)
    assert [one.sent for one in plan.decisions if one.id == more.id] == [None]


def test_a_rule_may_accept_what_a_guest_posts_by_its_name(standoff: Standoff, guest: Guest) -> None:
    inbox.add_rule(standoff.node, GUEST, None, None)
    guest.post(*good("told.example"))
    with standoff.node.db.read() as tx:
        assert {one.id for one in tx.holdings.find(Filter(source=guest.key))} == {
            one.id for one in good("told.example")
        }


def test_a_guest_of_a_designated_name_reads_nothing(standoff: Standoff, guest: Guest) -> None:
    assert guest.read()
    settings = msgspec.structs.replace(standoff.node.settings, designations=("birch desk",))
    object.__setattr__(standoff.node, "settings", settings)
    assert guest.read() == {}


# --- nobody speaks for it --------------------------------------------------------------------------------------


def test_nobody_can_speak_in_a_guests_name(standoff: Standoff, guest: Guest) -> None:
    """An envelope whose header names the guest as its sender, in whoever's channel and however it is signed."""
    vendor = standoff.vendor
    body = msgspec.json.encode([vendor.releasing(standoff.agreement, good("forged.example"))])
    for channel in (vendor.party, standoff.agreement):
        vendor.put(channel, vendor.forge(channel, body, header={"sender": guest.key}))
        vendor.put(channel, vendor.forge(channel, body, header={"channel": guest.agreement}))
        both = {"sender": guest.key, "channel": guest.agreement}
        vendor.put(channel, vendor.forge(channel, body, header=both))
    before = standoff.held(), standoff.waiting()
    report = standoff.sync()
    assert (report.refused_envelopes, report.received, report.held, report.accepted) == (6, 0, 0, 0)
    assert (standoff.held(), standoff.waiting()) == before
    assert {one.party for one in standoff.refusals()} == {vendor.key}
    standoff.later_good_arrives()


def test_a_guests_agreement_named_in_a_message_releases_nothing_to_us(standoff: Standoff, guest: Guest) -> None:
    vendor = standoff.vendor
    raws = vendor.releasing(standoff.agreement, good("forged.example")).items
    vendor.say(standoff.agreement, Release(guest.agreement, raws))
    vendor.say(vendor.party, Release(guest.agreement, raws))
    standoff.sync()
    with standoff.node.db.read() as tx:
        assert tx.channels.received_ids(guest.agreement) == set()
        assert not [one for one in tx.inbox.items() if one.party == guest.key]


def test_a_token_of_a_guest_opens_no_other_agreement(standoff: Standoff, guest: Guest) -> None:
    vendor = Desk(standoff.node, "vendor", agreement=standoff.agreement)
    for kind in ("agreement", "inbox"):
        assert guest.desk.ask("GET", vendor.collection(kind)).status_code == 404
    assert guest.desk.ask("GET", f"{ROOT}collections/holdings/").status_code == 404


# --- a node whose only counterpart is a guest ------------------------------------------------------------------


@pytest.mark.slow
def test_a_node_with_nobody_but_a_guest_serves_it(tmp_path: Path) -> None:
    """As a person does it, from the first command to a client that verifies the server by its certificate."""
    lab = Shell(tmp_path, "lab")
    lab("init", "--name", "Human Rights Lab")
    write_bundle(tmp_path / "case.json", MALWARE, KNOWN, LINK, RED)
    lab("import", "case.json")
    (tmp_path / "terms.toml").write_text(TERMS)
    lab("party", "add-guest", GUEST)
    (party,) = lab.json("party", "list")
    assert (party["name"], party["guest"], party["verified"], party["carrier"]) == (GUEST, True, False, None)
    agreement = lab.json("agreement", "propose", "terms.toml", "--to", GUEST, "--one-sided")["id"]
    token = lab("taxii", "user", "add", "birch", "--agreement", agreement, "--read", "--write").out.strip()
    previewed = lab.json("preview", agreement, "--list")
    trusted = ssl.create_default_context(cafile=str(lab.home / CERTIFICATE_FILE))
    headers = {"Authorization": f"Bearer {token}", "Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE}
    collections = f"{ROOT}collections/"
    with listening(lab.home) as address, httpx.Client(base_url=address, verify=trusted, headers=headers) as client:
        objects = client.get(f"{collections}agreement-{agreement[:12]}/objects/").json()["objects"]
        assert sorted(one["id"] for one in objects) == sorted(one["id"] for one in previewed)
        told = json.dumps({"objects": [TOLD, LINK_OF_IT]})
        posted = client.post(f"{collections}inbox-{agreement[:12]}/objects/", content=told)
        assert (posted.status_code, posted.json()["failure_count"]) == (202, 0), posted.text
        waiting = [(one["source"], one["type"]) for one in lab.json("inbox", "list")]
        assert waiting == [(GUEST, "indicator"), (GUEST, "relationship")]
        lab("agreement", "end", agreement)
        assert client.get(f"{collections}agreement-{agreement[:12]}/objects/").json() == {}
    counts = {name: count for name, count in lab.json("sync").items() if count}
    assert counts == {"destroyed": 2}


# --- the page --------------------------------------------------------------------------------------------------

PAGE = (REPOSITORY / "docs" / "how-to" / "taxii-server.md").read_text()
CASE = files((REPOSITORY / "docs" / "tutorial" / "first-exchange.md").read_text())["alder.json"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="the page uses curl")
def test_every_command_of_the_page_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a node in the usual place that holds the case of the tutorial, and a token for the same agreement.

    `cert.example` is this machine for curl, which verifies the certificate by that name.
    """
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CURL_HOME", raising=False)
    monkeypatch.delenv("TOKEN", raising=False)
    alder = Shell(tmp_path, ".backchannel")
    alder("init", "--name", "Alder CERT", "--host", "cert.example")
    shutil.copy(alder.home / CERTIFICATE_FILE, tmp_path)
    (tmp_path / "case.json").write_text(CASE)
    alder("import", "case.json")
    typed = []
    with listening(alder.home) as address:
        here = address.removeprefix("https://")
        (tmp_path / ".curlrc").write_text(f'connect-to = "cert.example:8443:{here}"\n')
        walk = Walk(tmp_path, PAGE)
        for step in steps(PAGE):
            if step.command.startswith("curl") and "TOKEN" not in os.environ:
                agreement = alder.json("agreement", "list")[0]["id"]
                token = alder("taxii", "user", "add", "of-the-test", "--agreement", agreement, "--read", "--write")
                monkeypatch.setenv("TOKEN", token.out.strip())
            walk.take(step)
            typed.append(step.command.split()[0])
    assert (typed.count("curl"), typed.count("backchannel")) == (3, 12)
