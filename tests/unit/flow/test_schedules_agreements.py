"""Generated schedules of two parties that agree, amend and end while the carrier does what it likes."""

import pytest

from cheap_crypto import cheap
from schedules import BEGINNINGS, Schedule, play

PLAYED = 5_700
"""Some of them are the same; together with those of `test_schedules_releases` more than ten thousand are not."""


class Agreeing(Schedule):
    """The two have agreed nothing yet, or have just begun."""

    beginnings = BEGINNINGS[:2]


@pytest.mark.longest
@pytest.mark.timeout(1_800)
def test_whatever_chance_does_to_agreements_both_sides_come_to_the_same_terms() -> None:
    with cheap():
        assert play(Agreeing, PLAYED, steps=8, first=20_261_127) >= 5_000
