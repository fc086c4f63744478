"""Two real nodes that match over a folder, and what may be said of it whatever went wrong on the way.

Each knows a dozen hosts, four of which the other knows too: the least padded size, so a session has 16 shards. What
leaves is read in the folder; what is made, and perhaps never leaves, is noted in a file, by whichever process makes
it.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from backchannel.flow import matching as flow
from backchannel.flow.ports import NewObject
from backchannel.flow.post import channel_end, post
from backchannel.node import matching, parties
from backchannel.node.matching_engine import VoprfEngine
from backchannel.node.node import Node
from backchannel.node.sync import sync
from backchannel.protocol.envelope import open_envelope, parse, unpack
from backchannel.protocol.message import AnyMessage, decode
from backchannel.protocol.message_matching import MatchAnswer, MatchEvaluated, MatchOffer
from killing import done
from two_nodes import TERMS, Pair, make_pair, opened
from two_parties import NOW
from vetting_world import indicator, link, threat

KIND = "domain-name"
COMMON = [f"both{number}.example" for number in range(4)]
PADDED = 16
"""Inputs of either side, padded; and shards."""

MATCHING_TERMS = f'{TERMS}[matching]\ntypes = ["{KIND}"]\nper_day = {PADDED}\nlifetime = {PADDED}\n'
"""They pay for one session, and not for one element more."""


def make_matching(folder: Path) -> Pair:
    """Both nodes with what they know, before anything is matched."""
    pair = make_pair(folder, MATCHING_TERMS)
    for home, others in ((pair.a, 5), (pair.b, 8)):  # A holds three others already
        hosts = [indicator(host) for host in (*COMMON, *(f"{home.name}{number}.example" for number in range(others)))]
        objects = [threat(), *hosts, *(link(host, threat()) for host in hosts)]
        node = opened(home)
        with node.db.write() as tx:
            tx.holdings.add((NewObject.of(one) for one in objects), source=node.us.key, now=NOW)
        node.close()
    return pair


def offer(pair: Pair) -> Any:
    """What A's officer does, and does again after a kill: open a session if none is there."""

    def run(node: Node) -> None:
        if not matching.sessions(node):
            matching.run(node, pair.agreement)

    return run


# --- what is made, and what leaves ---------------------------------------------------------------------------------


class Said(NamedTuple):
    """A message of a session: who said it, what it is of, and its content."""

    sender: str
    of: str
    content: bytes


class Book:
    """Everything that was made and everything that left, of both nodes."""

    def __init__(self, pair: Pair, patch: pytest.MonkeyPatch) -> None:
        self.pair = pair
        self.items: dict[str, bytes] = {}
        self._path = pair.folder / "made"
        self._path.touch()
        patch.setattr(flow, "post", self._posting)
        patch.setattr(VoprfEngine, "blind", self._blinding(VoprfEngine.blind))

    def look(self) -> None:
        """Keep what lies in the folder; to be called after each step of either side."""
        self.items |= {path.name: path.read_bytes() for path in self.pair.said()}

    def made(self) -> list[Said]:
        """What was made, whether or not it was kept; a proof, which is drawn anew each time, aside."""
        rows = [row for row in self._rows() if len(row) == 3]
        return [Said(sender, _of(one), _content(one)) for _, sender, text in rows for one in [_read(text)]]

    def inputs(self) -> dict[str, set[str]]:
        """What each blind was used for, on either side."""
        found = defaultdict(set)
        for row in self._rows():
            if len(row) == 2:
                found[row[0]].add(row[1])
        return found

    def left(self) -> list[Said]:
        """What left, each envelope once, opened behind both their backs; with its proofs."""
        found: list[Said] = []
        nodes = {node.us.key: node for node in (opened(self.pair.a), opened(self.pair.b))}
        for data in sorted(set(self.items.values())):
            sealed = parse(data)
            node = nodes[sealed.header.recipient]
            peer = parties.peer_of(next(one for one in parties.all_parties(node) if one.key == sealed.header.sender))
            with node.db.read() as tx:
                end = channel_end(tx, node.us, peer, tx.channels.state(self.pair.agreement, peer.key))
            said = decode(unpack(open_envelope(sealed, end.inward, node.us.private, peer.card.keys)))
            of_session = (one for one in said if hasattr(one, "session"))
            found += [Said(sealed.header.sender, _of(one), msgspec.json.encode(one)) for one in of_session]
        for node in nodes.values():
            node.close()
        return found

    def _posting(self, tx: Any, us: Any, peer: Any, channel: str, messages: Sequence[AnyMessage]) -> Any:
        for one in messages:
            self._note("said", us.key, msgspec.json.encode(one).decode())
        return post(tx, us, peer, channel, messages)

    def _blinding(self, blind: Any) -> Any:
        def noted(engine: VoprfEngine, inputs: Sequence[bytes], blinds: Sequence[bytes]) -> list[bytes]:
            for one, with_ in zip(inputs, blinds, strict=True):
                self._note(with_.hex(), one.hex())
            elements: list[bytes] = blind(engine, inputs, blinds)
            return elements

        return noted

    def _note(self, *row: str) -> None:
        line = json.dumps(row).encode() + b"\n"
        number = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        assert os.write(number, line) == len(line)
        os.close(number)

    def _rows(self) -> Iterator[list[str]]:
        return map(json.loads, self._path.read_text().splitlines())


def _read(text: str) -> AnyMessage:
    (message,) = decode(b"[%s]" % text.encode())
    return message


def _of(one: Any) -> str:
    place = getattr(one, "shard", getattr(one, "start", ""))
    return f"{one.session[:8]} {type(one).__name__} {getattr(one, 'type', '')} {place}"


def _content(one: AnyMessage) -> bytes:
    if isinstance(one, MatchEvaluated):
        parts = tuple(msgspec.structs.replace(part, proof=b"") for part in one.parts)
        one = msgspec.structs.replace(one, parts=parts)
    return msgspec.json.encode(one)


# --- what must hold in the end -------------------------------------------------------------------------------------


def check_end(book: Book) -> None:
    """Both are done, with what both hold; each input was evaluated once and charged once; and nothing was said in two
    ways."""
    check_sessions(book)
    check_made(book)
    left = set(book.left())
    assert len({(one.sender, one.of) for one in left}) == len(left), "what left says one thing only"
    shards = [one for one in left if " MatchEvaluated " in one.of]
    assert len(shards) == 2 * PADDED


def check_sessions(book: Book, refused: frozenset[str] = frozenset()) -> None:
    """Both are done, with what both hold; each input was charged once; nothing was refused by another rule."""
    for home in (book.pair.a, book.pair.b):
        node = opened(home)
        (session,) = matching.sessions(node)
        assert (session.state, session.reason) == ("done", "")
        assert [one.value for one in matching.results(node, book.pair.agreement)] == COMMON
        (counted,) = matching.budgets(node)
        assert counted.ever == PADDED
        with node.db.read() as tx:
            assert {one.rule for one in tx.channels.refusals(10)} <= refused
        node.close()


def check_made(book: Book) -> None:
    """What was made, whether or not it left, says one thing only."""
    # An offer or answer that was not kept had a secret of its own; what follows is derived from the one that was.
    names = (MatchOffer.__name__, MatchAnswer.__name__)
    made = {one for one in book.made() if one.of.split()[1] not in names}
    assert len({(one.sender, one.of) for one in made}) == len(made), "what is made again is the same"
    assert book.inputs()
    assert all(len(inputs) == 1 for inputs in book.inputs().values()), "no blind is for two inputs"


# --- going on ------------------------------------------------------------------------------------------------------


def moves(home: Path) -> bool:
    """One sync; whether anything came of it."""
    counts: list[int] = []

    def synced(node: Node) -> None:
        report = sync(node)
        assert report.problems == []
        counts.append(report.sent + report.received + report.matching)

    done(home, synced)
    return counts[0] > 0
