"""Two published lists of one spyware in a node, each from a source of its own: what they have in common."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from backchannel.core.assess.keys import key_of, told_key
from backchannel.flow.ports import Filter
from backchannel.flow.ports_taxii import PULLED
from backchannel.formats.generate import Generator
from backchannel.node import origins
from backchannel.node.creating import create_node
from backchannel.node.importing import ImportReport, Origin, keep_items, namespace
from backchannel.node.node import Node
from backchannel.node.readers import Readers
from paths import SHARED_DATA, needs_shared_data

pytestmark = needs_shared_data

SOURCES = {
    "Amnesty International": ("amnesty/pegasus.stix2", "amnesty/cytrox.stix2"),
    "Maltrail": ("maltrail/apt_pegasus.txt", "maltrail/predatory.txt"),
}


def takes(node: Node, name: str, file: Path) -> None:
    """Take a file in as what a collection of this title gave."""
    source = f"{PULLED}https://{name.split()[0].lower()}.example/"
    with node.db.write() as tx:
        tx.pulls.name(source, f"{name} @ {name.split()[0].lower()}.example")
    with (
        Readers(node.services().validate, Generator(namespace(node), node.clock())) as readers,
        file.open("rb") as data,
    ):
        keep_items(node, readers.read(data, None), Origin(source, name, "clear"), ImportReport())


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with closing(create_node(tmp_path_factory.mktemp("origins") / "node", "Reader")) as made:
        for name, files in SOURCES.items():
            for file in files:
                takes(made, name, SHARED_DATA / file)
        yield made


def counted(node: Node, campaign: str) -> Counter[str]:
    """What is said of the origins of the indicators of a campaign that both give, by how often."""
    wanted = {one["id"] for one in json.loads((SHARED_DATA / f"amnesty/{campaign}.stix2").read_bytes())["objects"]}
    with node.db.read() as tx:
        held = [one for one in tx.holdings.find(Filter(type="indicator")) if one.id in wanted]
        keys = {one.seq: told_key(key_of(one.object().value) or "") for one in held}
        both = {one.key for one in tx.tellings.of(set(keys.values())) if one.source_name.startswith("Maltrail")}
    found = origins.beside(node, [one for one in held if keys[one.seq] in both])
    return Counter(one.sentence for one in found.values() if one is not None)


def test_who_cites_the_other_list_is_no_second_origin(node: Node) -> None:
    """All 1,438 are listed at least once under a reference to the other list; of some it names other sites too."""
    assert counted(node, "pegasus") == {
        "1 independent origin": 1_328,
        "origin not established, at most two": 110,
    }


def test_what_came_by_way_of_a_repost_has_no_established_origin(node: Node) -> None:
    found = counted(node, "cytrox")
    assert found["origin not established, at most two"] == 310
    assert found.total() == 326
