"""A carrier in memory that does what a test says: loses, keeps back, doubles, renames, cuts off and brings again.

Some of that happens to what lies there (`lose`, `keep_back`, …), between two passes; the rest while a node uses it:
`trouble` says of a verb's nth call what becomes of it. It breaks every promise of `Carrier` but one, that it raises
`CarrierError` and nothing else. Whatever was put into it, even in vain, it remembers as having left the sender.
"""

from collections.abc import Callable
from typing import NamedTuple

from backchannel.errors import CarrierError
from backchannel.flow.ports_carriers import Mailbox


class Item(NamedTuple):
    """What lies in a mailbox: the mailbox's name, the item's, and the bytes."""

    mailbox: str
    name: str
    data: bytes


TROUBLES = {
    "put": ("refused", "lost", "unheard"),
    "list_after": ("refused", "empty"),
    "get": ("refused", "gone", "cut"),
    "delete": ("refused", "ignored"),
}
"""What may become of a call: `lost` says that it was done, `unheard` that it was not; neither is true."""


class CarrierOfChance:
    """`flow.ports_carriers.Carrier`, for all parties at once."""

    def __init__(self, on_put: Callable[[bytes], None]) -> None:
        self.boxes: dict[str, dict[str, bytes]] = {}
        self.kept_back: list[Item] = []
        self.left: list[Item] = []
        self.trouble: dict[tuple[str, int], str] = {}
        self._calls: dict[str, int] = {}
        self._on_put = on_put

    # --- the four verbs -------------------------------------------------------------------------------------

    def put(self, mailbox: Mailbox, name: str, data: bytes) -> bool:
        self._on_put(data)
        self.left.append(Item(mailbox.name, name, data))
        fate = self._fate("put")
        box = self.boxes.setdefault(mailbox.name, {})
        new = name not in box
        if fate != "lost":
            box.setdefault(name, data)
        if fate == "unheard":
            raise CarrierError("the answer was lost")
        return new

    def list_after(self, mailbox: Mailbox, after: str = "") -> list[str]:
        if self._fate("list_after") == "empty":
            return []
        return sorted(name for name in self.boxes.get(mailbox.name, {}) if name > after)

    def get(self, mailbox: Mailbox, name: str) -> bytes | None:
        fate = self._fate("get")
        data = self.boxes.get(mailbox.name, {}).get(name)
        if fate == "gone" or data is None:
            return None
        return data[: len(data) // 2] if fate == "cut" else data

    def delete(self, mailbox: Mailbox, name: str) -> None:
        if self._fate("delete") != "ignored":
            self.boxes.get(mailbox.name, {}).pop(name, None)

    def close(self) -> None:
        """Nothing to let go of."""

    def _fate(self, verb: str) -> str:
        self._calls[verb] = nth = self._calls.get(verb, 0) + 1
        fate = self.trouble.get((verb, nth), "")
        if fate == "refused":
            raise CarrierError("the carrier cannot be reached")
        return fate

    # --- what chance does -----------------------------------------------------------------------------------

    def begin_pass(self, trouble: dict[tuple[str, int], str]) -> None:
        """What becomes of the calls from now on; they are counted from 1."""
        self.trouble, self._calls = trouble, {}

    def items(self) -> list[Item]:
        """Everything that lies there."""
        return [Item(box, name, data) for box, items in self.boxes.items() for name, data in sorted(items.items())]

    def lose(self, item: Item) -> None:
        del self.boxes[item.mailbox][item.name]

    def cut(self, item: Item, keep: int) -> None:
        """Only so many of its bytes are left."""
        self.boxes[item.mailbox][item.name] = item.data[:keep]

    def change(self, item: Item, at: int) -> None:
        """One of its bits is another."""
        data = bytearray(item.data)
        data[at % len(data)] ^= 1
        self.boxes[item.mailbox][item.name] = bytes(data)

    def double(self, item: Item) -> None:
        self.boxes[item.mailbox][f"{item.name}-again"] = item.data

    def rename(self, item: Item, first: bool) -> None:
        """It is listed before, or behind, everything else."""
        self.lose(item)
        self.boxes[item.mailbox][f"{'0' if first else '9'}-{item.name}"] = item.data

    def keep_back(self, item: Item) -> None:
        self.lose(item)
        self.kept_back.append(item)

    def let_go(self) -> None:
        """What was kept back is there again."""
        for item in self.kept_back:
            self.boxes.setdefault(item.mailbox, {})[item.name] = item.data
        self.kept_back.clear()

    def replay(self, old: Item) -> None:
        """Something that left long ago is there again."""
        self.boxes.setdefault(old.mailbox, {})[old.name] = old.data

    def reflect(self, old: Item) -> None:
        """Something that left lies in every mailbox, the sender's own among them."""
        for box in self.boxes.values():
            box[old.name] = old.data
