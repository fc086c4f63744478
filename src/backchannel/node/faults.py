"""Stopping the process at a durable step, for tests of what a power cut leaves behind.

`BACKCHANNEL_FAULT=STEP` kills the process with SIGKILL when it reaches the step; `STEP:3` the third time. The steps
are those that the flow announces through `Us.reached`; the lists here name them all, and tests walk through them.
"""

import os
import signal
from collections.abc import Callable, Mapping

VARIABLE = "BACKCHANNEL_FAULT"

STEPS = (
    "release.sealed",
    "release.committed",
    "send.offered",
    "send.put",
    "send.marked",
    "receive.opened",
    "receive.stored",
    "receive.committed",
    "receive.deleted",
    "receipt.committed",
    "witness.committed",
    "recall.committed",
    "recall.said",
    "retention.expired",
    "retention.swept",
)
"""Every durable step of sending and receiving, in the order of an exchange; then those of taking back."""

REQUEST_STEPS = (
    "request.asked",
    "request.answered",
    "request.declined",
    "request.closed",
    "request.committed",
)
"""Every durable step of asking and answering."""

MATCHING_STEPS = ("match.said", "match.committed")
"""Every durable step of a matching session."""

CONSENT_STEPS = ("consent.granted", "consent.refused")
"""Every durable step of answering a request for consent."""

RENEWAL = (
    "rotate.kept",
    "rotate.told",
    "rotate.committed",
    "rekey.kept",
    "rekey.told",
    "rekey.committed",
    "rekey.settled",
    "destroy.kept",
    "card.shown",
)
"""Every durable step of replacing keys."""


def fault_hook(environment: Mapping[str, str] = os.environ) -> Callable[[str], None]:
    """A function that is told each step reached, and kills the process at the one that the environment names."""
    wanted, _, nth = environment.get(VARIABLE, "").partition(":")
    if not wanted:
        return lambda _step: None
    left = int(nth or 1)

    def reached(step: str) -> None:
        nonlocal left
        if step == wanted:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return reached
