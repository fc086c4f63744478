"""A kill -9 at every durable step: after it, running the same commands again ends as if nothing had happened.

The process that dies is a fork of the test's, with `BACKCHANNEL_FAULT` set as an operator could; one test per side
goes through the command line to show that the variable is read there.
"""

import os
import re
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import event

from backchannel.flow.ports import Filter, Finding
from backchannel.flow.vet import Services
from backchannel.node import agreements, exchange, faults, importing, inbox, parties
from backchannel.node.channels import channels_with
from backchannel.node.inbox_choice import Choice
from backchannel.node.node import Node
from backchannel.node.sync import sync
from backchannel.protocol.ledger import Kind, decode_entry
from command import Desk
from counterpart import terms_between
from killing import Action, done, killed, through
from paths import ROOT
from standoff import Standoff, services
from two_nodes import CROSSING, TERMS, Pair, copy_of, make_pair, opened
from two_parties import NOW
from vetting_world import indicator

BEFORE = NOW.replace(year=2000)


def release(pair: Pair) -> Action:
    return lambda node: exchange.release(node, pair.agreement)


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Both nodes, before anything is released."""
    return make_pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture
def pair(agreed: Pair, tmp_path: Path) -> Pair:
    """A copy of both nodes for one test."""
    return copy_of(agreed, tmp_path)


class End(NamedTuple):
    """Everything of both nodes that must not depend on a kill. Hashes are left out: each seal is another."""

    a: dict[str, object]
    b: dict[str, object]
    drop: int

    def but_for_receipts(self) -> "End":
        """The same without what a receipt too many changes."""
        changed = {"outbox", "counters", "ledger", "witnessed"}
        sides = [{key: side[key] for key in side if key not in changed} for side in (self.a, self.b)]
        return End(sides[0], sides[1], 0)


def end_of(pair: Pair) -> End:
    a, b = _state(pair.a), _state(pair.b)
    heads_a, heads_b = _heads(pair.a), _heads(pair.b)
    for channel, (sent, received) in heads_a.items():
        assert heads_b[channel] == (received, sent), "both ends name the same last envelopes"
    return End(a, b, len(pair.items()))


def _state(home: Path) -> dict[str, object]:
    node = opened(home)
    try:
        with node.db.read() as tx:
            rows = [tx.channels.state(one, peer.key) for peer in _peers(node) for one in _channels(node)]
            held = Counter((one.id, one.version, one.source, one.raw) for one in tx.holdings.find(Filter()))
            waiting = Counter((item.object_id, item.version, item.raw) for item in tx.inbox.items())
            counted = [
                (
                    tx.channels.released_since(row.id, BEFORE),
                    len(tx.channels.released_ids(row.id)),
                    tx.channels.received_since(row.id, BEFORE),
                    len(tx.channels.received_ids(row.id)),
                )
                for row in tx.agreements.all()
            ]
            outbox = [(item.channel, item.sequence) for item in tx.channels.outbox()]
            states = [(row.id, row.state, row.version) for row in tx.agreements.all()]
            refusals = len(tx.channels.refusals(1_000))
            counters = [(one.channel, one.sent, one.received, one.acknowledged) for one in rows]
            entered = [decode_entry(one) for one in tx.ledger.entries()]
            of_envelopes = [(one.kind, one.subject) for one in entered if one.kind in (Kind.SENT, Kind.RECEIVED)]
            assert len(of_envelopes) == len(set(of_envelopes)), "no envelope is entered twice"
            witnessed = [(one.held, one.shown, one.cosigned, one.problem) for one in tx.ledger.witnesses()]
            return {
                "ledger": Counter(one.kind for one in entered),
                "witnessed": witnessed,
                "held": held,
                "waiting": waiting,
                "counted": counted,
                "outbox": outbox,
                "states": states,
                "refusals": refusals,
                "counters": counters,
            }
    finally:
        node.close()


def _heads(home: Path) -> dict[str, tuple[str, str]]:
    node = opened(home)
    try:
        with node.db.read() as tx:
            rows = [tx.channels.state(one, peer.key) for peer in _peers(node) for one in _channels(node)]
        return {row.channel: (row.sent_head, row.received_head) for row in rows}
    finally:
        node.close()


def _peers(node: Node) -> list[parties.Peer]:
    return [parties.peer_of(party) for party in parties.all_parties(node)]


def _channels(node: Node) -> list[str]:
    return [one.channel for peer in _peers(node) for one in channels_with(node, peer)]


def exchanged(pair: Pair, *, victim: str = "", fault: str = "") -> bool:
    """Release, carry, receive, accept, and carry the receipts: with a kill of one side at one step, and everything
    run again as an operator would. Whether the kill happened."""
    steps: list[tuple[Path, Action]] = [
        (pair.a, release(pair)),
        (pair.a, sync),
        (pair.b, sync),
        (pair.b, lambda node: inbox.accept(node, Choice(everything=True))),
        (pair.a, sync),
        (pair.b, sync),
        (pair.a, sync),
        (pair.b, sync),
    ]
    return through(steps, victim, fault)


@pytest.fixture(scope="module")
def undisturbed(agreed: Pair, tmp_path_factory: pytest.TempPathFactory) -> End:
    """How it ends without a kill."""
    pair = copy_of(agreed, tmp_path_factory.mktemp("undisturbed"))
    exchanged(pair)
    return end_of(pair)


def test_the_steps_are_those_that_the_source_announces() -> None:
    announced: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        announced.update(re.findall(r'\breached\("([^"]+)"\)', path.read_text()))
    listed = [*faults.STEPS, *faults.RENEWAL, *faults.REQUEST_STEPS, *faults.CONSENT_STEPS, *faults.MATCHING_STEPS]
    assert announced == set(listed)
    assert len(announced) == len(listed)


def test_an_undisturbed_exchange_carries_everything_once(undisturbed: End) -> None:
    """What the other tests compare with is itself right."""
    held_b = undisturbed.b["held"]
    assert isinstance(held_b, Counter)
    assert Counter(raw for _, _, _, raw in held_b) == Counter(one.raw for one in CROSSING)
    assert set(held_b.values()) == {1}
    assert undisturbed.drop == 0, "every item was taken out by its receiver"


ONE_SIDED = {("B", "release.sealed"), ("B", "release.committed"), ("A", "receipt.committed")}
"""In this exchange only A releases, and only B owes a receipt."""
TAKING_BACK = {"recall.committed", "recall.said", "retention.expired", "retention.swept"}
"""Steps that this exchange never comes to, or (a sweep that finds nothing) comes to in every sync."""
STEPS = [step for step in faults.STEPS if step not in TAKING_BACK]
PLACES = [(side, step) for side in "AB" for step in STEPS if (side, step) not in ONE_SIDED]


@pytest.mark.parametrize(("victim", "step"), PLACES)
def test_a_kill_loses_nothing_and_doubles_nothing(pair: Pair, undisturbed: End, victim: str, step: str) -> None:
    assert exchanged(pair, victim=victim, fault=step), f"{victim} never reached {step}"
    assert end_of(pair) == undisturbed


@pytest.mark.parametrize("step", ["send.offered", "send.put", "send.marked", "receipt.committed"])
def test_a_kill_at_the_second_envelope_of_a_pass_loses_nothing(pair: Pair, undisturbed: End, step: str) -> None:
    """B has several channels to go through in one pass."""
    with_more = [(pair.a, release(pair)), (pair.a, sync)]
    for home, action in with_more:
        done(home, action)
    killed(pair.b, sync, f"{step}:2")
    done(pair.b, sync)
    done(pair.b, lambda node: inbox.accept(node, Choice(everything=True)))
    for home in (pair.a, pair.b, pair.a, pair.b):
        done(home, sync)
    assert end_of(pair) == undisturbed


def test_a_node_that_is_killed_every_time_still_gets_there(pair: Pair, undisturbed: End) -> None:
    """Each step in turn kills the same sync, over and over; what was done stays done."""
    done(pair.a, release(pair))
    for home in (pair.a, pair.b, pair.a, pair.b):
        for step in faults.STEPS:
            killed(home, sync, step)
        done(home, sync)
    done(pair.b, lambda node: inbox.accept(node, Choice(everything=True)))
    for home in (pair.a, pair.b, pair.a, pair.b):
        done(home, sync)
    end = end_of(pair)
    assert end.but_for_receipts() == undisturbed.but_for_receipts()


def test_the_command_line_dies_at_the_step_that_the_environment_names(pair: Pair, undisturbed: End) -> None:
    a, b = Desk(pair.folder, "A"), Desk(pair.folder, "B")
    a("release", pair.agreement, code=-signal.SIGKILL, fault="release.sealed")
    a("release", pair.agreement)
    a("sync", code=-signal.SIGKILL, fault="send.put")
    a("sync")
    b("sync", code=-signal.SIGKILL, fault="receive.stored")
    b("sync")
    b("inbox", "accept", "--all")
    a("sync")
    b("sync")
    assert end_of(pair).but_for_receipts() == undisturbed.but_for_receipts()


# --- agreeing, importing, deciding ----------------------------------------------------------------------------


def dying(nth: int) -> Callable[[], None]:
    """A function that kills its process when called for the nth time."""
    left = iter(range(nth - 1, -1, -1))

    def call() -> None:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return call


def at_statement(nth: int, action: Action) -> Action:
    """An action that kills its process before the nth statement it gives to the database, a commit among them."""

    def mortal(node: Node) -> None:
        die = dying(nth)
        engine = node.db._engine
        event.listen(engine, "before_cursor_execute", lambda *_given: die())
        event.listen(engine, "commit", lambda _connection: die())
        action(node)

    return mortal


def second_proposal(standoff: Standoff) -> str:
    """The Vendor proposes another agreement; its id."""
    vendor = standoff.vendor
    vendor.say(vendor.party, vendor.propose(terms_between(vendor.key, standoff.node.us.key, title="A second one")))
    standoff.sync()
    list(vendor.fetch(vendor.party))
    (identifier,) = [v.id for v in agreements.all_agreements(standoff.node) if v.title == "A second one"]
    return identifier


Command = Callable[[Standoff], Action]


def accepting(standoff: Standoff) -> Action:
    identifier = second_proposal(standoff)
    return lambda node: agreements.accept(node, identifier)


def declining(standoff: Standoff) -> Action:
    identifier = second_proposal(standoff)
    return lambda node: agreements.decline(node, identifier)


def proposing(standoff: Standoff) -> Action:
    terms = standoff.folder / "terms.toml"
    terms.write_text(TERMS)
    return lambda node: agreements.propose(node, terms, standoff.vendor.key)


def ending(standoff: Standoff) -> Action:
    return lambda node: agreements.end(node, standoff.agreement)


def releasing(standoff: Standoff) -> Action:
    return lambda node: exchange.release(node, standoff.agreement)


def deciding(standoff: Standoff) -> Action:
    standoff.vendor.release(standoff.agreement, CROSSING[1:])
    standoff.sync()
    return lambda node: inbox.accept(node, Choice(everything=True))


def refusing(standoff: Standoff) -> Action:
    standoff.vendor.release(standoff.agreement, CROSSING[1:])
    standoff.sync()
    return lambda node: inbox.refuse(node, Choice(everything=True))


def importing_three(standoff: Standoff) -> Action:
    feed = standoff.folder / "feed.txt"
    feed.write_text("one.example\ntwo.example\nthree.example\n")
    return lambda node: importing.import_files(node, [feed])


COMMANDS: dict[str, Command] = {
    "agreement accept": accepting,
    "agreement decline": declining,
    "agreement propose": proposing,
    "agreement end": ending,
    "release": releasing,
    "inbox accept": deciding,
    "inbox refuse": refusing,
    "import": importing_three,
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_kill_at_any_statement_leaves_a_command_undone_or_done(standoff: Standoff, command: str) -> None:
    """The row and the message that tells of it, the inbox and the holdings: none without the other. A command that
    is undone can be repeated."""
    action = COMMANDS[command](standoff)
    standoff.node.close()
    before, untouched = _state(standoff.home), standoff.folder / "untouched"
    shutil.copytree(standoff.home, untouched)
    done(untouched, action)
    after = _state(untouched)
    assert after != before
    statements = 1
    while killed(standoff.home, at_statement(statements, action)):
        left = _state(standoff.home)
        assert left in (before, after), f"half done, killed before statement {statements}"
        if left == after:
            break
        statements += 1
    assert statements > 5
    assert _state(standoff.home) == after
    standoff.reopen()
    standoff.sync()
    if command != "agreement end":
        standoff.later_good_arrives()


def test_a_kill_between_accept_and_sync_loses_no_acceptance(standoff: Standoff) -> None:
    identifier = second_proposal(standoff)
    standoff.node.close()
    assert killed(
        standoff.home, lambda node: (agreements.accept(node, identifier), os.kill(os.getpid(), signal.SIGKILL))
    )
    standoff.reopen()
    assert standoff.state(identifier) == "in force"
    standoff.sync()
    said = [type(one).__name__ for one in standoff.vendor.fetch(standoff.vendor.party)]
    assert said.count("Acceptance") == 1
    standoff.later_good_arrives()


@pytest.mark.parametrize("objects", [1, 19, 21, 45])
def test_a_kill_during_import_keeps_whole_batches_and_the_same_file_completes_it(
    standoff: Standoff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, objects: int
) -> None:
    monkeypatch.setattr(importing, "BATCH_OBJECTS", 20)
    feed = tmp_path / "feed.json"
    raws = b",".join(indicator(f"host{number}.example").raw for number in range(50))
    feed.write_bytes(
        b'{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d","objects":[' + raws + b"]}"
    )
    held = len(standoff.held())
    standoff.node.close()

    def run(node: Node) -> None:
        die, judge = dying(objects), services()

        def validate(value: Mapping[str, Any]) -> list[Finding]:
            die()
            return judge.validate(value)

        mortal = Services(validate=validate, poison=judge.poison, engine=judge.engine)
        importing.import_files(replace(node, services=lambda: mortal), [feed])

    assert killed(standoff.home, run)
    standoff.reopen()
    kept = len(standoff.held()) - held
    assert kept == (objects - 1) // 20 * 20
    report = importing.import_files(standoff.node, [feed])
    assert (report.read, report.added, report.unchanged, report.refused) == (50, 50 - kept, kept, [])
    assert len(standoff.held()) == held + 50
    assert importing.import_files(standoff.node, [feed]).unchanged == 50
    standoff.later_good_arrives()
