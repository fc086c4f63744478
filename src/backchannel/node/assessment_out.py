"""An assessment written out: as STIX made by this node, marked and within the scope of a threat; as a page."""

from backchannel.core.assess.grading import Grading
from backchannel.core.marking import parse_level
from backchannel.errors import BadArgument
from backchannel.formats.assessment_page import page_of
from backchannel.formats.assessment_stix import Made, bundle_of
from backchannel.formats.generate import Generator
from backchannel.node.assessing import Assessment
from backchannel.node.importing import namespace, threat_of
from backchannel.node.node import Node

HELD = "report--"
"""How the ids of held reports begin, which are their names in an assessment."""


def stix(node: Node, found: Assessment, grading: Grading | None, tlp: str | None, threat: str | None) -> bytes:
    """A STIX 2.1 bundle, made by the node. `tlp` is the level of each object, else the node's default; `threat` is
    what the reports are about, by name: it is made if we have none of that name.

    Raises:
        BadArgument: no such TLP level.
        Ambiguous: several of our threats have that name.
    """
    level = _level(tlp) or node.settings.default_tlp
    about = (threat_of(node, Generator(namespace(node), node.clock()), threat, level),) if threat else ()
    names = [report.name for report in found.heard.reports]
    made = Made(
        namespace=namespace(node),
        now=node.clock(),
        tlp=level,
        creator=node.us.identity,
        authors=(node.us.card.name,),
        about=about,
    )
    held = {name: name for name in names if name.startswith(HELD)}
    return bundle_of(found.heard, found.answer, grading, made, held)


def page(found: Assessment, grading: Grading | None, tlp: str | None) -> str:
    """A self-contained page in HTML.

    Raises:
        BadArgument: no such TLP level.
    """
    return page_of(
        found.heard,
        found.answer,
        grading,
        notices=found.notices,
        suggestions=found.suggestions,
        tlp=_level(tlp),
    )


def _level(tlp: str | None) -> str | None:
    try:
        return None if tlp is None else parse_level(tlp)
    except ValueError as error:
        raise BadArgument(f"--tlp: {error}") from None
