"""A slow second opinion: ristretto255 (RFC 9496) and all three modes of RFC 9497 over it, with Python's integers.

Written from the two documents; it shares nothing with the program, and computes nothing in constant time. Points are
extended coordinates (X, Y, Z, T) of the Edwards curve with a = -1.
"""

from collections.abc import Sequence
from hashlib import sha512

Point = tuple[int, int, int, int]

# --- RFC 9496, 4.1: constants ------------------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235
INVSQRT_A_MINUS_D = 54469307008909316920995813868745141605393597292927456921205312896311721017578
ONE_MINUS_D_SQ = (1 - D * D) % P
D_MINUS_ONE_SQ = (D - 1) ** 2 % P

ZERO: Point = (0, 1, 1, 0)


class Invalid(Exception):
    """Bytes that are no element or scalar, or a proof that fails."""


# --- RFC 9496, 4.2 and 4.3 ---------------------------------------------------------------------------------------


def is_negative(number: int) -> bool:
    return number % P % 2 == 1


def absolute(number: int) -> int:
    return -number % P if is_negative(number) else number % P


def sqrt_ratio(u: int, v: int) -> tuple[bool, int]:
    """4.2, SQRT_RATIO_M1."""
    root = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * root * root % P
    correct, flipped, flipped_i = check == u % P, check == -u % P, check == -u * SQRT_M1 % P
    if flipped or flipped_i:
        root = root * SQRT_M1 % P
    return correct or flipped, absolute(root)


def decode(data: bytes) -> Point:
    """4.3.1."""
    s = int.from_bytes(data, "little")
    if len(data) != 32 or s >= P or is_negative(s):
        raise Invalid
    u1, u2 = (1 - s * s) % P, (1 + s * s) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    was_square, inverse = sqrt_ratio(1, v * u2 * u2 % P)
    den_x = inverse * u2 % P
    den_y = inverse * den_x * v % P
    x = absolute(2 * s * den_x)
    y = u1 * den_y % P
    t = x * y % P
    if not was_square or is_negative(t) or y == 0:
        raise Invalid
    return x, y, 1, t


def encode(point: Point) -> bytes:
    """4.3.2."""
    x, y, z, t = point
    u1, u2 = (z + y) * (z - y) % P, x * y % P
    _, inverse = sqrt_ratio(1, u1 * u2 * u2 % P)
    den1, den2 = inverse * u1 % P, inverse * u2 % P
    z_inverse = den1 * den2 * t % P
    if is_negative(t * z_inverse):
        x, y, den = y * SQRT_M1 % P, x * SQRT_M1 % P, den1 * INVSQRT_A_MINUS_D % P
    else:
        den = den2
    if is_negative(x * z_inverse):
        y = -y % P
    return absolute(den * (z - y)).to_bytes(32, "little")


def add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * D * one[3] * other[3] % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar: int, point: Point) -> Point:
    result = ZERO
    for bit in bin(scalar % L)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def one_way_map(uniform: bytes) -> Point:
    """4.3.4."""
    halves = (int.from_bytes(half, "little") % 2**255 % P for half in (uniform[:32], uniform[32:]))
    return add(*map(_map, halves))


def _map(t: int) -> Point:
    r = SQRT_M1 * t * t % P
    u = (r + 1) * ONE_MINUS_D_SQ % P
    v = (-1 - r * D) * (r + D) % P
    was_square, s = sqrt_ratio(u, v)
    c = -1 if was_square else r
    s = s if was_square else -absolute(s * t) % P
    n = (c * (r - 1) * D_MINUS_ONE_SQ - v) % P
    w0, w1, w2, w3 = 2 * s * v, n * SQRT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


GENERATOR = decode(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))


# --- RFC 9380, 5.3.1, and RFC 9497, 4.1 --------------------------------------------------------------------------


def expand_message(message: bytes, tag: bytes, length: int) -> bytes:
    tag += bytes([len(tag)])
    first = sha512(bytes(128) + message + length.to_bytes(2, "big") + b"\0" + tag).digest()
    block, blocks = bytes(64), b""
    for number in range(1, -(-length // 64) + 1):
        block = sha512(bytes(x ^ y for x, y in zip(first, block, strict=True)) + bytes([number]) + tag).digest()
        blocks += block
    return blocks[:length]


def short(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


class Suite:
    """ristretto255-SHA512 in one of the modes of RFC 9497: 0 OPRF, 1 VOPRF, 2 POPRF."""

    def __init__(self, mode: int) -> None:
        self.mode = mode
        self.context = b"OPRFV1-" + bytes([mode]) + b"-ristretto255-SHA512"

    def hash_to_group(self, data: bytes) -> Point:
        return one_way_map(expand_message(data, b"HashToGroup-" + self.context, 64))

    def hash_to_scalar(self, data: bytes, tag: bytes = b"HashToScalar-") -> int:
        return int.from_bytes(expand_message(data, tag + self.context, 64), "little") % L

    def derive_key(self, seed: bytes, info: bytes) -> tuple[int, Point]:
        """3.2.1."""
        for counter in range(256):
            secret = self.hash_to_scalar(seed + short(info) + bytes([counter]), b"DeriveKeyPair")
            if secret:
                return secret, multiply(secret, GENERATOR)
        raise Invalid

    def blind(self, data: bytes, scalar: int) -> Point:
        return multiply(scalar, self.hash_to_group(data))

    def tweaked(self, secret: int, public: Point, info: bytes) -> tuple[int, Point]:
        """3.3.3: the key for one `info`, private and public."""
        m = self.hash_to_scalar(b"Info" + short(info))
        return (secret + m) % L, add(multiply(m, GENERATOR), public)

    def blind_evaluate(
        self, secret: int, public: Point, blinded: Sequence[Point], draw: int = 0, info: bytes = b""
    ) -> tuple[list[Point], bytes]:
        """3.3.1 to 3.3.3; the proof is empty in mode 0. `draw` is the random scalar of the proof."""
        if self.mode < 2:
            evaluated = [multiply(secret, one) for one in blinded]
            return evaluated, self.prove(secret, public, blinded, evaluated, draw) if self.mode else b""
        t, public = self.tweaked(secret, public, info)
        evaluated = [multiply(pow(t, -1, L), one) for one in blinded]
        return evaluated, self.prove(t, public, evaluated, blinded, draw)

    def check(
        self, public: Point, blinded: Sequence[Point], evaluated: Sequence[Point], proof: bytes, info: bytes = b""
    ) -> None:
        if self.mode == 1:
            self.verify(public, blinded, evaluated, proof)
        else:
            self.verify(self.tweaked(0, public, info)[1], evaluated, blinded, proof)

    def finalize(self, data: bytes, scalar: int, evaluated: Point, info: bytes = b"") -> bytes:
        return self.output(data, multiply(pow(scalar, -1, L), evaluated), info)

    def evaluate(self, secret: int, data: bytes, info: bytes = b"") -> bytes:
        if self.mode == 2:
            secret = pow(self.tweaked(secret, ZERO, info)[0], -1, L)
        return self.output(data, multiply(secret, self.hash_to_group(data)), info)

    def output(self, data: bytes, element: Point, info: bytes) -> bytes:
        framed = short(info) if self.mode == 2 else b""
        return sha512(short(data) + framed + short(encode(element)) + b"Finalize").digest()

    # 2.2: proofs that B = kA and D = kC for each pair

    def composites(self, public: Point, ones: Sequence[Point], others: Sequence[Point]) -> tuple[Point, Point]:
        seed = sha512(short(encode(public)) + short(b"Seed-" + self.context)).digest()
        m = z = ZERO
        for number, (one, other) in enumerate(zip(ones, others, strict=True)):
            transcript = short(seed) + number.to_bytes(2, "big") + short(encode(one)) + short(encode(other))
            weight = self.hash_to_scalar(transcript + b"Composite")
            m, z = add(m, multiply(weight, one)), add(z, multiply(weight, other))
        return m, z

    def challenge(self, *points: Point) -> int:
        return self.hash_to_scalar(b"".join(short(encode(point)) for point in points) + b"Challenge")

    def prove(self, key: int, public: Point, ones: Sequence[Point], others: Sequence[Point], draw: int) -> bytes:
        m, z = self.composites(public, ones, others)
        c = self.challenge(public, m, z, multiply(draw, GENERATOR), multiply(draw, m))
        return c.to_bytes(32, "little") + ((draw - c * key) % L).to_bytes(32, "little")

    def verify(self, public: Point, ones: Sequence[Point], others: Sequence[Point], proof: bytes) -> None:
        c, s = int.from_bytes(proof[:32], "little"), int.from_bytes(proof[32:], "little")
        if len(proof) != 64 or c >= L or s >= L:
            raise Invalid
        m, z = self.composites(public, ones, others)
        t2 = add(multiply(s, GENERATOR), multiply(c, public))
        t3 = add(multiply(s, m), multiply(c, z))
        if self.challenge(public, m, z, t2, t3) != c:
            raise Invalid
