"""How much one object may hold to cross: the same for who releases and who receives."""

from typing import Any

import pytest

from backchannel.core.size import MAX_CONTAINERS, MAX_LIST, MAX_STRING, oversized
from backchannel.core.stix import MAX_OBJECT_BYTES
from worlds import stix

_FULL = [[[] for _ in range(MAX_LIST - 1)] for _ in range(MAX_CONTAINERS // MAX_LIST)]


@pytest.mark.parametrize(
    ("properties", "why"),
    [
        ({"description": "x" * MAX_STRING}, None),
        ({"description": "x" * (MAX_STRING + 1)}, "a text of 262145 characters"),
        ({"labels": ["x"] * MAX_LIST}, None),
        ({"labels": ["x"] * (MAX_LIST + 1)}, "a list of 10001 members"),
        ({"x_deep": {"inner": [["y"] * (MAX_LIST + 1)]}}, "a list of 10001 members"),
        ({"x_wide": {str(number): 0 for number in range(MAX_LIST + 1)}}, "a list of 10001 members"),
        ({"x_lists": _FULL[:-1]}, None),
        ({"x_lists": _FULL}, "more than 100000 lists and objects"),
        ({"labels": ["x" * 1_000] * (MAX_OBJECT_BYTES // 1_000)}, "1048576 at most"),
    ],
)
def test_an_object_is_bounded_in_bytes_texts_lists_and_their_number(
    properties: dict[str, Any], why: str | None
) -> None:
    found = oversized(stix("malware", "one", **properties))
    assert found is None if why is None else why in (found or "")
