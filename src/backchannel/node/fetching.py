"""The receiving half of a sync pass: what waits in one place is taken out, opened and vetted.

Rules: what continues a channel is taken first, so that nothing else in a mailbox, however much, keeps it waiting;
each mailbox has its turn before any of them is emptied. An envelope that comes too early stays. What is refused is
deleted, and on record. A host may give the same again and again, or for ever something new: the budget ends it.
"""

import errno
from contextlib import suppress

from backchannel.carriers.item import MOST_NAMES
from backchannel.errors import (
    BackchannelError,
    CounterpartError,
    DiskFull,
    Fork,
    Gap,
    KeyDestroyed,
    NoMailbox,
    StoreBroken,
    UnfitItem,
)
from backchannel.flow import inbound
from backchannel.flow.hearing import Arrival
from backchannel.flow.parties import Peer
from backchannel.flow.ports_carriers import Carrier, Mailbox
from backchannel.flow.ports_channels import Refusal
from backchannel.node.budget import Budget
from backchannel.node.channels import channels_with, late, receiving
from backchannel.node.node import Node
from backchannel.node.report import SyncReport
from backchannel.protocol.envelope import parse
from backchannel.protocol.handshake import ChannelSecrets

EVIDENCE = "evidence"
MOST_EVIDENCE = 16
"""Forked envelopes kept of one counterpart: one proves it, and thousands would fill the disk."""

TURN = 100
"""Envelopes taken from one mailbox before every other one had its turn."""

MOST_EARLY = 50
"""Envelopes of one mailbox that are looked at in vain because others are missing before them."""


class Fetching:
    """One counterpart's part of a pass, as far as it is receiving."""

    def __init__(self, node: Node, peer: Peer, report: SyncReport, budget: Budget) -> None:
        self._node = node
        self._peer = peer
        self._report = report
        self._budget = budget

    def take_from(self, place: Carrier) -> None:
        """Everything that waits for us in one place. A host that does not keep a mailbox yet has nothing for us, and
        must not keep us from sending: our acceptance, on its way, may be what opens that mailbox.

        Raises:
            SpentError: the budget is used up; the rest waits.
            CarrierError: the place cannot be used.
        """
        # The party channel first: an acceptance in it opens the channel that the next envelopes are in.
        done: set[str] = set()
        unfinished: list[tuple[ChannelSecrets, Mailbox]] = []
        fresh = channels_with(self._node, self._peer)
        while fresh:
            before = self._report.received
            for channel in self._in_turn(fresh):
                done.add(channel.channel)
                for mailbox in (
                    *receiving(self._node, self._peer, channel),
                    *late(self._node, self._peer, channel),
                ):
                    with suppress(NoMailbox):
                        if not self._empty(channel, place, mailbox, TURN):
                            unfinished.append((channel, mailbox))
            opened = channels_with(self._node, self._peer) if self._report.received > before else []
            fresh = [one for one in opened if one.channel not in done]
        for channel, mailbox in unfinished:
            with suppress(NoMailbox):
                self._empty(channel, place, mailbox, None)

    def _in_turn(self, fresh: list[ChannelSecrets]) -> list[ChannelSecrets]:
        """The first stays first; the others begin anywhere, so that on a slow line each comes to its turn."""
        first, others = fresh[:1], fresh[1:]
        start = int.from_bytes(self._node.us.random(4), "big") % max(1, len(others))
        return [*first, *others[start:], *others[:start]]

    def _empty(self, channel: ChannelSecrets, place: Carrier, mailbox: Mailbox, most: int | None) -> bool:
        """Take what is in one mailbox, in any order that fills gaps; False if that was not all."""
        taken = 0
        while True:
            self._budget.check()
            names = place.list_after(mailbox)
            progress, early, gap = False, 0, None
            first = self._awaited(channel) if names else ""
            for name in _in_order(names, place, mailbox, first):
                if early >= MOST_EARLY and name > first:
                    continue
                if taken == most:
                    return False
                self._budget.take()
                taken += 1
                try:
                    progress |= self._take(channel, place, mailbox, name)
                except Gap as error:
                    gap, early = error, early + 1
            if not progress or (gap is None and len(names) < MOST_NAMES):
                break
        if gap is not None:
            self._report.say(self._peer, gap)
        return True

    def _awaited(self, channel: ChannelSecrets) -> str:
        """Where the names begin of what continues a channel: the number of the envelope after the last."""
        with self._node.db.read() as tx:
            return f"{tx.channels.state(channel.channel, self._peer.key).received + 1:016d}"

    def _take(self, channel: ChannelSecrets, place: Carrier, mailbox: Mailbox, name: str) -> bool:
        """One envelope out of a mailbox; whether it was a new one.

        Raises:
            Gap: it comes too early, and was left there.
        """
        data, new = b"", False
        try:
            taken = place.get(mailbox, name)
            if taken is None:
                return False
            data = taken
            arrival = self._receive(channel, data)
        except Gap:
            raise
        except (CounterpartError, UnfitItem) as error:
            if isinstance(error, Fork):
                self._keep_evidence(name, data)
            if not (isinstance(error, KeyDestroyed) and self._is_old(channel, data)):
                self._refuse(channel, name, error)
        else:
            new = not arrival.duplicate
            self._report.add(arrival)
        place.delete(mailbox, name)
        self._node.us.reached("receive.deleted")
        return new

    def _is_old(self, channel: ChannelSecrets, data: bytes) -> bool:
        """Whether an envelope that cannot be opened any more has the number of one that was received."""
        with self._node.db.read() as tx:
            return parse(data).header.sequence <= tx.channels.state(channel.channel, self._peer.key).received

    def _receive(self, channel: ChannelSecrets, data: bytes) -> Arrival:
        node = self._node
        with node.db.write() as tx:
            arrival = inbound.receive(tx, node.standing(), node.services(), self._peer, channel.channel, data)
            node.us.reached("receive.stored")
        node.us.reached("receive.committed")
        return arrival

    def _refuse(self, channel: ChannelSecrets, name: str, error: BackchannelError) -> None:
        refusal = Refusal(
            channel=channel.channel,
            party=self._peer.key,
            envelope=None,
            subject=name,
            rule=error.code,
            message=str(error),
            at=self._node.clock(),
        )
        with self._node.db.write() as tx:
            tx.channels.add_refusals([refusal])
        self._report.refused_envelopes += 1
        self._report.say(self._peer, error)

    def _keep_evidence(self, name: str, data: bytes) -> None:
        folder, whose = self._node.home / EVIDENCE, self._peer.key[:16]
        path = folder / f"{whose}-{name}"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            if path.exists() or len(list(folder.glob(f"{whose}-*"))) < MOST_EVIDENCE:
                path.write_bytes(data)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(f"no space left for {path}") from None
            raise StoreBroken(f"{path} cannot be written: {error.strerror}") from None


def _in_order(names: list[str], place: Carrier, mailbox: Mailbox, first: str) -> list[str]:
    """The names in a mailbox from `first` on, then those before it. What one listing does not show may be the first.

    A name says what its sender wants it to say; it decides about the order, and about nothing else.
    """
    if len(names) >= MOST_NAMES:
        names = list(dict.fromkeys([*place.list_after(mailbox, first), *names]))
    return sorted(names, key=lambda name: (name < first, name))
