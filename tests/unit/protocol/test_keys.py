from datetime import datetime, timedelta

import msgspec
import pytest

from backchannel.errors import StoreBroken
from backchannel.protocol.keys import FormerKeys, PrivateKeys, SealingSeed, private_from_bytes, private_to_bytes
from two_parties import LAB, NOW, seeds, with_next_epoch


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


# --- replaced ----------------------------------------------------------------------------------------------------

DAY = timedelta(days=1)


def test_a_rotation_adds_a_key_of_the_next_epoch_and_keeps_when_it_was_issued() -> None:
    later = LAB.private.rotated(seeds("2"), NOW).rotated(seeds("3"), NOW + DAY)
    assert [(seed.epoch, seed.issued) for seed in later.sealing] == [(1, None), (2, NOW), (3, NOW + DAY)]
    assert later.ed25519 == LAB.private.ed25519
    assert private_from_bytes(private_to_bytes(later)) == later


def test_a_sealing_seed_goes_when_its_successor_is_old_enough_and_the_newest_never() -> None:
    later = LAB.private.rotated(seeds("2"), NOW).rotated(seeds("3"), NOW + DAY)

    def left(before: datetime) -> list[int]:
        return [seed.epoch for seed in later.without_old(before).sealing]

    assert left(NOW - timedelta(seconds=1)) == [1, 2, 3]
    assert left(NOW) == [2, 3]
    assert left(NOW + DAY) == left(NOW + 900 * DAY) == [3]


def test_of_replaced_keys_what_receives_is_kept_for_a_while_and_what_signs_is_not() -> None:
    later = LAB.private.succeeded(LAB.key, seeds("new"), NOW)
    assert (later.party, later.generation, later.newest_sealing.epoch) == (LAB.key, 1, 2)
    former = later.of_generation(0)
    assert former == FormerKeys(0, LAB.private.x25519, LAB.private.mlkem768, NOW)
    assert later.of_generation(1) is later
    assert later.of_generation(2) is None
    written = private_to_bytes(later)
    for seed in (LAB.private.ed25519, LAB.private.mldsa65):
        assert msgspec.json.encode(seed).strip(b'"') not in written
    assert later.without_old(NOW - DAY).former == (former,)
    assert later.without_old(NOW).former == ()
    assert private_from_bytes(written) == later
    assert repr(former) == "FormerKeys(generation=0, …)"


@pytest.mark.parametrize("broken", [{"party": ""}, {"generation": 0}])
def test_keys_that_do_not_say_whose_they_are_are_refused(broken: dict[str, object]) -> None:
    later = LAB.private.succeeded(LAB.key, seeds("new"), NOW)
    with pytest.raises(StoreBroken):
        private_from_bytes(private_to_bytes(msgspec.structs.replace(later, **broken)))
