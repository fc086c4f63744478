"""Two real nodes, A and B, over a folder, with an agreement in force. Made once and copied for each test.

Nodes are opened with the clock of the tests; A holds `CROSSING`, all of which the agreement releases.
"""

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from backchannel.flow.ports import NewObject
from backchannel.node import agreements, parties
from backchannel.node.creating import create_node
from backchannel.node.node import Node, open_node
from backchannel.node.settings import FILE
from backchannel.node.sync import sync
from backchannel.protocol.envelope import parse
from standoff import services
from two_parties import NOW
from vetting_world import indicator, link, threat

TERMS = 'valid_from = 2026-01-01\nvalid_until = 2027-06-01\n[scope]\nthreats = ["Predator"]\n'
SETTINGS = "warning_lists = false\nsynonyms = false\n"
HOSTS = [indicator(f"h{number}.example") for number in range(3)]
CROSSING = [threat(), *HOSTS, *(link(host, threat()) for host in HOSTS)]


class Pair(NamedTuple):
    """Both homes, the folder between them, and the agreement."""

    folder: Path
    agreement: str

    @property
    def a(self) -> Path:
        return self.folder / "A"

    @property
    def b(self) -> Path:
        return self.folder / "B"

    @property
    def drop(self) -> Path:
        return self.folder / "DROP"

    def items(self) -> list[Path]:
        """Every item that waits to be fetched, in order of names."""
        return sorted(path for path in self.drop.rglob("*") if path.is_file())

    def said(self) -> list[Path]:
        """Those of them that belong to the agreement's channel: neither about agreements nor about ledgers."""
        return [path for path in self.items() if parse(path.read_bytes()).header.channel == self.agreement]


def opened(home: Path, now: datetime = NOW) -> Node:
    """The node in `home`, at a time that stands still."""
    return replace(open_node(home), clock=lambda: now, services=services)


def make_pair(folder: Path, terms: str = TERMS) -> Pair:
    """Both nodes, before anything is released."""
    for home, name in (("A", "Lab"), ("B", "Vendor")):
        create_node(folder / home, name).close()
        (folder / home / FILE).write_text(SETTINGS)
    a, b = opened(folder / "A"), opened(folder / "B")
    with a.db.write() as tx:
        tx.holdings.add((NewObject.of(one) for one in CROSSING), source=a.us.key, now=NOW)
    _enrol(folder, a, b)
    (folder / "terms.toml").write_text(terms)
    row, _ = agreements.propose(a, folder / "terms.toml", "Vendor")
    for node in (a, b):
        sync(node)
    agreements.accept(b, row.id)
    for node in (b, a, b, a):
        sync(node)
    a.close()
    b.close()
    return Pair(folder, row.id)


def copy_of(pair: Pair, folder: Path) -> Pair:
    """The same two nodes in another folder."""
    shutil.copytree(pair.folder, folder, dirs_exist_ok=True)
    a, b = opened(folder / "A"), opened(folder / "B")
    _enrol(folder, a, b)
    a.close()
    b.close()
    return Pair(folder, pair.agreement)


def _enrol(folder: Path, a: Node, b: Node) -> None:
    for node, other in ((a, b), (b, a)):
        path = folder / f"{other.us.key[:8]}.card"
        path.write_bytes(other.card_bytes)
        parties.add(node, path, f"folder:{folder / 'DROP'}")
