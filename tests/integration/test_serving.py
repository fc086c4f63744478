"""`serve` takes in what arrives when it arrives, and not only with its next pass."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backchannel.node import exchange, parties
from backchannel.node.node import CARD_FILE
from backchannel.node.settings import FILE
from backchannel.node.sync import sync
from taxii_served import listening
from two_nodes import make_pair, opened

pytestmark = pytest.mark.timeout(180)

PATIENCE = 120
"""Seconds within which a busy machine does what it does at once; far less than until the next pass."""


def test_an_envelope_that_arrives_is_answered_before_the_next_pass(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    with (pair.b / FILE).open("a") as settings:
        settings.write("sync_every_seconds = 3600\n")
    lab, vendor = (replace(opened(home), clock=lambda: datetime.now(UTC)) for home in (pair.a, pair.b))
    parties.add(vendor, pair.a / CARD_FILE, "self")
    vendor.close()
    with listening(pair.b, r"(envelopes: .*\n)+") as origin:
        parties.add(lab, pair.b / CARD_FILE, origin)
        exchange.release(lab, pair.agreement)
        assert sync(lab).sent
        until = time.monotonic() + PATIENCE
        while not sync(lab).received:
            assert time.monotonic() < until, "the one that serves sleeps"
    lab.close()
