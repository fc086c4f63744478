"""The mailbox routes: statuses, admission, limits on bodies, and what never shows in answers or logs."""

import asyncio
import base64
import hashlib
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from backchannel.carriers.host import Grant, MailboxHost, Quota
from backchannel.carriers.item import MAX_ITEM
from backchannel.errors import CarrierError, DiskFull
from backchannel.flow.ports_carriers import Mailbox
from backchannel.web import bodies
from backchannel.web.peer import mailbox_app

TOKEN = b"\xff\xfe token of thirty-two bytes ...."
NAME = hashlib.sha256(TOKEN).hexdigest()
BOX = f"/mailbox/{NAME}"
BEARER = {"Authorization": "Bearer " + base64.urlsafe_b64encode(TOKEN).rstrip(b"=").decode()}


@pytest.fixture
def host(tmp_path: Path) -> MailboxHost:
    return MailboxHost(tmp_path / "boxes", known=lambda name: name == NAME, quota=Quota(items=3))


def ask(
    host: MailboxHost, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any
) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(mailbox_app(host, body_seconds=0.2), raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="https://node.example") as client:
            return await client.request(method, path, headers=BEARER if headers is None else headers, **more)

    return asyncio.run(asked())


def test_an_item_is_put_listed_got_and_deleted(host: MailboxHost) -> None:
    assert ask(host, "PUT", f"{BOX}/0001", content=b"one").status_code == 201
    assert ask(host, "GET", BOX).json() == {"items": ["0001"], "more": False}
    got = ask(host, "GET", f"{BOX}/0001")
    assert (got.status_code, got.content) == (200, b"one")
    assert ask(host, "DELETE", f"{BOX}/0001").status_code == 204
    assert ask(host, "GET", f"{BOX}/0001").status_code == 410
    assert ask(host, "GET", BOX).json() == {"items": [], "more": False}


def test_an_item_is_kept_once_and_never_replaced(host: MailboxHost) -> None:
    put = [ask(host, "PUT", f"{BOX}/0001", content=body).status_code for body in (b"one", b"one", b"two")]
    assert put == [201, 200, 409]
    assert ask(host, "GET", f"{BOX}/0001").content == b"one"


def test_a_listing_starts_after_the_given_item(host: MailboxHost) -> None:
    for name in ("1", "2"):
        ask(host, "PUT", f"{BOX}/{name}", content=b"x")
    assert ask(host, "GET", BOX, params={"after": "1"}).json()["items"] == ["2"]
    assert ask(host, "GET", BOX, params={"after": "../x"}).status_code == 400


def test_a_body_in_many_small_pieces_is_put_together(host: MailboxHost) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(100):
            yield bytes([number])

    assert ask(host, "PUT", f"{BOX}/0001", content=pieces()).status_code == 201
    assert ask(host, "GET", f"{BOX}/0001").content == bytes(range(100))


# --- admission ------------------------------------------------------------------------------------------------

WRONG = [
    {},
    {"Authorization": ""},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer !!!"},
    {"Authorization": "Bearer " + "A" * 5000},
    {"Authorization": "Bearer " + base64.urlsafe_b64encode(b"wrong").decode()},
    {"Authorization": BEARER["Authorization"].replace("Bearer", "Basic")},
    {"Authorization": f"Bearer {NAME}"},
]


@pytest.mark.parametrize("headers", WRONG)
@pytest.mark.parametrize(("method", "path"), [("PUT", "/x"), ("GET", ""), ("GET", "/x"), ("DELETE", "/x")])
def test_a_wrong_token_and_an_unknown_mailbox_get_the_very_same_answer(
    host: MailboxHost, headers: dict[str, str], method: str, path: str
) -> None:
    other = base64.urlsafe_b64encode(b"other").decode()
    ask(host, "PUT", f"{BOX}/x", content=b"kept")
    forbidden = ask(host, method, BOX + path, headers=headers, content=b"y")
    unknown = ask(
        host,
        method,
        f"/mailbox/{hashlib.sha256(b'other').hexdigest()}{path}",
        headers={"Authorization": f"Bearer {other}"},
        content=b"y",
    )
    nonsense = ask(host, method, f"/mailbox/nonsense{path}", headers=headers, content=b"y")
    assert forbidden.status_code == unknown.status_code == nonsense.status_code == 404
    assert forbidden.content == unknown.content == nonsense.content
    assert forbidden.headers == unknown.headers == nonsense.headers
    assert ask(host, "GET", f"{BOX}/x").content == b"kept"


def test_a_mailbox_that_nobody_may_use_leaves_no_trace_on_the_disk(host: MailboxHost) -> None:
    ask(host, "PUT", f"{BOX}/x", headers={}, content=b"y")
    assert not host.carrier.root.exists()


@pytest.mark.parametrize("item", ["..%2f..%2fsecret", "%2e%2e", "A", "x%00", "x" * 121, "%ff", ".x"])
def test_path_tricks_reach_no_file_and_no_log(
    host: MailboxHost, tmp_path: Path, caplog: pytest.LogCaptureFixture, item: str
) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    for method in ("PUT", "GET", "DELETE"):
        assert ask(host, method, f"{BOX}/{item}", content=b"y").status_code in (400, 404)
    assert (tmp_path / "secret").read_bytes() == b"secret"
    assert [record for record in caplog.records if record.name.startswith("backchannel")] == []
    assert not host.carrier.root.exists()


@pytest.mark.parametrize("method", ["HEAD", "POST", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", [BOX, f"{BOX}/0001", "/mailbox/unknown"])
def test_other_methods_are_405_for_everybody(host: MailboxHost, method: str, path: str) -> None:
    assert ask(host, method, path).status_code == ask(host, method, path, headers={}).status_code == 405
    assert "GET" in ask(host, method, path).headers["allow"]


def test_the_front_door_says_one_word(host: MailboxHost) -> None:
    assert ask(host, "GET", "/", headers={}).text == "backchannel\n"
    for path in ("/mailbox", "/mailbox/", f"{BOX}/", "/docs"):
        answer = ask(host, "GET", path, headers={})
        assert answer.status_code == 404
        assert set(answer.json()) == {"error", "advice"}


def test_a_mailbox_used_the_wrong_way_is_403_and_says_what_to_do(tmp_path: Path) -> None:
    for grant, methods in ((Grant("lab", puts=False), {"PUT"}), (Grant("lab", fetches=False), {"GET", "DELETE"})):
        host = MailboxHost(tmp_path / "boxes", known=lambda _name: True, whose=lambda _name, grant=grant: grant)
        host.carrier.put(Mailbox(NAME, TOKEN), "1", b"x")
        answers = {one: ask(host, one, f"{BOX}/1", content=b"x").status_code for one in ("PUT", "GET", "DELETE")}
        assert {method for method, status in answers.items() if status == 403} == methods
        assert (ask(host, "GET", BOX).status_code == 403) is ("GET" in methods)
        assert ask(host, "PUT", f"{BOX}/1", headers={}, content=b"x").status_code == 404, "a stranger learns nothing"


# --- limits ---------------------------------------------------------------------------------------------------


def test_a_body_larger_than_an_item_is_413_and_not_kept(host: MailboxHost) -> None:
    answer = ask(host, "PUT", f"{BOX}/0001", content=bytes(MAX_ITEM + 1))
    assert (answer.status_code, set(answer.json())) == (413, {"error", "advice"})
    assert ask(host, "GET", BOX).json()["items"] == []


def test_a_body_without_end_is_cut_off_while_it_streams(host: MailboxHost) -> None:
    sent: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            sent.append(1)
            yield bytes(1 << 20)

    assert ask(host, "PUT", f"{BOX}/0001", content=endless()).status_code == 413
    assert len(sent) <= 36


def test_a_body_without_end_of_somebody_not_admitted_is_cut_off_too(host: MailboxHost) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 20)

    assert ask(host, "PUT", f"{BOX}/0001", headers={}, content=endless()).status_code == 404


def test_a_stranger_with_a_large_body_is_heard_out_so_that_the_answer_arrives(host: MailboxHost) -> None:
    sent: list[int] = []

    async def body() -> AsyncIterator[bytes]:
        for number in range(17):
            sent.append(number)
            yield bytes(1 << 20)

    assert ask(host, "PUT", f"{BOX}/0001", headers={}, content=body()).status_code == 404
    assert len(sent) == 17


def test_a_body_that_never_arrives_is_408(host: MailboxHost) -> None:
    async def stalled() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    assert ask(host, "PUT", f"{BOX}/0001", content=stalled()).status_code == 408
    assert ask(host, "GET", BOX).json()["items"] == []


def test_bodies_share_a_bounded_memory_and_give_it_back(host: MailboxHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODIES_AT_ONCE", 150)

    async def asked() -> list[int]:
        taken, held = asyncio.Event(), asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield bytes(100)
            taken.set()
            await held.wait()

        transport = httpx.ASGITransport(mailbox_app(host))
        async with httpx.AsyncClient(transport=transport, base_url="https://node.example", headers=BEARER) as client:
            first = asyncio.create_task(client.put(f"{BOX}/1", content=slow()))
            await taken.wait()
            statuses = [(await client.put(f"{BOX}/2", content=bytes(100))).status_code]
            held.set()
            statuses.append((await first).status_code)
            statuses.append((await client.put(f"{BOX}/3", content=bytes(100))).status_code)
        return statuses

    assert asyncio.run(asyncio.wait_for(asked(), 10)) == [503, 201, 201]


def test_a_full_mailbox_is_507_with_what_to_do(host: MailboxHost) -> None:
    for name in ("1", "2", "3"):
        ask(host, "PUT", f"{BOX}/{name}", content=b"x")
    answer = ask(host, "PUT", f"{BOX}/4", content=b"x")
    assert answer.status_code == 507
    assert answer.json()["error"] == "3 items wait in this mailbox, and it takes no more"
    assert "outbox" in answer.json()["advice"]


@pytest.mark.parametrize(
    ("error", "status"), [(DiskFull("/secret/path: full"), 507), (CarrierError("/secret/path"), 500)]
)
def test_what_fails_on_the_hosts_disk_is_for_its_own_log_only(
    host: MailboxHost,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
) -> None:
    def fail(*_args: object) -> bool:
        raise error

    monkeypatch.setattr(host.carrier, "put", fail)
    answer = ask(host, "PUT", f"{BOX}/1", content=b"x")
    assert answer.status_code == status
    assert "secret" not in answer.text
    assert "/secret/path" in caplog.text


def test_an_empty_body_is_no_item(host: MailboxHost) -> None:
    assert ask(host, "PUT", f"{BOX}/1", content=b"").status_code == 400


def test_neither_tokens_nor_bodies_are_logged(host: MailboxHost, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with caplog.at_level(logging.DEBUG):
        ask(host, "PUT", f"{BOX}/1", content=b"body-of-a-report")
        ask(host, "PUT", f"{BOX}/1", content=b"another-body")
        ask(host, "PUT", f"{BOX}/1", headers={"Authorization": "Bearer d3Jvbmc"}, content=b"body-of-a-report")
        ask(host, "GET", f"{BOX}/1")
    for secret in (BEARER["Authorization"][7:], "d3Jvbmc", "body-of-a-report", "another-body", NAME):
        assert secret not in caplog.text


def test_answers_are_not_to_be_stored_or_guessed_at(host: MailboxHost) -> None:
    ask(host, "PUT", f"{BOX}/1", content=b"<script>")
    answer = ask(host, "GET", f"{BOX}/1")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "application/octet-stream"


def test_errors_are_json_with_an_error_and_an_advice(host: MailboxHost) -> None:
    for answer in (ask(host, "GET", BOX, headers={}), ask(host, "POST", BOX), ask(host, "GET", f"{BOX}/gone")):
        assert set(json.loads(answer.content)) == {"error", "advice"}


def test_a_host_that_cannot_look_a_name_up_says_so_as_any_other_error(tmp_path: Path) -> None:
    def fails(_name: str) -> bool:
        raise CarrierError("/secret/place/settings.toml: line 3")

    answer = ask(MailboxHost(tmp_path / "boxes", known=fails), "GET", BOX)
    assert answer.status_code == 500
    assert set(json.loads(answer.content)) == {"error", "advice"}
    assert "secret" not in answer.text
