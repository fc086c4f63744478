"""Passing on: what of others' objects may go to one counterpart, and in what scope they are.

Rules: of another's object the links of its own source and ours count, never those of a third: so nobody draws
another party's object, or ours, into a release. Where nothing can go beside an object (a guest, a TAXII collection),
another's stays.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

import msgspec

from backchannel.core.consent import State, state_at, that_decides
from backchannel.core.marking import strictest
from backchannel.core.onward import Granted, Passing
from backchannel.core.provenance import narrowest, tightened
from backchannel.core.release import Subject
from backchannel.core.scope import reach
from backchannel.core.terms import Terms
from backchannel.errors import NotAgreed
from backchannel.flow.canaries import Graph, Planted
from backchannel.flow.consent_documents import consents_of, under
from backchannel.flow.parties import Counterpart, Standing
from backchannel.flow.ports import Filter, Held, Transaction
from backchannel.flow.ports_consents import Beside, Item, Kept, Request
from backchannel.flow.threats import Threats
from backchannel.protocol.consent import read_statement
from backchannel.protocol.versions import CURRENT

PART = 500
"""Held objects that are looked at together."""

NOTHING_BESIDE = "nothing that says where it is from can go beside it"


class Subjects:
    """Held objects as subjects of one decision: how far each is from the threats, and whether it may be passed on."""

    def __init__(
        self,
        tx: Transaction,
        standing: Standing,
        them: Counterpart,
        threats: Threats,
        depth: int,
        *,
        beside: bool,
        marked: Planted,
    ) -> None:
        """`beside`: whether something can go beside an object; `marked`: the canaries of the agreement."""
        self._tx, self._standing, self._them, self._beside = tx, standing, them, beside
        self._parties = {one.key: one for one in tx.agreements.parties()}
        graph = Graph(tx.holdings, marked)
        self.own = reach(threats.ours, depth, graph.edges_from, graph.edges_to, graph.types_of)
        self._of_source = {
            key: self._reach(threats.ours | _given(tx, threats, key), depth, key)
            for key in self._parties
            if key != them.key and next(tx.holdings.find(Filter(source=key, limit=1)), None) is not None
        }
        self._terms: dict[str, Terms | None] = {}

    @property
    def ids(self) -> frozenset[str]:
        """Every object that is in scope by its own links."""
        return frozenset(self.own).union(*self._of_source.values())

    def of(self, held: Iterable[Held], *, supposing: bool = False) -> Iterator[Subject]:
        """The subjects, in order; `supposing`: as if the consents that can be asked for had been given."""
        rest = iter(held)
        while part := list(islice(rest, PART)):
            others = [one for one in part if not one.own]
            known = self._passing(others) if others else {}
            for one in part:
                passing, tlp = known.get(one.seq, (None, one.tlp))
                if supposing and passing is not None:
                    passing = passing.supposing()
                hops = self.own if one.own else self._of_source.get(one.source, self.own)
                yield Subject(one.seq, one.object(), one.own, tlp, hops.get(one.id), passing)

    def _reach(self, seeds: Collection[str], depth: int, also: str = "") -> dict[str, int]:
        holdings = self._tx.holdings
        edges_from = partial(holdings.edges_from, own=True, also=also)
        edges_to = partial(holdings.edges_to, own=True, also=also)
        return reach(seeds, depth, edges_from, edges_to, holdings.types_of)

    def _passing(self, others: Sequence[Held]) -> dict[int, tuple[Passing, str]]:
        """By `seq`: what is said of passing it on, and the level it is handled at; of what came under no agreement
        nothing."""
        mine = {_beside(one): one for one in others if one.agreement is not None}
        kept = self._tx.provenances.of(mine)
        asked: dict[str, list[tuple[Request, Item]]] = {}
        for request, item in self._tx.consents.answers({one.id for one in mine.values()}, self._them.key):
            asked.setdefault(item.object_id, []).append((request, item))
        return {one.seq: self._judged(one, kept.get(key), asked.get(one.id, ())) for key, one in mine.items()}

    def _judged(self, held: Held, kept: Kept | None, asked: Iterable[tuple[Request, Item]]) -> tuple[Passing, str]:
        terms = self._terms_of(held.agreement or "")
        if terms is None:
            return self._stays(held, "the agreement it came under is over"), held.tlp
        said = kept.provenance if kept is not None else tightened(None, terms, held.added_at)
        said = msgspec.structs.replace(said, onward=narrowest(said.onward, terms.handling.onward))
        state, granted = self._answered(held, asked)
        passing = Passing(
            giver=held.source_name,
            source=held.source,
            agreement=held.agreement or "",
            provenance=said,
            listed=said.onward == "listed" and self._them.key in terms.handling.onward_to,
            state=state,
            granted=granted,
        )
        obstacle = self._obstacle(held, passing)
        level = strictest(held.tlp, kept.tlp) if kept is not None else held.tlp
        return msgspec.structs.replace(passing, obstacle=obstacle), level

    def _stays(self, held: Held, obstacle: str) -> Passing:
        return Passing(held.source_name, held.source, held.agreement or "", obstacle=obstacle)

    def _obstacle(self, held: Held, passing: Passing) -> str:
        said = passing.provenance
        party = self._parties.get(held.source)
        if not self._beside:
            return NOTHING_BESIDE
        if held.source == self._them.key:
            return "this counterpart itself"
        if said.onward == "never":
            return "its terms, or those on its way, forbid passing it on"
        if said.destroy_by is not None and said.destroy_by <= self._standing.now:
            return "it should have been destroyed by now"
        if len(said.consents) >= CURRENT.max_chain:
            return "it was passed on as often as anything can be"
        if not passing.listed and (party is None or party.is_guest):
            return "a guest, who cannot be asked for consent"
        return ""

    def _answered(self, held: Held, asked: Iterable[tuple[Request, Item]]) -> tuple[State | None, Granted | None]:
        """What became of asking for exactly this content, for this recipient."""
        digest = hashlib.sha256(held.raw).hexdigest()
        found: dict[State, tuple[Request, Item]] = {}
        for request, item in asked:
            if (item.version, item.sha256, request.agreement) == (held.version, digest, held.agreement):
                found[state_at(item.state, request.at, item.until, self._standing.now)] = request, item
        state = that_decides(found)
        if state is not State.GRANTED:
            return state, None
        request, item = found[state]
        consent = consents_of(self._tx, (item.consent,)).get(item.consent)
        if consent is None or item.until is None:
            return state, None
        word = read_statement(consent.statement).onward
        return state, Granted(item.consent, item.nonce, request.salt, item.until, word)

    def _terms_of(self, agreement: str) -> Terms | None:
        """The terms of an agreement in force."""
        if agreement not in self._terms:
            try:
                self._terms[agreement] = under(self._tx, agreement, self._standing)[1]
            except NotAgreed:
                self._terms[agreement] = None
        return self._terms[agreement]


def _beside(held: Held) -> Beside:
    return Beside(held.id, held.version, held.source, held.agreement or "")


def _given(tx: Transaction, threats: Threats, source: str) -> frozenset[str]:
    """The threats of the agreement that a party gave us."""
    found = tx.holdings.find(Filter(ids=threats.seeds, source=source, latest=True))
    return frozenset(one.id for one in found)
