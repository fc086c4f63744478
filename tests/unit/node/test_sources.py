"""Letters of sources come from our own record alone, each with its history; no name is taken for another."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from backchannel.errors import BadArgument, NotFound
from backchannel.node import sources
from backchannel.node.node import Node
from store_samples import party

NOW = datetime(2026, 11, 22, 20, 31, tzinfo=UTC)
PARTY = party(name="Birch Telecom")


@pytest.fixture
def node(lab: Node) -> Node:
    """A node with a counterpart whose clock goes on by a minute a look."""
    times = iter(NOW + timedelta(minutes=number) for number in range(1_000))
    with lab.db.write() as tx:
        tx.agreements.put_party(PARTY)
    return replace(lab, clock=lambda: next(times))


def letters(node: Node, names: list[str]) -> dict[str, str]:
    """The letter of each name; those not on record have F."""
    found = sources.letters_of(node, names)
    return {name: found[name].letter if name in found else sources.UNJUDGED for name in names}


def test_a_source_of_which_nothing_was_said_has_the_letter_f(node: Node) -> None:
    assert sources.sources(node) == []
    assert letters(node, ["Example Herald", ""]) == {"Example Herald": "F", "": "F"}
    assert sources.letter_of_party(node, PARTY.key) == "F"
    with pytest.raises(NotFound, match="its letter is F"):
        sources.source(node, "Example Herald")


def test_the_last_letter_counts_and_every_one_is_kept(node: Node) -> None:
    sources.grade(node, "Example Herald", "b", because="It was right.", by="K. Lind")
    found = sources.grade(node, "Example Herald", " D ")
    assert (found.letter, found.words) == ("D", "not usually reliable source")
    assert [(one.letter, one.because, one.by) for one in found.history] == [
        ("B", "It was right.", "K. Lind"),
        ("D", "", ""),
    ]
    assert [one.at for one in found.history] == [NOW, NOW + timedelta(minutes=1)]
    assert sources.source(node, "example  herald") == found
    assert letters(node, ["EXAMPLE HERALD"]) == {"EXAMPLE HERALD": "D"}


def test_all_names_of_an_outlet_are_one_source_and_it_is_called_as_usual(node: Node) -> None:
    sources.grade(node, "the washington post", "B")
    assert letters(node, ["Washington Post", "WASHINGTON POST", "New York Times"]) == {
        "Washington Post": "B",
        "WASHINGTON POST": "B",
        "New York Times": "F",
    }
    (found,) = sources.sources(node)
    assert found.name in ("Washington Post", "The Washington Post")


def test_a_name_is_not_another_that_has_a_word_more(node: Node) -> None:
    sources.grade(node, "Exeport", "A")
    assert letters(node, ["Exeport News", "The Exeport"]) == {"Exeport News": "F", "The Exeport": "F"}


def test_a_party_gets_no_letter_by_the_name_it_gives_itself(node: Node) -> None:
    sources.grade(node, "Birch Telecom", "A")
    assert sources.letter_of_party(node, PARTY.key) == "F"
    assert sources.grade(node, "Birch Telecom", "C", party=True).party
    assert sources.letter_of_party(node, PARTY.key) == "C"
    assert letters(node, ["Birch Telecom"]) == {"Birch Telecom": "A"}
    with node.db.write() as tx:
        tx.agreements.put_party(msgspec.structs.replace(PARTY, name="Reuters"))
    assert [(one.name, one.letter) for one in sources.sources(node)] == [("Birch Telecom", "A"), ("Reuters", "C")]
    assert letters(node, ["Reuters"]) == {"Reuters": "F"}
    assert sources.source(node, PARTY.key[:12], party=True).letter == "C"


def test_a_name_that_looks_like_that_of_a_source_gets_no_letter(node: Node) -> None:
    sources.grade(node, "Reuters", "B")
    for name in ("R\u0435uters", "Reuters\u200b", "Reut\u202eers", "Reuters\u0000"):
        assert letters(node, [name]) == {name: "F"}
        with pytest.raises(BadArgument):
            sources.grade(node, name, "B")


@pytest.mark.parametrize(
    ("name", "letter", "because", "message"),
    [
        ("Example Herald", "G", "", "is no letter of reliability: A completely reliable source; B"),
        ("Example Herald", "", "", "is no letter of reliability"),
        ("Example Herald", "AB", "", "is no letter of reliability"),
        ("", "A", "", "a name has"),
        ("x" * 5_000, "A", "", "a name has"),
        ("Example Herald", "A", "x" * 2_001, "2,000 characters"),
    ],
)
def test_what_cannot_be_put_on_record_is_refused(
    node: Node, name: str, letter: str, because: str, message: str
) -> None:
    with pytest.raises(BadArgument, match=message):
        sources.grade(node, name, letter, because=because)
    with pytest.raises(NotFound):
        sources.grade(node, "Nobody", "A", party=True)
    assert sources.sources(node) == []
