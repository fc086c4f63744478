"""The party channel's secrets, by the long-term keys of both ends: which of them either may be using.

They follow from one pair of keys each. When either party replaces its keys, the other goes on by the old ones until
it hears of that; so we write by those of our keys that the counterpart is known to know, and read by all there are.
"""

from backchannel.flow.parties import Peer, Us
from backchannel.flow.ports import Transaction
from backchannel.protocol.handshake import ChannelSecrets, Ends, introduction, party_channel
from backchannel.protocol.keys import FormerKeys, PrivateKeys


def generation_known(tx: Transaction, us: Us, peer: Peer) -> int:
    """The generation of our long-term keys that a counterpart is known to know."""
    told = tx.cards.told(peer.key)
    acknowledged = tx.channels.state(party_channel(us.key, peer.key), peer.key).acknowledged
    return us.private.generation if told is None or acknowledged >= told.keys_sequence else told.known


def writing(tx: Transaction, us: Us, peer: Peer) -> ChannelSecrets:
    """The secrets that we write by."""
    ours = us.private.of_generation(generation_known(tx, us, peer)) or us.private
    return introduction(ours, peer.card.keys, Ends(us.key, peer.key))


def reading(us: Us, peer: Peer, *, former: bool = True) -> list[ChannelSecrets]:
    """The secrets by every pair of keys that the counterpart may write by, those of today first; without `former`, by
    the keys that it has now only."""
    theirs = [peer.card.keys, *(peer.card.former if former else ())]
    ours: list[PrivateKeys | FormerKeys] = [us.private, *us.private.former]
    return [introduction(one, other, Ends(us.key, peer.key)) for other in theirs for one in ours]
