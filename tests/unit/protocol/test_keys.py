import msgspec
import pytest

from backchannel.errors import StoreBroken
from backchannel.protocol.keys import PrivateKeys, SealingSeed, private_from_bytes, private_to_bytes
from two_parties import LAB, seeds, with_next_epoch


def test_keys_come_back_as_they_were_written() -> None:
    rotated = with_next_epoch(LAB.private, seeds("next"))
    assert private_from_bytes(private_to_bytes(rotated)) == rotated


def test_private_keys_never_show_in_repr() -> None:
    shown = repr(LAB.private) + str(LAB.private) + repr(LAB.private.sealing)
    assert shown == "PrivateKeys(epochs=[1], …)" * 2 + "(SealingSeed(epoch=1, …),)"


def test_all_seeds_are_drawn_separately() -> None:
    keys = LAB.private
    drawn = [
        keys.ed25519,
        keys.mldsa65,
        keys.x25519,
        keys.mlkem768[:32],
        keys.mlkem768[32:],
        keys.sealing[0].seed,
    ]
    assert len(set(drawn)) == 6


def test_a_source_that_gives_too_little_is_noticed() -> None:
    with pytest.raises(ValueError, match="31 bytes instead of 32"):
        PrivateKeys.generate(lambda size: b"x" * (size - 1))


def test_the_newest_sealing_key_is_that_of_the_last_epoch() -> None:
    assert with_next_epoch(LAB.private, seeds("next")).newest_sealing.epoch == 2


@pytest.mark.parametrize(
    "broken",
    [
        {"ed25519": b"short"},
        {"mlkem768": b"x" * 63},
        {"sealing": ()},
        {"sealing": (SealingSeed(0, b"x" * 32),)},
        {"sealing": (SealingSeed(2, b"x" * 32), SealingSeed(1, b"y" * 32))},
        {"sealing": (SealingSeed(1, b"x" * 31),)},
        {"format": 2},
    ],
)
def test_damaged_keys_are_refused(broken: dict[str, object]) -> None:
    with pytest.raises(StoreBroken):
        private_from_bytes(private_to_bytes(msgspec.structs.replace(LAB.private, **broken)))


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"[" * 10_000, b'{"ed25519":"SECRETSECRET"}'])
def test_what_is_no_key_file_is_refused_without_quoting_it(data: bytes) -> None:
    with pytest.raises(StoreBroken) as refusal:
        private_from_bytes(data)
    assert "SECRET" not in str(refusal.value)
    assert refusal.value.__context__ is None or refusal.value.__suppress_context__
