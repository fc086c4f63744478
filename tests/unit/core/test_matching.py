"""What may be matched: kinds and values, sizes that hide, shards in an order neither chose, hits that fall."""

from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.canonical import KINDS, Observable, canonical
from backchannel.core.matching import (
    AT_ONCE,
    LARGEST,
    MATCHABLE,
    NORMALISER,
    SHARDS,
    SMALLEST,
    epoch_at,
    has_fallen,
    input_of,
    order_seed,
    padded,
    padding,
    place,
    shard_bounds,
    shards_of,
    why_not,
    why_not_kind,
)
from two_parties import NOW

SIZES = st.sampled_from([1 << power for power in range(4, 15)])


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("autonomous-system", "64496", "never matched: there are some 120,000"),
        ("ipv4-addr", "192.0.2.0/24", "192.0.2.0/24 is a network"),
        ("ipv6-addr", "2001:db8::/48", "2001:db8::/48 is a network"),
        ("socket-addr", "192.0.2.1:443", "names a port"),
    ],
)
def test_a_coarse_value_is_refused_with_the_reason(kind: str, value: str, reason: str) -> None:
    assert reason in str(why_not(canonical(kind, value)))


def test_every_kind_is_matched_or_has_a_reason() -> None:
    assert {kind for kind in KINDS if why_not_kind(kind) is None} == MATCHABLE
    assert {"domain-name", "ipv4-addr", "url", "email-addr", "file-sha256"} <= MATCHABLE
    assert why_not_kind("port") == "'port' is no kind of observable"


def test_a_single_address_is_no_network() -> None:
    assert why_not(canonical("ipv4-addr", "192.0.2.1/32")) is None


@pytest.mark.parametrize(
    ("kind", "spellings"),
    [
        ("domain-name", ["evil.example", "EVIL.example", "evil[.]example", "evil.example."]),
        ("domain-name", ["bücher.example", "xn--bcher-kva.example", "BÜCHER.example"]),
        ("url", ["http://evil.example/a", "hxxp://EVIL[.]example/a", "http://evil.example:80/a"]),
        ("file-md5", ["d41d8cd98f00b204e9800998ecf8427e", "D41D8CD98F00B204E9800998ECF8427E"]),
    ],
)
def test_spellings_of_one_value_are_one_input(kind: str, spellings: list[str]) -> None:
    assert len({canonical(kind, one) for one in spellings}) == 1


def test_an_ipv4_address_mapped_into_ipv6_is_the_ipv4_address() -> None:
    assert canonical("ipv6-addr", "::ffff:192.0.2.1") == canonical("ipv4-addr", "192.0.2.1")


def test_one_value_of_two_kinds_is_two_inputs() -> None:
    assert input_of("a" * 64, Observable("file-name", "a")) != input_of("a" * 64, Observable("mutex", "a"))


def test_one_value_between_other_parties_is_another_input() -> None:
    """A counterpart that hands our blinded values on to another as its own learns nothing of what that one holds."""
    one = Observable("domain-name", "evil.example")
    assert input_of("a" * 64, one) != input_of("b" * 64, one)


# --- sizes ---------------------------------------------------------------------------------------------------


@given(st.integers(1, LARGEST))
def test_a_padded_size_hides_the_number_to_a_factor_of_two(count: int) -> None:
    size = padded(count)
    assert size & (size - 1) == 0
    assert count <= size
    assert size == SMALLEST or size < 2 * count


def test_nothing_has_no_size_and_too_much_is_refused() -> None:
    assert padded(0) == 0
    with pytest.raises(ValueError, match="at most 1,048,576 are matched in one session"):
        padded(LARGEST + 1)


@given(st.binary(min_size=1, max_size=40), st.sampled_from(sorted(MATCHABLE)), st.text(max_size=40))
def test_padding_elements_never_match(secret: bytes, kind: str, value: str) -> None:
    """No observable's input begins like padding, and no two are alike."""
    assert not input_of("a" * 64, Observable(kind, value)).startswith(padding(secret)[:8])
    assert padding(secret) != padding(secret + b"\0")


# --- shards --------------------------------------------------------------------------------------------------


@given(SIZES, SIZES)
def test_shards_hold_every_input_once_and_both_sides_learn_alike_fast(size: int, other: int) -> None:
    """Whoever stops has learned at most one input more of a kind, for each shard's worth, than its share."""
    shards = shards_of([size], [other])
    bounds = [shard_bounds(size, shard, shards) for shard in range(shards)]
    assert [number for begin, end in bounds for number in range(begin, end)] == list(range(size))
    for shard, (_, end) in enumerate(bounds, 1):
        assert abs(end / size - shard / shards) < 1 / size


def test_a_session_has_the_shards_of_its_largest_kind() -> None:
    assert shards_of([16, 64], [32]) == 64
    assert shards_of([16], [16, 1 << 14]) == SHARDS
    assert shards_of([], []) == shards_of([0], []) == 0


@given(SIZES)
def test_who_learns_alone_learns_in_parts_as_large_as_may_be(size: int) -> None:
    shards = shards_of([size], [0])
    assert shards == shards_of([], [size]) == -(-size // AT_ONCE)
    assert max(end - begin for begin, end in (shard_bounds(size, n, shards) for n in range(shards))) <= AT_ONCE


def test_each_half_of_a_seed_changes_the_order() -> None:
    """Neither side chooses it as long as one of them draws at random."""
    orders = {
        tuple(sorted(range(64), key=lambda number: place(seed, kind, number)))
        for first in (b"a", b"b")
        for second in (b"c", b"d")
        for seed in [order_seed("s", first, second)]
        for kind in ("url", "domain-name")
    }
    assert len(orders) == 8


def test_an_order_is_that_of_the_protocols_page() -> None:
    """Both sides must come to the same, in any implementation: worked out here from the page alone."""
    drawn = bytes(32), bytes(range(32))
    seed = sha256(b"backchannel/1 match seed\0" + b"ab" * 16 + drawn[0] + drawn[1]).digest()
    text = b"backchannel/1 match order\0domain-name\0" + (7).to_bytes(8, "big") + seed
    assert order_seed("ab" * 16, *drawn) == seed
    assert place(seed, "domain-name", 7) == int.from_bytes(sha256(text).digest()[:8], "big") // 2


@pytest.mark.parametrize(("days", "epoch"), [(0, 1), (29, 1), (30, 2), (59, 2), (60, 3)])
def test_epochs_are_counted_from_the_beginning_of_the_terms(days: int, epoch: int) -> None:
    assert epoch_at(NOW, NOW + timedelta(days=days), 30) == epoch
    assert epoch_at(NOW, NOW - timedelta(days=1), 30) == 1


# --- hits ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "fallen"),
    [
        ((999, 999), (999, 0), False),  # too little history
        ((10_000, 1_000), (190, 0), False),  # fewer than 20 were due
        ((10_000, 1_000), (200, 0), True),
        ((10_000, 1_000), (200, 4), True),
        ((10_000, 1_000), (200, 5), False),  # a quarter of what was due
        ((10_000, 0), (100_000, 0), False),  # nothing was ever due
    ],
)
def test_hits_that_fall_far_below_the_history_are_noticed(
    before: tuple[int, int], now: tuple[int, int], fallen: bool
) -> None:
    assert has_fallen(before, now) is fallen


SPELLED = {
    ("domain-name", "EVIL[.]example."): "evil.example",
    ("url", "hxxp://EVIL[.]example:80/A b"): "http://evil.example/A%20b",
    ("email-addr", "Joe@EVIL.example"): "joe@evil.example",
    ("ipv6-addr", "2001:DB8:0::1"): "2001:db8::1",
    ("windows-registry-key", r"HKLM\Software\X"): r"hkey_local_machine\software\x",
    ("mac-addr", "00-00-5E-00-53-01"): "00:00:5e:00:53:01",
    ("file-sha256", "A" * 64): "a" * 64,
}


def test_the_number_of_the_spelling_stands_for_these_spellings() -> None:
    """When one changes, `NORMALISER` goes up: two parties that spell otherwise must not match."""
    assert NORMALISER == 1
    assert {asked: canonical(*asked).value for asked in SPELLED} == SPELLED
