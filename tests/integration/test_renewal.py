"""Keys that are replaced while envelopes are on their way: nothing is lost or stuck, and old keys open nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from backchannel.carriers.folder import FolderCarrier
from backchannel.core.identity import fingerprint_words
from backchannel.errors import (
    BadArgument,
    KeyDestroyed,
    StaleCard,
    StoreBroken,
    SuccessionFork,
    WordsDiffer,
    WrongState,
)
from backchannel.flow.beside import own_tag
from backchannel.flow.ports import Filter, NewObject
from backchannel.flow.post import channel_end, item_name
from backchannel.node import agreements, exchange, faults, inbox, keyring, ledger, parties
from backchannel.node import certificate as tls
from backchannel.node.channels import channels_with, own_mailboxes, sending
from backchannel.node.creating import create_node
from backchannel.node.hosting import KnownMailboxes, mailbox_host
from backchannel.node.inbox_choice import Choice
from backchannel.node.keyring import open_keyring
from backchannel.node.node import CARD_FILE, MAILBOXES, Node, open_node
from backchannel.node.renewal import card_news, refreshed, rekey, rotate
from backchannel.node.report import SyncReport
from backchannel.node.sync import sync
from backchannel.protocol.accusations import accuse
from backchannel.protocol.card import make_card, read_card
from backchannel.protocol.checkpoints import TreeHead, sign_checkpoint
from backchannel.protocol.envelope import open_envelope, parse
from backchannel.protocol.evidence import check_accusation_file
from backchannel.protocol.keys import PrivateKeys
from backchannel.protocol.ledger_keys import log_keys, log_signers, origin
from backchannel.protocol.succession import succeed
from fault_proxy import served
from killing import done, killed
from standoff import good
from two_nodes import CROSSING, HOSTS, TERMS, Pair, copy_of, make_pair, opened
from two_parties import NOW, seeds

DAY = timedelta(days=1)
WINDOW = 14 * DAY


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Both nodes, before anything is released."""
    return make_pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture
def pair(agreed: Pair, tmp_path: Path) -> Pair:
    """A copy of both nodes for one test."""
    return copy_of(agreed, tmp_path)


def on(home: Path, *actions: Callable[[Node], object], now: datetime = NOW) -> object:
    """Do things with a node at a time, as one command after the other; what the last one gave."""
    result: object = None
    for action in actions:
        node = opened(home, now)
        try:
            result = action(node)
        finally:
            node.close()
    return result


def synced(home: Path, now: datetime = NOW) -> SyncReport:
    report = on(home, sync, now=now)
    assert isinstance(report, SyncReport)
    return report


def both_sync(pair: Pair, times: int = 2, now: datetime = NOW) -> list[str]:
    """Passes of both nodes, in turn; all problems that they had."""
    return [said for _ in range(times) for home in (pair.a, pair.b) for said in synced(home, now).problems]


def released(pair: Pair, home: Path, now: datetime = NOW) -> None:
    on(home, lambda node: exchange.release(node, pair.agreement), now=now)


def sealing(home: Path) -> list[int]:
    """The epochs whose keys a node holds."""
    return [seed.epoch for seed in open_keyring(home).private.sealing]


def held_card(home: Path) -> parties.Peer:
    """What a node knows of its counterpart."""
    node = opened(home)
    (peer,) = parties.all_peers(node)
    node.close()
    return peer


def outbox(home: Path) -> list[tuple[str, int, int]]:
    """What waits: channel, number, and the epoch it is sealed to."""
    node = opened(home)
    with node.db.read() as tx:
        found = [(one.channel, one.sequence, parse(one.data).header.epoch) for one in tx.channels.outbox()]
    node.close()
    return found


def refused(home: Path) -> list[str]:
    node = opened(home)
    with node.db.read() as tx:
        rules = [one.rule for one in tx.channels.refusals(1000)]
    node.close()
    return rules


def taken(home: Path) -> set[str]:
    """The ids of what a node holds once its inbox is accepted."""
    on(home, lambda node: inbox.accept(node, Choice(everything=True)))
    node = opened(home)
    with node.db.read() as tx:
        ids = {one.id for one in tx.holdings.find(Filter())}
    node.close()
    return ids


EVERYTHING = {one.id for one in CROSSING}


def at_rest(pair: Pair) -> None:
    """Nothing waits on either side but receipts, and nothing was refused."""
    assert [refused(pair.a), refused(pair.b)] == [[], []]
    for one, other in ((pair.a, pair.b), (pair.b, pair.a)):
        sender, receiver = opened(one), opened(other)
        with sender.db.read() as tx, receiver.db.read() as theirs:
            for item in tx.channels.outbox():
                assert item.answer, "only receipts are not receipted"
                assert theirs.channels.state(item.channel, sender.us.key).received >= item.sequence
        sender.close()
        receiver.close()


# --- sealing keys ----------------------------------------------------------------------------------------------


def test_a_sealing_key_is_rotated_on_demand_and_the_counterpart_seals_to_it(pair: Pair) -> None:
    on(pair.b, rotate)
    assert sealing(pair.b) == [1, 2]
    both_sync(pair)
    assert held_card(pair.a).card.sealing.epoch == 2
    released(pair, pair.a)
    assert {epoch for _, _, epoch in outbox(pair.a)} == {2}
    both_sync(pair)
    assert taken(pair.b) == EVERYTHING
    at_rest(pair)


def test_a_sync_rotates_a_key_that_is_old_enough_and_no_other(pair: Pair) -> None:
    node = opened(pair.a)
    made = node.us.private.newest_sealing.issued
    node.close()
    assert made is not None
    synced(pair.a, now=made + 30 * DAY - timedelta(seconds=1))
    assert sealing(pair.a) == [1]
    synced(pair.a, now=made + 30 * DAY)
    synced(pair.a, now=made + 30 * DAY)
    assert sealing(pair.a) == [1, 2]


def test_a_rotated_key_is_destroyed_after_the_window_and_not_before(pair: Pair) -> None:
    on(pair.b, rotate)
    synced(pair.b, now=NOW + WINDOW - timedelta(seconds=1))
    assert sealing(pair.b) == [1, 2]
    old = open_keyring(pair.b).private.sealing[0].seed
    synced(pair.b, now=NOW + WINDOW)
    assert sealing(pair.b) == [2]
    left = b"".join(path.read_bytes() for path in pair.b.iterdir() if path.is_file())
    assert msgspec.json.encode(old).strip(b'"') not in left


def test_a_destroyed_seed_opens_nothing(pair: Pair) -> None:
    released(pair, pair.a)
    node = opened(pair.a)
    with node.db.read() as tx:
        (data,) = [one.data for one in tx.channels.outbox() if one.channel == pair.agreement and not one.answer]
    node.close()
    receiver = opened(pair.b)
    (peer,) = parties.all_peers(receiver)
    with receiver.db.read() as tx:
        way = channel_end(tx, receiver.us, peer, tx.channels.state(pair.agreement, peer.key)).inward
    receiver.close()
    assert open_envelope(parse(data), way, open_keyring(pair.b).private, peer.card.keys)
    on(pair.b, rotate)
    synced(pair.b, now=NOW + WINDOW)
    with pytest.raises(KeyDestroyed, match="our key of epoch 1, which is destroyed"):
        open_envelope(parse(data), way, open_keyring(pair.b).private, peer.card.keys)


def test_an_envelope_sealed_to_a_destroyed_epoch_has_a_clear_outcome_and_nothing_is_lost(pair: Pair) -> None:
    released(pair, pair.a)
    synced(pair.a)  # it lies in the folder now, sealed to epoch 1
    on(pair.b, rotate)
    report = synced(pair.b, now=NOW + WINDOW)  # B was away for the whole window
    assert any("which is destroyed" in said for said in report.problems)
    once = refused(pair.b)
    assert set(once) == {"key-destroyed"}
    assert taken(pair.b) == set()
    later = NOW + WINDOW + timedelta(hours=2)
    synced(pair.a, later)
    assert {epoch for _, _, epoch in outbox(pair.a)} <= {2}, "sealed again as soon as the card arrived"
    both_sync(pair, now=later)
    assert taken(pair.b) == EVERYTHING
    assert refused(pair.b) == once, "said once"


def test_rotation_while_envelopes_are_on_the_way_over_a_folder(pair: Pair) -> None:
    """A's release lies in the folder when B rotates, and A seals it again when it hears of that: B finds both."""
    released(pair, pair.a)
    synced(pair.a)
    lying = len(pair.items())
    on(pair.b, rotate)
    carried_out_of_b_only(pair)
    synced(pair.a)
    assert len(pair.items()) > lying, "both copies lie there"
    both_sync(pair, 3)
    assert taken(pair.b) == EVERYTHING
    at_rest(pair)


def carried_out_of_b_only(pair: Pair) -> None:
    """B's outbox gets to A; B takes nothing in."""
    node = opened(pair.b)
    kept = {path: path.read_bytes() for path in pair.items()}
    for path in kept:
        path.unlink()
    sync(node)
    node.close()
    for path, data in kept.items():
        path.write_bytes(data)


def test_both_nodes_rotate_at_once(pair: Pair) -> None:
    released(pair, pair.a)
    for home in (pair.a, pair.b):
        on(home, rotate)
    both_sync(pair, 3)
    assert held_card(pair.a).card.sealing.epoch == held_card(pair.b).card.sealing.epoch == 2
    assert taken(pair.b) == EVERYTHING
    at_rest(pair)


def test_a_node_that_was_away_for_several_rotations_is_reached_again(pair: Pair) -> None:
    now = NOW
    for _ in range(3):
        on(pair.a, rotate, now=now)
        now += 20 * DAY
        synced(pair.a, now)
    assert sealing(pair.a) == [4]
    released(pair, pair.a, now)
    with_b = opened(pair.b, now)
    with with_b.db.write() as tx:
        tx.holdings.add((NewObject.of(one) for one in good("b.example")), source=with_b.us.key, now=now)
    with_b.close()
    both_sync(pair, 3, now=now)
    assert held_card(pair.b).card.sealing.epoch == 4
    assert taken(pair.b) >= EVERYTHING


def test_who_gives_no_receipt_for_a_card_within_the_window_is_named_with_what_to_do(pair: Pair) -> None:
    on(pair.a, rotate)
    assert synced(pair.a).problems == []
    (said,) = [one for one in synced(pair.a, NOW + WINDOW).problems if "no receipt for our card" in one]
    assert "exchange the cards by hand" in said
    both_sync(pair, now=NOW + WINDOW)
    node = opened(pair.a, NOW + WINDOW)
    assert card_news(node, node.clock()) == []
    node.close()


def test_cards_exchanged_by_hand_open_a_channel_in_which_each_sealed_to_destroyed_keys(pair: Pair) -> None:
    """Neither could be reached for longer than the window: the cards cannot come through the channel."""
    released(pair, pair.a)
    for home in (pair.a, pair.b):
        on(home, rotate)
    for path in pair.items():
        path.unlink()
    later = NOW + WINDOW
    for home in (pair.a, pair.b):
        on(home, lambda node: replace(node, settings=node.settings), now=later)
        synced(home, later)
    both_sync(pair, 3, now=later + DAY)
    assert held_card(pair.a).card.sealing.epoch == held_card(pair.b).card.sealing.epoch == 1
    for home, other in ((pair.a, pair.b), (pair.b, pair.a)):
        on(home, lambda node, card=other / CARD_FILE: parties.add(node, card, f"folder:{pair.drop}"), now=later)
    both_sync(pair, 3, now=later + 2 * DAY)
    assert taken(pair.b) == EVERYTHING
    assert [one for one in outbox(pair.a) if one[0] == pair.agreement] == []


def test_a_card_enrolled_by_hand_is_not_older_than_the_one_held(pair: Pair) -> None:
    old = (pair.b / CARD_FILE).read_bytes()
    on(pair.b, rotate)
    both_sync(pair)
    (pair.folder / "old.card").write_bytes(old)
    with pytest.raises(StaleCard, match="it is an older card"):
        on(pair.a, lambda node: parties.add(node, pair.folder / "old.card", f"folder:{pair.drop}"))


def test_a_counterpart_enrolled_after_a_rotation_is_told_of_the_newest_card(pair: Pair) -> None:
    """Which card it was given by hand is not known."""
    first = (pair.a / CARD_FILE).read_bytes()
    on(pair.a, rotate)
    other = opened(pair.a)
    third = pair.folder / "third"
    create_node(third, "Third").close()
    (third / "settings.toml").write_text("warning_lists = false\nsynonyms = false\n")
    (pair.folder / "a.card").write_bytes(first)
    parties.add(other, third / CARD_FILE, f"folder:{pair.drop}")
    other.close()
    on(third, lambda node: parties.add(node, pair.folder / "a.card", f"folder:{pair.drop}"))
    synced(pair.a)
    synced(third)
    assert held_card(third).card.sealing.epoch == 2


def test_a_process_that_runs_on_takes_up_what_another_replaced(pair: Pair) -> None:
    node = opened(pair.b)
    on(pair.b, rotate)
    both_sync(pair)
    released(pair, pair.a)
    synced(pair.a)
    assert node.us.card.sealing.epoch == 1
    sync(node)
    node.close()
    assert taken(pair.b) == EVERYTHING


# --- hosting ---------------------------------------------------------------------------------------------------


@pytest.fixture
def hosted(pair: Pair) -> Pair:
    """B hosts its mailboxes; A puts into them and fetches from them, through what B's server would ask."""
    node = opened(pair.b)
    parties.add(node, pair.a / CARD_FILE, "self")
    node.close()
    return pair


def put_hosted(pair: Pair, now: datetime = NOW) -> None:
    """What A's outbox holds goes through B's host, which knows its mailboxes, as over HTTPS."""
    host, node = mailbox_host(pair.b), opened(pair.a, now)
    (peer,) = parties.all_peers(node)
    for channel in channels_with(node, peer):
        with node.db.read() as tx:
            waiting = [one for one in tx.channels.outbox() if one.channel == channel.channel]
        for one in waiting:
            mailbox = sending(peer, channel, parse(one.data).header.epoch)
            assert host.admit(mailbox.name, mailbox.token) == mailbox
            host.put(mailbox, item_name(one.sequence, one.digest), one.data)
    node.close()


def test_a_host_has_the_mailboxes_of_a_new_epoch_at_once_and_of_the_old_one_until_its_key_is_destroyed(
    hosted: Pair,
) -> None:
    released(hosted, hosted.a)
    put_hosted(hosted)  # epoch 1
    on(hosted.b, rotate)
    put_hosted(hosted)  # the old mailbox is still there
    synced(hosted.b)
    assert taken(hosted.b) == EVERYTHING
    synced(hosted.b, NOW + WINDOW)
    known, sender = KnownMailboxes(hosted.b), opened(hosted.a)
    (peer,) = parties.all_peers(sender)
    channels = channels_with(sender, peer)
    old, new = ({sending(peer, one, epoch).name for one in channels} for epoch in (1, 2))
    sender.close()
    assert [known(name) for name in (*old, *new)] == [False, False, True, True]
    assert old <= set(FolderCarrier(hosted.b / MAILBOXES).mailboxes()), "what comes late is looked for there"
    synced(hosted.b, NOW + 3 * WINDOW)
    assert not old & set(FolderCarrier(hosted.b / MAILBOXES).mailboxes())


def test_what_we_host_for_a_counterpart_moves_to_the_mailbox_of_its_new_epoch(hosted: Pair) -> None:
    node = opened(hosted.b)
    with node.db.write() as tx:
        tx.holdings.add((NewObject.of(one) for one in good("b.example")), source=node.us.key, now=NOW)
        tx.holdings.add((NewObject.of(one) for one in CROSSING[:1]), source=node.us.key, now=NOW)
    exchange.release(node, hosted.agreement)
    sync(node)
    boxes = own_mailboxes(node).mailboxes()
    node.close()
    on(hosted.a, rotate)
    put_hosted(hosted)
    synced(hosted.b)
    synced(hosted.b)
    node = opened(hosted.b)
    after = own_mailboxes(node).mailboxes()
    node.close()
    assert set(after) & set(boxes) != set(boxes), "the old mailbox was emptied"
    assert {epoch for channel, _, epoch in outbox(hosted.b) if channel == hosted.agreement} == {2}


def test_rotation_while_envelopes_are_on_the_way_over_https_hosting(pair: Pair) -> None:
    """B hosts. A reaches it over TLS: what it brings goes into the mailbox of the epoch that it knows of, and that
    stays there while B has the key."""
    now = datetime.now(UTC)  # the server goes by the machine's clock
    own = tls.load(pair.b / tls.CERTIFICATE_FILE, pair.b / tls.KEY_FILE, now=now)
    (pair.folder / "second.toml").write_text('title = "Second"\n' + TERMS)
    (pair.folder / "third.toml").write_text('title = "Third"\n' + TERMS)
    on(pair.b, lambda node: parties.add(node, pair.a / CARD_FILE, "self"), now=now)
    with served(mailbox_host(pair.b), own) as line:
        origin = f"https://127.0.0.1:{line.port}#sha256={own.pin}"
        on(pair.a, lambda node: parties.add(node, pair.b / CARD_FILE, origin), now=now)
        released(pair, pair.a, now)
        assert synced(pair.a, now).problems == []
        on(pair.b, rotate, now=now)
        on(pair.a, lambda node: agreements.propose(node, pair.folder / "second.toml", "Vendor"), now=now)
        assert synced(pair.a, now).problems == [], "the old mailbox takes it"
        assert held_card(pair.a).card.sealing.epoch == 1
        assert synced(pair.b, now).received >= 2
        assert synced(pair.a, now).problems == []
        assert held_card(pair.a).card.sealing.epoch == 2
        on(pair.a, lambda node: agreements.propose(node, pair.folder / "third.toml", "Vendor"), now=now)
        assert synced(pair.a, now).problems == [], "and the new one is there"
        synced(pair.b, now)
    states = on(pair.b, lambda node: {one.title: one.state for one in agreements.all_agreements(node)}, now=now)
    assert isinstance(states, dict)
    assert (states["Second"], states["Third"]) == ("proposed", "proposed")
    assert taken(pair.b) == EVERYTHING
    assert [refused(pair.a), refused(pair.b)] == [[], []]


# --- long-term keys --------------------------------------------------------------------------------------------


def test_a_party_with_new_keys_is_the_same_party_and_everything_goes_on(pair: Pair) -> None:
    before = opened(pair.a)
    key, words, private = before.us.key, before.words, before.us.private
    before.close()
    released(pair, pair.a)
    synced(pair.a)
    on(pair.a, rekey)
    after = opened(pair.a)
    assert (after.us.key, after.words) == (key, words)
    assert after.us.card.current_words != words
    assert after.us.card.generation == 1
    for name in ("ed25519", "mldsa65", "x25519", "mlkem768"):
        assert getattr(after.us.private, name) != getattr(private, name)
    after.close()
    both_sync(pair, 4, NOW + timedelta(hours=2))
    assert taken(pair.b) == EVERYTHING
    assert held_card(pair.b).key == key
    assert held_card(pair.b).card.generation == 1
    on(pair.b, lambda node: agreements.end(node, pair.agreement))
    both_sync(pair, 2, NOW + timedelta(hours=4))
    assert on(pair.a, lambda node: [one.state for one in agreements.all_agreements(node)]) == ["ended"]


def test_the_old_signing_keys_are_gone_at_once_and_the_others_after_the_window(pair: Pair) -> None:
    old = open_keyring(pair.a).private
    on(pair.a, rekey)
    ring = open_keyring(pair.a)
    assert ring.prepared is None
    assert [one.generation for one in ring.private.former] == [0]
    left = b"".join(path.read_bytes() for path in pair.a.iterdir() if path.is_file())
    for seed in (old.ed25519, old.mldsa65):
        assert msgspec.json.encode(seed).strip(b'"') not in left
    synced(pair.a, NOW + WINDOW)
    assert open_keyring(pair.a).private.former == ()
    left = b"".join(path.read_bytes() for path in pair.a.iterdir() if path.is_file())
    for seed in (old.x25519, old.mlkem768):
        assert msgspec.json.encode(seed).strip(b'"') not in left


def test_what_waited_under_the_old_keys_arrives_under_the_new(pair: Pair) -> None:
    released(pair, pair.a)
    on(pair.a, rekey)
    waiting = [one for one in outbox(pair.a) if one[0] == pair.agreement]
    assert waiting
    synced(pair.a)
    assert synced(pair.b).held == 0, "B has the card now, and nothing else: the rest is not sent before that is known"
    both_sync(pair, 2)
    assert taken(pair.b) == EVERYTHING
    at_rest(pair)


def test_an_origin_tag_stays_the_same_when_all_keys_are_replaced(pair: Pair) -> None:
    def tag(node: Node) -> str:
        return own_tag(node.standing(), HOSTS[0])

    before = on(pair.a, tag)
    on(pair.a, rekey)
    assert before == on(pair.a, tag) != on(pair.b, tag)


def test_both_parties_replace_their_keys_at_once(pair: Pair) -> None:
    released(pair, pair.a)
    for home in (pair.a, pair.b):
        on(home, rekey)
    both_sync(pair, 4)
    assert held_card(pair.a).card.generation == held_card(pair.b).card.generation == 1
    assert taken(pair.b) == EVERYTHING
    both_sync(pair, 2, NOW + timedelta(hours=2))
    at_rest(pair)


def test_keys_can_be_replaced_again_before_the_counterpart_heard_of_it(pair: Pair) -> None:
    released(pair, pair.a)
    for _ in range(3):
        on(pair.a, rekey)
    both_sync(pair, 3)
    assert held_card(pair.b).card.generation == 3
    assert taken(pair.b) == EVERYTHING
    at_rest(pair)


def test_two_histories_signed_with_keys_that_were_replaced_since_still_accuse(pair: Pair) -> None:
    def two_histories(node: Node) -> bytes:
        name, signers = origin(node.us.key), log_signers(node.us.private, node.us.key)
        one, other = (sign_checkpoint(TreeHead(name, 5, root * 32), signers, 1).note for root in (b"a", b"b"))
        return accuse(one, other, log_keys(node.us.card))

    document = on(pair.a, two_histories)
    accused = on(pair.a, lambda node: node.us.key)

    def kept(node: Node) -> None:
        with node.db.write() as tx:
            tx.ledger.add_accusation(accused, document, NOW)

    on(pair.b, kept)
    on(pair.a, rekey)
    both_sync(pair, 2)
    assert held_card(pair.b).card.generation == 1
    card, found = check_accusation_file(on(pair.b, lambda node: ledger.accuse(node, "Lab")))
    assert (card.key, found.one.size) == (accused, 5)


def test_an_agreement_proposed_before_and_accepted_after_new_keys_works(pair: Pair) -> None:
    """Both ends must derive the same secrets, from the keys that each had when it wrote."""
    (pair.folder / "more.toml").write_text('title = "More"\n' + TERMS)
    row = on(pair.a, lambda node: agreements.propose(node, pair.folder / "more.toml", "Vendor")[0])
    synced(pair.a)
    synced(pair.b)
    on(pair.a, rekey)  # B does not know yet
    on(pair.b, lambda node: agreements.accept(node, row.id))
    on(pair.b, rekey)
    both_sync(pair, 4)
    on(pair.a, lambda node: exchange.release(node, row.id))
    both_sync(pair, 2)
    assert taken(pair.b) == EVERYTHING
    at_rest(pair)


def test_a_proposal_for_keys_that_are_destroyed_is_refused_with_what_to_do(pair: Pair) -> None:
    (pair.folder / "more.toml").write_text('title = "More"\n' + TERMS)
    row = on(pair.b, lambda node: agreements.propose(node, pair.folder / "more.toml", "Lab")[0])
    on(pair.a, rekey)
    on(pair.a, refreshed, now=NOW)
    lone = pair.folder / "aside"
    pair.drop.rename(lone)
    synced(pair.a, NOW + WINDOW)  # B's proposal was not carried; the window is over
    both_sync(pair, 4, NOW + WINDOW + timedelta(hours=2))
    node = opened(pair.a)
    with node.db.read() as tx:
        said = [one.message for one in tx.channels.refusals()]
    node.close()
    assert row.id not in {one.id for one in on(pair.a, lambda node: agreements.all_agreements(node))}
    assert said == [] or any("made for our keys number 0" in one for one in said)


def test_a_party_with_new_keys_is_to_be_compared_again_by_the_words_of_the_new_ones(pair: Pair) -> None:
    key = held_card(pair.b).key
    words = " ".join(fingerprint_words(key))
    on(pair.b, lambda node: parties.verify(node, "Lab", words))
    on(pair.a, rekey)
    synced(pair.a)
    (said,) = synced(pair.b).problems
    assert "compare the words `now`" in said
    both_sync(pair)

    def known(node: Node) -> parties.Keys:
        return parties.keys_of(node, parties.all_parties(node)[0])

    facts = on(pair.b, known)
    assert isinstance(facts, parties.Keys)
    assert facts.to_compare
    assert held_card(pair.b).party.verified, "the party is still the one whose first words were compared"
    with pytest.raises(BadArgument, match="words of keys that Lab replaced"):
        on(pair.b, lambda node: parties.verify(node, "Lab", words))
    with pytest.raises(WordsDiffer):
        on(pair.b, lambda node: parties.verify(node, "Lab", " ".join(["zoo"] * 12)))
    now = " ".join(facts.card.current_words)
    on(pair.b, lambda node: parties.verify(node, "Lab", now))
    facts = on(pair.b, known)
    assert isinstance(facts, parties.Keys)
    assert not facts.to_compare


def thief(pair: Pair) -> tuple[PrivateKeys, bytes]:
    """Who stole A's old keys makes a succession to its own."""
    node = opened(pair.a)
    stolen, card = node.us.private, node.us.card
    node.close()
    taken_up = stolen.succeeded(card.key, seeds("thief"), NOW)
    history = succeed(stolen, taken_up, None, NOW)
    return taken_up, make_card(taken_up, card.name, (), card.tls_pin, card.created, history)


def test_a_second_succession_from_the_same_old_keys_is_refused(pair: Pair) -> None:
    _, forged = thief(pair)
    on(pair.a, rekey)
    both_sync(pair)
    (pair.folder / "forged.card").write_bytes(forged)
    assert read_card(forged).key == held_card(pair.b).key
    with pytest.raises(SuccessionFork, match="the keys before signed both"):
        on(pair.b, lambda node: parties.add(node, pair.folder / "forged.card", f"folder:{pair.drop}"))
    assert held_card(pair.b).card.keys == opened(pair.a).us.card.keys


def test_a_thief_that_comes_first_is_noticed_when_the_owner_replaces_its_keys(pair: Pair) -> None:
    """The counterpart took the thief's card. The owner's own, signed by the same old keys, is evidence."""
    _, forged = thief(pair)
    (pair.folder / "forged.card").write_bytes(forged)

    def heard_of_thief(node: Node) -> None:
        party = parties.add(node, pair.folder / "forged.card", f"folder:{pair.drop}")
        with node.db.write() as tx:
            known = tx.cards.rekeyed(party.key)
            assert known
            tx.cards.put_rekeyed(msgspec.structs.replace(known, heard=1))

    on(pair.b, heard_of_thief)
    on(pair.a, rekey)
    synced(pair.a)
    report = synced(pair.b)
    assert "succession-fork" in refused(pair.b)
    assert any("the keys before signed both" in said for said in report.problems)
    assert list((pair.b / "evidence").iterdir()), "the envelope is kept"


def test_a_card_with_new_keys_enrolled_by_hand_lets_what_was_on_its_way_through(pair: Pair) -> None:
    """What A said in the party channel before its new card, and the message with it, are signed by old keys."""
    (pair.folder / "more.toml").write_text('title = "More"\n' + TERMS)
    row = on(pair.a, lambda node: agreements.propose(node, pair.folder / "more.toml", "Vendor")[0])
    on(pair.a, rekey)
    on(pair.b, lambda node: parties.add(node, pair.a / CARD_FILE, f"folder:{pair.drop}"))
    both_sync(pair, 3)
    states = on(pair.b, lambda node: {one.id: one.state for one in agreements.all_agreements(node)})
    assert isinstance(states, dict)
    assert states[row.id] == "proposed"
    at_rest(pair)


def test_a_command_that_read_the_old_keys_says_nothing_once_they_are_replaced(pair: Pair) -> None:
    stale = opened(pair.a)
    on(pair.a, rekey)
    with pytest.raises(WrongState, match="our keys were replaced while this ran"):
        exchange.release(stale, pair.agreement)
    stale.close()
    released(pair, pair.a)
    both_sync(pair, 3)
    assert taken(pair.b) == EVERYTHING
    at_rest(pair)


def test_keys_are_replaced_no_more_often_than_a_card_can_tell(pair: Pair) -> None:
    for _ in range(8):
        on(pair.a, rekey)
    with pytest.raises(WrongState, match="a card has room for no more"):
        on(pair.a, rekey)
    both_sync(pair, 2)
    assert held_card(pair.b).card.generation == 8


# --- kills -----------------------------------------------------------------------------------------------------


def keys_changed(node: Node) -> None:
    """Every step there is: a rotation, a destruction, new long-term keys."""
    node = rotate(node)
    later = replace(node, clock=lambda: NOW + WINDOW)
    sync(later)
    rekey(replace(refreshed(node), clock=lambda: NOW + WINDOW))


@pytest.mark.parametrize("step", faults.RENEWAL)
def test_a_crash_at_each_durable_step_of_rotation_and_rekey_leaves_a_working_node(pair: Pair, step: str) -> None:
    released(pair, pair.a)
    assert killed(pair.a, keys_changed, step), f"never reached {step}"
    later = NOW + WINDOW + timedelta(hours=2)
    both_sync(pair, 4, later)
    node = opened(pair.a, later)
    card = read_card((pair.a / CARD_FILE).read_bytes())
    assert card == node.us.card, "the card file is a copy of what holds"
    assert held_card(pair.b).card == card
    node.close()
    assert open_keyring(pair.a).prepared is None
    assert taken(pair.b) == EVERYTHING
    assert set(refused(pair.b)) <= {"replaced-keys"}, "what was on its way was refused once, and came again"
    done(pair.a, rotate)
    both_sync(pair, 2, later)
    assert held_card(pair.b).card.sealing.epoch == card.sealing.epoch + 1


def test_a_key_ring_is_whole_whenever_its_replacement_is_cut_short(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the new one has the name the old one holds; after it the new one, whatever is left undone."""
    before = open_keyring(pair.a)

    class CutShortError(Exception):
        pass

    for name in ("_write", "_sync_folder", "_fill"):
        with monkeypatch.context() as patch:
            patch.setattr(keyring, name, lambda *_given: (_ for _ in ()).throw(CutShortError))
            with pytest.raises(CutShortError):
                on(pair.a, rotate)
        after = open_keyring(pair.a)
        assert after.private.sealing[0] == before.private.sealing[0]
        on(pair.a, lambda node: node.us.card)
    both_sync(pair, 2)
    assert held_card(pair.b).card.sealing.epoch == sealing(pair.a)[-1]


def test_a_key_ring_older_than_the_store_is_said(pair: Pair) -> None:
    old = (pair.a / "keyring.json").read_bytes()
    on(pair.a, rotate)
    (pair.a / "keyring.json").write_bytes(old)
    with pytest.raises(StoreBroken, match="no key for our card of epoch 2"):
        open_node(pair.a)
    on(pair.b, rekey)
    (pair.b / "keyring.json").write_bytes(old)
    with pytest.raises(StoreBroken, match="from an older copy"):
        open_node(pair.b)


def test_the_ledger_is_what_it_was_whoever_replaced_keys(pair: Pair) -> None:
    """What was signed and cosigned before is verified with the keys of its time."""
    released(pair, pair.a)
    both_sync(pair, 3)
    for home in (pair.a, pair.b):
        on(home, rekey)
    both_sync(pair, 1)
    for home in (pair.a, pair.b):
        report = on(home, lambda node: ledger.verify(node))
        assert isinstance(report, ledger.Verified)
        assert report.problems == ()
