"""What a request may say: rule by rule, the same for ours and theirs."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.canonical import Observable
from backchannel.core.marking import LEVELS, rank
from backchannel.core.request_rules import (
    Question,
    broken_by_answer,
    broken_by_question,
    observable_of,
    threat_of,
)
from backchannel.core.terms import Handling, Terms
from worlds import NOW, terms

TERMS: Terms = terms(handling=Handling(tlp_max="amber"))
GOOD = Question(
    "Seen since June?",
    "green",
    observables=(Observable("domain-name", "evil.example"), Observable("ipv4-addr", "192.0.2.7")),
    threat=TERMS.scope.threats[0],
    wanted_by=NOW + timedelta(days=7),
    pap="amber",
)


def rules(**changes: Any) -> list[str]:
    return [one.rule for one in broken_by_question(msgspec.structs.replace(GOOD, **changes), TERMS, NOW)]


def test_a_good_question_breaks_nothing() -> None:
    assert rules() == []
    assert rules(observables=(), threat=None, wanted_by=None, pap=None) == []


@pytest.mark.parametrize(
    "text",
    ["", "  ", "a\nb", "a\x1b[2Jb", "see \u202egpj.exe", "zero\u200bwidth", "a\u00adb", "tag \U000e0041", "\u2800x"],
)
def test_a_question_with_hidden_or_control_characters_is_refused(text: str) -> None:
    assert "text" in rules(text=text)
    assert broken_by_answer(text or "\x00", "green", TERMS)[0].rule == "text"


@pytest.mark.parametrize(
    "text",
    [
        "log in at https://user:hunter2pass@host.example/",
        "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
        "run this: TVqQ" + "A" * 300,
    ],
)
def test_a_question_with_active_content_is_refused_and_not_repeated_in_the_reasons(text: str) -> None:
    (broken,) = broken_by_question(msgspec.structs.replace(GOOD, text=text), TERMS, NOW)
    assert broken.rule == "content"
    assert text[-12:] not in broken.why
    assert [one.rule for one in broken_by_answer(text, "green", TERMS)] == ["content"]


@pytest.mark.parametrize("level", LEVELS)
def test_a_mark_above_the_ceiling_is_refused(level: str) -> None:
    above = rank(level) > rank("amber")
    assert rules(tlp=level) == (["marking"] if above else [])
    assert [one.rule for one in broken_by_answer("yes", level, TERMS)] == (["marking"] if above else [])


def test_what_is_no_level_is_refused() -> None:
    assert rules(tlp="public") == ["marking"]
    assert rules(pap="public") == ["marking"]


@pytest.mark.parametrize(
    "one",
    [
        Observable("domain-name", "EVIL.example"),
        Observable("domain-name", "evil[.]example"),
        Observable("domain-name", "evil.example "),
        Observable("domain-name", "no host"),
        Observable("ipv4-addr", "192.0.2.007"),
        Observable("ipv6-addr", "2001:DB8::1"),
        Observable("file-sha256", "AB" * 32),
        Observable("url", "javascript:alert(1)"),
        Observable("ip", "192.0.2.7"),
        Observable("weather", "rain"),
        Observable("", ""),
    ],
)
def test_an_observable_that_is_not_canonical_or_of_no_known_kind_is_refused(one: Observable) -> None:
    assert rules(observables=(one,)) == ["observable"]


def test_an_observable_that_is_there_twice_is_refused() -> None:
    assert rules(observables=(GOOD.observables[0],) * 2) == ["observable"]


def test_an_observable_with_a_password_in_it_is_refused() -> None:
    url = observable_of("url=https://user:hunter2pass@host.example/")
    assert rules(observables=(url,)) == ["content"]


def test_a_threat_that_the_terms_do_not_name_is_refused() -> None:
    assert rules(threat="Nightjar") == ["threat"]
    assert rules(threat=TERMS.scope.threats[0].upper()) == ["threat"]


def test_an_answer_is_wanted_in_the_future_and_before_the_agreement_is_over() -> None:
    assert rules(wanted_by=NOW) == ["time"]
    assert rules(wanted_by=NOW - timedelta(days=1)) == ["time"]
    assert rules(wanted_by=TERMS.valid_until) == []
    assert rules(wanted_by=TERMS.valid_until + timedelta(seconds=1)) == ["time"]


def test_everything_that_is_broken_is_said() -> None:
    assert rules(text="a\x07", tlp="red", threat="x", wanted_by=NOW) == ["text", "marking", "threat", "time"]


def test_an_answer_needs_no_note() -> None:
    assert broken_by_answer("", "green", TERMS) == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("evil[.]example", Observable("domain-name", "evil.example")),
        ("hxxps://evil.example/a?b=c", Observable("url", "https://evil.example/a?b=c")),
        ("192.0.2.7", Observable("ipv4-addr", "192.0.2.7")),
        ("file-name=invoice.pdf", Observable("file-name", "invoice.pdf")),
        ("mutex=a=b", Observable("mutex", "a=b")),
        ("AB" * 32, Observable("file-sha256", "ab" * 32)),
    ],
)
def test_an_officer_writes_observables_as_people_do(typed: str, meant: Observable) -> None:
    assert observable_of(typed) == meant
    assert rules(observables=(meant,)) == []


@pytest.mark.parametrize("typed", ["", "some words", "invoice.pdf", "ipv4-addr=evil.example"])
def test_what_is_no_observable_is_said(typed: str) -> None:
    with pytest.raises(ValueError, match=r"is (no|not an?) "):
        observable_of(typed)


def test_a_threat_is_meant_in_upper_and_lower_case_alike() -> None:
    name = TERMS.scope.threats[0]
    assert threat_of(name.upper(), TERMS) == name
    with pytest.raises(ValueError, match="names no threat 'Nightjar'; it names"):
        threat_of("Nightjar", TERMS)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_whatever_a_counterpart_says_is_judged_without_an_error(text: str, kind: str, value: str) -> None:
    asked = msgspec.structs.replace(GOOD, text=text, observables=(Observable(kind, value),), threat=value)
    for one in broken_by_question(asked, TERMS, NOW):
        assert one.why
        assert one.why.isprintable()
