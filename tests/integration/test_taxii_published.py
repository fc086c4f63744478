"""The collection of an agreement is decided anew whenever anything changed that the decision depends on."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from backchannel.errors import BadSettings
from backchannel.flow import publish
from backchannel.flow.ports_channels import Released
from backchannel.node import agreements, guests
from backchannel.node.parties import party_of
from backchannel.node.settings import FILE
from backchannel.web import serving
from standoff import OURS, Standoff, good, welcome
from taxii_desk import Desk

NAME = "Watcher"


def current(standoff: Standoff, agreement: str, **changes: object) -> bool:
    standing = replace(standoff.node.standing(), **changes)
    with standoff.node.db.read() as tx:
        row = standoff.node.agreement(tx, agreement)
        return publish.is_current(tx, standing, party_of(tx, row), row)


def released(standoff: Standoff, agreement: str) -> None:
    with standoff.node.db.write() as tx:
        one = Released(OURS[0].id, OURS[0].id, OURS[0].version, 1, datetime(2026, 10, 1, tzinfo=UTC))
        tx.channels.add_released(agreement, [one])


def received(standoff: Standoff, agreement: str) -> None:
    with standoff.node.db.write() as tx:
        tx.channels.add_received(agreement, [(OURS[0].id, 1)], datetime(2026, 10, 1, tzinfo=UTC))


def pinned(standoff: Standoff, agreement: str) -> None:
    with standoff.node.db.write() as tx:
        tx.agreements.pin(agreement, "predator", OURS[0].id)


CHANGES: dict[str, Callable[[Standoff, str], object]] = {
    "something is held": lambda standoff, _agreement: standoff.hold(*good("more.example")),
    "something left": released,
    "something came": received,
    "a name is pinned": pinned,
    "the counterpart is called otherwise": lambda standoff, _agreement: guests.rename(standoff.node, NAME, "Seer"),
    "it ends": lambda standoff, agreement: agreements.end(standoff.node, agreement),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_collection_is_not_current_once(standoff: Standoff, change: str) -> None:
    agreement = welcome(standoff.node, NAME)
    desk = Desk(standoff.node, "watcher", agreement=agreement)
    assert desk.get(f"{desk.collection('agreement')}objects/")["objects"]
    assert current(standoff, agreement)
    CHANGES[change](standoff, agreement)
    assert not current(standoff, agreement)


def test_a_collection_is_not_current_once_a_name_is_designated(standoff: Standoff) -> None:
    agreement = welcome(standoff.node, NAME)
    desk = Desk(standoff.node, "watcher", agreement=agreement)
    assert desk.get(f"{desk.collection('agreement')}objects/")["objects"]
    assert current(standoff, agreement)
    assert not current(standoff, agreement, designated=frozenset({"somebody"}))


def test_a_collection_is_not_current_once_origin_tags_are_switched_off(standoff: Standoff) -> None:
    agreement = welcome(standoff.node, NAME)
    desk = Desk(standoff.node, "watcher", agreement=agreement)
    path = f"{desk.collection('agreement')}objects/"
    notes = [one for one in desk.get(path)["objects"] if one["type"] == "note"]
    assert notes
    assert not current(standoff, agreement, origin_tags=False)
    (standoff.node.home / FILE).write_text("origin_tags = false\n")
    assert not [one for one in desk.get(path)["objects"] if one["type"] == "note"]


def test_a_name_that_is_designated_while_the_server_runs_is_not_on_the_next_page(standoff: Standoff) -> None:
    agreement = welcome(standoff.node, NAME)
    desk = Desk(standoff.node, "watcher", agreement=agreement)
    path = f"{desk.collection('agreement')}objects/"
    assert desk.get(path)["objects"]
    (standoff.node.home / FILE).write_text(f'designations = ["{NAME}"]\n')
    assert desk.get(path) == {}
    (standoff.node.home / FILE).write_text("designations = [\n")
    assert desk.ask("GET", path).status_code == 500
    (standoff.node.home / FILE).unlink()
    assert desk.get(path)["objects"]


def test_without_tls_it_does_not_start_where_clients_would_be_led_around_the_proxy(standoff: Standoff) -> None:
    where = serving.Where("127.0.0.1", 0)
    with pytest.raises(BadSettings, match="set public_url"):
        serving.serve(standoff.node, where, tls_on=False, on_ready=lambda _port: None, tell=lambda _line: None)
