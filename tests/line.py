"""Two open nodes, the one served over HTTPS to the other, with a proxy between them that fails as a test says."""

from datetime import timedelta

import msgspec

from backchannel.node.node import Node
from backchannel.node.sync import sync
from fault_proxy import FaultProxy
from two_parties import NOW

HOUR = timedelta(hours=1, seconds=1)
"""Longer than `resend_after_seconds`."""


class Line:
    """Two open nodes, the one reached over HTTPS by the other, and the proxy between them."""

    def __init__(self, a: Node, b: Node, proxy: FaultProxy, pin: str) -> None:
        self.now = NOW
        self.a, self.b, self.proxy = a, b, proxy
        for node, other, where in ((a, b, f"https://127.0.0.1:{proxy.port}#sha256={pin}"), (b, a, "self")):
            object.__setattr__(node, "clock", lambda: self.now)
            with node.db.write() as tx:
                (party,) = (one for one in tx.agreements.parties() if one.key == other.us.key)
                tx.agreements.put_party(msgspec.structs.replace(party, carrier=where))

    def passes(self, number: int = 1) -> int:
        """Both sync after each hour; how many envelopes moved."""
        moved = 0
        for _ in range(number):
            self.now += HOUR
            for node in (self.a, self.b):
                report = sync(node)
                moved += report.sent + report.received
        return moved
