import pytest

from backchannel.errors import UnknownVersion
from backchannel.protocol.versions import CURRENT, V1, features


def test_a_known_version_gives_its_features() -> None:
    assert features(1) is V1
    assert features(CURRENT.version) is CURRENT


@pytest.mark.parametrize("version", [0, -1, 2, 10**30])
def test_an_unknown_version_is_refused_by_name(version: int) -> None:
    with pytest.raises(UnknownVersion, match=f"protocol version {version}; this program speaks 1"):
        features(version)


def test_features_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        V1.max_objects = 1  # type: ignore[misc]  # the point of the test


def test_buckets_are_powers_of_two_and_a_batch_fits_the_largest() -> None:
    assert V1.min_bucket.bit_count() == V1.max_bucket.bit_count() == 1
    assert V1.batch + V1.max_object < V1.max_bucket
    assert V1.batch + V1.max_object + V1.max_objects * 100 < V1.max_body
