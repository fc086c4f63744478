"""What the one who hears a message needs for it, and what comes of it."""

from typing import NamedTuple

import msgspec

from backchannel.core.text import printable
from backchannel.flow import vet
from backchannel.flow.keep import Delivery
from backchannel.flow.parties import Peer, Standing
from backchannel.flow.ports import AgreementRow, Transaction


class Arrival(msgspec.Struct, frozen=True):
    """What became of one envelope, or of one message in it, in objects; `duplicate` if it was received before.

    `objects` has a letter for each released object, in their order: `a` accepted, `h` held, `r` refused. `requests`
    for information came in, and `answers` to ours, declined ones among them.
    """

    accepted: int = 0
    held: int = 0
    refused: int = 0
    duplicate: bool = False
    requests: int = 0
    answers: int = 0
    notes: tuple[str, ...] = ()
    objects: str = ""

    def __add__(self, other: "Arrival") -> "Arrival":
        return Arrival(
            accepted=self.accepted + other.accepted,
            held=self.held + other.held,
            refused=self.refused + other.refused,
            duplicate=self.duplicate or other.duplicate,
            requests=self.requests + other.requests,
            answers=self.answers + other.answers,
            notes=self.notes + other.notes,
            objects=self.objects + other.objects,
        )


class Hearing(NamedTuple):
    """A message being heard: in whose transaction, where we stand, who says it, and in which envelope."""

    tx: Transaction
    standing: Standing
    services: vet.Services
    peer: Peer
    delivery: Delivery


def note_of(peer: Peer, did: str, row: AgreementRow) -> Arrival:
    """What a counterpart did to an agreement, for the officer, who has to know of it without looking for it."""
    return Arrival(notes=(f"{peer.name} {did} “{printable(row.title, 100)}” ({row.id[:12]})",))
