"""What others asked, as something that may not be told to anybody else: found like what is held."""

from backchannel.core.canonical import Observable
from backchannel.core.release import Bearer
from backchannel.flow.asked import WithAsked, asked_by_others
from exchange import Side, agreed
from inquiry import asked, with_ids
from worlds import Bearers

Three = tuple[Side, Side, Side]


def bearer(identifier: str) -> Bearer:
    return Bearer(identifier, "indicator", "value", 1, True, True, frozenset())


def keys_for(side: Side, counterpart: Side) -> set[str]:
    with side.db.read() as tx:
        return set(asked_by_others(tx, side.peers[counterpart.key]))


def test_what_a_party_asked_is_kept_from_the_others_and_not_from_itself(three: Three) -> None:
    lab, vendor, mallory = three
    with_ids(*three)
    mine, other = agreed(lab, vendor), agreed(lab, mallory, title="Another watch")
    asked(vendor, lab, mine, observables=(Observable("domain-name", "one.example"), Observable("mutex", "x")))
    asked(mallory, lab, other, observables=(Observable("ipv4-addr", "192.0.2.7"),))
    assert keys_for(lab, mallory) == {"one example"}
    assert keys_for(lab, vendor) == {"192 0 2 7"}


def test_what_we_asked_is_nobodys_secret_but_ours(three: Three) -> None:
    lab, vendor, mallory = three
    with_ids(*three)
    mine = agreed(lab, vendor)
    agreed(lab, mallory, title="Another watch")
    asked(lab, vendor, mine, observables=(Observable("domain-name", "one.example"),))
    assert keys_for(lab, mallory) == keys_for(lab, vendor) == set()


def test_a_lookup_finds_what_is_held_and_what_was_asked() -> None:
    held, other = bearer("indicator--1"), bearer("request--1")
    lookup = WithAsked(Bearers({"one": [held], "both": [held]}), {"both": [other], "asked by many": [other]})
    assert lookup({"one", "both", "asked by many", "neither"}) == {
        "one": [held],
        "both": [held, other],
        "asked by many": [other],
    }
    runs = {"one", "asked", "asked by", "asked by many", "ask", "by many", "both"}
    assert lookup.beginnings(runs) == {"one", "asked", "asked by", "asked by many", "both"}
