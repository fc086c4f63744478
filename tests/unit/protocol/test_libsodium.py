"""RFC 9496's own examples, through the reference and through libsodium; and both on whatever comes."""

import os
import subprocess
import sys
from hashlib import sha512
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ristretto_reference as reference
from backchannel.protocol import libsodium
from ristretto_vectors import BAD_ENCODINGS, MULTIPLES, SAME, SAME_ELEMENT, UNIFORM

uniform = st.binary(min_size=64, max_size=64)
scalars = st.integers(1, reference.L - 1)


def little(number: int) -> bytes:
    return number.to_bytes(32, "little")


@pytest.mark.parametrize(("times", "encoding"), list(enumerate(MULTIPLES)))
def test_multiples_of_the_generator_are_those_of_rfc_9496(times: int, encoding: str) -> None:
    assert reference.encode(reference.multiply(times, reference.GENERATOR)).hex() == encoding
    assert reference.encode(reference.decode(bytes.fromhex(encoding))).hex() == encoding
    assert libsodium.is_element(bytes.fromhex(encoding))
    if times:
        assert libsodium.multiply_base(little(times)).hex() == encoding
        assert libsodium.add(bytes.fromhex(MULTIPLES[times - 1]), bytes.fromhex(MULTIPLES[1])).hex() == encoding


@pytest.mark.parametrize("encoding", BAD_ENCODINGS)
def test_bad_encodings_of_rfc_9496_are_no_elements(encoding: str) -> None:
    assert not libsodium.is_element(bytes.fromhex(encoding))
    with pytest.raises(reference.Invalid):
        reference.decode(bytes.fromhex(encoding))
    with pytest.raises(ValueError, match="no element"):
        libsodium.multiply(little(5), bytes.fromhex(encoding))


@pytest.mark.parametrize(("text", "encoding"), UNIFORM)
def test_the_map_is_that_of_rfc_9496(text: bytes, encoding: str) -> None:
    data = sha512(text).digest()
    assert libsodium.element_from(data).hex() == encoding
    assert reference.encode(reference.one_way_map(data)).hex() == encoding


@pytest.mark.parametrize("data", SAME)
def test_unusual_halves_are_mapped_as_in_rfc_9496(data: str) -> None:
    assert libsodium.element_from(bytes.fromhex(data)).hex() == SAME_ELEMENT
    assert reference.encode(reference.one_way_map(bytes.fromhex(data))).hex() == SAME_ELEMENT


@given(uniform, uniform, scalars)
def test_libsodium_and_the_reference_compute_the_same(one: bytes, other: bytes, scalar: int) -> None:
    points = reference.one_way_map(one), reference.one_way_map(other)
    elements = libsodium.element_from(one), libsodium.element_from(other)
    assert tuple(map(reference.encode, points)) == elements
    assert libsodium.add(*elements) == reference.encode(reference.add(*points))
    if elements[0] == libsodium.IDENTITY:  # 64 zeros are mapped to it
        return
    assert libsodium.multiply(little(scalar), elements[0]) == reference.encode(reference.multiply(scalar, points[0]))


@given(uniform)
def test_uniform_bytes_are_reduced_by_the_order(data: bytes) -> None:
    assert libsodium.scalar_from(data) == little(int.from_bytes(data, "little") % reference.L)


@given(st.lists(scalars, max_size=20))
def test_all_are_inverted_at_once(numbers: list[int]) -> None:
    expected = [little(pow(number, -1, reference.L)) for number in numbers]
    assert libsodium.invert_all([little(number) for number in numbers]) == expected


@pytest.mark.parametrize("number", [1, reference.L - 1])
def test_a_scalar_is_below_the_order(number: int) -> None:
    assert libsodium.is_scalar(little(number))


@pytest.mark.parametrize("number", [0, reference.L, reference.L + 1, 2**252 + 2**251, 2**256 - 1])
def test_zero_and_what_is_not_below_the_order_are_no_scalars(number: int) -> None:
    assert not libsodium.is_scalar(little(number))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_scalar_has_32_bytes(length: int) -> None:
    assert not libsodium.is_scalar(b"\x01" + bytes(max(0, length - 1)) if length else b"")


def test_a_product_that_is_the_identity_is_refused() -> None:
    with pytest.raises(ValueError, match="identity"):
        libsodium.multiply(little(5), libsodium.IDENTITY)


def test_no_copy_of_the_library_is_left_behind(tmp_path: Path) -> None:
    """`rbcl` leaves one of 2.8 MB for each process that imports it."""
    program = "import backchannel.protocol.libsodium as one; print(one.is_element(bytes(32)))"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True)
    assert done.stdout == b"True\n"
    assert not list(tmp_path.iterdir())
