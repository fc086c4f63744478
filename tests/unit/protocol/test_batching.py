import json
from typing import Any

import pytest
from msgspec import Raw

from backchannel.errors import LimitExceeded
from backchannel.protocol.batching import batches, check_sendable
from backchannel.protocol.message import Release, ReleasedObject, encode
from backchannel.protocol.versions import CURRENT


def release(*raws: bytes) -> Release:
    return Release("ab" * 32, tuple(ReleasedObject(Raw(raw), "amber", False) for raw in raws))


def raws(groups: list[list[bytes]]) -> list[list[bytes]]:
    return list(batches(groups, bytes))


def test_batches_keep_order_and_fit_an_envelope() -> None:
    items = [b'{"n":%d}' % number for number in range(12_001)]
    runs = raws([[item] for item in items])
    assert [len(run) for run in runs] == [5000, 5000, 2001]
    assert [raw for run in runs for raw in run] == items
    assert all(encode([release(*run)]) for run in runs)


def test_batches_are_bounded_in_bytes_too() -> None:
    large = b'{"a":"' + b"x" * (3 * 2**20) + b'"}'
    runs = raws([[large]] * 5)
    assert [len(run) for run in runs] == [2, 2, 1]
    assert all(encode([release(*run)]) for run in runs)


@pytest.mark.parametrize("value", [["x"] * 240_000, [[]] * 240_000], ids=["strings", "containers"])
def test_batches_are_bounded_in_strings_and_containers_too(value: list[Any]) -> None:
    busy = json.dumps({"a": value}).encode()
    runs = raws([[busy]] * 5)
    assert len(runs) > 1
    assert [raw for run in runs for raw in run] == [busy] * 5
    assert all(encode([release(*run)]) for run in runs)


def test_a_group_stays_together_unless_it_is_too_large_by_itself() -> None:
    small, group = [b"{}"] * 3000, [b'{"g":1}'] * 3000
    assert raws([small, group]) == [small, group]
    assert [len(run) for run in raws([small, group * 2, small])] == [5000, 4000, 3000]


def test_no_groups_make_no_batch() -> None:
    assert raws([]) == raws([[], []]) == []


@pytest.mark.parametrize(
    "giant",
    [
        b'{"a":"' + b"x" * CURRENT.max_object + b'"}',
        json.dumps({"a": [""] * (CURRENT.max_strings // 2)}).encode(),
        json.dumps({"a": [[]] * (CURRENT.max_containers // 2)}).encode(),
        b'{"a":' * 64 + b"{}" + b"}" * 64,
    ],
    ids=["bytes", "strings", "containers", "depth"],
)
def test_an_object_that_no_envelope_could_carry_is_named_before_it_is_sent(giant: bytes) -> None:
    with pytest.raises(LimitExceeded, match=r"limit is|deeper than 64"):
        check_sendable(giant)
    with pytest.raises(LimitExceeded):
        raws([[giant]])


def test_an_object_at_the_limits_can_be_sent() -> None:
    deep = b'{"a":' * 63 + b"{}" + b"}" * 63
    assert check_sendable(deep) == (63, 64)
    assert encode([release(deep)])
    busy = json.dumps({"a": [""] * (CURRENT.max_strings // 2 - 1)}).encode()
    assert check_sendable(busy) == (CURRENT.max_strings // 2, 2)
    assert encode([release(busy)])
