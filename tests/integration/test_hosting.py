"""The mailboxes that a node hosts: which way each goes, and that one counterpart cannot fill them for another."""

import os
from contextlib import suppress
from itertools import count

import pytest

from backchannel.carriers.host import Grant, MailboxHost, Quota
from backchannel.errors import MailboxFull, WrongWay
from backchannel.flow.post import item_name
from backchannel.node import hosting
from backchannel.node.channels import own_mailboxes
from backchannel.node.hosting import KnownMailboxes, mailbox_host
from counterpart import Counterpart
from standoff import Standoff, conclude, good


def flood(host: MailboxHost, one: Counterpart, channel: str, size: int) -> None:
    """Put items until the host takes no more."""
    with suppress(MailboxFull):
        for number in count():
            host.put(one.mailbox(channel, "receive"), f"{number:016d}", bytes(size))


def test_a_counterpart_puts_into_what_the_node_reads_and_fetches_from_what_it_writes(standoff: Standoff) -> None:
    host, known = mailbox_host(standoff.home), KnownMailboxes(standoff.home)
    for one, agreement in ((standoff.vendor, standoff.agreement), (standoff.third, standoff.other)):
        for channel in (one.party, agreement):
            theirs, ours = one.mailbox(channel, "receive"), one.mailbox(channel, "send")
            assert known.whose(theirs.name) == Grant(one.key, fetches=False)
            assert known.whose(ours.name) == Grant(one.key, puts=False)
            assert host.admit(theirs.name, theirs.token) == theirs
            assert host.admit(ours.name, ours.token) == ours
            host.put(theirs, "1", b"x")
            assert host.page(ours, "") == ([], False)
            with pytest.raises(WrongWay):
                host.put(ours, "1", b"x")
            with pytest.raises(WrongWay):
                host.page(theirs, "")
    assert known.owners() == 2
    assert not known(one.mailbox(agreement, "send").name[:-1] + "x")


def test_a_new_agreement_has_its_mailboxes_at_once(standoff: Standoff, monkeypatch: pytest.MonkeyPatch) -> None:
    host = mailbox_host(standoff.home)
    assert host.page(standoff.vendor.mailbox(standoff.agreement, "send"), "") == ([], False)
    monkeypatch.setattr(standoff.vendor, "meet", lambda _card: None)  # they know each other already
    later = conclude(standoff.node, standoff.vendor, title="Second watch")
    host.put(standoff.vendor.mailbox(later, "receive"), "1", b"x")


def test_a_stranger_with_names_of_its_own_does_not_make_the_node_read_its_agreements_again(
    standoff: Standoff, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = KnownMailboxes(standoff.home)
    for path in standoff.home.iterdir():
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert not known("0" * 64)
    with monkeypatch.context() as patch:
        patch.setattr(hosting, "open_node", lambda _home: pytest.fail("the node was opened for a stranger"))
        assert not any(known(f"{number:064x}") for number in range(100))
    monkeypatch.setattr(standoff.vendor, "meet", lambda _card: None)  # they know each other already
    later = conclude(standoff.node, standoff.vendor, title="Second watch")
    assert known(standoff.vendor.mailbox(later, "receive").name)


def test_a_counterpart_that_floods_all_its_mailboxes_leaves_the_others_their_part(standoff: Standoff) -> None:
    host, vendor = mailbox_host(standoff.home, Quota(total_bytes=400_000, bytes=400_000)), standoff.vendor
    for channel in (vendor.party, standoff.agreement):
        flood(host, vendor, channel, 4_000)
    release = standoff.third.releasing(standoff.other, good("third-later.example"))
    sealed = standoff.third.seal(standoff.other, release)
    mailbox = standoff.third.mailbox(standoff.other, "receive")
    host.put(mailbox, item_name(sealed.header.sequence, sealed.digest), sealed.data)
    before = len(standoff.waiting())
    standoff.sync()
    assert len(standoff.waiting()) == before + 2
    host.put(vendor.mailbox(standoff.agreement, "receive"), "1", bytes(4_000))  # what was fetched made room


def test_what_waits_for_a_counterpart_does_not_keep_it_from_writing(standoff: Standoff) -> None:
    own_mailboxes(standoff.node).put(standoff.vendor.mailbox(standoff.agreement, "send"), "1", bytes(50_000))
    host = mailbox_host(standoff.home, Quota(bytes=10_000, total_bytes=10_000))
    host.put(standoff.vendor.mailbox(standoff.agreement, "receive"), "1", bytes(5_000))
