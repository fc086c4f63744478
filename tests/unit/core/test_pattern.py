"""STIX patterns are read as the OASIS grammar reads them, in bounded time, and refused with a sentence."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stix2patterns.validator import run_validator

from backchannel.core.pattern import MAX_LENGTH, MAX_NESTING, Comparison, parse
from paths import SHARED_DATA, needs_shared_data

FRAGMENTS = [
    "[", "]", "(", ")", " AND ", " OR ", " FOLLOWEDBY ", " NOT ", " EXISTS ", "a:b", "file:name", "a-b:c_d",
    "a:'x y'", "true:b", "a:true", ".k", "[0]", "[*]", "[-1]", " = ", " != ", " > ", " IN ", " LIKE ", " MATCHES ",
    "'v'", "'\\''", "'\\\\'", "5", "-5.5", "+0", "007",
    "true", "h'ff'", "h'f'", "b'QQ=='", "b''", ",",
    "t'2020-01-01T00:00:00Z'", "t'2020-13-01T00:00:00Z'",
    " WITHIN 5 SECONDS", " REPEATS 5 TIMES", " REPEATS -1 TIMES",
    " START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00.5Z'", "/* x */", " // y\n", "'", "\\", "\x1c",
    "\u2003", "<>", "==", "é",
]  # fmt: skip
WHOLE = [
    "[a:b = 'v']", "[file:name IN ('a','b') AND x:y > 5]", "([a:b = 1] OR [EXISTS c:d]) WITHIN 5 SECONDS",
    "[a:b[0].c NOT LIKE 'x%']", " AND ", " FOLLOWEDBY ", "[abc:def = 'x']",
]  # fmt: skip

CASES = [
    "[NOT EXISTS a:b]",
    "[EXISTS a:b]",
    "[EXISTS a:b[0].c]",
    "[a:b NOT = 5]",
    "[NOT a:b = 5]",
    "[a:b NOT > 5]",
    "[a:b = true]",
    "[a:b > true]",
    "[a:b > 'x']",
    "[a:b IN ()]",
    "[a:b IN (1,'x',true)]",
    "[a:b NOT IN (1)]",
    "[a:b LIKE 5]",
    "[a:'b' = 5]",
    "[a:'b'.c = 5]",
    "['a':b = 5]",
    "[a:b-c = 5]",
    "[a:b.c-d = 5]",
    "[a:b.'c-d' = 5]",
    "[a:b[*] = 5]",
    "[a:b[-1] = 5]",
    "[a:b[+1] = 5]",
    "[a:b [1] . c = 5]",
    "[a : b = 5]",
    "[a-b:c = 5]",
    "[a-:c = 5]",
    "[a:in = 5]",
    "[a:IN = 5]",
    "[a:true = 5]",
    "[a:b = b'']",
    "[a:b = b'QQ==']",
    "[a:b = b'Q===']",
    "[a:b = h'']",
    "[a:b = h'f']",
    "[a:b = t'2020-01-01T00:00:00Z']",
    "[a:b = t'2020-02-31T00:00:60.123Z']",
    "[a:b = t'2020-13-01T00:00:00Z']",
    "[a:b=1]START t'2020-01-01T00:00:00Z' STOP t'2020-01-01T00:00:00Z'",
    "[a:b=1]START '2020-01-01T00:00:00Z' STOP '2020-01-01T00:00:00Z'",
    "[a:b=1] WITHIN 5 SECONDS",
    "[a:b=1] WITHIN 5.5 SECONDS",
    "[a:b=1] WITHIN -5 SECONDS",
    "[a:b=1] REPEATS 0 TIMES",
    "[a:b=1] REPEATS +5 TIMES REPEATS 5 TIMES",
    "[a:b=1] REPEATS 5 TIMES WITHIN 5 SECONDS",
    "([a:b=1]) REPEATS 5 TIMES REPEATS 5 TIMES",
    "[a:b=1] and [a:b=2]",
    "[a:b=1] AND [a:b=2] OR [c:d=3] FOLLOWEDBY [e:f=1]",
    "[a:b=1 AND (c:d=2 OR e:f=3)]",
    "[a:b=1 FOLLOWEDBY c:d=2]",
    "[((a:b=1))]",
    "[a:b=1] /* c */",
    "/* c */ [a:b=1]",
    "[a:b=1] // x",
    "[a:b = 'x\\\\']",
    "[a:b = 'x\\'']",
    "[a:b = 'x\\n']",
    "[a:b == 5]",
    "[a:b <> 5]",
    "[a:b != 5 AND a:c <= 5.5 OR a:d >= -.5]",
    "[a:b = 00.5]",
    "[a:b = 5.]",
    "[a:b = 'x'",
    "  a:b = 'x'",
    "[a:b ISSUBSET '1.2.3.4/8']",
    "[a:b NOT ISSUPERSET '1.2.3.4/8']",
    "[file:hashes.MD5 = 'abc']",
    "[file:hashes.MD5 LIKE 'd41d8cd98f00b204e9800998ecf8427e']",
    "[file:hashes[*] = 'x']",
    "[file:x.hashes.'MD5' = 'x']",
    "[hashes:MD5 = 'x']",
    "[a:b MATCHES '(']",
    "[a:b=1];",
    "[x:__ = 1]",
    "[_:_ = 1]",
    "[a:b.c.d[1][2] = 1]",
    "[a:b[1]c = 1]",
    "([a:b=1] OR [a:b=2]",
    "[]",
    "[a:b = '\xc3\xa9\U0001f600']",
    "[a:b\xa0= 1]",
    "[a:b = -0]",
    "[a:b = +0]",
    "[a:b = - 5]",
    "[EXISTS a:b AND NOT c:d = 1]",
    "[a:b = 1] AND NOT [a:b = 1]",
    "[a:LAST = 1]",
    "[true:name = 'x']",
    "[false:name = 'x']",
    "[file:true = 'x']",
    "[file:false='x']",
    "[truer:name = 'x']",
    "[file:trueish = 'x']",
    "[1ab:value = 'x']",
    "[abc:1value = 'x']",
    "[file:name = 'x'] START t'2020-01-01T00:00:00Z' STOP t'2020-01-01T00:00:00Z'"
    " START t'2020-01-01T00:00:00Z' STOP t'2020-01-01T00:00:00Z'",
    "[a:b=1] WITHIN 5 SECONDS WITHIN 5 SECONDS",
    "([a:b=1] WITHIN 5 SECONDS) WITHIN 5 SECONDS",
    "",
    "(",
    " ",
    "[a:b=1]]",
    "[[a:b=1]]",
]
"""One text or more for each rule of the grammar, kept and broken."""


def accepted(text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def accepted_by_oasis(text: str) -> bool:
    try:
        return not run_validator(text, "2.1")
    except (AttributeError, UnboundLocalError):  # its inspector breaks on negative indexes and on empty text
        return False


class TestWhatIsRead:
    def test_one_comparison_of_a_property_with_a_text(self) -> None:
        found = parse("[domain-name:value = 'evil.example']")
        assert found.comparisons == (Comparison("domain-name", "value", "=", ("evil.example",)),)
        assert found.warnings == ()

    def test_a_quoted_hash_name_is_part_of_the_path(self) -> None:
        digest = "a" * 64
        (only,) = parse(f"[file:hashes.'SHA-256' = '{digest}']").comparisons
        assert (only.path, only.values) == ("hashes.SHA-256", (digest,))

    def test_escapes_are_undone_in_texts(self) -> None:
        (only,) = parse(r"[file:name = 'it\'s C:\\x']").comparisons
        assert only.values == (r"it's C:\x",)

    def test_several_comparisons_and_what_joins_them(self) -> None:
        found = parse("[ipv4-addr:value = '192.0.2.1' OR ipv4-addr:value = '192.0.2.2'] AND [a:bcd != 5]")
        assert [each.values for each in found.comparisons] == [("192.0.2.1",), ("192.0.2.2",), (5,)]
        assert found.connectives == {"AND", "OR"}

    def test_a_qualifier_is_read_and_its_pattern_says_the_same(self) -> None:
        assert parse("[file:name = 'x'] REPEATS 5 TIMES") == parse("[file:name = 'x']")

    @pytest.mark.parametrize(
        ("text", "operator", "values"),
        [
            ("[a:b IN ('x', 2, true)]", "IN", ("x", 2, True)),
            ("[a:b == 1.5]", "=", (1.5,)),
            ("[a:b <> h'ff00']", "!=", (b"\xff\x00",)),
            ("[a:b >= b'QQ==']", ">=", (b"A",)),
            ("[a:b < t'2020-01-01T00:00:00Z']", "<", ("2020-01-01T00:00:00Z",)),
            ("[a:b MATCHES '^x']", "MATCHES", ("^x",)),
            ("[EXISTS a:b]", "EXISTS", ()),
        ],
    )
    def test_every_operator_and_kind_of_constant(self, text: str, operator: str, values: tuple[object, ...]) -> None:
        (only,) = parse(text).comparisons
        assert (only.operator, only.values, only.negated) == (operator, values, False)

    def test_negation_is_told(self) -> None:
        assert parse("[a:b NOT LIKE 'x%']").comparisons[0].negated
        assert parse("[NOT EXISTS a:b]").comparisons[0].negated

    def test_places_in_lists_and_odd_keys_stand_in_the_path_as_they_are_told_apart(self) -> None:
        (only,) = parse("[a:b[0].'c.d'[*].'[0]'.e = 1]").comparisons
        assert only.path == "b[0].'c.d'[*].'[0]'.e"

    def test_a_number_too_long_for_python_is_no_crash(self) -> None:
        assert parse(f"[a:b = {'9' * 10_000}]").comparisons[0].values == (float("inf"),)


class TestUnusualNames:
    def test_a_type_the_standard_does_not_have_is_a_warning(self) -> None:
        (warning,) = parse("[configuration-profile:name = 'x']").warnings
        assert "'configuration-profile' is not an observable type" in warning

    def test_a_property_name_of_two_letters_is_a_warning(self) -> None:
        assert any("'id' is not a valid property name" in one for one in parse("[file:id = 'x']").warnings)

    def test_a_custom_type_with_its_prefix_is_none(self) -> None:
        assert parse("[x-usb-device:serial = 'x']").warnings == ()


class TestHostilePatterns:
    def test_a_pattern_longer_than_the_limit_is_refused(self) -> None:
        with pytest.raises(ValueError, match="the limit is"):
            parse(f"[a:b = '{'x' * MAX_LENGTH}' ]" + " " * 5)

    def test_nesting_deeper_than_the_limit_is_refused_at_both_levels(self) -> None:
        deep = MAX_NESTING + 1
        for text in ("(" * deep + "[a:b = 1]" + ")" * deep, "[" + "(" * deep + "a:b = 1" + ")" * deep + "]"):
            with pytest.raises(ValueError, match="opens more than"):
                parse(text)
        assert parse("(" * 60 + "[a:b = 1]" + ")" * 60).comparisons

    @pytest.mark.parametrize(
        "text",
        [
            "[a:b = '" + "\\" * 900_001,
            "[a:b = h'" + "a" * 900_000,
            "[a:b = b'" + "A" * 900_000,
            "[a:b = 1] " + "/*" * 400_000,
            "[" * 900_000,
            "(" * 900_000,
            "[a:b = 1" + " AND a:b = 1" * 80_000,
        ],
        ids=["backslashes", "hex", "base64", "comments", "brackets", "parentheses", "long chain"],
    )
    def test_no_text_of_a_megabyte_takes_long(self, text: str) -> None:
        start = time.process_time()
        assert not accepted(text)
        assert time.process_time() - start < 5

    def test_control_characters_do_not_get_into_the_message_raw(self) -> None:
        with pytest.raises(ValueError, match=r"\\x1b") as caught:
            parse("[a:b = \x1b[31m]")
        assert "\x1b" not in str(caught.value)


class TestTheSameAsOasis:
    @settings(max_examples=200)
    @given(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=9).map("".join))
    def test_on_fragments_in_any_order(self, text: str) -> None:
        assert accepted(text) == accepted_by_oasis(text)

    @settings(max_examples=200)
    @given(
        st.lists(st.sampled_from(WHOLE), min_size=1, max_size=3).map("".join),
        st.integers(0, 80),
        st.integers(0, 3),
        st.sampled_from([*FRAGMENTS, ""]),
    )
    def test_on_patterns_with_one_change(self, text: str, at: int, cut: int, piece: str) -> None:
        changed = text[:at] + piece + text[at + cut :]
        assert accepted(changed) == accepted_by_oasis(changed)

    @pytest.mark.parametrize("text", CASES)
    def test_on_each_rule_of_the_grammar(self, text: str) -> None:
        assert accepted(text) == accepted_by_oasis(text)

    def test_and_the_rules_are_of_both_outcomes(self) -> None:
        assert 30 < sum(map(accepted, CASES)) < len(CASES) - 30

    def test_but_members_of_a_set_of_hashes_are_measured_one_by_one(self) -> None:
        text = f"[file:hashes.MD5 IN ('{'a' * 32}', '{'b' * 32}')]"
        assert accepted(text)
        assert not accepted_by_oasis(text)
        assert not accepted(f"[file:hashes.MD5 IN ('{'a' * 32}', 'b')]")

    def test_and_a_hash_may_be_matched_in_part(self) -> None:
        text = "[file:hashes.MD5 MATCHES '^ab']"
        assert accepted(text)
        assert not accepted_by_oasis(text)

    @pytest.mark.parametrize("value", ["'abc'", "5", f"'{'g' * 32}'"])
    def test_a_constant_that_cannot_be_the_hash_is_refused(self, value: str) -> None:
        text = f"[file:hashes.MD5 = {value}]"
        assert not accepted(text)
        assert not accepted_by_oasis(text)

    @needs_shared_data
    def test_on_every_pattern_of_the_fixtures(self) -> None:
        texts = [
            line
            for path in sorted((SHARED_DATA / "stix-fixtures" / "pattern").glob("*.txt"))
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.strip()
        ]
        assert len(texts) > 20
        assert [text for text in texts if accepted(text) != accepted_by_oasis(text)] == []

    @needs_shared_data
    def test_every_published_pattern_is_read(self) -> None:
        paths = [*(SHARED_DATA / "amnesty").glob("*.stix2"), *(SHARED_DATA / "unit42").glob("*.json")]
        bundles = [json.loads(path.read_bytes()) for path in sorted(paths)]
        objects = [each for bundle in bundles if isinstance(bundle, dict) for each in bundle["objects"]]
        patterns = [each["pattern"] for each in objects if each["type"] == "indicator"]
        assert len(patterns) > 7_000
        assert [text for text in patterns if not accepted(text)] == []
        sample = patterns[::150]
        assert all(accepted_by_oasis(text) for text in sample)
