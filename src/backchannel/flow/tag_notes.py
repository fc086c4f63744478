"""Origin tags where nothing can go beside an object, as over TAXII: as notes that refer to what leaves.

Rules: a note is decided like an object of ours, one hop behind the object it refers to and as strictly marked. So it
leaves only if the terms speak of notes; it takes of the quota what the objects leave of it. Nothing is cut from it.
"""

from collections.abc import Iterator, Sequence

from backchannel.core.release import Context, Decision, Outcome, Result, Subject, Verdict, decide
from backchannel.core.release_rules import is_new
from backchannel.core.stix import format_timestamp
from backchannel.core.terms import Terms
from backchannel.flow.beside import own_tag
from backchannel.flow.consent_documents import on_record
from backchannel.flow.parties import Standing
from backchannel.protocol.origin_tag import tag_note

NOTE = "note"

_TOGETHER = (
    Verdict("closure", Result.PASS, "what it refers to leaves"),
    Verdict("mention", Result.PASS, "it says an origin tag and nothing else"),
)


def tag_notes(standing: Standing, terms: Terms, decisions: Sequence[Decision], context: Context) -> list[Decision]:
    """The notes that leave with the objects that were decided on."""
    if not standing.origin_tags or not on_record(terms) or NOTE not in terms.scope.types:
        return []
    leaving = [one for one in decisions if one.sent is not None]
    left = context.quota_left
    if left is not None:
        left -= sum(is_new(one.subject, context) for one in leaving)
    notes: list[Decision] = []
    for subject in _subjects(standing, terms, leaving):
        decision = decide(subject, terms, context)
        counts = is_new(subject, context)
        if decision.outcome is Outcome.RELEASE and (left is None or left > 0 or not counts):
            notes.append(Decision(subject, Outcome.RELEASE, (*decision.verdicts, *_TOGETHER), subject.object))
            left = left if left is None or not counts else left - 1
    return notes


def _subjects(standing: Standing, terms: Terms, leaving: Sequence[Decision]) -> Iterator[Subject]:
    at = format_timestamp(terms.valid_from)
    for one in leaving:
        subject, sent = one.subject, one.sent
        if sent is not None and subject.own and (tag := own_tag(standing, sent)):
            hops = None if subject.hops is None else subject.hops + 1
            yield Subject(subject.seq, tag_note(sent, tag, subject.tlp, at), own=True, tlp=subject.tlp, hops=hops)
