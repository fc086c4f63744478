"""Which 32 bytes are an Ed25519 public key that may be trusted to belong to one owner: arithmetic on the curve.

The library that verifies signatures accepts more than that: other encodings of a point, and points of low order.
"""

from backchannel.errors import BadCard

P = 2**255 - 19
"""The prime of the field that Ed25519 and X25519 compute in."""

_D = -121665 * pow(121666, -1, P) % P
_ORDER_8 = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
_LOW_ORDER_Y = frozenset({0, 1, P - 1, _ORDER_8, P - _ORDER_8})
"""The y of every point of order 1, 2, 4 or 8; x only tells P from -P, which have one order."""


def check_ed25519_key(key: bytes) -> None:
    """Refuse an Ed25519 key that is not the one encoding of a curve point, or whose point has low order.

    Source: RFC 8032, 5.1.3 (decoding); the eight low-order points as C2SP's CCTV lists them.

    Raises:
        BadCard: with the reason.
    """
    if len(key) != 32:
        raise BadCard(f"the Ed25519 key has {len(key)} bytes instead of 32")
    number = int.from_bytes(key, "little")
    y = number & (2**255 - 1)
    if y >= P:
        raise BadCard(f"the Ed25519 key {key.hex()} is not canonical: its y is not below 2^255-19")
    if y in _LOW_ORDER_Y:
        raise BadCard(f"the Ed25519 key {key.hex()} has low order: anybody could sign for it")
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    if pow(square, (P - 1) // 2, P) != 1:
        raise BadCard(f"the Ed25519 key {key.hex()} is not a point of the curve")
