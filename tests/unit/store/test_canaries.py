"""Canaries come out of the store as they went in, and a name is there once."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy.exc import IntegrityError

from backchannel.core.canary import Canary
from backchannel.store.database import Database
from worlds import NOW, THEM, link, stix

THREAT, HOST = stix("malware", "Predator"), stix("indicator", "cdn-4k2j9x0q")
ONE = Canary(
    "a" * 64, THEM, 1, "cdn-4k2j9x0q.example.com", HOST, link(HOST, THREAT, "indicates"), "green", "amber", 7, NOW
)
TWO = replace(ONE, counter=2, name="img-7x7x7x7x7.example.com", added_at=NOW.replace(microsecond=1))
ELSEWHERE = replace(ONE, agreement="b" * 64, name="ns-9y9y9y9y9.example.com")


def test_canaries_are_read_as_they_were_kept_in_their_order(tmp_path: Path) -> None:
    with Database.open(tmp_path / "db", create=True) as db:
        with db.write() as tx:
            tx.canaries.add([])
            tx.canaries.add([ONE, TWO])
            tx.canaries.add([ELSEWHERE])
        with db.read() as tx:
            assert tx.canaries.all() == [ONE, TWO, ELSEWHERE]
            assert tx.canaries.under(ONE.agreement) == [ONE, TWO]
            assert tx.canaries.under("c" * 64) == []
            assert tx.canaries.count() == 3


@pytest.mark.parametrize("again", [replace(ONE, counter=3), replace(ONE, name="dl-1z1z1z1z1.example.com")])
def test_a_name_and_a_number_are_given_out_once(tmp_path: Path, again: Canary) -> None:
    with Database.open(tmp_path / "db", create=True) as db:
        with db.write() as tx:
            tx.canaries.add([ONE])
        with pytest.raises(IntegrityError, match="UNIQUE"), db.write() as tx:
            tx.canaries.add([again])
        with db.read() as tx:
            assert tx.canaries.all() == [ONE]
