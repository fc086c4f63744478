"""What an officer's words mean in the inbox: exactly what they looked at."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backchannel.errors import Ambiguous, BadArgument, NotFound
from backchannel.flow.ports import Filter
from backchannel.flow.ports_channels import InboxItem, Waiting
from backchannel.node import inbox, inbox_choice
from backchannel.node.creating import create_node
from backchannel.node.inbox_choice import Choice, batches
from backchannel.node.node import Node
from store_samples import AGREEMENT, ENVELOPE, NOW, THEM, indicator

SEEN = indicator("one.example", name="seen")
LATER = indicator("one.example", name="later", modified="2026-02-01T00:00:00.000Z")
OTHER = indicator("other.example")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Node]:
    node = create_node(tmp_path / "lab", "Human Rights Lab")
    with node.db.write() as tx:
        tx.inbox.add(
            InboxItem(0, THEM, AGREEMENT, ENVELOPE, one.id, one.type, one.version, "amber", False, (), NOW, one.raw)
            for one in (SEEN, OTHER, LATER)
        )
    yield node
    node.close()


def held(node: Node) -> list[bytes]:
    with node.db.read() as tx:
        return [one.raw for one in tx.holdings.find(Filter())]


def waiting(node: Node) -> list[bytes]:
    return [item.raw for item, _ in inbox.waiting(node)]


def test_of_several_versions_none_is_taken_until_it_is_said_which(lab: Node) -> None:
    with pytest.raises(Ambiguous, match=r"2 versions of .* with these numbers: 1 \(2026-01-01.*\), 3 \(2026-02-01"):
        inbox.accept(lab, Choice([SEEN.id]))
    with pytest.raises(Ambiguous, match="--all-versions"):
        inbox.refuse(lab, Choice([SEEN.id]))
    assert waiting(lab) == [SEEN.raw, OTHER.raw, LATER.raw]


def test_a_number_takes_one_version_and_leaves_the_others(lab: Node) -> None:
    assert [item.raw for item, _ in inbox.find(lab, "1")] == [SEEN.raw]
    assert inbox.accept(lab, Choice(["1"])).count == 1
    assert (held(lab), waiting(lab)) == ([SEEN.raw], [OTHER.raw, LATER.raw])
    assert inbox.accept(lab, Choice([LATER.id])).count == 1


def test_all_versions_are_taken_when_that_is_said(lab: Node) -> None:
    assert inbox.accept(lab, Choice([SEEN.id], all_versions=True)).count == 2
    assert waiting(lab) == [OTHER.raw]


def test_what_is_named_twice_is_taken_once(lab: Node) -> None:
    assert inbox.refuse(lab, Choice(["2", OTHER.id, OTHER.id[:14]])) == 1
    assert waiting(lab) == [SEEN.raw, LATER.raw]


@pytest.mark.parametrize("word", ["99", "0", "malware--", "9" * 18, "9" * 40])
def test_what_does_not_wait_is_not_found(lab: Node, word: str) -> None:
    with pytest.raises(NotFound):
        inbox.accept(lab, Choice([word]))
    with pytest.raises(NotFound):
        list(inbox.find(lab, word))


def test_objects_or_everything_must_be_said_and_not_both(lab: Node) -> None:
    for choice in (Choice(), Choice(["1"], everything=True)):
        with pytest.raises(BadArgument):
            inbox.accept(lab, choice)


def test_no_more_bytes_are_read_at_once_than_a_batch_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_choice, "BATCH_BYTES", 10)
    monkeypatch.setattr(inbox_choice, "BATCH", 3)
    sizes = (4, 6, 1, 12, 1, 1, 1, 1)
    items = [Waiting(number, "", "", "", size) for number, size in enumerate(sizes)]
    assert list(batches(items)) == [[0, 1], [2], [3], [4, 5, 6], [7]]
    assert list(batches([])) == []
