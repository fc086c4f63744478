"""Messages about consents: asked for, given, refused. They travel in the channel of the agreement that the objects
came under, and from there hop by hop.

Rules: a request has an id of its own on every hop. Who wants an object, and for whom, stands in it only where names
are allowed; else the recipient is a commitment. An answer speaks of items by their place in the request.
"""

from backchannel.errors import BadEnvelope
from backchannel.protocol.consent import Consent, ItemName
from backchannel.protocol.message_base import Message, at_most, check_hash
from backchannel.protocol.versions import Features

MOST_ID = 300
"""Characters of an object id or version."""


class ConsentRequest(Message, frozen=True, tag="consent-request"):
    """May these objects be passed on to the party that `recipient` commits to?

    `to` is the recipient's party key and `salt` what opens the commitment; `by` is the party that wants to pass them
    on, where that is not the sender. All three are empty where names are not allowed.
    """

    request: str
    items: tuple[ItemName, ...]
    recipient: str
    salt: str
    to: str
    by: str

    def check(self, limits: Features) -> None:
        """Ids, hashes, and not too many items, each once."""
        check_hash("request", self.request)
        check_hash("recipient", self.recipient)
        at_most("items of a consent request", len(self.items), limits.max_consent_items)
        if not self.items:
            raise BadEnvelope("a consent request without items")
        for name, value in (("salt", self.salt), ("to", self.to), ("by", self.by)):
            if value:
                check_hash(name, value)
        if bool(self.to) != bool(self.salt):
            raise BadEnvelope("a recipient is named without what opens its commitment, or the other way round")
        for item in self.items:
            check_item(item)
        if len(set(self.items)) != len(self.items):
            raise BadEnvelope("an item is there twice in a consent request")


class _Answer(Message, frozen=True):
    """An answer to some items of a request, by their places in it, counted from 0."""

    request: str
    items: tuple[int, ...]

    def check(self, limits: Features) -> None:
        """An id, and places in ascending order."""
        check_hash("request", self.request)
        at_most("items of an answer", len(self.items), limits.max_consent_items)
        rising = all(a < b for a, b in zip(self.items, self.items[1:], strict=False))
        if not self.items or not rising or not self.items[0] >= 0 or self.items[-1] >= limits.max_consent_items:
            raise BadEnvelope("the items of an answer are not places of a request in ascending order")


class ConsentGrant(_Answer, frozen=True, tag="consent"):
    """The originator consents: `nonces` open the items, in their order."""

    nonces: tuple[str, ...]
    consent: Consent

    def check(self, limits: Features) -> None:
        """One nonce an item, and a consent that is not too large."""
        super().check(limits)
        if len(self.nonces) != len(self.items):
            raise BadEnvelope(f"{len(self.nonces)} nonces for {len(self.items)} items")
        for nonce in self.nonces:
            check_hash("nonce", nonce)
        check_consent(self.consent, limits)


class ConsentRefusal(_Answer, frozen=True, tag="consent-refusal"):
    """It does not, without reasons."""


def check_item(item: ItemName) -> None:
    """An item is named by texts that can be an id and a version, and a hash."""
    check_hash("sha256", item.sha256)
    if not 0 < len(item.id) <= MOST_ID or len(item.version) > MOST_ID:
        raise BadEnvelope("an item's id or version is empty or too long")


def check_consent(consent: Consent, limits: Features) -> None:
    """A consent is not too large, and its statement a JSON object. What it says is for `protocol.consent`."""
    view = memoryview(consent.statement)
    at_most("bytes in a consent", len(view), limits.max_consent)
    if view[0] != ord("{"):
        raise BadEnvelope("the statement of a consent is not a JSON object")
    if consent.salt:
        check_hash("salt", consent.salt)


def check_consents(consents: tuple[Consent, ...], limits: Features) -> None:
    """The consents beside released objects: bounded, none twice."""
    at_most("consents", len(consents), limits.max_consents)
    for consent in consents:
        check_consent(consent, limits)
    if len({bytes(one.statement) for one in consents}) != len(consents):
        raise BadEnvelope("a consent is there twice")


def check_chain(consents: tuple[str, ...], limits: Features) -> None:
    """The consents that one object names: ids, and not too many hops."""
    at_most("consents of one object", len(consents), limits.max_chain)
    for identifier in consents:
        check_hash("consent", identifier)
