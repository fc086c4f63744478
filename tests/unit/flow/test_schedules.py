"""What plays thousands of schedules can fail, and plays the same with real signatures and seals."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from backchannel.flow import ledger, receipts, witness
from backchannel.store.channels import SqlChannels
from backchannel.store.ledger import SqlLedger
from cheap_crypto import cheap
from schedules import Schedule, beginning, play

_drop = SqlChannels.drop_outbox


@pytest.fixture(autouse=True)
def beginnings_anew() -> Iterator[None]:
    """What stand-ins, or a defect, made is not gone on from."""
    beginning.cache_clear()
    yield
    beginning.cache_clear()


def no_more(*_given: Any) -> None:
    """Nothing is done."""


DEFECTS: dict[str, tuple[Any, str, Callable[..., Any], str]] = {
    "off the record is entered": (ledger, "is_on_record", lambda _row: True, "off the record"),
    "what crossed is forgotten": (SqlChannels, "add_released", no_more, "on record as having crossed"),
    "the outbox lets go too early": (
        SqlChannels,
        "drop_outbox",
        lambda self, channel, through: _drop(self, channel, through + 1),
        "kept until its receipt came|never fall silent|arrived|what was sealed left",
    ),
    "a checkpoint is not kept": (SqlLedger, "put_checkpoint", no_more, "bad-proof|two checkpoints"),
    "another history is shown": (witness, "root_at", lambda _read, size: bytes(31) + bytes((size % 256,)), "root"),
    "an outcome is another": (receipts, "outcome_hash", lambda _item: "ab" * 32, "outcome"),
}
"""Where, what in its place, and what is said of it."""


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_turns_a_schedule_red(defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, instead, said = DEFECTS[defect]
    monkeypatch.setattr(where, name, instead)
    with cheap(), pytest.raises(AssertionError, match=said):
        play(Schedule, 200, steps=12, first=7, shrink=False)


def test_with_real_signatures_and_seals_it_is_the_same() -> None:
    """What the stand-ins leave out; fewer, since each takes some ten times as long."""
    assert play(Schedule, 30, steps=12, first=3) >= 25
