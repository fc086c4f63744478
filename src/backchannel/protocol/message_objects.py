"""The message that carries released objects, in the channel of their agreement.

Objects and markings are carried byte for byte as JSON values; they are counted and measured here, and judged by
vetting.
"""

from typing import Literal

import msgspec

from backchannel.protocol.message_base import Message, check_hash, check_object
from backchannel.protocol.versions import Features

Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]


class ReleasedObject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One STIX object as held or reduced by the releaser, and its effective TLP level."""

    object: msgspec.Raw
    tlp: Tlp
    reduced: bool


class Release(Message, frozen=True, tag="release"):
    """Objects released under the terms with the id `version`, and the definitions of the TLP levels they have.

    `markings` make a message complete for whoever reads it without Backchannel, an auditor for one. A receiver checks
    their number and size and reads nothing else in them: what counts is the `tlp` of each item and the object's own
    marks, whose definitions travel as items.
    """

    version: str
    items: tuple[ReleasedObject, ...]
    markings: tuple[msgspec.Raw, ...] = ()

    def check(self, limits: Features) -> None:
        """An id, and JSON objects that are not too large."""
        check_hash("version", self.version)
        for item in self.items:
            check_object(item.object, limits)
        for marking in self.markings:
            check_object(marking, limits)
