"""What reading a file gives, whatever its format: one item for each object, or for each place that gave
none."""

from collections.abc import Sequence

import msgspec

from backchannel.core.stix import StixObject
from backchannel.core.view import View, view_of
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

    @property
    def refused(self) -> bool:
        """Whether it cannot be taken over."""
        return self.object is None or any(finding.must for finding in self.findings)


class Taken(msgspec.Struct, frozen=True, array_like=True):
    """An item ready for the holdings, in a form that passes from one process to another.

    Instead of the decoded object it has its bytes and the view of it. Both are None for a place that gave no object,
    and for an object that breaks a MUST, whose `id` is kept for the report.
    """

    index: int
    id: str
    raw: bytes | None
    view: View | None
    findings: tuple[Finding, ...] = ()
    generated: bool = False
    original: bytes | None = None

    @classmethod
    def of(cls, item: Item) -> "Taken":
        """An item, once it was validated."""
        one = item.object
        if one is None or item.refused:
            return cls(item.index, "" if one is None else one.id, None, None, item.findings)
        return cls(item.index, one.id, one.raw, view_of(one), item.findings, item.generated, item.original)


class Fault(msgspec.Struct, frozen=True, array_like=True):
    """What was found at one place, without the object: it is `refused`, or would come in with warnings."""

    index: int
    id: str
    refused: bool
    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The reason of a refusal: the first MUST that is broken, if any is."""
        return next((finding for finding in self.findings if finding.must), self.findings[0])


class Checked(msgspec.Struct, frozen=True, array_like=True):
    """What was found in a part of a file: how many objects were read, and what is wrong with some of them."""

    read: int
    faults: list[Fault]

    @classmethod
    def of(cls, items: Sequence[Item]) -> "Checked":
        """Items, once they were validated."""
        faults = [
            Fault(item.index, item.object.id if item.object else "", item.refused, item.findings)
            for item in items
            if item.findings
        ]
        return cls(len(items), faults)


def refusal(index: int, rule: str, message: str, value: str = "") -> Item:
    """An item that says why a place gave no object."""
    return Item(index, findings=(Finding(rule=rule, message=message, value=value),))
