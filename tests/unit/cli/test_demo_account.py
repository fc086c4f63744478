"""The demo's account: right, short, and harmless whatever the files hold."""

import re

import msgspec
import pytest

from backchannel.cli.demonstration import account
from backchannel.cli.demonstration.account import WIDTH, lines
from backchannel.cli.demonstration.expectations import Expectation, general
from backchannel.cli.demonstration.facts import Received
from backchannel.cli.demonstration.figures import figures
from demo_facts import COPY, MALWARE, crossing, facts, judged, stays

LINK = "relationship--6d0c0b66-0d5e-4c4b-9f0a-9a4f5b1c2d3e"
HOSTILE = "\x1b[31mred\x07 \u202eevil " + "x" * 300


def text(told: account.Facts | None = None, *, is_sample: bool = False) -> list[str]:
    told = told or facts()
    return [line for line, _ in lines(told, general(told), is_sample=is_sample)]


def row(word: str, of: list[str]) -> str:
    return next(line for line in of if line.strip().startswith(word))


def test_what_was_held_crossed_and_stayed_is_counted_for_each_direction() -> None:
    told = text()
    assert "Lab → Vendor" in told
    assert "Vendor → Lab" in told
    assert row("held", told).split()[1] == "3"
    assert row("crossed", told).split()[1] == "2"
    assert row("stayed", told).split()[1] == "1"
    assert row("accepted", told).split()[1] == "2"
    assert row("refused", told).split()[1] == "0"


def test_each_rule_that_keeps_something_has_an_example() -> None:
    assert row("marking", text()).split(maxsplit=2)[1:] == [
        "1",
        "secret.example: TLP:RED is above the ceiling TLP:AMBER",
    ]


def test_the_plainest_example_is_shown_and_the_names_of_ends_stand_for_their_ids() -> None:
    link = stays(LINK, "indicates", "closure", f"source_ref needs {MALWARE}, which stays")
    plain = stays("indicator--6d0c0b66-0d5e-4c4b-9f0a-9a4f5b1c2d3e", "plain.example", "scope", "too far")
    both = stays("note--6d0c0b66-0d5e-4c4b-9f0a-9a4f5b1c2d3e", "a note", "scope", "type is wrong as well")
    both = msgspec.structs.replace(both, broken=(*both.broken, ("type", "no")))
    told = text(facts(crossing(judged=(*crossing().judged, link, both, plain))))
    assert row("closure", told).split(maxsplit=2)[2] == "link: source_ref needs Tidewick, which stays"
    assert row("scope", told).split(maxsplit=2)[2] == "plain.example: too far"


def test_a_reduced_copy_says_what_it_left_without() -> None:
    told = " ".join(" ".join(text()).split())
    assert "reduced 1 a report: left without 2 object_refs" in told


def test_refused_objects_are_called_by_the_names_they_left_under() -> None:
    received = (Received(MALWARE), Received(COPY, refused=("echo", "we hold exactly this object as our own")))
    told = text(facts(crossing(received=received, accepted={MALWARE: f"sha256 of {MALWARE}"})))
    assert row("echo", told).split(maxsplit=2)[2] == "a report: we hold exactly this object as our own"


def test_what_another_party_gave_is_told_apart_from_ones_own() -> None:
    given = stays("tool--6d0c0b66-0d5e-4c4b-9f0a-9a4f5b1c2d3e", "a tool", "originator", "from another", own=False)
    told = text(facts(crossing(judged=(*crossing().judged, given))))
    assert row("held", told).split()[1] == "3"
    assert row("originator", told).split(maxsplit=2)[2] == "all that Vendor gave: theirs to pass on"


def test_what_each_learned_is_counted_in_values() -> None:
    mine = judged(MALWARE, "Tidewick", values=("one.example", "two.example"))
    theirs = judged(MALWARE, "Tidewick", values=("two.example", "three.example", "four.example"))
    there = crossing(judged=(mine, *crossing().judged[1:]))
    back = crossing("Vendor", "Lab", judged=(theirs, *crossing().judged[1:]))
    told = facts(crossings=(there, back))
    assert row("Lab  ", text(told)).split() == ["Lab", "2", "of", "its", "own,", "2", "new"]
    assert row("Vendor  ", text(told)).split() == ["Vendor", "3", "of", "its", "own,", "1", "new"]
    assert told.knowledge()[0].both == ("two.example",)


def test_what_was_left_out_and_what_is_not_clear_is_said() -> None:
    told = " ".join(text(facts(crossing(notes=("'Tidewick' is borne by 2 different threats",)), rejected=(0, 7))))
    assert "Left out at import: 7 invalid objects of Vendor." in told
    assert "of Lab." not in told
    assert "Note: 'Tidewick' is borne by 2 different threats" in told


def test_a_broken_expectation_is_marked_with_its_evidence() -> None:
    verdicts = [Expectation("It held", True, "fine"), Expectation("It did not", False, "by 3")]
    told = [line for line, _ in lines(facts(), verdicts, is_sample=False)]
    assert "  ✓ It held" in told
    assert told[-3:] == ["  ✗ It did not", "      by 3", "1 of 2 did not hold, in 12 seconds."]


def test_no_line_is_wider_than_a_terminal_and_nothing_hostile_reaches_it() -> None:
    hostile = judged(MALWARE, HOSTILE)
    kept = stays("tool--6d0c0b66-0d5e-4c4b-9f0a-9a4f5b1c2d3e", HOSTILE, HOSTILE, HOSTILE)
    received = (Received(MALWARE, refused=(HOSTILE, HOSTILE)), Received(COPY))
    there = crossing(HOSTILE, HOSTILE, judged=(hostile, kept), received=received, threats=(HOSTILE,))
    told = text(facts(there, threat=HOSTILE, terms=(HOSTILE, HOSTILE)))
    assert max(map(len, told)) <= WIDTH
    assert not [line for line in told if not line.isprintable()]


def test_there_are_no_colours_but_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    account.show(facts(), general(facts()), is_sample=True)
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert out.splitlines() == text(is_sample=True)


def test_names_that_look_like_markup_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    told = facts(crossing("[bold]Lab[/bold]"))
    account.show(told, general(told), is_sample=False)
    assert "[bold]Lab[/bold] → Vendor" in capsys.readouterr().out.splitlines()


def test_figures_are_those_of_the_account() -> None:
    received = (Received(MALWARE, flags=(("echo", "went before"),)), Received(COPY, refused=("poison", "ours")))
    told = facts(crossing(received=received, accepted={MALWARE: f"sha256 of {MALWARE}"}))
    found = figures(told, general(told))
    assert found["held"] is True
    assert found["crossings"][0] == {
        "from": "Lab",
        "to": "Vendor",
        "invalid": 0,
        "held": 3,
        "release": 1,
        "reduce": 1,
        "withhold": 1,
        "kept_by_rule": {"marking": 1},
        "sealed": 2,
        "arrived": 2,
        "accepted": 1,
        "refused_by_rule": {"poison": 1},
        "flagged": {"echo": 1},
    }
    assert [one["held"] for one in found["expectations"]] == [True] * 9


def test_figures_say_so_when_one_expectation_is_broken() -> None:
    told = facts(crossing(found=(MALWARE,)))
    assert figures(told, general(told))["held"] is False


def test_ids_never_stand_in_the_account() -> None:
    assert not re.search(r"--[0-9a-f]{8}-", "\n".join(text()))
