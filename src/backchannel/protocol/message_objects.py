"""The message that carries released objects, in the channel of their agreement.

Objects and markings are carried byte for byte as JSON values; they are counted and measured here, and judged by
vetting.
"""

from typing import Literal

import msgspec

from backchannel.core.provenance import Onward, Passed
from backchannel.errors import BadEnvelope
from backchannel.protocol.consent import Consent
from backchannel.protocol.message_base import Message, check_hash, check_object, check_time
from backchannel.protocol.message_consents import check_chain, check_consents
from backchannel.protocol.versions import Features

Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]


class Provenance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said beside a released object (`core.provenance`). `destroy_by` is a STIX timestamp, or empty.

    `consents` are the ids of consents in the same message, oldest first. `tag` is left out where there is none. None
    of this names a party.
    """

    origin: str = ""
    onward: Onward = "never"
    destroy_by: str = ""
    passed: Passed = ""
    nonce: str = ""
    consents: tuple[str, ...] = ()
    tag: str | msgspec.UnsetType = msgspec.UNSET

    def check(self, limits: Features) -> None:
        """Hashes, a time, and consents if and only if it was passed on by them."""
        for name, value in (("origin", self.origin), ("nonce", self.nonce)):
            if value:
                check_hash(name, value)
        if self.tag is not msgspec.UNSET:
            check_hash("tag", self.tag)
        if self.destroy_by:
            check_time(self.destroy_by)
        check_chain(self.consents, limits)
        by_consent = self.passed == "consent"
        if by_consent != bool(self.nonce) or (by_consent and not self.consents):
            raise BadEnvelope("an object has consents if and only if it is passed on by them")


class ReleasedObject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One STIX object as held or reduced by the releaser, its effective TLP level, and what is said beside it."""

    object: msgspec.Raw
    tlp: Tlp
    reduced: bool
    provenance: Provenance = Provenance()


class Release(Message, frozen=True, tag="release"):
    """Objects released under the terms with the id `version`, and the definitions of the TLP levels they have.

    `markings` make a message complete for whoever reads it without Backchannel, an auditor for one. A receiver checks
    their number and size and reads nothing else in them: what counts is the `tlp` of each item and the object's own
    marks, whose definitions travel as items. `consents` are those that the items name.
    """

    version: str
    items: tuple[ReleasedObject, ...]
    markings: tuple[msgspec.Raw, ...] = ()
    consents: tuple[Consent, ...] = ()

    def check(self, limits: Features) -> None:
        """An id, and JSON objects that are not too large."""
        check_hash("version", self.version)
        for item in self.items:
            check_object(item.object, limits)
            item.provenance.check(limits)
        for marking in self.markings:
            check_object(marking, limits)
        check_consents(self.consents, limits)
