"""A TAXII server in process: a node's routes, asked over ASGI as one of its users."""

import asyncio
from typing import Any

import httpx
from starlette.applications import Starlette

from backchannel.node import taxii_users
from backchannel.node.node import Node
from backchannel.node.taxii import TaxiiService
from backchannel.protocol.origin_tag import tag_in
from backchannel.protocol.taxii import MEDIA_TYPE
from backchannel.web.taxii import ROOT, Visitors, taxii_routes

HOLDINGS = f"{ROOT}collections/holdings/"


def without_tags(found: dict[str, Any]) -> dict[str, Any]:
    """Objects by id, but for the notes that say origin tags."""
    return {name: one for name, one in found.items() if not tag_in(one)}


class Desk:
    """One user of a node's TAXII server."""

    def __init__(
        self, node: Node, name: str, visitors: Visitors | None = None, app: Starlette | None = None, **rights: Any
    ) -> None:
        wanted = {"agreement": None, "read": True, "write": True, "expires": None} | rights
        self.node = node
        self.name = name
        self.user, self.token = taxii_users.add(node, name, **wanted)
        self._visitors = visitors or Visitors(1_000)
        if app is None:
            self.behind("")
        else:
            self.app = app

    def behind(self, public_url: str) -> None:
        """Serve anew, as a node behind a proxy does."""
        self.app = Starlette(routes=taxii_routes(TaxiiService(self.node), self._visitors, public_url))

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """One request; without `headers` as this user."""
        given = {"Authorization": f"Bearer {self.token}"} if headers is None else headers

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url="https://node.example") as client:
                return await client.request(method, path, headers=given, **more)

        return asyncio.run(asked())

    def get(self, path: str, **parameters: Any) -> Any:
        """What a request that succeeds answers."""
        answer = self.ask("GET", path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: bytes) -> httpx.Response:
        """Post an envelope."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": MEDIA_TYPE}
        return self.ask("POST", path, headers=headers, content=body)

    def pages(self, path: str, **parameters: Any) -> list[Any]:
        """All pages, each from the cursor of the one before."""
        found = [self.get(path, **parameters)]
        while found[-1].get("more"):
            found.append(self.get(path, **parameters, next=found[-1]["next"]))
        return found

    def crawl(self, path: str, **parameters: Any) -> list[tuple[str, str]]:
        """(id, modified) of all objects, page by page."""
        objects = [one for page in self.pages(path, **parameters) for one in page.get("objects", ())]
        return [(one["id"], one.get("modified", one.get("created", ""))) for one in objects]

    def collection(self, kind: str) -> str:
        """The path of the user's collection whose alias begins so."""
        (found,) = [one for one in self.get(f"{ROOT}collections/")["collections"] if one["alias"].startswith(kind)]
        return f"{ROOT}collections/{found['id']}/"
