"""Common mistakes: one line that says what is wrong, one that says what to do, the status of whose fault it is."""

import json
import re
from pathlib import Path

import pytest

from backchannel.cli import screen
from backchannel.errors import BackchannelError, BadArgument, BadCard, Blame, CarrierError
from command import Command

pytestmark = pytest.mark.usefixtures("folder")

LAB = ("--home", "lab")
VENDOR = ("--home", "vendor")


def only_agreement(command: Command) -> str:
    return str(json.loads(command(*LAB, "agreement", "list", "--json").out)[0]["id"])


MISTAKES: dict[str, tuple[tuple[str, ...], int, str]] = {
    "no node": (("--home", "nowhere", "sync"), 2, "there is no node in nowhere"),
    "a home that is a file": (("--home", "terms.toml", "sync"), 2, "there is no node in terms.toml"),
    "a file that is missing": ((*LAB, "import", "missing.json"), 2, "'missing.json'"),
    "a glob without a match": ((*LAB, "import", "*.stix2"), 2, "'*.stix2'"),
    "no such level": ((*LAB, "import", "case.json", "--tlp", "purple"), 2, "clear, green, amber, amber+strict, red"),
    "a level to filter by": ((*LAB, "holdings", "list", "--tlp", "purple"), 2, "'purple'"),
    "no such object": ((*LAB, "holdings", "show", "malware--9"), 2, "'malware--9'"),
    "a beginning of several": ((*LAB, "holdings", "show", "indicator"), 2, "several held objects begin with"),
    "no such time": ((*LAB, "holdings", "list", "--since", "yesterday"), 2, "--since is 'yesterday'"),
    "no such party": ((*LAB, "holdings", "list", "--source", "Nobody"), 2, "'Nobody'"),
    "no such threat": ((*LAB, "holdings", "list", "--threat", "Nothing"), 2, "'Nothing'"),
    "an export to nowhere": ((*LAB, "holdings", "export", "-o", "no/where.json"), 2, "no/"),
    "no such agreement": ((*LAB, "preview", "ffffffff"), 2, "'ffffffff'"),
    "an empty id": ((*LAB, "preview", ""), 2, "''"),
    "no such object to preview": ((*LAB, "preview", "AGREEMENT", "--object", "tool--1"), 2, "'tool--1'"),
    "an agreement accepted twice": ((*LAB, "agreement", "accept", "AGREEMENT"), 2, "in force"),
    "terms to a stranger": ((*LAB, "agreement", "propose", "terms.toml", "--to", "Nobody"), 2, "'Nobody'"),
    "terms that are missing": (
        (*LAB, "agreement", "propose", "t.toml", "--to", "Vendor Research"),
        2,
        "t.toml: No such",
    ),
    "terms that are no TOML": ((*LAB, "agreement", "propose", "case.json", "--to", "Vendor Research"), 2, "line 1"),
    "a folder for terms": ((*LAB, "agreement", "propose", "lab", "--to", "Vendor Research"), 2, "Is a directory"),
    "a pin of no name": ((*LAB, "agreement", "pin", "AGREEMENT", "Other", "malware--"), 2, "names Glasswing"),
    "a pin on no threat": ((*LAB, "agreement", "pin", "AGREEMENT", "Glasswing", "relationship--"), 2, "is no threat"),
    "a pin on several": ((*LAB, "agreement", "pin", "AGREEMENT", "Glasswing", "indicator--"), 2, "several held"),
    "nothing chosen": ((*LAB, "inbox", "accept"), 2, "--all"),
    "nothing of that id": ((*LAB, "inbox", "accept", "malware--9"), 2, "'malware--9'"),
    "no beginning at all": (("--home", "vendor", "inbox", "show", ""), 2, "no waiting object"),
    "no such rule": ((*LAB, "inbox", "rules", "remove", "9"), 2, "no rule 9"),
    "a rule for no type": ((*LAB, "inbox", "rules", "add", "--type", "indicatr"), 2, "did you mean 'indicator'?"),
    "a rule for no level": ((*LAB, "inbox", "rules", "add", "--tlp-max", "purple"), 2, "--tlp-max"),
    "a card that is missing": ((*LAB, "party", "add", "no.card", "--carrier", "self"), 2, "no.card: No such file"),
    "a card that is none": ((*LAB, "party", "add", "terms.toml", "--carrier", "self"), 4, "not a key card"),
    "our own card": ((*LAB, "party", "add", "lab.card", "--carrier", "self"), 2, "our own card"),
    "no such carrier": (
        (*LAB, "party", "add", "vendor.card", "--carrier", "ftp://x.example"),
        2,
        "'ftp://x.example'",
    ),
    "no TLS": ((*LAB, "party", "add", "vendor.card", "--carrier", "http://x.example"), 2, "https://"),
    "too few words": ((*LAB, "party", "verify", "Vendor Research", "one", "two"), 2, "all 12 words"),
    "other words": (
        (*LAB, "party", "verify", "Vendor Research", *["zoo"] * 12),
        4,
        "not the words of Vendor Research",
    ),
    "a node that exists": ((*LAB, "init", "--name", "X"), 2, "holds a node already"),
    "a name with an escape": (("--home", "n", "init", "--name", "a\x1b[31mb"), 2, "U+001B"),
    "a home within a file": (("--home", "terms.toml/n", "init", "--name", "X"), 2, "terms.toml"),
    "a home that is a file already": (("--home", "terms.toml", "init", "--name", "X"), 2, "terms.toml"),
    "half a certificate": (("--home", "n", "init", "--name", "X", "--certificate", "lab.card"), 2, "--private-key"),
    "a certificate that is none": (
        ("--home", "n", "init", "--name", "X", "--certificate", "lab.card", "--private-key", "lab.card"),
        2,
        "lab.card: no certificate in PEM",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_two_lines_with_the_status_of_whose_fault_it_is(mistake: str, command: Command) -> None:
    words, code, facts = MISTAKES[mistake]
    if "AGREEMENT" in words:
        words = tuple(only_agreement(command) if word == "AGREEMENT" else word for word in words)
    said = command(*words)
    assert said.code == code
    assert said.out == ""
    happened, advice = said.err.splitlines()
    assert happened.startswith("error ")
    assert facts in happened
    assert advice.endswith((".", "on its way: get it again by another way."))
    assert "\x1b" not in said.err


def test_an_existing_node_is_never_overwritten(command: Command, folder: Path) -> None:
    before = {path: path.read_bytes() for path in (folder / "lab").iterdir() if path.is_file()}
    assert command("--home", "lab", "init", "--name", "Somebody Else").code == 2
    assert {path: path.read_bytes() for path in (folder / "lab").iterdir() if path.is_file()} == before


def test_words_that_are_too_few_do_not_speak_against_a_verified_card(command: Command) -> None:
    words = json.loads(command("card", "show", "vendor.card", "--json").out)["words"]
    assert command(*LAB, "party", "verify", "Vendor Research", *words).code == 0
    command(*LAB, "party", "verify", "Vendor Research", *words[:11])
    assert json.loads(command(*LAB, "party", "list", "--json").out)[0]["verified"]
    command(*LAB, "party", "verify", "Vendor Research", *reversed(words))
    assert not json.loads(command(*LAB, "party", "list", "--json").out)[0]["verified"]


def test_terms_with_a_counterpart_whose_words_were_not_compared_are_said_to_be_so(command: Command) -> None:
    doubt = "the words of {}'s card were not compared"
    Path("other.toml").write_text('[scope]\nthreats = ["Marshlight"]\n')
    proposing = (*LAB, "agreement", "propose", "other.toml", "--to", "Vendor Research")
    assert doubt.format("Vendor Research") in command(*proposing).err
    for desk in (LAB, VENDOR, LAB):
        command(*desk, "sync")
    listed = json.loads(command(*VENDOR, "agreement", "list", "--json").out)
    (proposed,) = (one["id"] for one in listed if one["state"] == "proposed")
    assert doubt.format("Human Rights Lab") in command(*VENDOR, "agreement", "show", proposed).out
    assert doubt.format("Human Rights Lab") in command(*VENDOR, "agreement", "accept", proposed).err
    words = json.loads(command("card", "show", "lab.card", "--json").out)["words"]
    command(*VENDOR, "party", "verify", "Human Rights Lab", *words)
    assert "not compared" not in command(*VENDOR, "agreement", "show", proposed).out


def test_our_own_proposal_is_not_ours_to_accept(command: Command) -> None:
    Path("other.toml").write_text('[scope]\nthreats = ["Marshlight"]\n')
    proposed = json.loads(
        command(*LAB, "agreement", "propose", "other.toml", "--to", "Vendor Research", "--json").out
    )["id"]
    said = command(*LAB, "agreement", "accept", proposed)
    assert said.code == 2
    assert "is our own proposal" in said.err


def test_a_file_that_cannot_be_read_is_listed_and_ends_with_3(command: Command) -> None:
    Path("junk.json").write_text('{"a": 1}')
    said = command(*LAB, "import", "junk.json", "case.json")
    assert said.code == 3
    assert "4 unchanged, 1 refused" in said.out
    assert "junk.json: unreadable-file: it is JSON, but neither STIX nor a MISP event" in said.out.replace(
        " #-1 ", ""
    )


def test_a_carrier_that_fails_ends_with_1_and_loses_nothing(command: Command) -> None:
    command(*LAB, "party", "add", "vendor.card", "--carrier", "folder:/no/such/stick")
    command(*LAB, "agreement", "end", only_agreement(command))
    said = command(*LAB, "sync")
    assert said.code == 1
    assert "Vendor Research: /no/such/stick" in said.err
    assert "Nothing is lost" in said.err
    command(*LAB, "party", "add", "vendor.card", "--carrier", "folder:drop")
    said = command(*LAB, "sync")
    assert said.code == 0
    assert re.match(r"Sent [1-9]\d* envelopes?,", said.out)


def test_a_fault_of_the_operating_system_is_no_traceback(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "lab/sync.lock")

    monkeypatch.setattr("backchannel.cli.exchange.node_sync", full)
    said = command(*LAB, "sync")
    assert said.code == 2
    assert said.err.startswith("error no space left for lab/sync.lock\n")
    monkeypatch.setattr("backchannel.cli.exchange.node_sync", _denied)
    said = command(*LAB, "sync")
    assert said.code == 2
    assert said.err.startswith("error lab/sync.lock: Permission denied\n")


def _denied(*_: object) -> None:
    raise PermissionError(13, "Permission denied", "lab/sync.lock")


@pytest.mark.parametrize(
    ("error", "code"), [(CarrierError("x"), 1), (BadArgument("x"), 2), (BadCard("x"), 4), (BackchannelError("x"), 1)]
)
def test_the_exit_status_says_whose_fault_it_is(error: BackchannelError, code: int) -> None:
    assert screen.exit_code(error) == code
    assert {screen.exit_code(error) for error in (CarrierError(""), BadArgument(""), BadCard(""))} == {1, 2, 4}
    assert set(Blame) == {Blame.US, Blame.THEM, Blame.OPERATOR}


def test_a_hostile_message_is_one_line_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    screen.fail(BadArgument("a\nb\x1b[2Jc [red]d[/] \u202e"))
    happened, advice = capsys.readouterr().err.splitlines()
    assert happened == "error a\\nb\\x1b[2Jc [red]d[/] \\u202e"
    assert advice == BadArgument("").advice


def test_every_error_has_an_advice_that_ends_as_a_sentence() -> None:
    below = [BackchannelError, *BackchannelError.__subclasses__()]
    for kind in below:
        below.extend(one for one in kind.__subclasses__() if one not in below)
        assert kind("").advice.endswith((".", "say more.", "card."))
    assert len(below) > 35


@pytest.mark.parametrize(("more", "told"), [((), True), (("--host", "node.example"), False)])
def test_a_node_without_a_host_says_who_can_verify_it(command: Command, more: tuple[str, ...], told: bool) -> None:
    made = command("--home", "new", "init", "--name", "New", *more)
    assert made.code == 0
    assert ("on this machine only" in made.err) is told
