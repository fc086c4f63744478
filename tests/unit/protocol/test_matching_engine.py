"""What shows only in a whole set: where its parts begin, and an element that is in two of them."""

import pytest

from backchannel.errors import BadMatching
from backchannel.protocol.matching_engine import IN_PART, Part, check_parts, check_whole, starts
from backchannel.protocol.voprf import MOST_IN_BATCH

PROOF = bytes(64)
COUNT = 2 * IN_PART + 3


def parts() -> list[Part]:
    return [
        Part(start, tuple(b"%d" % number for number in range(start, min(start + IN_PART, COUNT))), PROOF)
        for start in starts(COUNT)
    ]


def test_a_part_fits_into_a_batch() -> None:
    assert IN_PART <= MOST_IN_BATCH


def test_where_parts_begin_depends_on_their_number_only() -> None:
    assert list(starts(COUNT)) == [0, IN_PART, 2 * IN_PART]
    assert list(starts(IN_PART)) == [0]


def test_the_parts_of_a_set_are_taken() -> None:
    check_parts(parts(), COUNT)


def test_a_missing_part_is_refused() -> None:
    for at in range(3):
        some = parts()
        del some[at]
        with pytest.raises(BadMatching, match=f"not those of {COUNT} elements"):
            check_parts(some, COUNT)


def test_parts_in_another_order_are_refused() -> None:
    with pytest.raises(BadMatching, match="in their order"):
        check_parts(parts()[::-1], COUNT)


def test_a_part_that_comes_twice_is_refused() -> None:
    with pytest.raises(BadMatching, match="in their order"):
        check_parts([*parts(), parts()[-1]], COUNT)


@pytest.mark.parametrize("at", range(3))
def test_a_part_that_is_too_short_or_too_long_is_refused(at: int) -> None:
    part = parts()[at]
    for elements in (part.elements[:-1], (*part.elements, b"more"), ()):
        some = parts()
        some[at] = Part(part.start, elements, PROOF)
        with pytest.raises(BadMatching, match=f"from {part.start} on has {len(elements)} elements"):
            check_parts(some, COUNT)


def test_an_element_in_two_parts_is_refused() -> None:
    first, second, third = parts()
    second = Part(second.start, (first.elements[0], *second.elements[1:]), PROOF)
    with pytest.raises(BadMatching, match="an evaluated element comes twice"):
        check_parts([first, second, third], COUNT)


def test_a_set_of_no_elements_is_refused() -> None:
    with pytest.raises(BadMatching, match="no elements"):
        check_whole([], "a blinded element")
