"""What matching asks of an engine: the function of RFC 9497 over many inputs, evaluated and proved in parts.

A set is cut into parts of `IN_PART` elements, the last of which may be shorter, and each part has a proof of its own.
Where it is cut depends on nothing else, so that engines understand each other however many cores they have. Parts are
also what is verified at once: a wrong element spoils its part, and whoever waits learns it after that part.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from backchannel.errors import BadMatching

SEED: Final = 32
"""Length of an evaluator's seed in bytes."""

PROOF: Final = 64
"""Length of a proof in bytes: two scalars, the challenge and the response."""

IN_PART: Final = 256
"""Elements under one proof, so few that a shard of a large set keeps two cores busy. A proof costs as much as three
elements, and a quarter of a byte for each."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a set, evaluated."""

    start: int
    """How many elements come before it."""
    elements: tuple[bytes, ...]
    """The evaluated elements, 32 bytes each, in the order of the blinded ones."""
    proof: bytes
    """That all of them were evaluated with one key, 64 bytes."""


class Engine(Protocol):
    """Computes for either side, for any number of inputs. `protocol.voprf` says what each step means and refuses."""

    def public_key(self, seed: bytes, info: bytes) -> bytes:
        """As `voprf.public_key`.

        Raises:
            BackchannelError: as there.
        """
        ...

    def check_public_key(self, key: bytes) -> None:
        """As `voprf.check_public_key`.

        Raises:
            BadMatching: as there.
        """
        ...

    def derive_blinds(self, secret: bytes, labels: Sequence[bytes]) -> list[bytes]:
        """The blind of each label: `voprf.derive_blind`."""
        ...

    def blind(self, inputs: Sequence[bytes], blinds: Sequence[bytes]) -> list[bytes]:
        """The blinded element of each input, in their order.

        Raises:
            BackchannelError: as `voprf.blind`.
        """
        ...

    def evaluate(self, seed: bytes, info: bytes, elements: Sequence[bytes]) -> list[Part]:
        """The blinded elements of the other side, evaluated, in parts and in their order.

        Raises:
            BadMatching: there is none, one comes twice in the whole set, or as `voprf.evaluate`.
        """
        ...

    def finalize(
        self,
        inputs: Sequence[bytes],
        blinds: Sequence[bytes],
        blinded: Sequence[bytes],
        parts: Sequence[Part],
        key: bytes,
    ) -> list[bytes]:
        """The output of each input, 64 bytes, in their order. None comes out before all proofs were verified.

        Raises:
            BadMatching: the parts are not those of so many elements, or as `voprf.finalize`.
        """
        ...

    def own_outputs(self, seed: bytes, info: bytes, inputs: Sequence[bytes]) -> list[bytes]:
        """The output of each of the evaluator's own inputs, 64 bytes, in their order.

        Raises:
            BackchannelError: as `voprf.own_outputs`.
        """
        ...


def starts(count: int) -> range:
    """Where the parts of so many elements begin."""
    return range(0, count, IN_PART)


def check_whole(elements: Sequence[bytes], what: str) -> None:
    """Refuse what no part alone would show: a set without elements, or one element in two parts.

    Raises:
        BadMatching: it is one of these.
    """
    if not elements:
        raise BadMatching("a set of no elements")
    if len(set(elements)) != len(elements):
        raise BadMatching(f"{what} comes twice in a set")


def check_parts(parts: Sequence[Part], count: int) -> None:
    """Refuse parts that are not those of a set of so many elements.

    Raises:
        BadMatching: one is missing, too many, out of place, too short or too long; or an element is in two of them.
    """
    if [part.start for part in parts] != list(starts(count)):
        raise BadMatching(f"the parts are not those of {count} elements, in their order")
    for part in parts:
        expected = min(IN_PART, count - part.start)
        if len(part.elements) != expected:
            raise BadMatching(f"the part from {part.start} on has {len(part.elements)} elements, not {expected}")
    check_whole([element for part in parts for element in part.elements], "an evaluated element")
