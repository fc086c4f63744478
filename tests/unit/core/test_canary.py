"""Names of canaries: derived, different for everybody, and to nobody else's knowledge."""

import re
from collections import Counter
from itertools import pairwise

import pytest

from backchannel.core.canary import CHARACTERS, LONGEST, SHORTEST, WORDS, Draw, name_of, parent_domain

SECRET, OTHER = b"a secret of this node, for tests", b"the secret of another node......"
AGREEMENT, THEM = "a" * 64, "b" * 64
DOMAINS = ("example.com", "example.net")
LOT = re.compile(rf"[a-z0-9]{{{SHORTEST},{LONGEST}}}")
NAMES = [name_of(SECRET, AGREEMENT, THEM, number, DOMAINS) for number in range(20_000)]


def lot_of(name: str) -> str:
    """The random part of a name."""
    (lot,) = (part for part in name.partition(".")[0].split("-") if LOT.fullmatch(part))
    return lot


def test_a_name_is_the_same_each_time_and_lies_below_a_domain_of_ours() -> None:
    assert [name_of(SECRET, AGREEMENT, THEM, number, DOMAINS) for number in range(50)] == NAMES[:50]
    assert {name.partition(".")[2] for name in NAMES} == set(DOMAINS)
    assert all(len(name.partition(".")[0]) <= 63 for name in NAMES)


def test_two_recipients_never_get_the_same_canary() -> None:
    copies = [
        name_of(SECRET, agreement, party, number, DOMAINS)
        for agreement in (AGREEMENT, "c" * 64)
        for party in (THEM, "d" * 64)
        for number in range(2_500)
    ]
    assert len(set(copies)) == len(copies)
    assert len(set(NAMES)) == len(NAMES)


def test_where_one_part_ends_and_the_next_begins_is_told_apart() -> None:
    assert name_of(SECRET, "ab", "c", 1, DOMAINS) != name_of(SECRET, "a", "bc", 1, DOMAINS)
    assert name_of(SECRET, "a", "b", 11, DOMAINS) != name_of(SECRET, "a", "b1", 1, DOMAINS)


def chi_square(counts: Counter[str], kinds: int) -> float:
    """How far counts are from equal ones; about `kinds` for a fair lot."""
    expected = sum(counts.values()) / kinds
    return sum((counts[one] - expected) ** 2 / expected for one in counts) + expected * (kinds - len(counts))


def test_nobody_without_the_secret_can_tell_a_canary() -> None:
    """Every part of a name is spread as a fair lot would be, and another secret shares none of them. The bounds are
    six standard deviations above what chance gives."""
    lots = [lot_of(name) for name in NAMES]
    for place in range(SHORTEST):
        counts = Counter(lot[place] for lot in lots)
        assert chi_square(counts, len(CHARACTERS)) < 35 + 6 * (2 * 35) ** 0.5
    assert chi_square(Counter(str(len(lot)) for lot in lots), 3) < 2 + 6 * 2
    words = Counter(next(w for w in WORDS if w == re.sub(r"\d$", "", part)) for part in map(_word_of, NAMES))
    assert chi_square(words, len(WORDS)) < 11 + 6 * 22**0.5
    pairs = Counter(one[0] + two[0] for one, two in pairwise(lots))
    assert chi_square(pairs, 36 * 36) < 1295 + 6 * (2 * 1295) ** 0.5
    theirs = {name_of(OTHER, AGREEMENT, THEM, number, DOMAINS) for number in range(len(NAMES))}
    assert theirs.isdisjoint(NAMES)


def _word_of(name: str) -> str:
    lot = lot_of(name)
    return next(part for part in name.partition(".")[0].split("-") if part != lot)


def test_a_draw_stays_below_its_limit_and_reaches_it() -> None:
    found = {Draw(SECRET, "test", str(number)).below(5) for number in range(200)}
    assert found == {0, 1, 2, 3, 4}
    with pytest.raises(ValueError, match="needs a domain"):
        name_of(SECRET, AGREEMENT, THEM, 1, ())


@pytest.mark.parametrize(
    "text", ["com", "192.0.2.1", "no domain", "", f"{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 50}.example"]
)
def test_what_names_cannot_lie_below_is_no_parent(text: str) -> None:
    with pytest.raises(ValueError, match=r"is (not a domain name|too long)"):
        parent_domain(text)


def test_a_parent_is_taken_in_one_spelling() -> None:
    assert parent_domain("CDN.Example[.]com.") == "cdn.example.com"
