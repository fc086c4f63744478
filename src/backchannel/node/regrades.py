"""The grade of an assessment: letters from the node's record of its sources, and what an analyst sets instead.

What an analyst sets is kept, with what was proposed and why; nothing of it is ever taken away. It holds for that
claim on those reports: other reports, or another claim, are graded anew.
"""

import hashlib
from collections.abc import Sequence

from backchannel.core.assess.assessment import Answer
from backchannel.core.assess.grading import NO_RECORD, Grading, Letter, carriers_of, graded, sources_of
from backchannel.core.grading import Grade
from backchannel.errors import BadArgument
from backchannel.flow.ports_reports import Regrade
from backchannel.node import sources
from backchannel.node.assessing import Assessment
from backchannel.node.node import Node


def graded_by(node: Node, found: Assessment, answer: Answer) -> Grading:
    """The grade of an answer, by what is on record: a grade set for this claim on these reports, else the letter of
    its sources."""
    carriers = carriers_of(answer, found.heard)
    letters = _letters(node, answer, carriers)
    proposed = graded(answer, letters, carriers=carriers)
    with node.db.read() as tx:
        earlier = [one for one in tx.regrades.all() if (one.question, one.reports) == _about(found, answer)]
    if not earlier:
        return proposed
    last = earlier[-1]
    return graded(answer, letters, Grade(*last.grade), _said(last.because, last.by), carriers)


def set_grade(node: Node, found: Assessment, answer: Answer, grade: Grade, because: str, by: str = "") -> Grading:
    """Put on record the grade that an analyst sets for an answer.

    Raises:
        BadArgument: no reason is given, or it is too long.
    """
    if not because.strip():
        raise BadArgument("say why you set another grade than the one that is proposed: --because TEXT")
    if max(len(because), len(by)) > sources.MAX_REASON:
        raise BadArgument(f"a reason, or who gave it, may have {sources.MAX_REASON:,} characters")
    carriers = carriers_of(answer, found.heard)
    letters = _letters(node, answer, carriers)
    proposed = graded(answer, letters, carriers=carriers).grade
    question, reports = _about(found, answer)
    with node.db.write() as tx:
        tx.regrades.put(Regrade(question, reports, str(proposed), str(grade), because, by, node.clock()))
    return graded(answer, letters, grade, _said(because, by), carriers)


def regrades(node: Node) -> list[Regrade]:
    """All grades that analysts set, in the order in which they were set."""
    with node.db.read() as tx:
        return list(tx.regrades.all())


def _letters(node: Node, answer: Answer, carriers: Sequence[str]) -> dict[str, Letter]:
    names = [name for kind in (*sources_of(answer), carriers) for name in kind if name]
    found = sources.letters_of(node, names)
    return {
        name: Letter(name, one.letter, one.history[-1].because)
        for name, one in found.items()
        if one.letter != NO_RECORD
    }


def _about(found: Assessment, answer: Answer) -> tuple[str, str]:
    """The claim, and one hash over the texts, whatever their order and names."""
    texts = sorted(hashlib.sha256(report.text.encode()).digest() for report in found.heard.reports)
    return answer.question, hashlib.sha256(b"".join(texts)).hexdigest()


def _said(because: str, by: str) -> str:
    return f"{because} ({by})" if by else because
