"""Taking back what was sealed under an agreement and has not left this node, when less may leave than before.

An envelope that was offered to a carrier may have left whatever the carrier answered, and stays in the channel's
history. What lies behind it in the outbox has certainly not left: it is dropped, the channel goes back to the last
envelope that may have left, and the objects in it no longer count as having crossed.
"""

import msgspec

from backchannel.flow import match_session, requests
from backchannel.flow.ports import Transaction
from backchannel.protocol.envelope import parse


def take_back(tx: Transaction, agreement: str, party: str) -> int:
    """Take back the envelopes of an agreement that no carrier was offered; how many."""
    unsent = tx.channels.take_unsent(agreement)
    if not unsent:
        return 0
    first = unsent[0]
    row = tx.channels.state(agreement, party)
    # A receipt may have been among them.
    tx.arrivals.unsay(agreement, after=first.sequence - 1)
    previous = parse(first.data).header.previous
    tx.channels.put_state(msgspec.structs.replace(row, sent=first.sequence - 1, sent_head=previous))
    tx.channels.forget_released(agreement, after=first.sequence - 1)
    tx.recalls.forget_said(agreement, after=first.sequence - 1)
    requests.take_back(tx, agreement, first.sequence - 1)
    match_session.take_back(tx, agreement, first.sequence - 1)
    return len(unsent)
