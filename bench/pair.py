"""Two nodes with an agreement in force between them, over a folder: where the exchange benchmarks start from."""

import json
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from backchannel.node import agreements, parties
from backchannel.node.creating import create_node
from backchannel.node.node import Node
from backchannel.node.sync import sync
from bench.measure import indicator

THREAT = "malware--3f1d2c4b-0a77-4f0e-9a57-6a7a3b1f9c10"
TERMS = """
[scope]
threats = ["Night Heron"]
types = ["indicator", "malware", "relationship"]
depth = 2
[handling]
tlp_max = "amber"
[quota]
objects_per_day = {quota}
"""


class Pair(NamedTuple):
    """Two open nodes, the folder between them, and the id of their agreement."""

    ours: Node
    theirs: Node
    folder: Path
    agreement: str


@contextmanager
def pair(quota: int, more: str = "") -> Iterator[Pair]:
    """Two nodes that have agreed on one threat, with `more` in their terms; nothing has crossed yet."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        ours, theirs = create_node(root / "a", "Lab"), create_node(root / "b", "Vendor")
        try:
            for node, other in ((ours, theirs), (theirs, ours)):
                (card := root / f"{other.us.key[:8]}.card").write_bytes(other.card_bytes)
                parties.add(node, card, f"folder:{root / 'drop'}")
            (terms := root / "terms.toml").write_text(TERMS.format(quota=quota) + more)
            row, _ = agreements.propose(ours, terms, "Vendor")
            sync(ours)
            sync(theirs)
            agreements.accept(theirs, row.id)
            sync(theirs)
            sync(ours)
            yield Pair(ours, theirs, root, row.id)
        finally:
            ours.close()
            theirs.close()


def write_bundle(path: Path, indicators: int, *, begin: int = 0, links: bool = True, seed: int = 7) -> int:
    """A bundle on one threat: a malware, indicators numbered from `begin`, and with `links` what ties each to it; how
    many objects."""
    chance = random.Random(seed)
    count = 0
    with path.open("w") as file:
        file.write('{"type": "bundle", "id": "bundle--6b1f8a7e-2d3c-4b5a-8c9d-0e1f2a3b4c5d", "objects": [')
        file.write(json.dumps(_threat()))
        for number in range(begin, begin + indicators):
            file.write(",\n" + json.dumps(indicator(number)))
            if links:
                file.write(",\n" + json.dumps(_link(number, chance)))
            count += 1 + links
        file.write("]}")
    return count + 1


def _threat() -> dict[str, object]:
    return _base("malware", THREAT) | {"name": "Night Heron", "is_family": True}


def _link(number: int, chance: random.Random) -> dict[str, object]:
    identifier = f"relationship--{UUID(int=chance.getrandbits(128), version=4)}"
    return _base("relationship", identifier) | {
        "relationship_type": "indicates",
        "source_ref": indicator(number)["id"],
        "target_ref": THREAT,
    }


def _base(kind: str, identifier: str) -> dict[str, object]:
    moment = "2026-01-01T00:00:00.000Z"
    return {"type": kind, "spec_version": "2.1", "id": identifier, "created": moment, "modified": moment}
