"""What leaves a real node, opened with the counterpart's keys: nothing of what stays, and exactly the preview.

The same properties hold for the decisions alone (`tests/unit/core/test_release_properties.py`); here they are asked
of the bytes that lie in DROP.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import Phase, given, settings

from backchannel.core.mention import term_key, words
from backchannel.core.release import Context, Decision, Result
from backchannel.core.release_rules import RESTRICTING
from backchannel.core.stix import StixObject, decode
from backchannel.core.terms import Terms
from backchannel.flow.ports import NewObject
from backchannel.node import exchange
from backchannel.node.creating import create_node
from backchannel.node.node import Node
from backchannel.node.settings import FILE
from backchannel.node.sync import sync
from backchannel.protocol.message import Release
from counterpart import Counterpart
from standoff import conclude, enrol, opened
from two_parties import MALLORY, NOW, VENDOR
from worlds import World, borne, situations

Situation = tuple[World, Terms, Context]


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a node that holds nothing and knows both counterparts."""
    folder = tmp_path_factory.mktemp("blank")
    create_node(folder / "lab", "Human Rights Lab").close()
    (folder / "lab" / FILE).write_text("warning_lists = false\nsynonyms = false\n")
    return folder


WITHOUT_SHRINKING = (Phase.explicit, Phase.generate)
"""Each example makes a node; the unit test of the same property shrinks in no time."""


class Crossing:
    """One random world in a real node, and everything that its release sends."""

    def __init__(self, folder: Path, world: World, agreed: Terms) -> None:
        enrol(node := opened(folder / "lab"), folder)
        try:
            self._run(node, Counterpart(VENDOR, folder / "DROP"), world, agreed)
        finally:
            node.close()

    def _run(self, node: Node, vendor: Counterpart, world: World, agreed: Terms) -> None:
        with node.db.write() as tx:
            tx.holdings.add((NewObject.of(one, world.default) for one in world.own), source=node.us.key, now=NOW)
            tx.holdings.add((NewObject.of(one, world.default) for one in world.theirs), source=MALLORY.key, now=NOW)
        agreement = conclude(node, vendor, scope=agreed.scope, handling=agreed.handling, quota=agreed.quota)
        self.decisions: list[Decision] = exchange.preview(node, agreement).decisions
        exchange.release(node, agreement)
        sync(node)
        said = [one for one in vendor.fetch(agreement) if isinstance(one, Release)]
        self.sent = [decode(bytes(item.object)) for one in said for item in one.items]
        self.text = msgspec.json.encode(said).decode().lower()
        self.again = exchange.release(node, agreement).objects
        self.identity = node.us.identity


def crossed(blank: Path, case: Situation) -> Crossing:
    with TemporaryDirectory() as name:
        shutil.copytree(blank, folder := Path(name) / "world")
        return Crossing(folder, case[0], case[1])


@settings(max_examples=15, phases=WITHOUT_SHRINKING)
@given(case=situations())
def test_what_is_sent_is_exactly_what_the_preview_shows(blank: Path, case: Situation) -> None:
    done = crossed(blank, case)
    previewed = {one.sent.raw for one in done.decisions if one.sent is not None}
    assert {one.raw for one in done.sent} == previewed
    assert len(done.sent) == len(previewed)
    assert done.again == 0, "what crossed does not cross again"
    assert {one.id for one in done.decisions} == {one.id for one in case[0].objects}


@settings(max_examples=15, phases=WITHOUT_SHRINKING)
@given(case=situations())
def test_no_id_of_what_stays_lies_in_drop(blank: Path, case: Situation) -> None:
    done = crossed(blank, case)
    visible = {one.id.partition("--")[2] for one in done.sent}
    hidden = {one.id.partition("--")[2] for one in case[0].objects} - visible
    assert not [uuid for uuid in hidden if uuid.lower() in done.text]


@settings(max_examples=15, phases=WITHOUT_SHRINKING)
@given(case=situations())
def test_no_name_or_value_of_what_stays_lies_in_drop(blank: Path, case: Situation) -> None:
    world, agreed, _ = case
    done = crossed(blank, case)
    present = {one.id for one in done.decisions if one.sent is not None}
    heard = {key for one in world.objects if one.id in present for key, _ in borne(one.value)}
    said = [list(sentences(one)) for one in done.sent]
    for decision in done.decisions:
        if decision.id in present:
            continue
        restricted = any(one.result is Result.FAIL and one.rule in RESTRICTING for one in decision.verdicts)
        for key, kind in borne(decision.subject.object.value):
            free = key == term_key("Predator") or (key in heard and not restricted)
            if free or (kind != "value" and decision.subject.object.type in agreed.scope.may_name):
                continue
            assert not any(contains(text, key.split()) for texts in said for text in texts), key


def sentences(one: StixObject) -> Iterator[list[str]]:
    """The words of every string in an object."""
    waiting: list[object] = [one.value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield words(item)
        elif isinstance(item, dict):
            waiting += [*item, *item.values()]
        elif isinstance(item, list):
            waiting += item


def contains(text: list[str], term: list[str]) -> bool:
    return any(text[start : start + len(term)] == term for start in range(len(text)))
