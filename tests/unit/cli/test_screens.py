"""What a person reads after a command, and what a program reads with `--json`."""

import json
import re
from pathlib import Path

import pytest

from backchannel.cli import screen
from backchannel.core.stix import decode
from backchannel.flow.ports import NewObject
from backchannel.node.node import open_node
from case import KNOWN, LINK, MALWARE, RED, indicator, write_bundle
from command import Command

pytestmark = pytest.mark.usefixtures("folder")

LAB = ("--home", "lab")
VENDOR = ("--home", "vendor")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def agreement(command: Command) -> str:
    return str(json.loads(command(*LAB, "agreement", "list", "--json").out)[0]["id"])


def second_watch(command: Command) -> str:
    """A second agreement on the same threat, proposed by the lab: nothing has crossed under it."""
    Path("second.toml").write_text('title = "Second watch"\n[scope]\nthreats = ["Glasswing"]\n')
    words = ("agreement", "propose", "second.toml", "--to", "Vendor Research", "--json")
    return str(json.loads(command(*LAB, *words).out)["id"])


class TestJson:
    def test_no_raw_control_character_reaches_a_terminal(self, command: Command) -> None:
        hostile = "".join(map(chr, [*range(1, 0x20), *range(0x7F, 0xA0), 0x202E, 0x2066, 0x2028, 0xFEFF, 0x200F]))
        write_bundle(Path("hostile.json"), indicator(9, "[domain-name:value = 'x.example']", name=f"a{hostile}b"))
        command(*LAB, "import", "hostile.json")
        for words in (("list",), ("show", "indicator--00000009"), ("search", "x.example")):
            printed = command(*LAB, "holdings", *words, "--json").out
            assert not CONTROL.search(printed)
            assert f"a{hostile}b" in {one["name"] for one in json.loads(printed)}

    def test_results_go_to_standard_output_and_remarks_to_standard_error(self, command: Command) -> None:
        done = command(*LAB, "preview", agreement(command), "--json")
        assert json.loads(done.out)["crossed"] == 3
        said = command(*LAB, "holdings", "export")
        assert json.loads(said.out)["type"] == "bundle"
        assert said.err == ""

    def test_an_empty_list_is_a_list(self, command: Command) -> None:
        for words in (("inbox", "list"), ("inbox", "rules", "list"), ("inbox", "refusals")):
            assert json.loads(command(*LAB, *words, "--json").out) == []


class TestLists:
    def test_an_empty_list_says_so(self, command: Command) -> None:
        assert command(*LAB, "inbox", "list").out == "Nothing waits.\n"
        assert command(*LAB, "inbox", "rules", "list").out == "There is no rule: everything waits.\n"
        assert command(*LAB, "inbox", "refusals").out == "Nothing was refused.\n"
        assert command(*LAB, "holdings", "search", "nothing.example").out == "Nothing held matches.\n"

    def test_short_ids_of_a_list_are_taken_by_the_next_command(self, command: Command) -> None:
        short = command(*LAB, "agreement", "list").out.splitlines()[1].split()[0]
        assert agreement(command).startswith(short)
        assert command(*LAB, "agreement", "show", short).code == 0
        line = next(one for one in command(*LAB, "holdings", "list").out.splitlines() if "download server" in one)
        assert command(*LAB, "holdings", "show", line.split()[0]).out.startswith(str(KNOWN["id"]))

    def test_a_relationship_is_named_by_its_ends(self, command: Command) -> None:
        listed = command(*LAB, "holdings", "list", "--type", "relationship").out
        assert "indicator--00000002 indicates malware--00000001" in listed

    def test_a_limit_limits_and_a_negative_one_is_refused(self, command: Command) -> None:
        assert len(json.loads(command(*LAB, "holdings", "list", "--limit", "2", "--json").out)) == 2
        assert command(*LAB, "holdings", "list", "--limit", "-1").code == 2

    @pytest.mark.parametrize(
        ("filters", "count"),
        [
            (("--type", "malware"), 1),
            (("--tlp", "red"), 1),
            (("--source", "own"), 4),
            (("--source", "human rights lab"), 4),
            (("--source", "Vendor Research"), 0),
            (("--threat", "glasswing"), 3),
            (("--text", "download"), 1),
            (("--since", "2020-01-01"), 4),
            (("--since", "2999-01-01T00:00Z"), 0),
            (("--until", "2020-01-01"), 0),
        ],
    )
    def test_filters_narrow(self, filters: tuple[str, ...], count: int, command: Command) -> None:
        assert len(json.loads(command(*LAB, "holdings", "list", *filters, "--json").out)) == count


class TestExchange:
    def test_a_preview_says_what_would_cross_and_why_the_rest_stays(self, command: Command) -> None:
        said = command(*LAB, "preview", second_watch(command))
        assert said.out.startswith("Would cross: 3 objects as held, 0 as reduced copies. Would stay: 1.\n")
        assert re.search(r"^marking +3 +1 *$", said.out, re.MULTILINE)

    def test_a_preview_of_a_proposal_says_that_nothing_crosses_until_it_is_accepted(self, command: Command) -> None:
        proposed = second_watch(command)
        said = command(*LAB, "preview", proposed, "--json")
        counts = json.loads(said.out)
        assert (counts["release"], counts["withhold"], counts["crossed"]) == (3, 1, 0)
        assert [note for note in counts["notes"] if note.endswith(": nothing crosses until they accept it")]
        assert f"agreement {proposed[:12]} is proposed, valid from " in said.err
        command(*LAB, "sync")
        command(*VENDOR, "sync")
        assert "nothing crosses until you accept it\n" in command(*VENDOR, "preview", proposed).err

    def test_what_has_crossed_is_counted_apart_from_what_the_next_release_sends(self, command: Command) -> None:
        said = command(*LAB, "preview", agreement(command)).out
        assert said.startswith(
            "Would cross: 0 objects as held, 0 as reduced copies. Would stay: 1. Crossed already: 3."
        )
        listed = command(*LAB, "preview", agreement(command), "--list")
        assert (listed.out, listed.err) == ("Nothing would cross.\n", "Crossed already: 3.\n")
        traced = command(*LAB, "preview", agreement(command), "--object", KNOWN["id"]).out
        assert traced.startswith(f"{KNOWN['id']}: release, crossed already\n")
        newer = {**KNOWN, "modified": "2026-10-06T08:00:00.000Z", "name": "Seen again"}
        write_bundle(Path("newer.json"), newer)
        command(*LAB, "import", "newer.json")
        counts = json.loads(command(*LAB, "preview", agreement(command), "--json").out)
        assert (counts["release"], counts["reduce"], counts["withhold"], counts["crossed"]) == (1, 0, 1, 2)
        assert json.loads(command(*LAB, "preview", agreement(command), "--list", "--json").out) == [newer]
        assert command(*LAB, "release", agreement(command)).out.startswith("Sealed 1 object ")

    def test_a_preview_of_an_agreement_that_is_over_is_refused(self, command: Command) -> None:
        command(*LAB, "agreement", "end", agreement(command))
        for more in ((), ("--json",), ("--list",), ("--object", KNOWN["id"])):
            said = command(*LAB, "preview", agreement(command), *more)
            assert (said.code, said.out) == (2, "")
            assert f"agreement {agreement(command)[:12]} is ended: nothing crosses any more" in said.err
        declined = second_watch(command)
        command(*LAB, "agreement", "decline", declined)
        assert "is withdrawn: nothing crosses" in command(*LAB, "preview", declined).err

    def test_a_trace_has_every_rule_and_its_evidence(self, command: Command) -> None:
        said = command(*LAB, "preview", agreement(command), "--object", RED["id"])
        assert said.out.startswith(f"{RED['id']}: withhold\n")
        assert re.search(r"^marking +fail +TLP:RED is above the ceiling TLP:AMBER *$", said.out, re.MULTILINE)

    def test_the_list_of_a_preview_is_the_counterparts_exact_view(self, command: Command) -> None:
        crossing = json.loads(command(*LAB, "preview", second_watch(command), "--list", "--json").out)
        assert {one["id"] for one in crossing} == {MALWARE["id"], KNOWN["id"], LINK["id"]}
        assert [one for one in crossing if one["id"] == KNOWN["id"]] == [KNOWN]

    def test_a_release_with_nothing_new_says_so(self, command: Command) -> None:
        assert command(*LAB, "release", agreement(command)).out == "Nothing new to release.\n"

    def test_sync_tells_of_a_proposal_until_it_is_answered(self, command: Command) -> None:
        Path("other.toml").write_text('title = "Second watch"\n[scope]\nthreats = ["Marshlight"]\n')
        command(*LAB, "agreement", "propose", "other.toml", "--to", "Vendor Research")
        assert "proposes" not in command(*LAB, "sync").err
        for _ in range(2):
            told = command(*VENDOR, "sync").err
            assert "Human Rights Lab proposes an agreement, “Second watch”: backchannel agreement show " in told
        short = told.split()[-1]
        said = command(*VENDOR, "agreement", "decline", short).out
        assert said == f"Declined their proposal: {short} “Second watch”.\n"
        assert "proposes" not in command(*VENDOR, "sync").err

    def test_what_is_declined_or_withdrawn_is_named(self, command: Command) -> None:
        Path("other.toml").write_text('title = "Second watch"\n[scope]\nthreats = ["Marshlight"]\n')
        proposed = command(*LAB, "agreement", "propose", "other.toml", "--to", "Vendor Research", "--json").out
        short = json.loads(proposed)["id"][:12]
        withdrawn = command(*LAB, "agreement", "decline", short).out
        assert withdrawn == f"Withdrew our proposal: {short} “Second watch”.\n"
        first = agreement(command)
        Path("wider.toml").write_text('[scope]\nthreats = ["Glasswing", "Marshlight"]\n')
        for who, word in ((VENDOR, "Declined their"), (LAB, "Withdrew our")):
            command(*LAB, "agreement", "amend", first, "wider.toml")
            command(*LAB, "sync")
            command(*VENDOR, "sync")
            assert command(*who, "agreement", "decline", first).out.startswith(f"{word} amendment: {first[:12]} “")
            command(*VENDOR, "sync")
            command(*LAB, "sync")

    def test_an_amendment_by_a_fresh_template_reports_no_dates(self, command: Command) -> None:
        fresh = command("agreement", "template", "--threat", "Glasswing", "--threat", "Marshlight").out
        Path("fresh.toml").write_text(fresh)
        said = command(*LAB, "agreement", "amend", agreement(command), "fresh.toml").out
        assert said == "wider:    scope.threats also Marshlight\nWaits for the counterpart's signature.\n"

    def test_sync_points_at_the_refusals_when_something_was_refused(self, command: Command) -> None:
        pointer = "What was refused, and why: backchannel inbox refusals\n"
        assert pointer not in command(*VENDOR, "sync").err
        Path("vendor/settings.toml").write_text('own_assets = ["vendor.example"]\n')
        theirs = indicator(7, "[domain-name:value = 'vendor.example']")
        link = {**LINK, "id": "relationship--00000008-1c57-4f0e-9d8b-2c1b7d3e4a01", "source_ref": theirs["id"]}
        write_bundle(Path("theirs.json"), theirs, link)
        command(*LAB, "import", "theirs.json")
        command(*LAB, "release", agreement(command))
        command(*LAB, "sync")
        done = command(*VENDOR, "sync")
        assert "2 refused" in done.out
        assert done.err == pointer

    def test_an_amendment_says_what_it_narrows_and_widens_and_sync_tells_of_it(self, command: Command) -> None:
        Path("wider.toml").write_text(
            '[scope]\nthreats = ["Glasswing", "Marshlight"]\n[handling]\ntlp_max = "green"\n'
        )
        said = command(*LAB, "agreement", "amend", agreement(command), "wider.toml").out
        assert "narrower: handling.tlp_max: amber becomes green" in said
        assert "wider:    scope.threats also Marshlight" in said
        assert said.endswith("Waits for the counterpart's signature.\n")
        command(*LAB, "sync")
        assert "Human Rights Lab proposes new terms for" in command(*VENDOR, "sync").err


class TestHoldings:
    def test_a_reduced_copy_is_shown_as_one(self, command: Command) -> None:
        node = open_node(Path("lab"))
        with node.db.write() as tx:
            copy = NewObject.of(
                decode(json.dumps(indicator(9, "[domain-name:value = 'x.example']")).encode()), reduced=True
            )
            tx.holdings.add([copy], source="f" * 64, now=node.clock())
        node.close()
        for number, reduced in (("00000009", True), ("00000002", False)):
            shown = command(*LAB, "holdings", "show", f"indicator--{number}").out
            assert ("  reduced   a reduced copy: the sender left something out\n" in shown) == reduced
            (printed,) = json.loads(command(*LAB, "holdings", "show", f"indicator--{number}", "--json").out)
            assert printed["reduced"] is reduced

    def test_the_form_that_an_object_was_made_from_is_written_as_it_came_in(self, command: Command) -> None:
        old = {key: value for key, value in MALWARE.items() if key not in {"spec_version", "is_family", "id"}}
        old |= {"id": "malware--00000009-1c57-4f0e-9d8b-2c1b7d3e4a01", "labels": ["trojan"]}
        raw = json.dumps(old)
        Path("old.json").write_text(
            f'{{"type": "bundle", "id": "bundle--{old["id"][9:]}", "spec_version": "2.0", "objects": [{raw}]}}'
        )
        assert command(*LAB, "import", "old.json").code == 0
        assert command(*LAB, "holdings", "show", old["id"], "--original").out == raw
        none = command(*LAB, "holdings", "show", MALWARE["id"], "--original")
        assert (none.code, none.out) == (2, "")
        assert "was made from no other form" in none.err


class TestInbox:
    def test_refusals_show_short_ids_and_json_whole_ones(self, command: Command) -> None:
        command(*VENDOR, "inbox", "refuse", "malware--00000001", "--reason", "no")
        assert re.search(r"malware--00000001  +officer  +no *$", command(*VENDOR, "inbox", "refusals").out, re.M)
        (whole,) = json.loads(command(*VENDOR, "inbox", "refusals", "--json").out)
        assert whole["subject"] == MALWARE["id"]

    def test_what_waits_is_shown_with_where_it_came_from(self, command: Command) -> None:
        shown = command(*VENDOR, "inbox", "show", "indicator--00000002").out
        assert re.search(r"^  source    Human Rights Lab$", shown, re.MULTILINE)
        assert re.search(r"^  received  \d{4}-\d\d-\d\d \d\d:\d\d UTC$", shown, re.MULTILINE)
        assert json.loads(shown[shown.index("{") :]) == KNOWN

    def test_the_reason_of_a_flag_is_shown(self, command: Command) -> None:
        command(*VENDOR, "inbox", "accept", "--all")
        again = indicator(7, str(KNOWN["pattern"]), name="Theirs")
        link = {**LINK, "id": "relationship--00000008-1c57-4f0e-9d8b-2c1b7d3e4a01", "source_ref": again["id"]}
        threat = {**MALWARE, "id": "malware--00000006-1c57-4f0e-9d8b-2c1b7d3e4a01"}
        write_bundle(Path("theirs.json"), threat, again, {**link, "target_ref": threat["id"]})
        command(*VENDOR, "import", "theirs.json")
        command(*VENDOR, "release", agreement(command))
        command(*VENDOR, "sync")
        assert command(*LAB, "sync").err == "Next: backchannel inbox list\n"
        shown = command(*LAB, "inbox", "show", "indicator--00000007").out
        assert "  look at   echo: the same value went to them before: updates.glasswing.example\n" in shown
        flags = json.loads(command(*LAB, "inbox", "show", "indicator--00000007", "--json").out)[0]["flags"]
        assert [one["flag"] for one in flags] == ["echo"]

    def test_one_object_is_counted_as_one(self, command: Command) -> None:
        assert (
            command(*VENDOR, "inbox", "accept", "malware--00000001").out == "Accepted 1 object into the holdings.\n"
        )
        assert command(*VENDOR, "inbox", "refuse", "--all", "--reason", "no").out == "Refused 2 objects.\n"
        refused = json.loads(command(*VENDOR, "inbox", "refusals", "--json").out)
        assert [one["message"] for one in refused] == ["no", "no"]

    def test_what_came_under_an_agreement_that_is_over_is_left_out_of_all_until_it_is_said(
        self, command: Command
    ) -> None:
        command(*VENDOR, "agreement", "end", agreement(command))  # the next sync destroys what waits
        accepted = command(*VENDOR, "inbox", "accept", "--all")
        assert accepted.out == "Accepted 0 objects into the holdings.\n"
        assert accepted.err.startswith(f"Left waiting: 3 objects of agreement {agreement(command)[:12]} (")
        assert "which is ended and asks for their destruction" in accepted.err
        assert command(*VENDOR, "inbox", "accept", "--all", "--ended").out.startswith("Accepted 3 objects")

    def test_a_rule_is_said_in_words(self, command: Command) -> None:
        added = command(*LAB, "inbox", "rules", "add", "--party", "Vendor Research", "--type", "indicator")
        assert added.out == (
            "Rule 1: every indicator from Vendor Research is accepted on its own, unless vetting notices something.\n"
        )
        everything = command(*LAB, "inbox", "rules", "add", "--tlp-max", "green").out
        assert everything.startswith("Rule 2: everything from anyone, up to TLP green is accepted")
        assert command(*LAB, "inbox", "rules", "remove", "1").out == "Rule 1 removed.\n"


class TestFigures:
    @pytest.mark.parametrize(
        ("number", "said"), [(0, "0 objects"), (1, "1 object"), (2, "2 objects"), (10_000, "10,000 objects")]
    )
    def test_things_are_counted_as_people_do(self, number: int, said: str) -> None:
        assert screen.count(number, "object") == said

    @pytest.mark.parametrize(
        ("subject", "said"),
        [
            (f"{7:016d}-{'ab' * 16}", "envelope 7, abababab"),
            ("cd" * 32, "envelope, cdcdcdcd"),
            (MALWARE["id"], "malware--00000001"),
            ("object 3", "object 3"),
        ],
    )
    def test_what_was_refused_is_named_in_short(self, subject: str, said: str) -> None:
        assert screen.short_subject(subject) == said

    def test_a_title_is_what_a_person_would_call_an_object(self) -> None:
        assert screen.title(json.dumps(MALWARE).encode()) == "Glasswing"
        assert screen.title(json.dumps({**KNOWN, "name": ""}).encode()) == KNOWN["pattern"]
        assert screen.short_object(str(MALWARE["id"])) == "malware--00000001"

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"name": "updates.glasswing.example"}, "updates.glasswing.example"),
            ({"name": "A relay"}, "updates.glasswing.example “A relay”"),
            (
                {"name": "[domain-name:value = 'a.example']"},
                "updates.glasswing.example “[domain-name:value = 'a.example']”",
            ),
            (
                {"pattern": "[url:value LIKE '%a%' OR url:value = 'b']", "name": "b"},
                "[url:value LIKE '%a%' OR url:value = 'b'] “b”",
            ),
            ({"pattern": "[domain-name:value != 'a']", "name": "a"}, "[domain-name:value != 'a'] “a”"),
            ({"pattern": "rule a {}", "pattern_type": "yara", "name": "a"}, "rule a {} “a”"),
            ({"pattern": None, "name": "a"}, "a"),
        ],
    )
    def test_a_name_never_stands_in_for_what_an_indicator_looks_for(
        self, changes: dict[str, object], said: str
    ) -> None:
        assert screen.title(json.dumps({**KNOWN, **changes}).encode()) == said

    def test_a_name_never_stands_in_for_what_is_joined_or_seen(self) -> None:
        ends = screen.title(json.dumps(LINK).encode())
        assert screen.title(json.dumps({**LINK, "name": "x indicates y"}).encode()) == f"{ends} “x indicates y”"
        sighting = {"type": "sighting", "sighting_of_ref": MALWARE["id"], "name": "nothing"}
        assert screen.title(json.dumps(sighting).encode()) == "sighting of malware--00000001 “nothing”"
        domain = {"type": "domain-name", "value": "a.example", "name": "b.example"}
        assert screen.title(json.dumps(domain).encode()) == "a.example “b.example”"

    def test_a_threat_goes_by_its_name_whatever_stands_beside_it(self) -> None:
        assert screen.title(json.dumps({**MALWARE, "value": "x", "pattern": "y"}).encode()) == "Glasswing"
