"""The group ristretto255 (RFC 9496) and its scalars, as libsodium computes them: the only module that imports `rbcl`.

An element is 32 bytes, a scalar 32 bytes, little-endian and below the group's order. What depends on a scalar takes
libsodium the same time whatever the scalar is: multiplication of elements, multiplication and inversion of scalars,
reduction. Nothing here turns a scalar into a Python number. Scalars stay in Python's memory until it is used again;
bytes cannot be wiped.

`rbcl` takes up to 60 ms to import, writes the library (2.8 MB) into the folder for temporary files to load it, and
leaves it there. So it is imported when it is first needed, and that copy taken away as soon as it is loaded.
"""

import contextlib
import hmac
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

ELEMENT = 32
"""Length of an element in bytes."""

SCALAR = 32
"""Length of a scalar in bytes."""

UNIFORM = 64
"""How many uniform bytes make a uniform element or scalar."""

IDENTITY = bytes(ELEMENT)
"""The encoding of the identity."""

_ZERO = bytes(SCALAR)


@cache
def _library() -> ModuleType:
    import rbcl
    from rbcl._sodium import lib_path

    with contextlib.suppress(OSError):  # an operating system that does not let go of it while it is loaded
        Path(lib_path).unlink()
    library: ModuleType = rbcl
    return library


def is_element(data: bytes) -> bool:
    """Whether 32 bytes are the canonical encoding of an element, which may be the identity (RFC 9496, 4.3.1)."""
    return bool(_library().crypto_core_ristretto255_is_valid_point(data))


def is_scalar(data: bytes) -> bool:
    """Whether these bytes are a scalar in its one encoding, and not zero."""
    if len(data) != SCALAR or hmac.compare_digest(data, _ZERO):
        return False
    return hmac.compare_digest(scalar_from(data + _ZERO), data)


def element_from(uniform: bytes) -> bytes:
    """The element that 64 bytes are mapped to (RFC 9496, 4.3.4)."""
    return bytes(_library().crypto_core_ristretto255_from_hash(uniform))


def scalar_from(uniform: bytes) -> bytes:
    """64 bytes as a little-endian number, reduced by the group's order (RFC 9496, 4.4)."""
    return bytes(_library().crypto_core_ristretto255_scalar_reduce(uniform))


def multiply(scalar: bytes, element: bytes) -> bytes:
    """An element times a scalar.

    Raises:
        ValueError: the element is not canonically encoded, or the product is the identity.
    """
    try:
        return bytes(_library().crypto_scalarmult_ristretto255(scalar, element))
    except RuntimeError:
        raise ValueError("no element of ristretto255, or a product that is the identity") from None


def multiply_base(scalar: bytes) -> bytes:
    """The generator times a scalar that is not zero."""
    return bytes(_library().crypto_scalarmult_ristretto255_base(scalar))


def add(one: bytes, other: bytes) -> bytes:
    """The sum of two elements. Both must be known to be elements: libsodium is not asked whether they were."""
    return bytes(_library().crypto_core_ristretto255_add(one, other))


def invert_all(scalars: Sequence[bytes]) -> list[bytes]:
    """The inverse of each scalar, none of which may be zero: one inversion and three multiplications for each
    (Montgomery's trick)."""
    times = _library().crypto_core_ristretto255_scalar_mul
    before: list[bytes] = []
    product = b"\x01" + bytes(SCALAR - 1)
    for one in scalars:
        before.append(product)
        product = times(product, one)
    rest = _library().crypto_core_ristretto255_scalar_invert(product)
    inverses: list[bytes] = []
    for one, product in zip(reversed(scalars), reversed(before), strict=True):
        inverses.append(times(rest, product))
        rest = times(rest, one)
    inverses.reverse()
    return inverses
