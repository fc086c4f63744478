"""The page on `--json`, held against what the commands print: the same keys, in the same order, of the same kinds."""

import json
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer

from backchannel.cli.main import app
from backchannel.formats.tagger_file import File, HeldOut
from backchannel.node.node import open_node
from backchannel.protocol.accusations import accuse
from backchannel.protocol.checkpoints import sign_checkpoint
from backchannel.protocol.evidence import write_accusation
from backchannel.protocol.ledger_keys import log_keys, log_signers, origin
from backchannel.protocol.tree_head import TreeHead
from case import KNOWN, LINK, MALWARE, RED, TERMS, indicator, stix, write_bundle
from command import Desk, NearDesk, agree, introduce
from heard import CLAIM
from outcome import REPORTS
from paths import ROOT
from press_texts import FLOOD
from reference import walk
from taggers import about, model
from taxii_server import Feed, Reply, Server

PAGE = (ROOT / "docs" / "reference" / "json.md").read_text()
ELSEWHERE = {"demo": ROOT / "docs" / "tutorial" / "demo.md"}
"""Commands whose JSON is on a page of their own."""

NULLABLE = {
    "agreement",
    "envelope",
    "tls_pin",
    "sent_id",
    "party",
    "party_name",
    "type",
    "tlp_max",
    "amendment",
    "since",
    "problem",
    "expires",
    "carrier",
    "with",
    "agreement_state",
    "oldest_overdue",
    "last_arrival",
    "object",
    "released",
    "rekeyed",
    "card_acknowledged",
    "lifted",
    "passed_on_from",
    "last_pass",
    "cause",
    "recall",
    "to",
    "by",
    "until",
    "threat",
    "pap",
    "wanted_by",
    "ours_since",
    "collector",
    "speaker",
    "organisation",
    "cue",
    "outlet",
    "because",
    "published",
}
MATCHED_ON_THE_PAGE = PAGE[PAGE.index('[{"type": "domain-name", "value": "…", "with"') :].partition("]")[0] + "]"
ORIGINS = json.loads(" ".join(PAGE[PAGE.index('{"low": 1') :].partition("`")[0].split()))
MATCHED = json.loads(MATCHED_ON_THE_PAGE.replace('_since": "…', '_since": "2026-11-22T20:31:00Z'))
FULL = {
    "found",
    "ours",
    "recipients",
    "objects",
    "agreements",
    "items",
    "refused",
    "words",
    "current_words",
    "verdicts",
    "flags",
    "collections",
    "failed",
    "signed_by",
    "observables",
    "withheld",
    "reasons",
    "history",
    "evidence",
    "credits",
    "ignored",
    "doubts",
    "types",
}
"""Lists that the scenario fills, so that an empty one would prove nothing."""


def examples() -> dict[str, Any]:
    """The example under each heading, by the command in the heading."""
    found: dict[str, Any] = {}
    for heading, section in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL):
        block = re.search(r"```json\n(.*?)```", section, re.DOTALL)
        assert block, heading
        found |= dict.fromkeys(re.findall(r"`([^`]+)`", heading), json.loads(block[1]))
    return found


EXAMPLES = examples()


def differences(example: Any, real: Any, path: str = "$") -> list[str]:
    """Where what a command printed is not of the shape of its example."""
    name = re.sub(r"\[\]$", "", path).rpartition(".")[2]
    if isinstance(example, dict):
        if not isinstance(real, dict):
            return [f"{path} is no object"]
        if set(example) == {"RULE"}:
            return [wrong for key in real for wrong in differences(example["RULE"], real[key], f"{path}.{key}")]
        if list(example) != list(real):
            return [f"{path} has {list(real)}, on the page {list(example)}"]
        return [wrong for key in example for wrong in differences(example[key], real[key], f"{path}.{key}")]
    if isinstance(example, list):
        if not isinstance(real, list):
            return [f"{path} is no list"]
        empty = [f"{path} is empty"] if not real and name in {"$", *FULL} else []
        return empty + [wrong for one in real for wrong in differences(example[0], one, f"{path}[]")]
    if real is None or example is None:
        fits = name in NULLABLE and isinstance(real, str | None)
        return [] if fits else [f"{path} is {real!r}, on the page {example!r}"]
    if type(example) is not type(real):
        return [f"{path} is {real!r}, on the page {example!r}"]
    is_time = isinstance(example, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", example)
    if is_time and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", real):
        return [f"{path} is no time: {real!r}"]
    return []


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each command of the page printed, in a session in which everything happens."""
    folder: Path = tmp_path_factory.mktemp("json")
    lab, vendor = introduce(folder, desk=NearDesk)
    out: dict[str, Any] = {}
    broken = {**indicator(8, "[domain-name:value = "), "name": "broken"}
    odd = indicator(9, "[configuration-profile:id = 'com.example.profile']")
    write_bundle(folder / "case.json", MALWARE, KNOWN, LINK, RED, broken, odd)
    out["import FILE… --json"] = lab.json("import", "case.json", code=3)
    out["check FILE… --json"] = lab.json("check", "case.json", code=3)
    _reports(folder, lab, out)
    _assessment(folder, lab, out)
    lab("party", "add-guest", "Birch Desk")
    out["party list --json"] = lab.json("party", "list")
    out["party show PARTY --json"] = lab.json("party", "show", "Vendor Research")
    out["card show --json"] = lab.json("card", "show")
    (folder / "terms.toml").write_text(TERMS)
    proposed = lab.json("agreement", "propose", "terms.toml", "--to", "Vendor Research")
    out["agreement propose TERMS --to PARTY --json"] = proposed
    agreement = proposed["id"]
    lab("sync")
    vendor("sync")
    vendor("agreement", "accept", agreement)
    vendor("sync")
    lab("sync")
    out["agreement list --json"] = lab.json("agreement", "list")
    out["agreement show AGREEMENT --json"] = lab.json("agreement", "show", agreement)
    out["preview AGREEMENT --json"] = lab.json("preview", agreement)
    out["preview AGREEMENT --object OBJECT --json"] = lab.json("preview", agreement, "--object", RED["id"])
    (folder / "A" / "settings.toml").write_text('canary_domains = ["example.com"]\n')
    out["release AGREEMENT --json"] = lab.json("release", agreement, "--canary", 1)
    out["canary list --json"] = marked = lab.json("canary", "list")
    (folder / "leak.json").write_text(json.dumps([{"id": marked[0]["indicator"]}, marked[0]["name"]]))
    out["canary check VALUE… --json"] = lab.json("canary", "check", "leak.json", code=3)
    lab("sync")
    out["sync --json"] = vendor.json("sync")
    _answer(folder, vendor, agreement)
    lab("sync")
    out["inbox list --json"] = [one for one in lab.json("inbox", "list") if one["flags"]]
    out["party record PARTY --json"] = lab.json("party", "record", "Vendor Research")
    lab("inbox", "refuse", "--all")
    out["inbox refusals --json"] = lab.json("inbox", "refusals")
    lab("inbox", "rules", "add", "--party", "Vendor Research", "--type", "indicator", "--tlp-max", "green")
    lab("inbox", "rules", "add")
    out["inbox rules list --json"] = lab.json("inbox", "rules", "list")
    out["assess --observable VALUE --json"] = lab.json("assess", "--observable", "updates.glasswing.example")
    out["holdings list --json"] = vendor.json("holdings", "list")
    out["holdings search TEXT --json"] = lab.json("holdings", "search", "glasswing")
    other = {**MALWARE, "name": "Glasswing again"}
    write_bundle(folder / "other.json", other)
    lab("import", "other.json", code=3)
    out["holdings conflicts --json"] = lab.json("holdings", "conflicts")
    out["holdings show"] = lab.json("holdings", "show", MALWARE["id"])
    _ledger(folder, lab, vendor, out)
    _taxii(lab, out, agreement)
    _consent(lab, vendor, out)
    _requests(lab, vendor, out, agreement)
    _matching(lab, vendor, out)
    _taken_back(lab, vendor, out)
    percent = {"source": 70.5, "cue": 60.5, "content": 50.5}
    said = about(corpus=(File("made-up.jsonl", "0" * 64),), documents=1, words=2, held_out=HeldOut(percent, percent))
    (folder / "tagger.onnx").write_bytes(model(about=said).SerializeToString())
    out["tagger show FILE --json"] = lab.json("tagger", "show", "tagger.onnx")
    return out


def _reports(folder: Path, lab: Desk, out: dict[str, Any]) -> None:
    """A report in which everything is found, and two judgements of its outlet."""
    lines = (
        "The bridge is gone",
        *FLOOD,
        "Reuters reported that the bridge had been closed before.",
        "“It was not, the mayor told this newspaper by telephone.",
        "Read more: the flood of last year",
    )
    (folder / "story.txt").write_text("\n\n".join(lines))
    known = ("--outlet", "Example Herald", "--published", "2026-11-20", "--received-from", "a friend")
    lab("import", "story.txt", "--url", "https://herald.example.com/a", *known)
    out["report list --json"] = lab.json("report", "list")
    out["report show REPORT --json"] = lab.json("report", "show", out["report list --json"][0]["id"])
    lab("source", "grade", "Example Herald", "C")
    lab("source", "grade", "example herald", "B", "--because", "It was right.", "--by", "K. Lind")
    out["source list --json"] = lab.json("source", "list")
    out["source show NAME --json"] = lab.json("source", "show", "Example Herald")


def _assessment(folder: Path, lab: Desk, out: dict[str, Any]) -> None:
    """Reports in which everything is found, with a grade of the analyst's own."""
    press = folder / "press"
    press.mkdir()
    for name, text in REPORTS.items():
        (press / name).write_text(f"{text}\n\nRead more: the water of last year\n")
    (press / "other.txt").write_text("El agua no se vende a nadie en este lugar de la tierra, dijo el ministro.")
    asked = ("assess", "press", "--question", CLAIM)
    lab(*asked, "--grade", "B2", "--because", "We saw the pipes.", "--by", "K. Lind")
    out["assess FILE… --question CLAIM --json"] = found = lab.json(*asked)
    assert all(found["answer"][name] for name in ("denied_by", "parties", "same_speaker", "same_statement"))
    assert found["answer"]["conflicting_figures"]
    found["documents"] = [one for one in found["documents"] if one["file"] != "other.txt"]
    out["assessment list --json"] = lab.json("assessment", "list")


def _ledger(folder: Path, lab: Desk, vendor: Desk, out: dict[str, Any]) -> None:
    """What was released, proven; and two histories of the lab's, signed as if it kept two books."""
    for desk in (lab, vendor, lab, vendor, lab):
        desk("sync")
    out["channel status --json"] = [one for one in lab.json("channel", "status") if one["agreement"]]
    out["ledger verify --json"] = verified = lab.json("ledger", "verify")
    entries = [lab.json("ledger", "show", index)[0] for index in range(verified["witnessed_size"])]
    released = next(one for one in entries if one["kind"] == "release")
    out["ledger show ENTRY --json"] = [released]
    lab("ledger", "prove", released["index"], "-o", "proof.txt")
    out["ledger check FILE --json"] = lab.json("ledger", "check", "proof.txt")
    with closing(open_node(lab.home)) as node:
        name, signers = origin(node.us.key), log_signers(node.us.private, node.us.key)
        one, other = (sign_checkpoint(TreeHead(name, 5, root * 32), signers, 1).note for root in (b"a", b"b"))
        document = accuse(one, other, log_keys(node.us.card))
        (folder / "accusation.json").write_bytes(write_accusation(document, node.card_bytes))
    accused = lab.json("ledger", "check-accusation", "accusation.json")
    out["ledger check-accusation FILE --json"] = accused


def _consent(lab: Desk, vendor: Desk, out: dict[str, Any]) -> None:
    """The vendor asks the lab for consent to pass its object on to a third."""
    third = NearDesk(lab.folder, "C")
    third("init", "--name", "Cedar Desk")
    (lab.folder / "c.card").write_text(third("card", "export").out)
    vendor("party", "add", "c.card", "--carrier", "folder:DROP")
    third("party", "add", "b.card", "--carrier", "folder:DROP")
    agreement = agree(vendor, third, f'[scope]\nthreats = ["{MALWARE["id"]}"]\n', to="Cedar Desk")
    assert vendor.json("release", agreement)["asked"] > 0
    vendor("sync")
    lab("sync")
    out["consent list --json"] = lab.json("consent", "list")
    out["consent show"] = lab.json("consent", "show", out["consent list --json"][0]["id"])


def _requests(lab: Desk, vendor: Desk, out: dict[str, Any], agreement: str) -> None:
    """The vendor asks with everything that can be said; the lab answers, as far as it may."""
    words = ("ask", agreement, "--question", "Who runs it?", "--observable", "192.0.2.7", "--threat", "Glasswing")
    until = lab.json("agreement", "list")[0]["valid_until"]
    asked = vendor.json("request", *words, "--wanted-by", until, "--tlp", "green", "--pap", "amber")
    out["request ask AGREEMENT --question TEXT --json"] = asked
    vendor("sync")
    lab("sync")
    chosen = ("--note", "Nobody we know.", "--object", KNOWN["id"], "--object", RED["id"])
    out["request answer REQUEST --json"] = lab.json("request", "answer", asked["id"], *chosen, code=3)
    lab("sync")
    vendor("sync")
    out["request list --json"] = vendor.json("request", "list")
    out["request show REQUEST --json"] = vendor.json("request", "show", asked["id"])


def _matching(lab: Desk, vendor: Desk, out: dict[str, Any]) -> None:
    """Both know a host by now, each from its own file; the lab alone learns it, and looks up another."""
    terms = TERMS + '\n[matching]\ntypes = ["domain-name"]\n'
    agreement = agree(lab, vendor, terms.replace("[scope]", 'title = "To match"\n[scope]', 1), to="Vendor Research")
    out["match run AGREEMENT --json"] = lab.json("match", "run", agreement, "--learns", "us")
    out["match status --json"] = lab.json("match", "status")
    for desk in (lab, vendor, lab, vendor, lab, vendor, lab):
        desk("sync")
    out["match results AGREEMENT --json"] = lab.json("match", "results", agreement)
    (found,) = [
        one for one in lab.json("holdings", "search", KNOWN["pattern"].split("'")[1]) if one["type"] == "indicator"
    ]
    (shown,) = lab.json("holdings", "show", found["id"])
    out["holdings show, matched"], out["holdings show, origins"] = shown["matched"], shown["origins"]
    looked_up = lab.json("lookup", "nowhere.example", "--to", "Vendor Research")
    for desk in (lab, vendor, lab, vendor, lab, vendor, lab):
        desk("sync")
    shown = lab.json("match", "show", looked_up["session"]["id"])
    assert (shown["session"]["state"], shown["values"][0]["held"]) == ("done", False)
    out["lookup VALUE… --to PARTY --json"] = out["match show SESSION --json"] = shown
    out["match history --json"] = lab.json("match", "history")


def _taken_back(lab: Desk, vendor: Desk, out: dict[str, Any]) -> None:
    """The lab recalls an indicator that the vendor accepted, and lifts that."""
    out["recall issue OBJECT --json"] = lab.json("recall", KNOWN["id"], "--reason", "It was wrong.")
    for desk in (lab, vendor, lab):
        desk("sync")
    out["recall show RECALL --json"] = lab.json("recall", "show", KNOWN["id"])
    theirs = vendor.json("recall", "list")["theirs"]
    assert theirs
    out["recall list --json"] = lab.json("recall", "list") | {"theirs": theirs}
    out["recall lift RECALL --json"] = lab.json("recall", "lift", KNOWN["id"])
    out["retention show --json"] = vendor.json("retention", "show")
    out["retention run --json"] = vendor.json("retention", "run")
    out["retention gone --json"] = vendor.json("retention", "gone")


def _taxii(lab: Desk, out: dict[str, Any], agreement: str) -> None:
    """A user of ours, one of the vendor's; a server that has a broken object, and refuses one that it is given."""
    lab("taxii", "user", "add", "siem", "--own")
    lab("taxii", "user", "add", "vendor-siem", "--agreement", agreement)
    out["taxii user list --json"] = lab.json("taxii", "user", "list")
    broken = indicator(8, "[domain-name:value = ")
    refused = {"id": KNOWN["id"], "version": KNOWN["modified"], "message": "no"}
    with Server(feed := Feed.of([broken, indicator(7, "[domain-name:value = 'h7.example']")])) as server:
        posted = {"id": "1", "status": "complete", "success_count": 1, "failure_count": 1, "failures": [refused]}
        out["taxii pull URL --json"] = lab.json("taxii", "pull", server.url, code=3)
        server.routes[f"/api/collections/{feed.id}/objects/"] = lambda _asked: Reply(posted, 202)
        out["taxii push URL --collection ID --json"] = lab.json(
            "taxii", "push", server.url, "--collection", feed.id, code=3
        )


def _answer(folder: Path, vendor: Desk, agreement: str) -> None:
    """The vendor accepts what came, and sends an indicator on the same value."""
    vendor("inbox", "accept", "--all")
    threat = stix("malware", 16, name="Glasswing", is_family=True)
    same = indicator(17, str(KNOWN["pattern"]))
    link = {**LINK, "id": "relationship--00000018-1c57-4f0e-9d8b-2c1b7d3e4a01"}
    ends = {"source_ref": same["id"], "target_ref": threat["id"]}
    write_bundle(folder / "theirs.json", threat, same, {**link, **ends})
    vendor("import", "theirs.json")
    vendor("release", agreement)
    vendor("sync")


@pytest.mark.parametrize("command", EXAMPLES)
def test_a_command_prints_what_its_page_says(command: str, printed: dict[str, Any]) -> None:
    assert differences(EXAMPLES[command], printed[command]) == []


def test_showing_an_object_prints_what_it_is_and_what_contradicts_it(printed: dict[str, Any]) -> None:
    (shown,) = printed["holdings show"]
    assert shown.pop("object") == MALWARE
    assert shown.pop("provenance")["passed"] == "own"
    assert shown.pop("echo") is None, "nobody gave it to us"
    assert shown.pop("matched") == [], "a threat names no value"
    assert differences(MATCHED, printed["holdings show, matched"]) == []
    assert shown.pop("origins") is None
    assert differences(ORIGINS, printed["holdings show, origins"]) == []
    assert printed["consent show"] == printed["consent list --json"][0]
    (conflict,) = shown.pop("conflicts")
    (listed,) = printed["holdings conflicts --json"]
    assert conflict == {name: listed[name] for name in ("offered_sha256", "at")}
    assert differences(EXAMPLES["holdings list --json"], [shown]) == []


def test_every_command_with_json_is_on_the_page() -> None:
    for path, one in walk(typer.main.get_command(app), "backchannel"):
        options = {option for param in getattr(one, "params", ()) for option in param.opts}
        words = path.removeprefix("backchannel ")
        if "--json" in options and words not in ELSEWHERE:
            assert f"`{words} " in PAGE, words


def test_another_shape_would_be_noticed() -> None:
    example = {"id": "…", "n": 1, "refused": [{"rule": "…"}], "envelope": "…", "at": "2026-11-22T20:31:00Z"}
    good = {"id": "x", "n": 2, "refused": [{"rule": "y"}], "envelope": None, "at": "2026-01-01T00:00:00.5Z"}
    assert differences(example, good) == []
    others = [{"id": None}, {"n": "2"}, {"n": True}, {"refused": []}, {"refused": [{}]}, {"at": "now"}]
    for other in (*others, {"more": 1}):
        assert differences(example, {**good, **other})
    assert differences([{"id": "…"}], [])
