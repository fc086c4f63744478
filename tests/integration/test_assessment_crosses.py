"""An assessment as STIX is like anything else: it is imported, released under an agreement, vetted and accepted."""

import json
from pathlib import Path

import pytest

from backchannel.core.stix import decode
from backchannel.formats.assessment_stix import Made, bundle_of
from backchannel.node import exchange, inbox
from backchannel.node.holdings import Selection, select
from backchannel.node.importing import ImportReport, import_files, namespace
from backchannel.node.inbox_choice import Choice
from backchannel.node.node import Node
from backchannel.node.sync import sync
from outcome import usual
from two_nodes import TERMS, Pair, make_pair, opened
from vetting_world import threat

TYPES = ["malware", "report", "identity", "note", "opinion", "relationship"]
WHOSE = "Whose opinion it is, as the reports have it."


@pytest.fixture(params=[2, 3])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    """Two nodes with an agreement of two hops, as it is by default, or of three."""
    return make_pair(tmp_path / "pair", f"{TERMS}types = {json.dumps(TYPES)}\ndepth = {request.param}\n")


def bundle(node: Node) -> bytes:
    """The assessment as a node makes it, about the threat of the agreement."""
    made = Made(
        namespace=namespace(node), now=node.clock(), tlp="green", creator=node.us.identity, about=(threat().id,)
    )
    return bundle_of(*usual(), made)


def imported(node: Node, folder: Path) -> ImportReport:
    path = folder / "assessment.json"
    path.write_bytes(bundle(node))
    return import_files(node, [path])


def test_an_assessment_is_imported_released_vetted_and_accepted(
    pair: Pair, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    a, b = opened(pair.a), opened(pair.b)
    made = {one["id"]: one for one in json.loads(bundle(a))["objects"]}
    assert {one["type"] for one in made.values()} == {*TYPES} - {"malware"}

    report = imported(a, tmp_path)
    assert (report.added, report.refused, report.notes) == (len(made), [], [])
    again = imported(a, tmp_path)
    assert (again.added, again.unchanged) == (0, len(made))

    farther = {name for name, one in made.items() if one.get("description") == WHOSE}
    crossing = made.keys() - farther if request.node.callspec.params["pair"] == 2 else made.keys()
    released = exchange.release(a, pair.agreement)
    assert (released.objects, released.reduced) == (len(crossing) + len({threat().id}), 0)

    sync(a)
    sync(b)
    waiting = {one.object_id: one.flags for one, _ in inbox.waiting(b)}
    assert waiting.keys() == {*crossing, threat().id}
    assert not any(waiting.values())
    assert inbox.refusals(b, 100) == []
    inbox.accept(b, Choice(everything=True))
    held = {held.id: decode(held.raw).value for held in select(b, Selection())}
    assert all(held[name] == made[name] for name in crossing)
    a.close()
    b.close()
