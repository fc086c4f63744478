"""A node's TAXII server as its users meet it: `backchannel serve` in a process of its own, over TLS on loopback.

The node holds two stories, each released to another counterpart, and things that nobody gets. All of it came in with
one import, as one batch. Everything goes by the clock of the machine, because the server does.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from backchannel.core.stix import StixObject, decode
from backchannel.core.terms import Scope
from backchannel.node import taxii_users
from backchannel.node.certificate import CERTIFICATE_FILE
from backchannel.node.creating import create_node
from backchannel.node.exchange import preview
from backchannel.node.node import open_node
from backchannel.node.settings import FILE
from backchannel.web.taxii import ROOT
from command import Desk
from counterpart import TYPES, Counterpart
from standoff import conclude, enrol, services
from two_parties import MALLORY, VENDOR
from vetting_world import MARK, indicator, link, threat

STOP_SECONDS = 30
"""How long the server may take to end. It takes less than three seconds; the machine may be busy."""

HOLDINGS = f"{ROOT}collections/holdings/"
MANY = "many.example"
"""The host of the indicator that is held in several versions."""


def version(day: int) -> StixObject:
    """The indicator of `MANY` as it was on a day of July."""
    return decode(json.dumps({**indicator(MANY).value, "modified": f"2026-07-{day:02}T00:00:00.000Z"}).encode())


def told(name: str, hosts: list[str]) -> list[StixObject]:
    """A threat, indicators of it, and what ties them."""
    indicators = [indicator(host) for host in hosts]
    return [threat(name), *indicators, *(link(one, threat(name)) for one in indicators)]


VERSIONS = [version(day) for day in range(1, 8)]
PREDATOR = told("Predator", [f"h{number}.example" for number in range(50)])
NIGHTJAR = told("Nightjar", [f"n{number}.example" for number in range(9)])
RED = [indicator(f"red{number}.example", object_marking_refs=[MARK["red"]]) for number in range(3)]
HELD = [*PREDATOR, *NIGHTJAR, *RED, *(link(one, threat()) for one in RED), *VERSIONS]
"""Everything that the node holds."""

LAST = [*HELD[: -len(VERSIONS)], VERSIONS[-1]]
"""The newest version of each object."""


@dataclass(frozen=True)
class User:
    """A user of the server: by name, its token, and of which agreement (empty for one of the node's own)."""

    name: str
    token: str
    agreement: str


@dataclass(frozen=True)
class Prepared:
    """A node and its users by name: `siem` of its own, `vendor` and `third` of an agreement each."""

    home: Path
    users: dict[str, User]

    def copy(self, folder: Path) -> "Prepared":
        """The same node in another folder, with mailboxes of its own."""
        shutil.copytree(self.home.parent, folder, dirs_exist_ok=True)
        twin = replace(self, home=folder / self.home.name)
        with contextlib.closing(open_node(twin.home, {})) as node:
            enrol(node, folder)
        return twin

    def released(self, user: User) -> dict[str, Any]:
        """What the preview of a user's agreement says that it releases, by id."""
        with contextlib.closing(replace(open_node(self.home, {}), services=services)) as node:
            plan = preview(node, user.agreement)
            return {one.sent.id: json.loads(one.sent.raw) for one in plan.decisions if one.sent is not None}


@dataclass(frozen=True)
class Served:
    """A running server: where, and of which node."""

    origin: str
    node: Prepared

    @property
    def url(self) -> str:
        """Its discovery."""
        return f"{self.origin}/taxii2/"

    @property
    def certificate(self) -> str:
        """The file that a client verifies it by."""
        return str(self.node.home / CERTIFICATE_FILE)

    @property
    def siem(self) -> User:
        return self.node.users["siem"]

    @property
    def vendor(self) -> User:
        return self.node.users["vendor"]

    @property
    def third(self) -> User:
        return self.node.users["third"]


def prepare(folder: Path) -> Prepared:
    """Make the node, its two agreements and three users, and import everything at once."""
    home = folder / "lab"
    create_node(home, "Human Rights Lab").close()
    (home / FILE).write_text("warning_lists = false\nsynonyms = false\n")
    bundle = {"type": "bundle", "id": f"bundle--{threat().id[9:]}", "objects": [one.value for one in HELD]}
    (folder / "held.json").write_text(json.dumps(bundle))
    Desk(folder, "lab")("import", "held.json")
    node = replace(open_node(home, {}), services=services)
    enrol(node, folder)
    today = datetime.now(UTC).replace(microsecond=0)
    span = {"valid_from": today - timedelta(days=1), "valid_until": today + timedelta(days=30)}
    agreed = {
        name: conclude(node, Counterpart(keys, folder / "DROP"), scope=Scope(threats=(about,), types=TYPES), **span)
        for name, keys, about in (("vendor", VENDOR, "Predator"), ("third", MALLORY, "Nightjar"))
    }
    users = {}
    for name, agreement in {"siem": None, **agreed}.items():
        _, token = taxii_users.add(node, name, agreement=agreement, read=True, write=True, expires=None)
        users[name] = User(name, token, agreement or "")
    node.close()
    return Prepared(home, users)


@contextlib.contextmanager
def listening(home: Path, log: str = "") -> Iterator[str]:
    """Serve a node until the end of the block, and give its address; it must end at SIGTERM, with what matches this
    pattern in its log: nothing."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BACKCHANNEL_")}
    logged = home.parent / "serve.log"
    with logged.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "backchannel", "--home", str(home), "serve", "--port", "0"],
            cwd=home.parent,
            env=environment | {"NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.startswith("listening on https://127.0.0.1:"), (said, logged.read_text())
        yield said.split()[-1]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=STOP_SECONDS)
        assert process.returncode == 0
        assert re.fullmatch(log, logged.read_text()), logged.read_text()
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def serving(prepared: Prepared) -> Iterator[Served]:
    """Serve the prepared node until the end of the block."""
    with listening(prepared.home) as origin:
        yield Served(origin, prepared)


def by_http(served: Served, user: User | None = None) -> httpx.Client:
    """Plain HTTP as a user or as a stranger, verified by the node's own certificate."""
    context = ssl.create_default_context(cafile=served.certificate)
    headers = {} if user is None else {"Authorization": f"Bearer {user.token}"}
    return httpx.Client(base_url=served.origin, verify=context, headers=headers, trust_env=False)
