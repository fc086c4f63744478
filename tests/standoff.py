"""A node under attack: the Lab with holdings and two agreements, and the two counterparts on the other side.

The node is a real one, in process, over a folder. It is made once and copied for each test. Its clock stands still.
"""

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from backchannel.core.stix import StixObject
from backchannel.flow import agree, alone
from backchannel.flow.parties import Guest
from backchannel.flow.ports import Filter, NewObject
from backchannel.flow.ports_channels import Refusal
from backchannel.flow.vet import Services
from backchannel.node import agreements, guests, inbox, parties
from backchannel.node.creating import create_node
from backchannel.node.inbox_choice import Choice
from backchannel.node.node import Node, open_node
from backchannel.node.settings import FILE, Settings
from backchannel.node.sync import SyncReport, sync
from backchannel.node.wiring import vetting_services
from backchannel.protocol.message import Proposal
from counterpart import Counterpart, terms_between
from two_parties import MALLORY, NOW, VENDOR
from vetting_world import MARK, indicator, link, story, threat

OURS = [threat(), indicator("ours.example"), link(indicator("ours.example"), threat(), x_by="lab")]
SECRET = [
    threat("Nightjar"),
    indicator("secret.example", name="The Nightjar relay"),
    link(indicator("secret.example"), threat("Nightjar")),
    indicator("red.example", object_marking_refs=[MARK["red"]]),
    link(indicator("red.example"), threat(), x_by="lab"),
]
"""Ours that never leaves: another threat, and a RED indicator in scope."""

THIRD = story("third.example")[1:]
"""What the third party released to us and we accepted."""

_SETTINGS = "warning_lists = false\nsynonyms = false\n"


@cache
def services() -> Services:
    """Vetting's services, compiled once for all tests."""
    return vetting_services(Settings(warning_lists=False, synonyms=False, own_assets=("lab.example",)))


def opened(home: Path) -> Node:
    """The node in `home` with the clock of the tests."""
    return replace(open_node(home), clock=lambda: NOW, services=services)


class Standoff:
    """The Lab's node, the Vendor it has an agreement with, and a third party, Mallory, with another."""

    def __init__(self, folder: Path, vendor: Counterpart, third: Counterpart, agreement: str, other: str) -> None:
        self.folder = folder
        self.node = opened(self.home)
        self.vendor = vendor
        self.third = third
        self.agreement = agreement
        self.other = other

    @property
    def home(self) -> Path:
        return self.folder / "lab"

    @property
    def drop(self) -> Path:
        return self.folder / "DROP"

    def copy(self, folder: Path) -> "Standoff":
        """The same situation in another folder."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        drop = folder / "DROP"
        twin = Standoff(folder, self.vendor.at(drop), self.third.at(drop), self.agreement, self.other)
        enrol(twin.node, twin.folder)
        return twin

    def later_good_arrives(self, host: str = "later.example") -> None:
        """Whatever happened, the Vendor's next release arrives, and nothing of it is refused."""
        before = len(self.refusals())
        self.vendor.release(self.agreement, good(host))
        report = self.sync()
        assert (report.held, report.refused, report.refused_envelopes) == (2, 0, 0), report
        assert set(hosts(host)) <= set(self.waiting())
        assert len(self.refusals()) == before

    def reopen(self) -> None:
        """Close the node and open it again, as the next command does."""
        self.node.close()
        self.node = opened(self.home)

    def sync(self) -> SyncReport:
        return sync(self.node)

    def hold(self, *objects: StixObject, source: str | None = None) -> None:
        """Objects come in, of our own or from another source."""
        with self.node.db.write() as tx:
            tx.holdings.add((NewObject.of(one) for one in objects), source=source or self.node.us.key, now=NOW)

    # --- what the node knows --------------------------------------------------------------------------------

    def held(self) -> dict[tuple[str, str, str], bytes]:
        """Everything held: bytes by id, version and source."""
        with self.node.db.read() as tx:
            return {(one.id, one.version, one.source): one.raw for one in tx.holdings.find(Filter())}

    def waiting(self) -> dict[str, bytes]:
        """What waits in the inbox, by id."""
        return {item.object_id: item.raw for item, _ in inbox.waiting(self.node)}

    def refusals(self) -> list[Refusal]:
        """Everything refused, oldest first."""
        return inbox.refusals(self.node, 100_000)[::-1]

    def rules(self) -> list[str]:
        """The rules or codes of all refusals, oldest first."""
        return [one.rule for one in self.refusals()]

    def state(self, agreement: str = "") -> str:
        """The state of an agreement as stored."""
        with self.node.db.read() as tx:
            return self.node.agreement(tx, agreement or self.agreement).state

    def counters(self) -> dict[str, tuple[int, int, int, bool]]:
        """Where each channel with the Vendor stands: sent, received, acknowledged, receipt due."""
        with self.node.db.read() as tx:
            rows = [tx.channels.state(one, self.vendor.key) for one in self.vendor.channels]
        return {row.channel: (row.sent, row.received, row.acknowledged) for row in rows}


def enrol(node: Node, folder: Path) -> None:
    """Both counterparts, reached by the folder DROP."""
    for name, one in (("vendor", VENDOR), ("third", MALLORY)):
        path = folder / f"{name}.card"
        path.write_bytes(one.card_bytes)
        parties.add(node, path, f"folder:{folder / 'DROP'}")


def prepare(folder: Path) -> Standoff:
    """The Lab with its holdings and an agreement with each counterpart; the third party's objects accepted."""
    home = folder / "lab"
    node = create_node(home, "Human Rights Lab")
    (home / FILE).write_text(_SETTINGS)
    node.close()
    node = opened(home)
    enrol(node, folder)
    with node.db.write() as tx:
        tx.holdings.add((NewObject.of(one) for one in [*OURS, *SECRET]), source=node.us.key, now=NOW)
    vendor, third = Counterpart(VENDOR, folder / "DROP"), Counterpart(MALLORY, folder / "DROP")
    agreed = [conclude(node, one) for one in (vendor, third)]
    third.release(agreed[1], THIRD)
    sync(node)
    inbox.accept(node, Choice(everything=True))
    node.close()
    return Standoff(folder, vendor, third, *agreed)


def conclude(node: Node, with_: Counterpart, **changes: Any) -> str:
    """The node proposes, the counterpart accepts: an agreement in force."""
    with_.meet(node.us.card)
    with node.db.write() as tx:
        peer = parties.peer_of(parties.find_party(tx, with_.key))
        agree.propose(tx, node.standing(), peer, terms_between(node.us.key, with_.key, **changes))
    sync(node)
    (proposal,) = [said for said in with_.fetch(with_.party) if isinstance(said, Proposal)]
    agreement = with_.accept(proposal)
    with_.say(with_.party, with_.receipt(with_.party))
    sync(node)
    assert [one.state for one in agreements.all_agreements(node) if one.id == agreement] == ["in force"]
    return agreement


def welcome(node: Node, name: str, **changes: Any) -> str:
    """The node enrols a guest: an agreement with it, in force."""
    guest = Guest(guests.add(node, name))
    with node.db.write() as tx:
        terms = terms_between(node.us.key, guest.key, **changes)
        return alone.put_in_force(tx, node.standing(), guest, terms).id


def hosts(*names: str) -> list[str]:
    """The ids of the indicators of these hosts."""
    return [indicator(name).id for name in names]


def good(host: str) -> list[StixObject]:
    """An indicator of Predator and its relationship: nothing to object to."""
    return story(host)[1:]
