"""How many origins an indicator has, on the screen: with every reason, and nothing of what strangers wrote alive."""

import json
from pathlib import Path

import pytest
import typer

from backchannel.cli.assess_observable import MOST_ORIGINS, show_observable
from backchannel.cli.context import Faces
from backchannel.cli.main import app
from backchannel.core.assess.keys import key_of
from backchannel.core.provenance import Provenance
from backchannel.errors import BadArgument
from backchannel.flow.ports import NewObject
from backchannel.flow.ports_consents import Beside, Kept
from backchannel.node.node import Node, open_node
from backchannel.protocol.origin_tag import origin_tag
from case import KNOWN, MALWARE
from command import Command
from two_parties import NOW
from worlds import stix

LAB, VENDOR = ("--home", "lab"), ("--home", "vendor")
HOST = str(KNOWN["pattern"]).split("'")[1]
THIRD = "c" * 64
EVIL = "Eve\x1b[2J\u202e International"


def asked(home: Path, value: str, capfd: pytest.CaptureFixture[str], *, as_json: bool = False) -> str:
    """What the command prints that asks for a value."""
    context = typer.Context(typer.main.get_command(app), obj=Faces(home))
    capfd.readouterr()
    show_observable(context, value, as_json)
    return capfd.readouterr().out


def took(node: Node, number: int, tag: str = "", passed: str = "listed") -> None:
    """A counterpart gave an indicator of the value."""
    one = stix("indicator", f"more {number}", pattern=f"[domain-name:value = '{HOST}']")
    with node.db.write() as tx:
        tx.holdings.add([NewObject.of(one, agreement="d" * 64)], source=THIRD, now=NOW)
        beside = Beside(one.id, one.version, THIRD, "d" * 64)
        tx.provenances.put([(beside, Kept("amber", Provenance(tag=tag, passed=passed)))])  # type: ignore[arg-type]


@pytest.mark.usefixtures("folder")
def test_an_indicator_of_ours_has_us_as_its_origin(command: Command) -> None:
    out = command(*LAB, "holdings", "show", KNOWN["id"]).out
    assert "  origins   1 independent origin\n" in out
    assert "            Human Rights Lab: it put it in itself, as its origin tag says\n" in out
    assert "origins" not in command(*LAB, "holdings", "show", MALWARE["id"]).out.partition("{")[0]


@pytest.mark.usefixtures("folder")
def test_what_was_given_says_whose_it_is_and_why(command: Command) -> None:
    command(*VENDOR, "inbox", "accept", "--all")
    (shown,) = command(*VENDOR, "holdings", "show", KNOWN["id"], "--json").json
    assert shown["origins"] == {
        "low": 1,
        "high": 1,
        "sentence": "1 independent origin",
        "origins": [
            {
                "name": "Human Rights Lab",
                "established": True,
                "why": "it put it in itself, as its origin tag says",
                "tellers": ["Human Rights Lab"],
            }
        ],
        "echoes": [],
    }


def test_a_value_is_asked_for_in_any_spelling(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    defanged = HOST.upper().replace(".", "[.]")
    for text in (HOST, defanged, f"domain-name={HOST}", f"[domain-name:value IN ('{HOST}')]"):
        out = asked(folder / "lab", text, capfd)
        assert "origins   1 independent origin" in out
        assert str(KNOWN["id"])[:18] in out
    found = json.loads(asked(folder / "lab", defanged, capfd, as_json=True))
    assert (found["type"], found["value"]) == ("domain-name", HOST)
    assert found["objects"] == [{"id": KNOWN["id"], "source": "Human Rights Lab", "own": True}]


def test_of_what_nobody_tells_it_says_so(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert "Nothing held tells this value." in asked(folder / "lab", "nowhere.example", capfd)
    for text in ("[no pattern", "no value at all"):
        with pytest.raises(BadArgument):
            asked(folder / "lab", text, capfd)


def test_many_origins_are_cut_on_the_screen_and_whole_in_json(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    node = open_node(folder / "lab")
    for number in range(MOST_ORIGINS + 5):
        took(node, number, f"{number:064x}")
    node.close()
    out = asked(folder / "lab", HOST, capfd)
    assert f"2 to {MOST_ORIGINS + 6} independent origins" in out
    assert "… and 6 more; --json lists all" in out
    assert "not established: an origin tag that nobody vouches for beside another" in out
    assert len(json.loads(asked(folder / "lab", HOST, capfd, as_json=True))["origins"]["origins"]) == MOST_ORIGINS + 6


def test_a_name_that_a_stranger_chose_is_inert(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    node = open_node(folder / "lab")
    maker = stix("identity", "eve", name=EVIL, identity_class="organization")
    one = stix("indicator", "x", pattern=f"[domain-name:value = '{HOST}']", created_by_ref=maker.id)
    with node.db.write() as tx:
        tx.holdings.add(map(NewObject.of, (maker, one)), source=THIRD, now=NOW)
    node.close()
    for as_json in (False, True):
        out = asked(folder / "lab", HOST, capfd, as_json=as_json)
        assert "International" in out
        assert not {"\x1b", "\u202e"} & set(out)


def test_what_comes_back_to_us_is_said_to_be_an_echo(folder: Path, command: Command) -> None:
    node = open_node(folder / "lab")
    took(node, 1, origin_tag(node.us.secret, key_of(KNOWN) or ""))
    node.close()
    out = command(*LAB, "holdings", "show", KNOWN["id"]).out
    assert "origins   1 independent origin" in out
    assert "handed back what we gave: no origin" in out
