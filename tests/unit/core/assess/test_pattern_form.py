"""Patterns that say the same have one form; those that do not, or may not, have not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.assess.keys import key_of
from backchannel.core.assess.pattern_form import pattern_form
from backchannel.core.pattern import MAX_NESTING
from backchannel.core.vetting_rules import values_of

SHA = "ab" * 32


@pytest.mark.parametrize(
    "spellings",
    [
        ["[domain-name:value = 'evil.example']", "[ domain-name:value='EVIL[.]example.' ]"],
        [
            "[ipv4-addr:value = '192.0.2.1']",
            "[ipv4-addr:value = '192.0.2.1/32']",
            "[ipv4-addr:value IN ('192.0.2.1')]",
            "[ipv4-addr:value ISSUBSET '192.0.2.1/32']",
            "[ipv6-addr:value = '::ffff:192.0.2.1']",
        ],
        ["[url:value = 'http://evil.example/a']", "[url:value = 'hxxp://EVIL.example:80/a']"],
        [
            f"[file:hashes.'SHA-256' = '{SHA}']",
            f"[file:hashes.SHA256 = '{SHA.upper()}']",
        ],
        [
            "[domain-name:value = 'a.example' OR domain-name:value = 'b.example']",
            "[domain-name:value = 'b.example'] OR [domain-name:value = 'a.example']",
            "[domain-name:value IN ('b.example', 'a.example', 'A.example')]",
            "([domain-name:value = 'b.example'] OR ([domain-name:value = 'a.example']))",
        ],
        [
            "[domain-name:value = 'a.example' AND ipv4-addr:value = '192.0.2.1']",
            "[(ipv4-addr:value = '192.0.2.1') AND domain-name:value = 'a.example']",
        ],
        [
            "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.1']",
            "[network-traffic:dst_ref.value = '192.0.2.1']",
        ],
        [
            "[x-a:ccc = 1] FOLLOWEDBY ([x-a:ccc = 2] FOLLOWEDBY [x-a:ccc = 3]) WITHIN 5 SECONDS",
            "[x-a:ccc=1] FOLLOWEDBY ([x-a:ccc=2]FOLLOWEDBY[x-a:ccc=3])WITHIN 5 SECONDS",
        ],
    ],
)
def test_what_says_the_same_has_one_form(spellings: list[str]) -> None:
    assert len({pattern_form(one) for one in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[domain-name:value = 'a.example']", "[domain-name:value = 'b.example']"),
        ("[domain-name:value = 'a.example']", "[domain-name:value != 'a.example']"),
        ("[domain-name:value = 'a.example']", "[domain-name:value LIKE 'a.example']"),
        ("[domain-name:value = 'a.example']", "[domain-name:value NOT = 'a.example']"),
        ("[domain-name:value = 'a.example']", "[network-traffic:dst_ref.value = 'a.example']"),
        ("[network-traffic:src_ref.value = '192.0.2.1']", "[network-traffic:dst_ref.value = '192.0.2.1']"),
        ("[ipv4-addr:value = '192.0.2.1']", "[ipv4-addr:value ISSUBSET '192.0.2.0/24']"),
        ("[x-a:ccc = 1 AND x-a:ddd = 2]", "[x-a:ccc = 1] AND [x-a:ddd = 2]"),
        ("[x-a:ccc = 1 AND x-a:ddd = 2]", "[x-a:ccc = 1 OR x-a:ddd = 2]"),
        ("[x-a:ccc = 1] FOLLOWEDBY [x-a:ddd = 2]", "[x-a:ddd = 2] FOLLOWEDBY [x-a:ccc = 1]"),
        ("[x-a:ccc = 1] REPEATS 2 TIMES", "[x-a:ccc = 1] REPEATS 3 TIMES"),
        ("[x-a:ccc = 1]", "[x-a:ccc = '1']"),
        ("[x-a:ccc = true]", "[x-a:ccc = 'True']"),
        ("[x-a:ccc[0] = 1]", "[x-a:ccc[*] = 1]"),
        (
            "[x-a:ccc = 1 OR x-a:ddd = 2 AND x-a:eee = 3]",
            "[(x-a:ccc = 1 OR x-a:ddd = 2) AND x-a:eee = 3]",
        ),
    ],
)
def test_what_may_say_something_else_has_another_form(one: str, other: str) -> None:
    assert pattern_form(one) != pattern_form(other)


def test_and_binds_closer_than_or() -> None:
    assert pattern_form("[x-a:ccc = 1 OR x-a:ddd = 2 AND x-a:eee = 3]") == pattern_form(
        "[(x-a:eee = 3 AND x-a:ddd = 2) OR x-a:ccc = 1]"
    )


NODES = st.recursive(
    st.integers(0, 5).map(lambda number: f"x-a:ccc{number} = {number}"),
    lambda children: st.tuples(st.sampled_from(["AND", "OR"]), st.lists(children, min_size=2, max_size=3)),
    max_leaves=12,
)


def written(node: object, chance: random.Random) -> str:
    """A tree as a pattern's inside, its parts in some order, some said twice."""
    if isinstance(node, str):
        return f"({node})" if chance.random() < 0.3 else node
    connective, children = node  # type: ignore[misc]
    parts = [written(child, chance) for child in children]
    parts += [chance.choice(parts)] * chance.randint(0, 1)
    chance.shuffle(parts)
    return "(" + f" {connective} ".join(parts) + ")"


@given(NODES, st.integers(0, 1_000), st.integers(0, 1_000))
def test_neither_order_nor_repetition_nor_parentheses_change_a_form(node: object, first: int, second: int) -> None:
    one, other = (f"[{written(node, random.Random(seed))}]" for seed in (first, second))
    assert pattern_form(one) == pattern_form(other)


def test_a_pattern_of_the_deepest_nesting_has_a_form_and_its_brackets_in_it_are_no_observations() -> None:
    deep = "(" * (MAX_NESTING - 1) + "x-a:ccc[0].ddd IN (1, 2)" + ")" * (MAX_NESTING - 1)
    assert pattern_form(f"[{deep}]") == pattern_form("[x-a:ccc[0].ddd = 1 OR x-a:ccc[0].ddd = 2]")


def test_what_is_no_pattern_is_refused() -> None:
    with pytest.raises(ValueError, match="does not begin with an observation"):
        pattern_form("evil.example")


# --- keys ------------------------------------------------------------------------------------------------------


def indicator(pattern: str, kind: str = "stix") -> dict[str, object]:
    return {"type": "indicator", "pattern": pattern, "pattern_type": kind}


def test_an_observable_and_the_pattern_of_it_have_one_key() -> None:
    seen = {"type": "domain-name", "value": "EVIL[.]example"}
    assert key_of(seen) == key_of(indicator("[domain-name:value = 'evil.example']"))
    assert [one.value for one in values_of(seen)] == ["evil.example"]


def test_what_has_no_canonical_form_has_no_key() -> None:
    for value in (
        indicator("alert tcp any any", "snort"),
        indicator("[broken"),
        {"type": "indicator", "pattern": 7, "pattern_type": "stix"},
        {"type": "malware", "name": "Night Heron"},
        {"type": "domain-name", "value": 7},
    ):
        assert key_of(value) is None


def test_the_number_of_the_form_stands_for_these_keys() -> None:
    """Kept tags and keys say nothing any more when a form comes out otherwise: then `KEY_FORM` goes up."""
    known = key_of(indicator("[domain-name:value = 'a.example' OR ipv4-addr:value = '192.0.2.1']"))
    assert known == "9550324ccc5db4d360aae9cb09aa9433e1628c3ff1e67ad49b8115edcaffac47"
