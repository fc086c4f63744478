"""What goes beside the objects of a release: provenance, and the consents that let another's object pass.

Rules: nothing here names a party. An object of ours carries a commitment to consent keys, unless the agreement is off
the record; another's carries its originator's commitment, the strictest word and the earliest end of its way.

An object of ours that has a canonical key carries our origin tag, under the same condition: off the record, what only
we could have made would say who said it. Another's carries the tag that came with it, and never ours, even where we
hold an object of our own that tells the same: that may have to stay, and our tag would say that we hold it.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import UNSET

from backchannel.core.assess.keys import key_of
from backchannel.core.onward import Passing
from backchannel.core.provenance import handed_on, narrowest
from backchannel.core.release import Decision
from backchannel.core.stix import StixObject, format_timestamp
from backchannel.core.terms import Terms
from backchannel.flow.consent_documents import consents_of, on_record
from backchannel.flow.parties import Standing
from backchannel.flow.ports import Transaction
from backchannel.protocol.consent import Consent, Originator
from backchannel.protocol.message import Provenance
from backchannel.protocol.origin_tag import origin_tag
from backchannel.protocol.versions import CURRENT, Features


class Sayer:
    """Says what goes beside each object that leaves under one agreement."""

    def __init__(self, standing: Standing, agreement: str, terms: Terms) -> None:
        self._originator = Originator(standing.us.secret, agreement) if on_record(terms) else None
        self._standing = standing
        self._word = terms.handling.onward

    def of(self, decision: Decision, sent: StixObject) -> Provenance:
        """What is said beside one object."""
        passing = decision.subject.passing
        if decision.subject.own or passing is None:
            origin = self._originator.origin(sent.id) if self._originator is not None else ""
            return Provenance(origin, narrowest(self._word), tag=self._own_tag(sent) or UNSET)
        return self._passed_on(passing)

    def _own_tag(self, sent: StixObject) -> str:
        return own_tag(self._standing, sent) if self._originator is not None else ""

    def _passed_on(self, passing: Passing) -> Provenance:
        said, granted = passing.provenance, passing.granted
        due = format_timestamp(said.destroy_by) if said.destroy_by is not None else ""
        word = narrowest(said.onward, self._word)
        tag = said.tag or UNSET
        if passing.listed or granted is None:
            return Provenance(said.origin, handed_on("listed", word), due, "listed", tag=tag)
        word = narrowest(handed_on("consent", word), granted.onward)
        consents = (*said.consents, granted.consent)
        return Provenance(said.origin, word, due, "consent", granted.nonce, consents, tag)


def own_tag(standing: Standing, sent: StixObject) -> str:
    """Our origin tag of an object that leaves; empty if it has no canonical key, or if we give none."""
    key = key_of(sent.value) if standing.origin_tags else None
    return "" if key is None else origin_tag(standing.us.secret, key)


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
