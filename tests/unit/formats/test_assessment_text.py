"""Texts of strangers on a page: one line, visible, with addresses that lead nowhere."""

import pytest

from backchannel.core.assess.press import Span
from backchannel.formats.assessment_text import defanged, line, name, pieces


@pytest.mark.parametrize(
    ("given", "dead"),
    [
        ("http://evil.example/x.html", "hxxp[:]//evil[.]example/x[.]html"),
        ("HTTPS://Evil.Example", "HxxPS[:]//Evil[.]Example"),
        ("see www.evil.example now", "see www[.]evil[.]example now"),
        ("ftp://evil.example", "ftp[:]//evil[.]example"),
        ("javascript:alert(1)", "javascript[:]alert(1)"),
        ("a://b/?c=https://evil.example", "a://b/?c=hxxps[:]//evil[.]example"),
        ("data:x,http://evil.example", "data[:]x,hxxp[:]//evil[.]example"),
        ("write to a.b@evil.example", "write to a[.]b[@]evil[.]example"),
        ("evil.example/path", "evil[.]example/path"),
    ],
)
def test_an_address_is_defanged(given: str, dead: str) -> None:
    assert defanged(given) == dead


@pytest.mark.parametrize("text", ["The U.S. said so.", "Mr. Fenn: “No.”", "report-1.txt", "3.5 metres", "and/or"])
def test_what_is_no_address_stays(text: str) -> None:
    assert defanged(text) == text


def test_a_line_has_no_line_breaks_and_no_hidden_characters() -> None:
    assert line("a\n\n b\t\u202ec\x00") == "a b \\u202ec\\x00"


def test_a_name_is_cut() -> None:
    assert len(name("n" * 500)) == 120


def test_what_is_highlighted_is_a_part_of_the_text() -> None:
    found = pieces("He said\nthat it is so, twice.", Span(0, 29), [Span(8, 21), Span(15, 21), Span(40, 50)])
    assert [(one.text, one.marked) for one in found] == [
        ("He said ", False),
        ("that it is so", True),
        (", twice.", False),
    ]


def test_evidence_is_cut_and_it_shows() -> None:
    found = pieces("word " * 400, Span(0, 2000), [Span(100, 1900)], 300)
    text = "".join(one.text for one in found)
    assert len(text) <= 301
    assert text.endswith("…")
