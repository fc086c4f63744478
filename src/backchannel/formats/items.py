"""What reading a file gives, whatever its format: one item for each object, or for each place that gave
none."""

import msgspec

from backchannel.core.stix import StixObject
from backchannel.flow.ports import Finding


class Item(msgspec.Struct, frozen=True):
    """One object of a file, or the reasons why a place in it gave none.

    `index` is the place as an analyst counts: the line of a list (from 1), the place in a bundle or among the
    objects of a MISP file (from 0). Without an object, `findings` say why; beside an object they are
    warnings. `generated` says that the object's time stamps were made at import. `original` is the foreign
    form that it was made from, as received.
    """

    index: int
    object: StixObject | None = None
    findings: tuple[Finding, ...] = ()
    generated: bool = False
    original: bytes | None = None


def refusal(index: int, rule: str, message: str, value: str = "") -> Item:
    """An item that says why a place gave no object."""
    return Item(index, findings=(Finding(rule=rule, message=message, value=value),))
