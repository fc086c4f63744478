"""What moves envelopes, as the flow and the node see it: mailboxes, and carriers that reach them."""

import hashlib
from typing import NamedTuple, Protocol, Self


class Mailbox(NamedTuple):
    """One direction of one channel at a carrier. The name is derived from the token, so that a host can check
    who may use a mailbox without knowing whose it is: name = SHA-256(token) in hex."""

    name: str
    token: bytes

    @classmethod
    def of(cls, token: bytes) -> Self:
        """The mailbox that a token opens."""
        return cls(hashlib.sha256(token).hexdigest(), token)


class Carrier(Protocol):
    """Four verbs on a mailbox. Item names sort in sending order. Raises `CarrierError` and nothing else."""

    def put(self, mailbox: Mailbox, name: str, data: bytes) -> bool:
        """Put if absent; False if an item of that name is already there."""
        ...

    def list_after(self, mailbox: Mailbox, after: str = "") -> list[str]:
        """Names of the items after `after`, in order: so many as one listing gives, so there may be more."""
        ...

    def get(self, mailbox: Mailbox, name: str) -> bytes | None:
        """The item, or None if it is gone."""
        ...

    def delete(self, mailbox: Mailbox, name: str) -> None:
        """Delete; nothing happens if it is gone."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
