"""An assessment as one page of HTML that needs nothing else: no network, no scripts, one file to read or to print.

Rules. The page loads nothing and says so to the browser (its content security policy). Every text, ours or a
stranger's, is escaped by the template engine, and those of strangers are made visible before (`assessment_text`);
nothing on it is a link that leads out of it. The same assessment gives the same bytes. The page is well-formed XML
too. Without a question it shows the reports and how they hang together, and what could be asked.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from backchannel.core.assess.assessment import Answer, Heard
from backchannel.core.assess.credibility import RULES
from backchannel.core.assess.grading import Grading
from backchannel.core.assess.independence import Range
from backchannel.core.assess.suggestions import Suggestion
from backchannel.core.assess.summary import between, summary
from backchannel.core.marking import label
from backchannel.errors import MissingExtra
from backchannel.formats import assessment_view as view
from backchannel.formats.assessment_text import line, name
from backchannel.formats.lineage_svg import looks, picture

_TEMPLATES = Path(__file__).parent / "assessment"
_NO_NOTICES: Mapping[str, Sequence[str]] = MappingProxyType({})
_QUESTION = 500


def page_of(
    heard: Heard,
    answer: Answer | None = None,
    grading: Grading | None = None,
    *,
    notices: Mapping[str, Sequence[str]] = _NO_NOTICES,
    suggestions: Sequence[Suggestion] = (),
    tlp: str | None = None,
    now: datetime | None = None,
) -> str:
    """The page. `notices` has what a reader should know of a report, by its name; `tlp` is the level that the page
    is marked with; `now`, when the assessment was made.

    Raises:
        MissingExtra: the template engine is not installed.
    """
    drawn = picture(heard, answer.independence.reports if answer is not None else ())
    documents = view.documents(heard, answer, notices)
    shown: dict[str, Any] = {
        "title": line(answer.question, _QUESTION) if answer is not None else "Reports, and who took what from whom",
        "tlp": label(tlp) if tlp is not None else "",
        "now": f"{now:%Y-%m-%d %H:%M %Z}".strip() if now is not None else "",
        "suggestions": [line(one.text) for one in suggestions],
        "picture": drawn,
        "looks": looks(drawn.arrows),
        "rows": view.rows(heard),
        "more_rows": max(0, len(heard.lineage.edges) - view.MOST),
        "documents": documents,
        "answer": _answer(heard, answer, grading) if answer is not None and grading is not None else None,
    }
    return str(_template().render(shown)).lstrip()


def _answer(heard: Heard, answer: Answer, grading: Grading) -> dict[str, Any]:
    found = answer.independence
    return {
        "summary": line(summary(found), 400),
        "counts": tuple((level, between(span)) for level, span in _levels(answer)),
        "grade": str(grading.grade),
        "grade_words": grading.grade.words,
        "proposed": str(grading.proposed) if grading.because else "",
        "because": line(grading.because, 400),
        "reasons": [line(reason, 400) for reason in grading.reasons],
        "changes": [line(change, 400) for change in grading.changes],
        "rule": (answer.credibility.digit, answer.credibility.rule),
        "rules": tuple(RULES.items()),
        "groups": view.groups(heard, answer),
        "heard_by": [name(one) for one in found.collectors.sure],
        "perhaps_heard_by": [name(one) for one in found.collectors.possible],
        "heard_by_unknown": [name(one) for one in found.collectors.unknown],
        "same": view.same(heard, answer.utterances),
        "leads": view.leads(heard, answer),
        "figures": view.contradictions(heard, answer),
        "left_out": view.left_out(answer),
    }


def _levels(answer: Answer) -> tuple[tuple[str, Range], ...]:
    found = answer.independence
    reports = len(found.reports)
    return (
        ("Reports on it", (reports, reports)),
        ("Collectors: newsrooms that heard it for themselves", found.collectors.span),
        ("Speakers who affirm", found.speakers),
        ("Organisations that affirm", found.organisations),
        ("Sides that affirm", found.sides),
        ("Independent origins", found.origins),
    )


@cache
def _template() -> Any:
    if find_spec("jinja2") is None:
        raise MissingExtra("pages are made with Jinja; it is not installed: pip install 'backchannel[assess]'")
    jinja = import_module("jinja2")
    environment = jinja.Environment(
        loader=jinja.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html")
