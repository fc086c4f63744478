"""Provenance: what is known of an object beside it, and what it lets become of the object. It never gets weaker.

Rules: an object that is passed on carries the strictest onward word and the earliest end of all hops. What a sender
says is tightened to the terms between it and us, never trusted to be as strict as they are. `listed` speaks of a list
that stands in the terms of the first hop: whoever got an object by it has to ask.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from backchannel.core.term_fields import ONWARD, Terms

Onward = Literal["never", "ask", "listed"]
Passed = Literal["", "listed", "consent"]


class Provenance(msgspec.Struct, frozen=True, gc=False):
    """What is known of an object beside its bytes.

    `origin` is the originator's commitment to its consent keys (SHA-256 in hex; empty if it made none). `destroy_by`
    is when its content has to be gone at the latest. `passed` says how it came to who gave it: empty for an object of
    its own, else passed on by a list or by consents. `consents` are the ids of these, oldest first, and `nonce` is
    what opens the object in them (32 bytes in hex). `tag` is the origin tag of whoever put the object in (32 bytes in
    hex, `protocol.origin_tag`); empty if there came none.
    """

    origin: str = ""
    onward: Onward = "never"
    destroy_by: datetime | None = None
    passed: Passed = ""
    nonce: str = ""
    consents: tuple[str, ...] = ()
    tag: str = ""


def narrowest(*words: str) -> Onward:
    """The strictest of some onward words; what is none counts as `never`."""
    at = min(ONWARD.index(word) if word in ONWARD else 0 for word in words)
    found: tuple[Onward, ...] = ("never", "ask", "listed")
    return found[at]


def is_weaker(word: str, than: str) -> bool:
    """Whether an onward word allows more than another."""
    return narrowest(word, than) != word


def earliest(*moments: datetime | None) -> datetime | None:
    """The earliest of some times; None stands for none."""
    return min((one for one in moments if one is not None), default=None)


def tightened(said: Provenance | None, terms: Terms, now: datetime) -> Provenance:
    """The provenance that counts for an object that arrives under these terms; None if the sender said nothing."""
    given = said if said is not None else Provenance(onward=narrowest(terms.handling.onward))
    word = handed_on(given.passed, narrowest(given.onward, terms.handling.onward))
    kept_until = now + timedelta(days=terms.retention.destroy_after_days)
    return msgspec.structs.replace(given, onward=word, destroy_by=earliest(given.destroy_by, kept_until))


def handed_on(passed: Passed, word: Onward) -> Onward:
    """The word of an object that was passed on: nobody further down has the originator's list."""
    return "ask" if passed and word == "listed" else word
