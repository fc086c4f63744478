"""What strangers wrote is shown as one harmless line."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.text import has_hidden, printable

UNSEEN = "\u3164\ufe0f\U000e0100\u2800\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\uffa0\ufe00\U000e01ef"
"""Letters and marks that show nothing."""


def test_plain_text_is_shown_as_it_is() -> None:
    assert printable("Operation Köln-42, Привет") == "Operation Köln-42, Привет"


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J\x1b[31mowned", "\\x1b[2J\\x1b[31mowned"),
        ("one\ntwo\ttab", "one\\ntwo\\ttab"),
        ("abc\u202egpj.exe", "abc\\u202egpj.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("line\u2028break", "line\\u2028break"),
        ("bell\x07\x9b31m", "bell\\x07\\x9b31m"),
        ("wide\u3000blank", "wide blank"),
        *((f"a{one}b", f"a{one.encode('unicode_escape').decode()}b") for one in UNSEEN),
    ],
)
def test_terminal_escapes_and_hidden_characters_are_shown_escaped(hostile: str, shown: str) -> None:
    assert printable(hostile) == shown
    assert has_hidden(hostile) == ("\\" in shown)


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    assert printable("x" * 100, 10) == "x" * 9 + "…"
    assert printable("x" * 10, 10) == "x" * 10


def test_an_escape_is_never_cut_in_half() -> None:
    assert printable("ab\x1b\x1b", 6) == "ab…"


@given(st.text(), st.integers(1, 40))
def test_whatever_the_text_the_line_is_short_and_harmless(text: str, limit: int) -> None:
    line = printable(text, limit)
    assert len(line) <= limit
    assert not [one for one in line if unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]


@given(st.text(max_size=30))
def test_what_needs_no_escape_is_not_hidden(text: str) -> None:
    assert has_hidden(text) == any(
        unicodedata.category(one) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} or one in UNSEEN for one in text
    )
