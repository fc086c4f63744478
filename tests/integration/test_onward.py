"""Passing on with real nodes, run from the command line: A gives to B, B asks A, and D gets what A consented to."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import standoff
from backchannel.cli.main import run
from backchannel.node import node as node_module
from case import KNOWN, LINK, MALWARE, stix, write_bundle
from command import Desk, Result, agree, backchannel

NAMES = {"A": "Lab of Human Rights", "B": "Birch Desk", "C": "Cedar Desk", "D": "Dogwood Desk"}
TERMS = '[scope]\nthreats = ["Glasswing"]\n[handling]\nonward = "{onward}"\n'
IDS = {str(one["id"]) for one in (MALWARE, KNOWN, LINK)}


class Here(Desk):
    """A desk whose commands run within this process."""

    typed: Callable[..., Result]

    def __call__(self, *arguments: object, code: int | None = 0, fault: str = "") -> Result:
        assert not fault
        result = Here.typed("--home", self.home, *arguments)
        assert code is None or result.code == code, f"{arguments} ended with {result}"
        return result


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run here, in the test's folder, with vetting's schemas compiled once."""
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(node_module, "vetting_services", lambda _settings: standoff.services())

    def typed(*words: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["backchannel", *map(str, words)])
        capfd.readouterr()
        try:
            run()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        printed = capfd.readouterr()
        return Result(code, printed.out, printed.err)

    monkeypatch.setattr(Here, "typed", staticmethod(typed), raising=False)


def in_a_row(folder: Path, homes: str, terms: str) -> tuple[list[Desk], list[str]]:
    """Desks that each enrolled the next one and agreed with it; the ids of the agreements."""
    desks: list[Desk] = [Here(folder, home) for home in homes]
    for desk, home in zip(desks, homes, strict=True):
        desk("init", "--name", NAMES[home])
        (folder / f"{home}.card").write_text(desk("card", "export").out)
        (folder / home / "settings.toml").write_text("warning_lists = false\nsynonyms = false\n")
        desk("inbox", "rules", "add")
    agreements = []
    for one, other in zip(range(len(homes) - 1), range(1, len(homes)), strict=True):
        for mine, theirs in ((one, other), (other, one)):
            desks[mine]("party", "add", f"{homes[theirs]}.card", "--carrier", f"folder:{homes[one]}{homes[other]}")
        agreements.append(agree(desks[one], desks[other], terms, to=NAMES[homes[other]]))
    return desks, agreements


def held(desk: Desk) -> set[str]:
    return {one["id"] for one in desk.json("holdings", "list")}


def carry(*desks: Desk) -> None:
    """Everything goes down the row, and answers come back up; a pass may send before it fetches what it relays."""
    for desk in (*desks, *desks, *desks[::-1]):
        desk("sync")


def test_b_passes_on_what_a_consented_to_and_nothing_before(tmp_path: Path) -> None:
    (a, b, d), (first, second) = in_a_row(tmp_path, "ABD", TERMS.format(onward="ask"))
    write_bundle(tmp_path / "case.json", MALWARE, KNOWN, LINK)
    a("import", "case.json")
    a("release", first)
    carry(a, b)
    assert held(b) == IDS
    shown = b("preview", second)
    assert "a release asks Lab of Human Rights for its originator's consent to 3 objects" in shown.err
    assert "Asked for consent to pass on 3 objects of others." in b("release", second).out
    b("sync")
    assert "Birch Desk asks for consent: backchannel consent show" in a("sync").err
    carry(b, d)
    assert held(d) == set()
    (request,) = a.json("consent", "list")
    assert (request["role"], request["party"], request["state"], request["to"]) == (
        "theirs",
        "Birch Desk",
        "asked",
        None,
    )
    assert "somebody who is not named" in a("consent", "show", request["id"]).out
    assert "Consented to 3 objects until" in a("consent", "grant", request["id"][:12], "--until", "2099-01-01").out
    carry(a, b, d)
    assert held(d) == set()
    (mine,) = b.json("consent", "list")
    assert (mine["role"], mine["state"], mine["to"]) == ("ours", "granted", "Dogwood Desk")
    assert b.json("release", second)["objects"] == 3
    carry(a, b, d)
    assert held(d) == IDS
    (one,) = d.json("holdings", "show", KNOWN["id"])
    said = one["provenance"]
    assert (said["passed"], said["originator"], said["onward"]) == ("consent", None, "never")
    (consent,) = said["consents"]
    assert (consent["signed"], consent["expired"], consent["until"]) == (True, False, "2099-01-01T00:00:00Z")
    out = d("holdings", "show", KNOWN["id"]).out
    assert "passed on by Birch Desk; its originator is not Birch Desk, and is not named (with consent)" in out
    assert "never to be passed on" in out
    assert "given by Lab of Human Rights, who says that it is its own" in b("holdings", "show", KNOWN["id"]).out
    assert d.json("inbox", "refusals") == []


def test_a_consent_goes_hop_by_hop_through_four_nodes(tmp_path: Path) -> None:
    (a, b, c, d), (first, second, third) = in_a_row(tmp_path, "ABCD", TERMS.format(onward="ask"))
    write_bundle(tmp_path / "case.json", MALWARE, KNOWN, LINK)
    a("import", "case.json")
    a("release", first)
    carry(a, b)
    b("release", second)
    carry(a, b)
    a("consent", "grant", a.json("consent", "list")[0]["id"], "--onward", "ask")
    carry(a, b)
    b("release", second)
    carry(b, c)
    assert held(c) == IDS
    c("release", third)
    carry(c, b, a)
    assert held(d) == set()
    asked = next(one for one in a.json("consent", "list") if one["state"] == "asked")
    assert asked["party"] == "Birch Desk"
    assert {one["role"] for one in b.json("consent", "list")} == {"ours", "theirs", "relayed"}
    a("consent", "grant", asked["id"])
    carry(a, b, c)
    assert c.json("release", third)["objects"] == 3
    carry(c, d)
    assert held(d) == IDS
    (one,) = d.json("holdings", "show", KNOWN["id"])
    assert [consent["onward"] for consent in one["provenance"]["consents"]] == ["ask", "never"]
    everything = b"".join(path.read_bytes() for path in (tmp_path / "A").rglob("*") if path.is_file())
    for hidden in ("Cedar Desk", "Dogwood Desk", d.json("card", "show")["key"], c.json("card", "show")["key"]):
        assert hidden.encode() not in everything


def test_a_refusal_and_a_mistake_are_told_in_words(tmp_path: Path) -> None:
    (a, b, d), (first, second) = in_a_row(tmp_path, "ABD", TERMS.format(onward="ask"))
    write_bundle(tmp_path / "case.json", MALWARE, KNOWN, LINK, stix("malware", 9, name="Nightjar", is_family=True))
    a("import", "case.json")
    a("release", first)
    carry(a, b)
    b("release", second)
    carry(a, b)
    (request,) = a.json("consent", "list")
    assert "the request has no item 'x'" in a("consent", "refuse", request["id"], "--item", "x", code=2).err
    assert "it can be never or ask" in a("consent", "grant", request["id"], "--onward", "listed", code=2).err
    assert "is over already" in a("consent", "grant", request["id"], "--until", "2020-01-01", code=2).err
    assert "Refused consent to 1 object." in a("consent", "refuse", request["id"], "--item", "1").out
    assert "Consented to 2 objects" in a("consent", "grant", request["id"]).out
    assert "waits for our answer" in a("consent", "grant", request["id"], code=2).err
    carry(a, b)
    states = [one["state"] for one in b.json("consent", "show", b.json("consent", "list")[0]["id"])["items"]]
    assert sorted(states) == ["granted", "granted", "refused"]
    assert held(d) == set()


@pytest.mark.parametrize(("onward", "crosses"), [("never", 0), ("listed", 3)])
def test_never_and_listed_ask_nobody(tmp_path: Path, onward: str, crosses: int) -> None:
    """The list is put in force by an amendment, since the key of D is known only once D exists."""
    (a, b, d), (first, second) = in_a_row(tmp_path, "ABD", TERMS.format(onward="ask"))
    listed = f'onward_to = ["{d.json("card", "show")["key"]}"]\n' if onward == "listed" else ""
    (tmp_path / "amended.toml").write_text(TERMS.format(onward=onward) + listed)
    a("agreement", "amend", first, "amended.toml")
    carry(a, b)
    if onward == "listed":
        b("agreement", "accept", first)
    carry(a, b)
    write_bundle(tmp_path / "case.json", MALWARE, KNOWN, LINK)
    a("import", "case.json")
    a("release", first)
    carry(a, b)
    assert held(b) == IDS
    report = b.json("release", second)
    assert (report["objects"], report["asked"]) == (crosses, 0)
    carry(a, b, d)
    assert held(d) == (IDS if crosses else set())
    assert a.json("consent", "list") == []


@pytest.mark.parametrize(("word", "state"), [("grant", "granted"), ("refuse", "refused")])
def test_a_kill_right_after_the_officers_word_keeps_it_and_tells_it(tmp_path: Path, word: str, state: str) -> None:
    (a, b, _), (first, second) = in_a_row(tmp_path, "ABD", TERMS.format(onward="ask"))
    write_bundle(tmp_path / "case.json", MALWARE, KNOWN, LINK)
    a("import", "case.json")
    a("release", first)
    carry(a, b)
    b("release", second)
    carry(b, a)
    (request,) = a.json("consent", "list")
    killed = backchannel(
        "--home", a.home, "consent", word, request["id"], cwd=tmp_path, fault=f"consent.{state}", code=None
    )
    assert killed.code == -signal.SIGKILL
    assert [one["state"] for one in a.json("consent", "list")] == [state]
    carry(a, b)
    assert [one["state"] for one in b.json("consent", "list")] == [state]
