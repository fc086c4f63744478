"""Generated schedules of two parties with an agreement in force, on the record or off it."""

import pytest

from cheap_crypto import cheap
from schedules import BEGINNINGS, Schedule, play

PLAYED = 5_700
"""Some of them are the same; together with those of `test_schedules_agreements` more than ten thousand are not."""


class Releasing(Schedule):
    """The two are in the middle of an agreement."""

    beginnings = BEGINNINGS[1:]


@pytest.mark.longest
@pytest.mark.timeout(1_800)
def test_whatever_chance_does_to_releases_both_sides_hold_the_same_once_and_nothing_else() -> None:
    with cheap():
        assert play(Releasing, PLAYED, steps=8, first=20_261_126) >= 5_000
