"""Ids by their beginning: the one that is meant, or a sentence."""

import pytest

from backchannel.errors import Ambiguous, NotFound
from backchannel.node.prefix import the_one

IDS = ("malware--1a", "malware--1b", "tool--1a", "tool--1a2")


@pytest.mark.parametrize(("prefix", "meant"), [("malware--1b", "malware--1b"), ("m", None), ("tool--1a", "tool--1a")])
def test_a_beginning_stands_for_the_only_id_that_has_it_or_for_itself(prefix: str, meant: str | None) -> None:
    if meant is None:
        with pytest.raises(Ambiguous, match="several held objects begin with 'm', such as malware--1a and"):
            the_one(prefix, IDS, "held object")
    else:
        assert the_one(prefix, IDS, "held object") == meant


@pytest.mark.parametrize("prefix", ["", "campaign", "malware--1c"])
def test_what_begins_no_id_is_not_found(prefix: str) -> None:
    with pytest.raises(NotFound, match="no held object has an id that begins with"):
        the_one(prefix, IDS, "held object")


def test_an_id_that_is_given_twice_is_one() -> None:
    assert the_one("t", ["tool--1a", "tool--1a"], "held object") == "tool--1a"
