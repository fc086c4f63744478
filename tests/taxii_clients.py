"""taxii2-client, the TAXII 2.1 client of OASIS, pointed at a server of ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from taxii2client.v21 import Collection, Server, as_pages

from backchannel.core.stix import StixObject
from taxii_served import Served, User

Identity = tuple[str, str]
"""An object's id and its version."""


def client(served: Served, user: User) -> Server:
    """The client as a user, with the token as its password. It closes its connections at the end of a `with`."""
    return Server(served.url, user=user.name, password=user.token, verify=served.certificate)


@contextmanager
def collection(served: Served, user: User, kind: str) -> Iterator[Collection]:
    """The user's collection whose alias begins so."""
    with client(served, user) as server:
        (found,) = [one for one in server.default.collections if one.alias.startswith(kind)]
        yield found


def crawl(ask: Callable[..., Any], per_request: int, *of: str, **filters: Any) -> list[Any]:
    """What a request gives, page by page: objects, entries of a manifest, or versions."""
    pages = as_pages(ask, per_request, *of, **filters)
    return [one for page in pages for one in page.get("objects", page.get("versions", []))]


def identity(one: Any) -> Identity:
    """Which version of which object this is: one of ours, one as it came, or an entry of a manifest."""
    if isinstance(one, StixObject):
        return one.id, one.version
    return one["id"], one.get("version", one.get("modified"))
