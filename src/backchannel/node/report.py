"""What one sync pass did."""

import msgspec

from backchannel.core.text import printable
from backchannel.flow.hearing import Arrival
from backchannel.flow.parties import Peer
from backchannel.node.retention import Carried

MOST_LINES = 20
"""Problems with one counterpart that a pass reports: whoever sends rubbish must not bury what others have to say."""


class SyncReport(msgspec.Struct):
    """What one pass did. `sent` and `received` count envelopes; the others objects, but `refused_envelopes`.

    `requests` for information came in, and `answers` to ours; `matching` counts steps of matching sessions.
    `problems` are lines for the operator; `troubled` are the keys of the counterparts that could not be served, and
    `unasked` of those whose hosts were left alone because nothing was new.
    """

    sent: int = 0
    received: int = 0
    accepted: int = 0
    held: int = 0
    refused: int = 0
    refused_envelopes: int = 0
    destroyed: int = 0
    requests: int = 0
    answers: int = 0
    matching: int = 0
    problems: list[str] = []
    troubled: list[str] = []
    unasked: list[str] = []

    @property
    def failed(self) -> bool:
        """Whether a counterpart could not be served."""
        return bool(self.troubled)

    def counts(self) -> dict[str, int]:
        """The public figures."""
        return {
            "sent": self.sent,
            "received": self.received,
            "accepted": self.accepted,
            "held": self.held,
            "refused": self.refused + self.refused_envelopes,
            "destroyed": self.destroyed,
            "requests": self.requests,
            "answers": self.answers,
        }

    def add(self, arrival: Arrival) -> None:
        """Count one envelope that came in."""
        self.received += not arrival.duplicate
        self.accepted += arrival.accepted
        self.held += arrival.held
        self.refused += arrival.refused
        self.requests += arrival.requests
        self.answers += arrival.answers
        self.problems.extend(arrival.notes)

    def retained(self, carried: Carried) -> None:
        """Take up what retention did at the end of the pass."""
        self.destroyed = carried.destroyed
        if carried.destroyed:
            self.problems.append(f"retention: object versions whose content was destroyed: {carried.destroyed}")
        if carried.values:
            self.problems.append(f"retention: values found or looked up by matching, and let go of: {carried.values}")
        if carried.waits is not None:
            self.problems.append(
                f"retention waits: its last pass was {carried.waits.days} days ago; if the clock is right, "
                "backchannel retention run --clock-is-right"
            )

    def shorten(self, peer: Peer, before: int) -> None:
        """Of what was said about one counterpart since there were `before` problems, leave what can be read."""
        said = self.problems[before:]
        if len(said) > MOST_LINES:
            first, last = said[: MOST_LINES - 2], said[-1]
            self.problems[before:] = first
            self.say(peer, f"{len(said) - len(first) - 1} more lines; backchannel inbox refusals has the reasons")
            self.problems.append(last)

    def say(self, peer: Peer, what: object) -> None:
        """Tell the operator of something about one counterpart."""
        self.problems.append(f"{printable(peer.party.name, 60)}: {what}")
