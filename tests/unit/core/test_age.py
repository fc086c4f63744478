"""The age of an object: its newest time, whoever asks."""

from datetime import UTC, datetime

import pytest

from backchannel.core.age import is_before, is_time, newest_time

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_newest_of_its_times_counts_to_the_last_digit() -> None:
    times = {
        "created": "2026-01-01T00:00:01Z",
        "last_seen": "2026-01-01T00:00:01.5Z",
        "first_seen": "2027-01-01T00:00:00Z",
    }
    assert newest_time(times) == "2026-01-01T00:00:01.5Z"


def test_an_object_without_a_time_has_no_age() -> None:
    assert newest_time({"type": "domain-name", "value": "one.example"}) is None


@pytest.mark.parametrize("wrong", [7, None, "soon", "2026-01-01", "2026-01-01T00:00:00+01:00"])
def test_a_time_that_cannot_be_read_counts_against_the_object(wrong: object) -> None:
    assert not is_time(wrong)
    with pytest.raises(ValueError, match="its times cannot be read"):
        newest_time({"created": "2026-01-01T00:00:00Z", "modified": wrong})


def test_a_time_at_the_moment_is_not_before_it() -> None:
    assert not is_before("2026-01-01T00:00:00Z", NOW)
    assert is_before("2025-12-31T23:59:59.999999Z", NOW)
