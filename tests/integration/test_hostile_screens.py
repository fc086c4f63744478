"""Names made to mislead a terminal: whatever a stranger calls a thing, no screen and no message is steered by it."""

import re
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import rfc8785

from backchannel.cli.main import run
from backchannel.core.identity import check_name
from backchannel.core.stix import StixObject
from backchannel.errors import BadCard
from backchannel.flow.ports import NewObject
from backchannel.node import parties
from backchannel.protocol.card import make_card, read_card
from backchannel.protocol.crypto import sign
from backchannel.protocol.message import Proposal, Release
from counterpart import Counterpart, terms_between
from standoff import Standoff
from two_parties import MALLORY, NOW, node
from vetting_world import indicator, link, make_id, stix, threat

TRICKS = {
    "a terminal escape": "\x1b[2J\x1b[31mowned",
    "an operating system command": "\x1b]0;owned\x07",
    "an eight-bit escape": "\x9b31mowned",
    "a carriage return": "good\rbad",
    "line ends": "good\nAccepted 99 objects\r\nbad",
    "a backspace": "evil\b\b\b\bgood",
    "a direction override": "evil\u202egnp.exe",
    "an isolate": "\u2067evil\u2069",
    "zero width": "pay\u200bpal\ufeff",
    "a line separator": "good\u2028bad\u2029worse",
    "tags": "x\U000e0041\U000e0042",
    "a soft hyphen": "pay\u00adpal",
    "markup of our own screens": "[bold red]error[/] [link=https://evil.example]x[/link] [/]",
    "a delete": "a\x7fb",
}
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

Screen = Callable[..., str]


def raw_hidden(text: str) -> set[str]:
    """Characters of a text that a terminal could act on, but for line ends."""
    return {one for one in text if one != "\n" and unicodedata.category(one) in HIDDEN}


@pytest.fixture
def screen(standoff: Standoff, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Run a command on the Lab's node as the shell does; everything it printed, in both outputs."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(standoff.folder)

    def show(*arguments: str, code: int | None = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["backchannel", "--home", str(standoff.home), *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run()
        shown = capsys.readouterr()
        assert code is None or (ended.value.code or 0) == code, shown.err
        assert "Traceback" not in shown.err
        return shown.out + shown.err

    return show


def hostile_objects(text: str) -> list[StixObject]:
    """Objects of several types that say a text wherever a text may stand."""
    bad = indicator(f"screen {text}", name=text, description=text, labels=[text])
    pattern = indicator(f"pattern {text}", pattern=f"[domain-name:value = '{text}.example']")
    family = stix("malware", f"screen {text}", name=text, aliases=["Predator", text], is_family=True)
    about = stix("report", text, name=text, published="2026-06-01T00:00:00Z", object_refs=[family.id])
    words = stix("note", text, content=text, abstract=text, object_refs=[family.id])
    ties = [
        link(one, threat(), relationship_type="related-to", id=make_id("relationship", one.id), description=text)
        for one in (bad, pattern)
    ]
    return [bad, pattern, family, about, words, *ties]


EVERY_TRICK = [one for text in TRICKS.values() for one in hostile_objects(text)]


READING = (
    ("inbox", "list"),
    ("inbox", "refusals"),
    ("inbox", "rules", "list"),
    ("holdings", "list"),
    ("holdings", "search", "owned"),
    ("agreement", "list"),
    ("party", "list"),
)


def test_no_screen_is_steered_by_a_name(standoff: Standoff, screen: Screen) -> None:
    """Every trick in every text of several objects; refusals that name them; ids that are tricks themselves."""
    families = [one for one in EVERY_TRICK if one.type == "malware"]
    again = [stix("malware", f"screen {text}", name=text + "!", is_family=True) for text in TRICKS.values()]
    standoff.vendor.release(standoff.agreement, EVERY_TRICK)
    standoff.vendor.release(standoff.agreement, [*again, *map(_with_id, TRICKS.values())])
    standoff.sync()
    assert len(standoff.waiting()) == len(EVERY_TRICK)
    assert len(standoff.refusals()) == 2 * len(TRICKS)
    shown = [screen(*command, *flag) for command in READING for flag in ((), ("--json",))]
    shown += [screen("inbox", "show", one.id) for one in families]
    shown.append(screen("inbox", "accept", "--all"))
    shown += [screen(*command, *flag) for command in READING for flag in ((), ("--json",))]
    shown += [screen("holdings", "show", one.id) for one in families]
    shown.append(screen("holdings", "show", families[0].id, "--json"))
    for flag in ((), ("--json",)):
        shown.append(screen("preview", standoff.agreement, *flag))
        shown.append(screen("preview", standoff.agreement, "--list", *flag))
        shown.append(screen("preview", standoff.agreement, "--object", families[0].id, *flag))
        shown.append(screen("agreement", "show", standoff.agreement, *flag))
    for text_shown in shown:
        assert not raw_hidden(text_shown), repr(text_shown[:2000])
        assert "Accepted 99 objects" not in text_shown.split("\n")
    assert any(TRICKS["markup of our own screens"] in one for one in shown)


def _with_id(text: str) -> bytes:
    one = indicator("id.example")
    return one.raw.replace(one.id.encode(), msgspec.json.encode(f"indicator--{text}")[1:-1])


def test_our_own_import_is_shown_inert_too(standoff: Standoff, screen: Screen, tmp_path: Path) -> None:
    """Published feeds are strangers' too: in listings, in refusals, and in what a release says of them."""
    raws = [*(one.raw for one in EVERY_TRICK), *map(_with_id, TRICKS.values())]
    name = "feed" + "".join(TRICKS.values()).replace("/", " ")[:60] + ".json"
    head = b'{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d","objects":['
    (tmp_path / name).write_bytes(head + b",".join(raws) + b"]}")
    shown = [screen("import", name, *flag, code=3) for flag in ((), ("--json",))]
    shown.append(screen("import", f"{name}.missing", code=2))
    shown += [screen("holdings", "list"), screen("holdings", "list", "--json")]
    for text in TRICKS.values():
        shown.append(screen("holdings", "list", "--threat", text, code=None))
        shown.append(screen("holdings", "search", text))
    shown.append(screen("preview", standoff.agreement, "--list"))
    for text_shown in shown:
        assert not raw_hidden(text_shown), repr(text_shown[:2000])


@pytest.mark.parametrize("trick", [trick for trick in TRICKS if "markup" not in trick])
def test_terms_with_such_a_title_or_threat_never_reach_a_screen(
    standoff: Standoff, screen: Screen, trick: str
) -> None:
    vendor, us = standoff.vendor, standoff.node.us.key
    plain = terms_between(vendor.key, us)
    scope = msgspec.structs.replace(plain.scope, threats=("Predator", f"{TRICKS[trick]} and more"))
    for terms in (msgspec.structs.replace(plain, title=TRICKS[trick]), msgspec.structs.replace(plain, scope=scope)):
        vendor.say(vendor.party, vendor.propose(terms))
    report = standoff.sync()
    assert report.refused == 2
    assert set(standoff.rules()) == {"bad-terms"}
    shown = [*report.problems, screen("agreement", "list"), screen("inbox", "refusals"), screen("sync")]
    assert not any(map(raw_hidden, shown))
    standoff.later_good_arrives()


def test_a_title_that_is_markup_is_shown_as_it_is(standoff: Standoff, screen: Screen) -> None:
    vendor = standoff.vendor
    title = TRICKS["markup of our own screens"]
    vendor.say(vendor.party, vendor.propose(terms_between(vendor.key, standoff.node.us.key, title=title)))
    assert standoff.sync().refused == 0
    assert title in re.sub(r"\s+", " ", screen("agreement", "list"))
    (identifier,) = [
        one["id"] for one in msgspec.json.decode(screen("agreement", "list", "--json")) if one["title"] == title
    ]
    assert title in screen("agreement", "show", identifier)
    assert title in screen("agreement", "decline", identifier)


@pytest.mark.parametrize("trick", [trick for trick in TRICKS if "markup" not in trick])
def test_a_card_with_such_a_name_is_refused(standoff: Standoff, screen: Screen, trick: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="name"):
        check_name(TRICKS[trick])
    forged = msgspec.json.decode(MALLORY.card_bytes)
    forged["card"]["name"] = TRICKS[trick]
    signatures = sign(MALLORY.private, "key-card", rfc8785.dumps(forged["card"]))
    forged["signatures"] = msgspec.to_builtins(signatures)
    (tmp_path / "forged.card").write_bytes(rfc8785.dumps(forged))
    with pytest.raises(BadCard, match="name"):
        parties.add(standoff.node, tmp_path / "forged.card", "folder:x")
    shown = screen("party", "add", "forged.card", "--carrier", "folder:x", code=4)
    assert not raw_hidden(shown)
    assert len(shown.splitlines()) == 2
    standoff.later_good_arrives()


def test_a_name_of_a_party_that_is_markup_is_shown_as_it_is(
    standoff: Standoff, screen: Screen, tmp_path: Path
) -> None:
    keys = node("Odd")
    card = make_card(keys.private, "[red]Odd[/] [/]", (), None, NOW)
    odd = keys._replace(card_bytes=card, card=read_card(card))
    (tmp_path / "odd.card").write_bytes(odd.card_bytes)
    assert "[red]Odd[/] [/]" in screen("party", "add", "odd.card", "--carrier", "folder:DROP")
    assert "[red]Odd[/] [/]" in screen("party", "list")
    party = Counterpart(odd, standoff.vendor.drop)
    party.meet(standoff.node.us.card)
    party.say(party.party, Proposal(msgspec.Raw(b"{}"), sign(odd.private, "terms", b""), b""))
    assert "[red]Odd[/] [/]" in screen("sync")


def test_the_name_of_a_mailbox_item_is_no_message(standoff: Standoff, screen: Screen) -> None:
    """Whoever can write to DROP can name files there as they like."""
    folder = standoff.vendor.folder(standoff.agreement, "receive")
    folder.mkdir(exist_ok=True)
    for number, trick in enumerate(TRICKS.values()):
        (folder / f"{number}{trick.replace('/', ' ')}").write_bytes(b"x" * 100)
    (folder / "0001").write_bytes(b"\x1b[31m" * 20)
    assert not raw_hidden(screen("sync"))
    assert not raw_hidden(screen("inbox", "refusals"))
    assert standoff.rules() == ["bad-envelope"]
    standoff.later_good_arrives()


def test_refused_objects_are_named_in_one_line_each(standoff: Standoff, screen: Screen) -> None:
    for text in TRICKS.values():
        standoff.vendor.release(standoff.agreement, [_with_id(text)])
    standoff.sync()
    listed = msgspec.json.decode(screen("inbox", "refusals", "--json"))
    assert len(listed) == len(TRICKS)
    for one in listed:
        assert {"subject", "rule", "message", "at", "party", "channel", "envelope"} <= one.keys()
        assert not raw_hidden(one["subject"] + one["message"])
        assert "\n" not in one["subject"] + one["message"]


def test_objects_with_hostile_names_do_not_spoil_a_release(standoff: Standoff, screen: Screen) -> None:
    objects = [one for one in EVERY_TRICK if one.type in {"indicator", "relationship"}]
    with standoff.node.db.write() as tx:
        tx.holdings.add((NewObject.of(one) for one in objects), source=standoff.node.us.key, now=NOW)
    assert "Would cross" in screen("preview", standoff.agreement)
    shown = screen("preview", standoff.agreement, "--list") + screen("release", standoff.agreement) + screen("sync")
    assert not raw_hidden(shown)
    (release,) = [one for one in standoff.vendor.fetch(standoff.agreement) if isinstance(one, Release)]
    assert len(release.items) > len(objects) // 2
    standoff.reopen()
    standoff.later_good_arrives()
