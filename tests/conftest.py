"""What every test shares: deterministic hypothesis, and the files that take longest begun first."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "deterministic",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("deterministic")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a test marked `longest` come first, then those with a `slow` one: no worker ends long after the
    others (`make test` gives whole files to workers in this order)."""
    rank: dict[object, int] = {}
    for item in items:
        marked = 0 if item.get_closest_marker("longest") else 1 if item.get_closest_marker("slow") else 2
        rank[item.path] = min(marked, rank.get(item.path, marked))
    items.sort(key=lambda item: rank[item.path])
