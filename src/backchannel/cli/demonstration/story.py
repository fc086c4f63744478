"""The story itself, step by step: from two empty folders to accepted intelligence, and to the agreement's end.

What a user would type is typed (`Desk`); envelopes are carried by the two servers on their own, over HTTPS, while we
wait for what must come about. Each step is told as a line.
"""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from backchannel.cli.demonstration import reading
from backchannel.cli.demonstration.desk import SOME_REFUSED, Command, Desk
from backchannel.cli.demonstration.facts import Crossing, Ending, Facts, Received
from backchannel.cli.demonstration.processes import Processes, until
from backchannel.cli.demonstration.sample import Cast, Side
from backchannel.core.terms import Terms, from_canonical
from backchannel.node import agreements, parties
from backchannel.node.node import Node

Tell = Callable[[str], None]

CROSSING_SECONDS = 120.0
"""How long anything may take to cross, besides a second for every `PACE` objects."""

PACE = 50
OPERATOR_ERROR = 2
REASON = "flagged as an echo of our own finding"


def run(cast: Cast, folder: Path, tell: Tell) -> Facts:
    """Play the story in an empty folder; every process of it has ended afterwards.

    Raises:
        DemoFailed: a command failed, or something did not come about in time.
    """
    with Processes() as processes:
        return _Story(cast, folder, processes, tell).play()


class _Story:
    """The story under way: both desks, and the agreement once there is one."""

    def __init__(self, cast: Cast, folder: Path, processes: Processes, tell: Tell) -> None:
        self._cast, self._folder, self._tell = cast, folder, tell
        self._first = Desk(processes, folder, cast.first.name, cast.first.home)
        self._second = Desk(processes, folder, cast.second.name, cast.second.home)
        self._desks = (self._first, self._second)
        self._agreement = ""

    def play(self) -> Facts:
        """All of it."""
        started = time.monotonic()
        self._open()
        self._introduce()
        rejected = self._import()
        self._agree()
        in_force = (self._state(self._first) == "in force", self._state(self._second) == "in force")
        there = self._cross(self._first, self._second)
        back = self._cross(self._second, self._first)
        endings = self._end()
        return Facts(
            threat=self._cast.threat,
            agreement=self._agreement,
            title=self._terms().title,
            terms=self._prose(),
            verified=(self._has_verified(self._first), self._has_verified(self._second)),
            in_force=in_force,
            rejected=rejected,
            crossings=(there, back),
            endings=endings,
            seconds=time.monotonic() - started,
        )

    # --- acquaintance ------------------------------------------------------------------------------------------

    def _open(self) -> None:
        self._tell("two empty folders become nodes, each with keys, a key card and a server")
        self._both(lambda desk: ("init", "--name", desk.name))
        for desk, side in zip(self._desks, (self._cast.first, self._cast.second), strict=True):
            if side.settings:
                desk.write_settings(side.settings)
            desk.start_server()

    def _introduce(self) -> None:
        self._tell("they swap key cards, and compare the twelve words of each by voice")
        exports = self._both(lambda _desk: ("card", "export"))
        for desk, card in zip(self._desks, exports, strict=True):
            self._card(desk).write_text(card)
        self._both(
            lambda desk: ("party", "add", self._card(self._other(desk)), "--carrier", self._other(desk).address())
        )
        self._both(lambda desk: ("party", "verify", self._other(desk).name, *self._words(self._other(desk))))

    def _import(self) -> tuple[int, int]:
        """Import the files of both at once, those that name their threats before the lists that do not; how many of
        their objects were no valid input."""
        self._tell("each imports its own files")
        first, second = self._cast.first, self._cast.second
        begun = [self._importing(self._first, first), self._importing(self._second, second)]
        return self._imported(self._first, first, begun[0]), self._imported(self._second, second, begun[1])

    def _importing(self, desk: Desk, side: Side) -> Command | None:
        words = ("import", *side.bundles, "--tlp", side.tlp, "--json")
        return desk.begin(*words, codes=(0, SOME_REFUSED)) if side.bundles else None

    def _imported(self, desk: Desk, side: Side, bundles: Command | None) -> int:
        outputs = [bundles.finish().out] if bundles is not None else []
        if side.lists:
            words = ("import", *side.lists, "--tlp", side.tlp, "--threat", self._cast.threat, "--json")
            outputs.append(desk(*words, codes=(0, SOME_REFUSED)).out)
        return sum(len(msgspec.json.decode(output)["refused"]) for output in outputs)

    # --- agreement ---------------------------------------------------------------------------------------------

    def _agree(self) -> None:
        self._tell(f"{self._first.name} proposes an agreement, {self._second.name} accepts it")
        terms = self._folder / "terms.toml"
        if self._cast.terms is None:
            terms.write_text(self._first("agreement", "template", "--threat", self._cast.threat).out)
        else:
            terms = self._cast.terms
        self._agreement = self._first.json("agreement", "propose", terms, "--to", self._second.name)["id"]
        self._await("the proposal's arrival", self._second, "proposed")
        self._second("agreement", "accept", self._agreement)
        self._await("the acceptance's arrival", self._first, "in force")

    def _end(self) -> tuple[Ending, Ending]:
        self._tell(f"{self._first.name} ends the agreement; both try to release once more")
        self._first("agreement", "end", self._agreement)
        ours = self._ending(self._first)
        self._await("the news of the end", self._second, "ended")
        return ours, self._ending(self._second)

    def _ending(self, desk: Desk) -> Ending:
        ended = desk("release", self._agreement, codes=(0, OPERATOR_ERROR))
        return Ending(desk.name, self._state(desk), ended.code, (ended.err or ended.out).partition("\n")[0])

    # --- exchange ----------------------------------------------------------------------------------------------

    def _cross(self, sender: Desk, receiver: Desk) -> Crossing:
        """Preview, release, wait until all has arrived, let the receiver's officer decide; what came of it."""
        self._tell(f"{sender.name} previews, then releases to {receiver.name}")
        terms = self._terms()
        with sender.node() as node:
            decided = reading.plan(node, self._agreement)
        with receiver.node() as node:
            before = reading.snapshot(node)
        sealed = sender.json("release", self._agreement)["objects"]
        received = self._receive(receiver, sealed)
        received = self._decide(receiver, received)
        judged = reading.judged(decided)
        stays = [one for one in judged if one.own and not one.leaves]
        with receiver.node() as node:
            return Crossing(
                sender=sender.name,
                receiver=receiver.name,
                threats=tuple(one.name or one.id for one in judged if one.own and one.id in decided.threats.seeds),
                notes=tuple(decided.notes),
                ceiling=terms.handling.tlp_max,
                judged=judged,
                connected=reading.connected(decided, terms.scope.depth),
                sealed=sealed,
                received=received,
                accepted=reading.accepted(node, sender.name),
                found=reading.found_in(receiver.home, stays, by_name=self._cast.is_sample),
                changed=reading.changed(before, reading.snapshot(node)),
            )

    def _receive(self, receiver: Desk, sealed: int) -> tuple[Received, ...]:
        with receiver.node() as node:

            def arrived() -> tuple[Received, ...] | None:
                self._check_servers()
                found = reading.arrived(node, self._agreement)
                return found if len(found) >= sealed else None

            return until(arrived, f"the arrival at {receiver.name}", CROSSING_SECONDS + sealed / PACE)

    def _decide(self, receiver: Desk, received: tuple[Received, ...]) -> tuple[Received, ...]:
        """The officer refuses what only repeats the party's own findings, if the sample is played, and accepts the
        rest. With real files there may be hundreds of those: that they are flagged is enough."""
        echoes = [one.id for one in received if any(flag == "echo" for flag, _ in one.flags)]
        self._tell(f"{receiver.name} looks at what arrived, refuses some, accepts the rest")
        if self._cast.is_sample and echoes:
            receiver("inbox", "refuse", *echoes, "--reason", REASON)
        else:
            echoes = []
        receiver("inbox", "accept", "--all")
        decided = ("officer", REASON)
        return tuple(msgspec.structs.replace(one, refused=decided) if one.id in echoes else one for one in received)

    # --- the pieces --------------------------------------------------------------------------------------------

    def _other(self, desk: Desk) -> Desk:
        return self._second if desk is self._first else self._first

    def _card(self, desk: Desk) -> Path:
        return self._folder / f"{desk.home.name}.card"

    def _both(self, words: Callable[[Desk], tuple[object, ...]]) -> list[str]:
        """The same step at both desks at once; what the commands printed."""
        commands = [desk.begin(*words(desk)) for desk in self._desks]
        return [command.finish().out for command in commands]

    def _state(self, desk: Desk) -> str:
        with desk.node() as node:
            return _state_in(node, self._agreement)

    def _terms(self) -> Terms:
        with self._first.node() as node, node.db.read() as tx:
            return from_canonical(node.agreement(tx, self._agreement).terms)

    def _prose(self) -> tuple[str, ...]:
        """What the agreement says of its scope and of handling, in the program's own sentences."""
        with self._first.node() as node:
            lines = agreements.show(node, self._agreement)[1].split("\n")
        scope, handling = (line.partition(". ")[0] + "." for line in lines[1:3])
        return scope, handling

    def _words(self, desk: Desk) -> tuple[str, ...]:
        """The words of a party's card, as it reads them out."""
        with desk.node() as node:
            return node.words

    def _has_verified(self, desk: Desk) -> bool:
        with desk.node() as node:
            return all(party.verified for party in parties.all_parties(node))

    def _await(self, what: str, desk: Desk, state: str) -> None:
        """Wait until the agreement has a state with a party."""
        with desk.node() as node:

            def ask() -> bool | None:
                self._check_servers()
                return True if _state_in(node, self._agreement) == state else None

            until(ask, what, CROSSING_SECONDS)

    def _check_servers(self) -> None:
        for desk in self._desks:
            desk.check_server()


def _state_in(node: Node, agreement: str) -> str:
    return next((one.state for one in agreements.all_agreements(node) if one.id == agreement), "")
