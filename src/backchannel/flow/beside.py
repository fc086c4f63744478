"""What goes beside the objects of a release: provenance, and the consents that let another's object pass.

Rules: nothing here names a party. An object of ours carries a commitment to consent keys, unless the agreement is off
the record; another's carries its originator's commitment, the strictest word and the earliest end of its way.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from backchannel.core.onward import Passing
from backchannel.core.provenance import handed_on, narrowest
from backchannel.core.release import Decision
from backchannel.core.stix import StixObject, format_timestamp
from backchannel.core.terms import Terms
from backchannel.flow.consent_documents import consents_of, on_record
from backchannel.flow.parties import Us
from backchannel.flow.ports import Transaction
from backchannel.protocol.consent import Consent, Originator
from backchannel.protocol.message import Provenance
from backchannel.protocol.versions import CURRENT, Features


class Sayer:
    """Says what goes beside each object that leaves under one agreement."""

    def __init__(self, us: Us, agreement: str, terms: Terms) -> None:
        self._originator = Originator(us.secret, agreement) if on_record(terms) else None
        self._word = terms.handling.onward

    def of(self, decision: Decision, sent: StixObject) -> Provenance:
        """What is said beside one object."""
        passing = decision.subject.passing
        if decision.subject.own or passing is None:
            origin = self._originator.origin(sent.id) if self._originator is not None else ""
            return Provenance(origin, narrowest(self._word))
        return self._passed_on(passing)

    def _passed_on(self, passing: Passing) -> Provenance:
        said, granted = passing.provenance, passing.granted
        due = format_timestamp(said.destroy_by) if said.destroy_by is not None else ""
        word = narrowest(said.onward, self._word)
        if passing.listed or granted is None:
            return Provenance(said.origin, handed_on("listed", word), due, "listed")
        word = narrowest(handed_on("consent", word), granted.onward)
        consents = (*said.consents, granted.consent)
        return Provenance(said.origin, word, due, "consent", granted.nonce, consents)


def consents_beside(tx: Transaction, decisions: Iterable[Decision]) -> tuple[Consent, ...]:
    """The consents that objects of one message name; each last one with what opens its recipient."""
    salts: dict[str, str] = {}
    for passing in (one.subject.passing for one in decisions):
        if passing is not None and passing.granted is not None and not passing.listed:
            salts.update(dict.fromkeys(passing.provenance.consents, ""))
            salts[passing.granted.consent] = passing.granted.salt
    found = consents_of(tx, salts)
    return tuple(msgspec.structs.replace(found[one], salt=salt) for one, salt in salts.items() if one in found)


def few_consents(batch: Sequence[Decision], limits: Features = CURRENT) -> Iterator[Sequence[Decision]]:
    """The objects of a batch in runs that need no more consents than one envelope takes."""
    run: list[Decision] = []
    needed: set[str] = set()
    for one in batch:
        passing = one.subject.passing
        own = passing is None or passing.granted is None
        more = set() if own or passing is None else {*passing.provenance.consents, _last(passing)}
        if run and len(needed | more) > limits.max_consents:
            yield run
            run, needed = [], set()
        run.append(one)
        needed |= more
    if run:
        yield run


def _last(passing: Passing) -> str:
    return passing.granted.consent if passing.granted is not None else ""
