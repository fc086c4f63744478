"""What the users of the TAXII server take of each other's turns."""

import asyncio
import threading
from datetime import UTC, datetime
from typing import cast

import httpx
from starlette.applications import Starlette

from backchannel.flow.ports_taxii import TaxiiUser
from backchannel.node.taxii import Collection, TaxiiService
from backchannel.web.taxii import AT_ONCE, ROOT, Visitors, taxii_routes

NOW = datetime(2026, 11, 26, tzinfo=UTC)
PATIENCE = 20.0
"""Seconds until a test gives up on what never comes."""


class Slow:
    """Stands for a service that knows every token as a user, and lists the collections of `busy` when it may."""

    def __init__(self) -> None:
        self.admitted = threading.Semaphore(0)
        self.begun = threading.Semaphore(0)
        self.go = threading.Event()

    def now(self) -> datetime:
        return NOW

    def version(self) -> int:
        return 1

    def user(self, token: str) -> TaxiiUser:
        return TaxiiUser(token, token.encode(), None, True, True, None, NOW)

    def admits(self, user: TaxiiUser, _name: str | None) -> bool:
        if user.name == "busy":
            self.admitted.release()
        return True

    def check_still(self, _user: TaxiiUser, _as_of: int | None) -> None:
        pass

    def collections(self, user: TaxiiUser) -> list[Collection]:
        if user.name == "busy":
            self.begun.release()
            assert self.go.wait(PATIENCE)
        return []


def test_who_asks_for_what_is_slow_waits_for_itself_and_keeps_nobody_else_waiting() -> None:
    """Another user's requests, sent after the one that has to wait, are answered before that one begins."""
    service = Slow()
    app = Starlette(routes=taxii_routes(cast(TaxiiService, service), Visitors(1_000)))

    async def all_asked() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://node.example") as client:

            async def asked(user: str) -> int:
                path = f"{ROOT}collections/"
                answer = client.get(path, headers={"Authorization": f"Bearer {user}"})
                return (await asyncio.wait_for(answer, PATIENCE)).status_code

            async def seen(happened: threading.Semaphore, times: int) -> None:
                for _ in range(times):
                    assert await asyncio.to_thread(happened.acquire, timeout=PATIENCE)

            asking = [asyncio.create_task(asked("busy")) for _ in range(AT_ONCE + 1)]
            try:
                await seen(service.admitted, AT_ONCE + 1)
                await seen(service.begun, AT_ONCE)
                assert [await asked("another") for _ in range(2)] == [200, 200]
                assert not service.begun.acquire(blocking=False)
            finally:
                service.go.set()
                assert await asyncio.gather(*asking) == [200] * (AT_ONCE + 1)

    asyncio.run(all_asked())
