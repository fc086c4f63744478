"""What one counterpart may use of a sync pass, so that a slow or hostile host keeps nobody else waiting.

Rules: half of the time is for receiving, and what is left of the whole for sending; each of the two may move so many
envelopes. What is left over stays where it is, in a mailbox or in the outbox, and the next pass goes on there.
"""

from collections.abc import Callable

from backchannel.node.settings import Settings

Timer = Callable[[], float]
"""Seconds by a clock that never goes back, such as `time.monotonic`."""


class SpentError(Exception):
    """The budget is used up; the message says of what."""


class Budget:
    """The seconds and envelopes that are left for one counterpart in a pass."""

    def __init__(self, settings: Settings, timer: Timer) -> None:
        self._timer = timer
        self._seconds, self._envelopes = settings.sync_seconds_each, settings.sync_envelopes_each
        self._began = timer()
        self.receive()

    def receive(self) -> None:
        """From now on it is for receiving."""
        self._until, self._left = self._began + self._seconds / 2, self._envelopes

    def send(self) -> None:
        """From now on it is for sending."""
        self._until, self._left = self._began + self._seconds, self._envelopes

    def seconds_left(self) -> float:
        """How long a carrier may still take; not above 0 if the time is over."""
        return self._until - self._timer()

    def check(self) -> None:
        """Go on only if there is time.

        Raises:
            SpentError: there is none.
        """
        if self.seconds_left() <= 0:
            raise SpentError(f"the time for one counterpart ({self._seconds} s) is used up")

    def take(self) -> None:
        """Count one envelope.

        Raises:
            SpentError: nothing more is to be moved in this pass.
        """
        self.check()
        if self._left <= 0:
            raise SpentError(f"{self._envelopes} envelopes went, the most for one counterpart")
        self._left -= 1
