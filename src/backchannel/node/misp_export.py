"""Holdings as one MISP event: the newest version of each chosen object, made by this node's organisation. An event is
made to be given away: what is recalled is not in it."""

from uuid import UUID

from backchannel.core.stix import version_order
from backchannel.core.text import printable
from backchannel.errors import BadArgument
from backchannel.flow.ports import Held
from backchannel.formats.misp_event import MAX_BYTES, Chosen, Event, Maker, make_event
from backchannel.node import holdings
from backchannel.node.holdings import Selection
from backchannel.node.node import Node
from backchannel.node.recalls import recalled_ids


def misp_event(node: Node, wanted: Selection) -> tuple[Event, int]:
    """The event, and how many objects went into it.

    Raises:
        MissingExtra: misp-stix is not installed.
        BadArgument: nothing is chosen, too much, or what cannot be converted.
        NotFound, Ambiguous: no such party, threat or agreement, or several.
    """
    newest: dict[str, Held] = {}
    size = 0
    recalled = recalled_ids(node)
    for one in holdings.each(node, wanted):
        if one.id in recalled:
            continue
        before = newest.get(one.id)
        if before is None or version_order(one.version) > version_order(before.version):
            newest[one.id] = one
            size += len(one.raw) - (len(before.raw) if before else 0)
        if size > MAX_BYTES:
            raise BadArgument(f"these are more than {MAX_BYTES >> 20} MiB of objects, too many for one MISP event")
    if not newest:
        raise BadArgument("nothing held matches; a MISP event of nothing is not made")
    now = node.clock()
    title = f"Export of {printable(node.us.card.name, 100)}, {now:%Y-%m-%d %H:%M} UTC"
    maker = Maker(
        organisation=node.us.card.name,
        organisation_id=UUID(node.us.identity.partition("--")[2]),
        event_id=UUID(bytes=node.us.random(16), version=4),
        title=title,
        now=now,
    )
    chosen = {identifier: Chosen(one.raw, one.tlp) for identifier, one in newest.items()}
    return make_event(chosen, maker), len(newest)
