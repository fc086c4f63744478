"""Whether another's object may be passed on to a party: the rule `originator` of a release.

Rules: `never` withholds. `listed` needs the recipient in the originator's list. `ask`, and `listed` for whoever is
not in the list, needs a granted consent for this object, version and recipient that has not expired. What came under
no agreement, or under one that is over, stays. Another's object leaves whole or not at all (`core.release_case`).
"""

from datetime import datetime

import msgspec

from backchannel.core.consent import State, may_ask
from backchannel.core.provenance import Onward, Provenance
from backchannel.core.stix import format_timestamp
from backchannel.core.text import printable


class Granted(msgspec.Struct, frozen=True, gc=False):
    """A consent that we were given for one object and recipient: its id, what opens the object and the recipient in
    it, until when it holds, and what it lets the recipient do."""

    consent: str
    nonce: str
    salt: str
    until: datetime
    onward: Onward


class Passing(msgspec.Struct, frozen=True, gc=False):
    """What the originator's terms, and those on the way, say of passing an object on to one recipient.

    `obstacle` is why it cannot be passed on whatever consents there are; empty if nothing forbids it. `giver` is the
    name of who gave it to us, for our own officer alone, `source` and `agreement` the key and the agreement. `listed`
    says that the originator lists the recipient. `state` is what became of asking, None if nobody asked.
    """

    giver: str
    source: str
    agreement: str
    provenance: Provenance = Provenance()
    obstacle: str = ""
    listed: bool = False
    state: State | None = None
    granted: Granted | None = None
    supposed: bool = False

    @property
    def askable(self) -> bool:
        """Whether only a consent lacks, and it can be asked for."""
        return not (self.obstacle or self.listed or self.granted) and may_ask(self.state)

    def supposing(self) -> "Passing":
        """The same as if the consent that can be asked for had been given."""
        return msgspec.structs.replace(self, supposed=True) if self.askable else self


def may_pass(passing: Passing | None) -> tuple[bool, str]:
    """Whether another's object may be passed on, and why: evidence for one's own officer."""
    if passing is None:
        return False, "it came from another party, whose consent it needs"
    giver = printable(passing.giver, 80)
    if passing.obstacle:
        return False, f"it came from {giver}: {passing.obstacle}"
    if passing.listed:
        return True, f"it came from {giver}, whose terms list the recipient"
    if passing.granted is not None:
        return True, f"it came from {giver}; its originator consents until {format_timestamp(passing.granted.until)}"
    if passing.supposed:
        return True, f"it came from {giver}, and its originator might consent"
    return False, f"it came from {giver}: {_LACKING[passing.state]}"


_LACKING = {
    None: "it needs the originator's consent, which nobody asked for yet",
    State.ASKED: "its originator was asked for consent, and has not answered",
    State.GRANTED: "its originator consented to another content of this version",
    State.REFUSED: "its originator refused its consent",
    State.EXPIRED: "the originator's consent, or the question, has expired",
    State.WITHDRAWN: "the originator's consent was withdrawn",
}
