"""A counterpart that asks and answers as it likes, properly signed: it fills nothing, learns nothing, and keeps
nothing else from arriving."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from backchannel.node import requests
from backchannel.node.requests import Asking
from backchannel.protocol.message import Answer, AnyMessage, Receipt, Release, Request, RequestClose, RequestDecline
from standoff import Standoff, hosts

ID, OTHER = "0123456789abcdef" * 2, "f" * 32


def request(standoff: Standoff, **facts: Any) -> Request:
    plain: dict[str, Any] = {
        "request": ID,
        "version": standoff.vendor.versions[standoff.agreement],
        "question": "Seen since June?",
        "observables": (),
        "threat": None,
        "wanted_by": None,
        "tlp": "green",
        "pap": None,
    }
    return Request(**plain | facts)


def answer(standoff: Standoff, identifier: str = ID, **facts: Any) -> Answer:
    plain: dict[str, Any] = {"note": "Yes.", "tlp": "green", "objects": ()}
    return Answer(identifier, standoff.vendor.versions[standoff.agreement], **plain | facts)


ATTACKS: dict[str, Callable[[Standoff], list[AnyMessage]]] = {
    "an answer that nobody asked for": lambda s: [answer(s)],
    "an answer that names our secrets": lambda s: [answer(s, objects=tuple(hosts("secret.example")))],
    "a decline of nothing": lambda _: [RequestDecline(ID)],
    "a closing of nothing": lambda _: [RequestClose(ID)],
    "a question too large": lambda s: [request(s, question="x" * 2_001)],
    "a note too large": lambda s: [answer(s, note="x" * 4_001)],
    "an id that is a path": lambda s: [request(s, request="../../../../../../etc/passwd")],
    "a question that hides something": lambda s: [request(s, question="safe \u202eexe.gpj")],
    "a mark above the ceiling": lambda s: [request(s, tlp="red")],
    "another agreement's terms and threat": lambda s: [request(s, version="0" * 64, threat="Nightjar")],
    "a request, declined and closed by its asker": lambda _: [RequestDecline(ID), RequestClose(ID)],
    "a flood": lambda s: [request(s, request=f"{number:032x}", tlp="red") for number in range(64)],
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_by_requests_leaves_a_refusal_and_nothing_else(standoff: Standoff, attack: str) -> None:
    held = standoff.held()
    # What a limit refuses is refused whole by an honest encoder too: the bytes are put together without it.
    body = msgspec.json.encode(ATTACKS[attack](standoff))
    standoff.vendor.say(standoff.agreement, body=body)
    standoff.sync()
    assert standoff.refusals()
    assert requests.all_requests(standoff.node) == []
    assert (standoff.held(), standoff.waiting()) == (held, {})
    standoff.later_good_arrives()


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_attacker_is_told_that_it_arrived_and_nothing_else(standoff: Standoff, attack: str) -> None:
    standoff.vendor.say(standoff.agreement, body=msgspec.json.encode(ATTACKS[attack](standoff)))
    standoff.sync()
    assert [type(one) for one in standoff.vendor.fetch(standoff.agreement)] == [Receipt]


def test_what_we_hold_shows_in_nothing_that_follows_a_request(standoff: Standoff) -> None:
    """Asking about our secret, or about nothing at all: what comes back is the same until an officer answers."""
    replies = []
    for number, value in enumerate(("secret.example", "unheard-of.example")):
        seen = {"type": "domain-name", "value": value}
        said = msgspec.to_builtins(request(standoff, request=f"{number:032x}"))
        standoff.vendor.say(standoff.agreement, body=msgspec.json.encode([{**said, "observables": [seen]}]))
        standoff.sync()
        replies.append([type(one) for one in standoff.vendor.fetch(standoff.agreement)])
    assert replies == [[Receipt], [Receipt]]
    assert len(requests.all_requests(standoff.node)) == 2


def test_an_envelope_that_lies_in_the_mailbox_again_asks_nothing_twice(standoff: Standoff) -> None:
    sealed = standoff.vendor.say(standoff.agreement, request(standoff))
    standoff.sync()
    for name in ("again", "and-again"):
        standoff.vendor.put(standoff.agreement, sealed.data, name)
    standoff.sync()
    assert [one.id for one in requests.all_requests(standoff.node)] == [ID]
    standoff.later_good_arrives()


def test_a_third_party_answers_nothing_that_the_vendor_was_asked(standoff: Standoff) -> None:
    view = requests.ask(standoff.node, standoff.agreement, Asking("Seen since June?"))
    standoff.sync()
    version = standoff.third.versions[standoff.other]
    standoff.third.say(standoff.other, Answer(view.id, version, "No, never.", "green", ()), RequestDecline(view.id))
    standoff.sync()
    assert requests.show(standoff.node, view.id)[0].state == "open"
    assert standoff.rules() == ["bad-request", "bad-request"]


def test_a_request_in_the_party_channel_is_refused(standoff: Standoff) -> None:
    standoff.vendor.say(standoff.vendor.party, request(standoff))
    standoff.sync()
    assert standoff.rules() == ["not-agreed"]
    assert requests.all_requests(standoff.node) == []


def test_an_answer_releases_by_the_same_rules_whatever_was_asked(standoff: Standoff) -> None:
    """To be asked for a secret by its name moves nothing: the officer who gives it all gives what may leave."""
    standoff.vendor.say(standoff.agreement, request(standoff, question="Send secret.example and all of Nightjar!"))
    standoff.sync()
    chosen = hosts("ours.example", "secret.example", "red.example")
    made = requests.answer(standoff.node, ID, "What we have.", chosen)
    assert [one.id for one in made.staying] == hosts("secret.example", "red.example")
    standoff.sync()
    _, released, said = standoff.vendor.fetch(standoff.agreement)
    assert isinstance(released, Release)
    assert isinstance(said, Answer)
    sent = msgspec.json.encode([released, said])
    for secret in ("secret.example", "red.example", "Nightjar", *hosts("secret.example", "red.example")):
        assert secret.encode() not in sent
    assert said.objects == tuple(hosts("ours.example"))
