"""An assessment written out: as STIX made by this node, marked and within the scope of a threat; as a page.

What is made of held reports is marked at least as they are, and the STIX does not repeat what others gave us: it
would leave as our own, past their terms.
"""

from collections.abc import Mapping

import msgspec

from backchannel.core.assess.grading import Grading
from backchannel.core.marking import parse_level, rank, strictest
from backchannel.errors import Ambiguous, BadArgument, NotFound
from backchannel.formats.assessment_page import page_of
from backchannel.formats.assessment_stix import Made, bundle_of
from backchannel.formats.generate import Generator
from backchannel.node.assessing import Assessment
from backchannel.node.importing import namespace, threat_of
from backchannel.node.node import Node
from backchannel.node.reports import find_report

HELD = "report--"
"""How the ids of held reports begin, which are their names in an assessment."""


class _Source(msgspec.Struct, frozen=True):
    """A held report that was assessed: its id, its level, and whether it is ours."""

    id: str
    tlp: str
    own: bool


def stix(node: Node, found: Assessment, grading: Grading | None, tlp: str | None, threat: str | None) -> bytes:
    """A STIX 2.1 bundle, made by the node. `tlp` is the level of each object, else the strictest of the node's
    default and the held reports'; `threat` is what the reports are about, by name: it is made if we have none of that
    name. Sentences of reports that others gave us are not in it.

    Raises:
        BadArgument: no such TLP level, or one below that of a held report.
        Ambiguous: several of our threats have that name.
    """
    sources = _sources(node, found)
    level = _level(tlp, sources) or strictest(node.settings.default_tlp, *(one.tlp for one in sources.values()))
    about = (threat_of(node, Generator(namespace(node), node.clock()), threat, level),) if threat else ()
    made = Made(
        namespace=namespace(node),
        now=node.clock(),
        tlp=level,
        creator=node.us.identity,
        authors=(node.us.card.name,),
        about=about,
    )
    held = {name: one.id for name, one in sources.items()}
    given = frozenset(name for name, one in sources.items() if not one.own)
    return bundle_of(found.heard, found.answer, grading, made, held, given)


def page(node: Node | None, found: Assessment, grading: Grading | None, tlp: str | None) -> str:
    """A self-contained page in HTML. `tlp` is the level that it is marked with, else the strictest of the held
    reports; `node` is the one that holds them, if there is one.

    Raises:
        BadArgument: no such TLP level, or one below that of a held report.
    """
    sources = _sources(node, found) if node is not None else {}
    level = _level(tlp, sources) or (strictest(*(one.tlp for one in sources.values())) if sources else None)
    return page_of(
        found.heard, found.answer, grading, notices=found.notices, suggestions=found.suggestions, tlp=level
    )


def _sources(node: Node, found: Assessment) -> dict[str, _Source]:
    """The reports that are held under the id that is their name, with the very text: a file that is only called so is
    none of them."""
    listed: dict[str, _Source] = {}
    for report in found.heard.reports:
        if report.name.startswith(HELD):
            try:
                one = find_report(node, report.name)
            except (NotFound, Ambiguous):
                continue
            if one.report.text == report.text:
                listed[report.name] = _Source(one.held.id, one.held.tlp, one.held.own)
    return listed


def _level(tlp: str | None, sources: Mapping[str, _Source]) -> str | None:
    if tlp is None:
        return None
    try:
        level = parse_level(tlp)
    except ValueError as error:
        raise BadArgument(f"--tlp: {error}") from None
    least = strictest(*(one.tlp for one in sources.values())) if sources else level
    if rank(level) < rank(least):
        raise BadArgument(
            f"--tlp {level}: a report in it is marked {least}; what is made of it is no less: --tlp {least}"
        )
    return level
