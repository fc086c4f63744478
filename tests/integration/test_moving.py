"""Taking one's own holdings to a new node, as `docs/how-to/back-up-a-node.md` says: no level is lost on the way."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from backchannel.core.marking import LEVELS
from backchannel.core.stix import StixObject
from backchannel.node.creating import create_node
from backchannel.node.holdings import Selection, export_to, select
from backchannel.node.importing import import_files
from backchannel.node.node import Node
from vetting_world import MARK, indicator, stix, threat

BUNDLE = "bundle--0b7d5d0e-3f0c-4d59-8e58-1d0c6a3f9b27"


@pytest.fixture(name="nodes")
def _nodes(tmp_path: Path) -> Iterator[tuple[Node, Node]]:
    made = create_node(tmp_path / "old", "Birch"), create_node(tmp_path / "new", "Birch 2027")
    yield made
    for node in made:
        node.close()


def take_in(node: Node, path: Path, level: str | None, *objects: StixObject) -> None:
    raws = [msgspec.Raw(one.raw) for one in objects]
    path.write_bytes(msgspec.json.encode({"type": "bundle", "id": BUNDLE, "objects": raws}))
    assert not import_files(node, [path], tlp=level).refused


def levels(node: Node) -> dict[str, str]:
    return {held.id: held.tlp for held in select(node, Selection(source="own"))}


def test_own_holdings_taken_along_level_by_level_keep_their_levels(nodes: tuple[Node, Node], tmp_path: Path) -> None:
    old, new = nodes
    for level in LEVELS:
        take_in(old, tmp_path / "in.json", level, indicator(f"{level.replace('+', '-')}.example"))
    statement = stix(
        "marking-definition", "ours", modified=None, definition_type="statement", definition={"statement": "x"}
    )
    marked = indicator("marked.example", object_marking_refs=[MARK["green"], statement.id])
    part = [{"marking_ref": MARK["red"], "selectors": ["name"]}]
    take_in(old, tmp_path / "in.json", "amber", statement, marked, threat(granular_markings=part))
    for level in LEVELS:
        path = tmp_path / f"own-{level}.json"
        export_to(old, Selection(source="own", tlp=level), path)
        assert not import_files(new, [path], tlp=level).refused
    assert levels(new) == levels(old)
    assert set(levels(new).values()) == set(LEVELS)


def test_own_holdings_taken_along_in_one_piece_come_in_at_the_default(
    nodes: tuple[Node, Node], tmp_path: Path
) -> None:
    """What the page warns of; should a bundle come to carry these levels, the page may become shorter."""
    old, new = nodes
    take_in(old, tmp_path / "in.json", "red", indicator())
    export_to(old, Selection(source="own"), tmp_path / "own.json")
    import_files(new, [tmp_path / "own.json"])
    assert set(levels(new).values()) == {"amber"}
