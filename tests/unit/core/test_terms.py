"""Terms: written as TOML, signed as canonical JSON, checked the same way from either side."""

import re
import tomllib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.term_rules import MAX_DEPTH, MAX_THREATS
from backchannel.core.terms import (
    MAX_BYTES,
    Matching,
    Terms,
    canonical,
    from_canonical,
    parse,
    prose,
    template,
    terms_id,
)
from backchannel.errors import BadTerms

NOW = datetime(2026, 11, 22, 20, 31, 7, 123456, tzinfo=UTC)
PROPOSER, ACCEPTER = "a" * 64, "b" * 64
SHORT = '[scope]\nthreats = ["Predator"]\n'

FULL = """\
title = "Joint watch on Predator spyware"
valid_from = 2026-12-01T00:00:00Z
valid_until = 2027-06-01T02:00:00+02:00
[parties]
us = "…"
them = ""
[scope]
threats = ["Predator", "intrusion-set--0a9e3c1b-3f0e-4c53-9a7d-2d1b7f1e2c3d"]
types = ["indicator", "malware", "relationship", "x-example-thing"]
depth = 1
since = 2020-01-01
exclude_properties = ["created_by_ref", "x_*"]
may_name = ["attack-pattern"]
[handling]
tlp_max = "green"
permitted_actions = "none"
provider_attribution = "may"
onward = "never"
[matching]
types = ["domain-name", "ipv4-addr", "file-sha256"]
per_day = 1000
[quota]
objects_per_day = 10
[record]
mode = "on"
[retention]
destroy_after_days = 1
on_end = "keep"
"""


def read(text: str, **known: Any) -> Terms:
    return parse(text, **({"proposer": PROPOSER, "accepter": ACCEPTER, "now": NOW} | known))


def altered(**changes: Any) -> bytes:
    """Canonical terms with some top-level fields exchanged, as a counterpart could write them."""
    return rfc8785.dumps(msgspec.json.decode(canonical(read(SHORT))) | changes)


def test_only_the_threats_are_needed() -> None:
    terms = read(SHORT)
    assert terms.valid_from == NOW.replace(microsecond=0)
    assert terms.valid_until - terms.valid_from == timedelta(days=182)
    assert (terms.title, terms.scope.depth, terms.handling.tlp_max) == ("Exchange on Predator", 2, "amber")
    assert (terms.parties.proposer, terms.parties.accepter) == (PROPOSER, ACCEPTER)
    assert (terms.predecessor, terms.matching) == ("", None)


def test_every_field_of_a_full_file_is_taken_over() -> None:
    terms = read(FULL, predecessor="c" * 64)
    assert terms.valid_until == datetime(2027, 6, 1, tzinfo=UTC)
    assert terms.scope.since == datetime(2020, 1, 1, tzinfo=UTC)
    assert terms.scope.exclude_properties == ("created_by_ref", "x_*")
    assert terms.scope.may_name == ("attack-pattern",)
    assert terms.matching == Matching(("domain-name", "ipv4-addr", "file-sha256"), 1000)
    assert (terms.retention.on_end, terms.quota.objects_per_day) == ("keep", 10)
    assert (terms.handling.onward, terms.predecessor) == ("never", "c" * 64)


def test_an_amendment_keeps_the_title_and_the_dates_that_it_leaves_out() -> None:
    first = read('title = "Watch"\nvalid_from = 2026-12-01\nvalid_until = 2027-03-01\n' + SHORT)
    later = NOW + timedelta(days=40)
    kept = read(template(later, ["Predator"]), now=later, before=first)
    assert (kept.title, kept.valid_from, kept.valid_until) == (first.title, first.valid_from, first.valid_until)
    longer = read('title = "Long watch"\nvalid_until = 2027-06-01\n' + SHORT, now=later, before=first)
    assert (longer.title, longer.valid_from) == ("Long watch", first.valid_from)
    assert longer.valid_until == datetime(2027, 6, 1, tzinfo=UTC)


def test_the_template_is_valid_once_threats_is_filled_in() -> None:
    empty = template(NOW)
    with pytest.raises(BadTerms, match=r"^line \d+: scope.threats: name at least one threat"):
        read(empty)
    filled = read(empty.replace("threats = []", 'threats = ["Predator"]'))
    assert filled == read(template(NOW, ["Predator"])) == read(SHORT)


def test_what_the_template_has_commented_out_is_valid_too() -> None:
    lines = template(NOW, ["Predator"]).splitlines()
    options = re.compile(r"# (\w+ = .*|\[matching\])")
    opened = [found[1] if (found := options.fullmatch(line)) else line for line in lines]
    assert opened != lines
    assert read("\n".join(opened)).matching is not None


@given(st.text(min_size=3, max_size=30))
def test_any_name_survives_the_template(name: str) -> None:
    encodable = name.encode("utf-8", "replace").decode()
    assert tomllib.loads(template(NOW, [encodable]))["scope"]["threats"] == [encodable]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("scope", 1, "not TOML"),
        ('title = "x\n', 1, "not TOML"),
        ("[scope]\nthreat = ['Predator']", 2, "unknown field 'scope.threat'; did you mean 'threats'?"),
        (SHORT + "dept = 1", 3, "unknown field 'scope.dept'; did you mean 'depth'?"),
        ("scop.depth = 1", 1, "unknown field 'scop'; did you mean 'scope'?"),
        ("predecessor = 'x'\n" + SHORT, 1, "unknown field 'predecessor'"),
        ("[parties]\nwe = 'x'\n" + SHORT, 2, "unknown field 'parties.we'"),
        (SHORT + "depth = '2'", 3, "scope.depth: expected number, got text"),
        (SHORT + "depth = true", 3, "scope.depth: expected number, got bool"),
        ("[scope]\nthreats = 'Predator'", 2, "scope.threats: expected list, got text"),
        ("[scope]\nthreats = ['Predator', 3]", 2, "expected text, got number"),
        ("scope = 3", 1, "scope: must be a table"),
        ("[[scope]]\nthreats = ['Predator']", 1, "scope: must be a table"),
        ("[parties]\nus = 'zz'\n" + SHORT, 2, "parties.us: is filled from the key card"),
        ("[scope]\nthreats = []", 2, "name at least one threat"),
        (SHORT + "depth = 6", 3, "scope.depth: is 6; it counts hops from the threats, 0 to 5"),
        (SHORT + "depth = -1", 3, "scope.depth: is -1"),
        (SHORT + "types = []", 3, "scope.types: is empty"),
        (SHORT + "types = ['indicatr']", 3, "'indicatr' is not a STIX type; did you mean 'indicator'?"),
        (SHORT + "types = ['tool', 'tool']", 3, "'tool' is listed twice"),
        (SHORT + "may_name = ['attack patern']", 3, "did you mean 'attack-pattern'?"),
        (SHORT + "since = 2026-12-24T00:00:00Z", 3, "scope.since: lies in the future"),
        (SHORT + "exclude_properties = ['id']", 3, "would take away 'id', which every object needs"),
        (SHORT + "exclude_properties = ['*']", 3, "which every object needs"),
        (SHORT + "exclude_properties = ['object_marking_refs']", 3, "which every object needs"),
        (SHORT + "exclude_properties = ['patt*']", 3, "would take away 'pattern', which every indicator needs"),
        (SHORT + "exclude_properties = ['a*b*c*d*e']", 3, "is not a property name or a glob"),
        (SHORT + "exclude_properties = ['x(']", 3, "is not a property name or a glob"),
        ("[scope]\nthreats = ['Predator', 'PREDATOR']", 2, "'PREDATOR' is listed twice"),
        ("[scope]\nthreats = ['ab']", 2, "'ab' is too short"),
        ("[scope]\nthreats = ['malware--12']", 2, "'malware--12' is not a STIX id"),
        ("valid_until = 2026-11-22T20:00:00Z\n" + SHORT, 1, "valid_until: is over already"),
        ("valid_from = 2027-01-02\nvalid_until = 2027-01-02\n" + SHORT, 2, "is not after valid_from"),
        ("valid_from = 2027-01-02T00:00:00\n" + SHORT, 1, "valid_from: has no time zone: end it with Z"),
        ("valid_from = 0001-01-01T00:00:00+23:00\n" + SHORT, 1, "valid_from: is out of range"),
        ("title = ''\n" + SHORT, 1, "title: must have 1 to 200 characters"),
        (SHORT + "[handling]\ntlp_max = 'ambre'", 4, "is 'ambre'; it can be clear, green, amber"),
        (SHORT + "[handling]\npermitted_actions = 'all'", 4, "handling.permitted_actions: is 'all'; it can be none"),
        (SHORT + "[handling]\nprovider_attribution = 'no'", 4, "it can be must-not, may, must"),
        (SHORT + "[handling]\nonward = 'always'", 4, "it can be never, ask, listed"),
        (SHORT + "[handling]\ntlp_max = 'red'\nonward = 'listed'", 5, "lets nothing go onward without asking"),
        (SHORT + "[matching]\ntypes = []", 4, "matching.types: is empty"),
        (SHORT + "[matching]\ntypes = ['domain']", 4, "did you mean 'domain-name'?"),
        (SHORT + "[matching]\ntypes = ['autonomous-system']", 4, "is never matched"),
        (SHORT + "[matching]\nper_day = 3", 3, "matching: table missing required field types"),
        (SHORT + "[handling]\nonward_to = ['someone']", 4, "'someone' is not a party key of 64 hex digits"),
        (SHORT + f"[handling]\nonward_to = ['{'a' * 64}', '{'a' * 64}']", 4, "is listed twice"),
        (SHORT + "[requests]\nper_day = -1", 4, "requests.per_day: is -1; it can be 0 to 10000000"),
        (SHORT + "[quota]\nobjects_per_day = 0", 4, "quota.objects_per_day: is 0; it can be 1 to 10000000"),
        (SHORT + "[record]\nmode = 'sometimes'", 4, "it can be on, off"),
        (SHORT + "[record]\nmode = 'maybe'", 4, "it can be on, off"),
        (SHORT + "[retention]\ndestroy_after_days = 0", 4, "can be 1 to 36500"),
        (SHORT + "[retention]\non_end = 'burn'", 4, "it can be destroy, keep"),
    ],
)
def test_contradictions_are_refused_with_line_and_reason(text: str, line: int, reason: str) -> None:
    with pytest.raises(BadTerms) as refused:
        read(text)
    message = str(refused.value)
    assert message.startswith(f"line {line}: ")
    assert reason in message
    assert "\n" not in message


def test_a_file_nested_too_deep_or_too_long_is_refused() -> None:
    with pytest.raises(BadTerms, match="nested too deep"):
        read("a = " + "[" * 5000)
    with pytest.raises(BadTerms, match="characters"):
        read("#" * (MAX_BYTES + 1))


def test_the_parties_may_be_written_out_as_their_own_keys() -> None:
    assert read(f"[parties]\nus = '{PROPOSER}'\nthem = '{ACCEPTER}'\n" + SHORT) == read(SHORT)
    with pytest.raises(BadTerms, match="the same"):
        read(SHORT, accepter=PROPOSER)


def test_the_canonical_form_is_read_back_as_the_same_terms() -> None:
    for text in (SHORT, FULL):
        document = canonical(read(text))
        assert from_canonical(document) == read(text)
        assert canonical(from_canonical(document)) == document
        assert rfc8785.dumps(msgspec.json.decode(document)) == document


def test_the_id_is_the_hash_of_the_canonical_bytes_and_changes_with_any_field() -> None:
    first, second = canonical(read(SHORT)), canonical(read(SHORT + "depth = 1"))
    assert re.fullmatch(r"[0-9a-f]{64}", terms_id(first))
    assert terms_id(first) != terms_id(second) != terms_id(canonical(read(SHORT, predecessor=terms_id(first))))


def test_terms_in_any_other_than_the_canonical_form_are_refused() -> None:
    document = canonical(read(SHORT))
    value = msgspec.json.decode(document)
    spaced = document.replace(b'":', b'": ', 1)
    shortened = rfc8785.dumps({name: inner for name, inner in value.items() if name != "quota"})
    twice = document.replace(b'"title":', b'"title":"other","title":', 1)
    for variant in (spaced, shortened, twice, document + b" "):
        with pytest.raises(BadTerms, match="canonical"):
            from_canonical(variant)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"surprise": 1}, "unknown field"),
        ({"title": "a\x1b[31m"}, "title: holds control or invisible characters: 'a\\x1b[31m'"),
        ({"title": "W\u0430tch"}, "title: mixes letters of several scripts"),
        ({"title": "Watch\u3164"}, "title: holds control or invisible characters: 'Watch\\u3164'"),
        ({"title": "x" * 201}, "title: must have"),
        ({"valid_from": "2026-12-01T00:00:00"}, "time"),
        ({"valid_from": "2026-12-01T00:00:00+01:00"}, "valid_from: is not in UTC to the second"),
        ({"valid_from": "2026-12-01T00:00:00.5Z"}, "valid_from: is not in UTC to the second"),
        ({"valid_until": "2026-11-01T00:00:00Z"}, "is not after valid_from"),
        ({"scope": {"threats": ["Predator"], "depth": 99}}, "scope.depth: is 99"),
        ({"scope": {"threats": [f"threat {n}" for n in range(MAX_THREATS + 1)]}}, "names 101 threats"),
        ({"scope": {"threats": []}}, "names 0 threats"),
        ({"scope": {"threats": ["x" * 251]}}, "is too long"),
        ({"scope": {"threats": ["Pred\u202eator"]}}, "control or invisible characters"),
        ({"scope": {"threats": ["Pred\u0430tor"]}}, "mixes letters of several scripts"),
        ({"scope": {"threats": ["Predator"], "types": ["tool"] * 101}}, "lists 101 types"),
        ({"scope": {"threats": ["Predator"], "exclude_properties": ["x_a"] * 101}}, "lists 101 properties"),
        ({"parties": {"proposer": "A" * 64, "accepter": ACCEPTER}}, "is not a party key"),
        ({"predecessor": "latest"}, "is not the id of a version"),
        ({"record": {"mode": "deniable"}}, "it can be on, off"),
        ({"handling": {"tlp_max": "purple"}}, "it can be clear"),
    ],
)
def test_terms_from_a_counterpart_pass_the_same_checks(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadTerms) as refused:
        from_canonical(altered(**changes))
    assert reason in str(refused.value)
    assert "\x1b" not in str(refused.value)


def test_terms_that_are_over_can_be_read_but_not_proposed() -> None:
    document = canonical(read(SHORT))
    later = NOW + timedelta(days=400)
    assert from_canonical(document) == read(SHORT)
    with pytest.raises(BadTerms, match="is over already"):
        from_canonical(document, now=later)


def test_terms_that_are_too_long_are_refused_unread() -> None:
    with pytest.raises(BadTerms, match=f"{MAX_BYTES} at most"):
        from_canonical(b" " * (MAX_BYTES + 1))


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_whatever_the_bytes_they_are_terms_or_refused(document: bytes) -> None:
    with pytest.raises(BadTerms):
        from_canonical(document)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([*Terms.__struct_fields__]), json_values)
def test_whatever_a_counterpart_writes_into_a_field_the_terms_are_whole_or_refused(name: str, value: Any) -> None:
    document = msgspec.json.encode(msgspec.json.decode(canonical(read(SHORT))) | {name: value}, order="sorted")
    try:
        terms = from_canonical(document)
    except BadTerms:
        return
    assert canonical(terms) == document


@given(st.text(max_size=300))
def test_whatever_the_text_it_is_terms_or_refused_in_one_line(text: str) -> None:
    message = ""
    try:
        read(text)
    except BadTerms as refused:
        message = str(refused)
    assert "\n" not in message


def test_prose_says_everything_that_binds() -> None:
    text = prose(read(FULL), "Human Rights Lab", "Vendor Research")
    for part in (
        "Between Human Rights Lab and Vendor Research, from 2026-12-01 until 2027-06-01.",
        "Predator and intrusion-set--0a9e3c1b-3f0e-4c53-9a7d-2d1b7f1e2c3d, and what is within 1 hop of them.",
        "Nothing older than 2020-01-01 leaves.",
        "These properties never leave: created_by_ref, x_*.",
        "Free text may name these types although they stay: attack-pattern.",
        "Nothing marked above TLP:GREEN leaves.",
        "must not act on what it receives",
        "Nothing may be passed on.",
        "Matching covers domain-name, ipv4-addr, file-sha256, with up to 1,000 look-ups a day and 3,000,000",
        "3,000,000 in all for each kind; keys are used for 30 days.",
        "up to 10 objects a day, signed (on the record)",
        "destroyed after 1 day at the latest, and kept when the agreement ends.",
    ):
        assert part in text


def test_prose_of_depth_zero_speaks_of_the_threat_alone() -> None:
    assert "It speaks about Predator alone." in prose(read(SHORT + "depth = 0"), "A", "B")


def test_names_in_prose_cannot_drive_a_terminal() -> None:
    assert "\x1b" not in prose(read(SHORT), "evil\x1b[2J", "b\x9b")


def test_the_deepest_scope_is_the_documented_one() -> None:
    assert read(SHORT + f"depth = {MAX_DEPTH}").scope.depth == MAX_DEPTH
