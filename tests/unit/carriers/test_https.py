"""The HTTPS carrier against hosts that lie, stall, overflow or hang up: one named error, and nothing else."""

import base64
import contextlib
import hashlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.carriers import https as https_module
from backchannel.carriers.https import BACK_OFF, MAX_PAGE, HttpsCarrier
from backchannel.carriers.item import MAX_ITEM
from backchannel.errors import CarrierError, MailboxFull, UnfitItem
from backchannel.flow.ports_carriers import Mailbox

TOKEN = b"\xfb\xff a token of thirty-two bytes"
BOX = Mailbox(hashlib.sha256(TOKEN).hexdigest(), TOKEN)

Handler = Callable[[httpx.Request], httpx.Response]


class Host:
    """Stands for the network: answers each request with a function, and keeps what was asked."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.handler(request)

    def close(self) -> None:
        self.asked.append(httpx.Request("CLOSE", "https://node.example"))


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[[Handler], tuple[HttpsCarrier, Host, list[float]]]:
    def connected(handler: Handler) -> tuple[HttpsCarrier, Host, list[float]]:
        return connected_to(handler, monkeypatch)

    return connected


def connected_to(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> tuple[HttpsCarrier, Host, list[float]]:
    host, slept = Host(handler), list[float]()
    monkeypatch.setattr(httpx, "HTTPTransport", lambda **_settings: host)
    return HttpsCarrier("https://node.example:8443/base/", pin="0" * 64, sleep=slept.append), host, slept


def respond(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, stream=httpx.ByteStream(body), headers=headers)


def answering(status: int, body: bytes = b"", **headers: str) -> Handler:
    return lambda _request: respond(status, body, headers)


def failing(error: type[httpx.TransportError], cause: BaseException | None = None) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error("no", request=request) from cause

    return handler


def page(items: list[Any], more: Any = False) -> bytes:
    return msgspec.json.encode({"items": items, "more": more})


# --- what is asked ------------------------------------------------------------------------------------------


def test_each_verb_asks_the_right_thing_and_shows_the_token_in_one_header_only(connect: Any) -> None:
    carrier, host, _ = connect(answering(200, page([])))
    carrier.put(BOX, "0001", b"one")
    carrier.list_after(BOX, "0001")
    carrier.get(BOX, "0001")
    carrier.delete(BOX, "0001")
    where = f"https://node.example:8443/base/mailbox/{BOX.name}"
    assert [(r.method, str(r.url)) for r in host.asked] == [
        ("PUT", f"{where}/0001"),
        ("GET", f"{where}?after=0001"),
        ("GET", f"{where}/0001"),
        ("DELETE", f"{where}/0001"),
    ]
    token = base64.urlsafe_b64encode(TOKEN).rstrip(b"=").decode()
    assert {r.headers["authorization"] for r in host.asked} == {f"Bearer {token}"}
    assert host.asked[0].content == b"one"
    assert {r.headers["accept-encoding"] for r in host.asked} == {"identity"}


@pytest.mark.parametrize("name", ["", "..", "a/b", "a?b", "a#b", "a b", "A", "a\r\nX: y", "%2e%2e"])
def test_names_that_could_change_the_request_are_never_sent(connect: Any, name: str) -> None:
    carrier, host, _ = connect(answering(200))
    for verb in (
        lambda: carrier.put(BOX, name, b"x"),
        lambda: carrier.get(BOX, name),
        lambda: carrier.delete(BOX, name),
        lambda: carrier.list_after(Mailbox(name, TOKEN)),
    ):
        with pytest.raises(UnfitItem):
            verb()
    assert host.asked == []


@pytest.mark.parametrize("size", [0, MAX_ITEM + 1])
def test_what_no_host_takes_is_not_sent(connect: Any, size: int) -> None:
    carrier, host, _ = connect(answering(201))
    with pytest.raises(UnfitItem):
        carrier.put(BOX, "0001", bytes(size))
    assert host.asked == []


# --- what is answered ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "created"), [(201, True), (200, False), (409, False)])
def test_a_put_says_whether_the_item_is_new(connect: Any, status: int, created: bool) -> None:
    carrier, _, _ = connect(answering(status))
    assert carrier.put(BOX, "0001", b"one") is created


def test_an_item_that_is_gone_is_none_and_may_be_deleted(connect: Any) -> None:
    carrier, _, _ = connect(answering(410))
    assert carrier.get(BOX, "0001") is None
    carrier.delete(BOX, "0001")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "does not keep this mailbox"),
        (413, "this size"),
        (500, "fault of its own"),
        (503, "busy"),
        (301, "unexpectedly"),
        (204, "unexpectedly"),
        (999, "unexpectedly"),
    ],
)
def test_every_other_status_is_an_error_that_names_the_host(connect: Any, status: int, words: str) -> None:
    carrier, _, slept = connect(answering(status, b"\x1b[31m rude words"))
    for verb in (
        lambda: carrier.put(BOX, "0001", b"x"),
        lambda: carrier.get(BOX, "0001"),
        lambda: carrier.list_after(BOX),
    ):
        with pytest.raises(CarrierError, match=words) as caught:
            verb()
        assert str(caught.value).startswith("node.example:8443 ")
        assert "rude" not in str(caught.value)
    assert slept == []


def test_a_full_mailbox_is_told_apart(connect: Any) -> None:
    carrier, _, _ = connect(answering(507))
    with pytest.raises(MailboxFull, match="no room"):
        carrier.put(BOX, "0001", b"x")


def test_a_redirect_is_never_followed(connect: Any) -> None:
    carrier, host, _ = connect(answering(307, location="https://elsewhere.example/"))
    with pytest.raises(CarrierError, match="307"):
        carrier.get(BOX, "0001")
    assert len(host.asked) == 1


def test_cookies_are_neither_kept_nor_sent(connect: Any) -> None:
    carrier, host, _ = connect(answering(200, b"x", **{"set-cookie": "a=b"}))
    carrier.get(BOX, "0001")
    carrier.get(BOX, "0001")
    assert all("cookie" not in request.headers for request in host.asked)


def test_endless_data_is_cut_off_at_the_size_of_an_item(connect: Any) -> None:
    sent: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            sent.append(1)
            yield bytes(1 << 20)

    carrier, _, _ = connect(lambda _request: httpx.Response(200, content=endless()))
    with pytest.raises(UnfitItem, match="more than"):
        carrier.get(BOX, "0001")
    assert len(sent) == MAX_ITEM // (1 << 20) + 1
    sent.clear()
    with pytest.raises(CarrierError):
        carrier.list_after(BOX)
    assert len(sent) == MAX_PAGE // (1 << 20) + 1


def test_a_compressed_answer_is_refused_and_not_unpacked(connect: Any) -> None:
    class Bomb(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            raise AssertionError("read")

    carrier, _, _ = connect(lambda _request: httpx.Response(200, stream=Bomb(), headers={"content-encoding": "gzip"}))
    with pytest.raises(CarrierError, match="encoding"):
        carrier.get(BOX, "0001")


def test_a_long_answer_that_nobody_wants_is_not_read_to_its_end(connect: Any) -> None:
    sent: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            sent.append(1)
            yield bytes(1 << 14)

    carrier, _, _ = connect(lambda _request: httpx.Response(201, content=endless()))
    assert carrier.put(BOX, "0001", b"x") is True
    assert len(sent) == 5


# --- listings -----------------------------------------------------------------------------------------------


def test_a_listing_goes_on_from_page_to_page(connect: Any) -> None:
    pages = {"": page(["1", "2"], more=True), "2": page(["3"])}
    carrier, _, _ = connect(lambda r: respond(200, pages[r.url.params.get("after", "")]))
    assert carrier.list_after(BOX) == ["1", "2", "3"]


def test_a_listing_without_end_ends(connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(https_module, "MAX_PAGES", 7)
    carrier, host, _ = connect(
        lambda r: respond(200, page([f"{int(r.url.params.get('after', '0')) + 1:06}"], more=True))
    )
    assert len(carrier.list_after(BOX)) == 7
    assert len(host.asked) == 7


def test_an_empty_page_that_promises_more_is_the_last(connect: Any) -> None:
    carrier, host, _ = connect(answering(200, page([], more=True)))
    assert carrier.list_after(BOX) == []
    assert len(host.asked) == 1


@pytest.mark.parametrize(
    "items",
    [["../x"], ["a/b"], [""], ["A"], ["2", "1"], ["1", "1"], ["x" * 121], ["\x1b[31m"], ["0"], ["\ud800"]],
)
def test_a_listing_with_a_name_that_is_none_or_out_of_order_is_refused(connect: Any, items: list[str]) -> None:
    body = b'{"items": ["\\ud800"]}' if items == ["\ud800"] else page(items)
    carrier, _, _ = connect(answering(200, body))
    with pytest.raises(CarrierError) as caught:
        carrier.list_after(BOX, "0")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"items": 1}',
        b'{"items": [1]}',
        b'{"items": null}',
        b"\xff\xfe",
        b"[" * 100_000,
        b"{}",
    ],
)
def test_a_listing_that_is_none_is_refused(connect: Any, body: bytes) -> None:
    carrier, _, _ = connect(answering(200, body))
    with pytest.raises(CarrierError, match="no list of items"):
        carrier.list_after(BOX)


@given(st.integers(100, 999), st.binary(max_size=200) | st.lists(st.text(max_size=9), max_size=4).map(page))
def test_whatever_the_host_answers_a_result_or_a_carrier_error_comes_of_it(status: int, body: bytes) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        carrier, _, _ = connected_to(answering(status, body), monkeypatch)
        for verb in (
            lambda: carrier.put(BOX, "0001", b"x"),
            lambda: carrier.list_after(BOX),
            lambda: carrier.get(BOX, "0001"),
            lambda: carrier.delete(BOX, "0001"),
        ):
            with contextlib.suppress(CarrierError):
                verb()


# --- trying again -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError])
def test_a_connection_that_fails_is_tried_again_with_growing_pauses_and_not_for_ever(
    connect: Any, error: type[httpx.TransportError]
) -> None:
    carrier, host, slept = connect(failing(error))
    with pytest.raises(CarrierError):
        carrier.get(BOX, "0001")
    assert len(host.asked) == 3
    assert slept == [BACK_OFF, 2 * BACK_OFF]


def test_the_second_attempt_counts(connect: Any) -> None:
    attempts: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        attempts.append(1)
        if len(attempts) == 1:
            raise httpx.ReadError("reset", request=request)
        assert request.content == b"one"
        return respond(201)

    carrier, _, slept = connect(handler)
    assert carrier.put(BOX, "0001", b"one") is True
    assert slept == [BACK_OFF]


@pytest.mark.parametrize("error", [httpx.ConnectTimeout, httpx.ReadTimeout, httpx.WriteTimeout])
def test_a_silent_host_is_not_waited_for_twice(connect: Any, error: type[httpx.TransportError]) -> None:
    carrier, host, slept = connect(failing(error))
    with pytest.raises(CarrierError, match="in time"):
        carrier.get(BOX, "0001")
    assert (len(host.asked), slept) == (1, [])


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "refused the connection"),
        (OSError(113, "No route to host"), "cannot be reached: No route to host"),
        (None, "cannot be reached"),
    ],
)
def test_why_a_host_cannot_be_reached_is_said(connect: Any, cause: OSError | None, words: str) -> None:
    carrier, _, _ = connect(failing(httpx.ConnectError, cause))
    with pytest.raises(CarrierError, match=words) as caught:
        carrier.list_after(BOX)
    assert "stays in the outbox" in caught.value.advice


def test_close_closes_and_the_next_request_connects_again(connect: Any) -> None:
    carrier, host, _ = connect(answering(200, b"x"))
    carrier.close()
    carrier.get(BOX, "0001")
    carrier.close()
    carrier.get(BOX, "0001")
    assert [request.method for request in host.asked] == ["GET", "CLOSE", "GET"]


# --- time in all --------------------------------------------------------------------------------------------


def test_all_attempts_at_a_request_share_one_time(connect: Any) -> None:
    """A host that is lively for long and then breaks off does not get the same time again."""
    carrier, host, _ = connect(failing(httpx.ReadError))
    now = [0.0]
    carrier._clock = lambda: now[0]

    def break_off_late(request: httpx.Request) -> httpx.Response:
        now[0] += 200
        raise httpx.ReadError("reset", request=request)

    host.handler = break_off_late
    with pytest.raises(CarrierError, match="in time"):
        carrier.get(BOX, "0001")
    assert len(host.asked) == 2
    assert now[0] == 400


def test_a_request_takes_no_longer_than_there_is_time_left(connect: Any) -> None:
    carrier, host, _ = connect(answering(200, b"x"))
    carrier._clock, carrier._seconds_left = lambda: 0.0, lambda: 7.0
    carrier.get(BOX, "0001")
    assert set(host.asked[0].extensions["timeout"].values()) == {7.0}
    assert carrier._context.seconds_left() == 7.0
    carrier._seconds_left = lambda: 0.0
    with pytest.raises(CarrierError, match="in time"):
        carrier.get(BOX, "0001")
    assert len(host.asked) == 1, "nothing is asked once there is none"


def test_a_listing_gives_so_many_names_and_asks_for_no_more(connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(https_module, "MOST_NAMES", 5)
    pages = {"": page(["1", "2", "3"], more=True), "3": page(["4", "5", "6"], more=True)}
    carrier, host, _ = connect(lambda r: respond(200, pages[r.url.params.get("after", "")]))
    assert carrier.list_after(BOX) == ["1", "2", "3", "4", "5"]
    assert len(host.asked) == 2


def test_addresses_that_do_not_answer_take_no_longer_than_the_request_may(monkeypatch: pytest.MonkeyPatch) -> None:
    now, tried = [0.0], list[str]()
    places = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{number}", 443)) for number in range(100)]

    def silent(address: tuple[str, int], timeout: float, **_more: object) -> socket.socket:
        tried.append(address[0])
        now[0] += timeout
        raise TimeoutError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: places)
    monkeypatch.setattr(socket, "create_connection", silent)
    carrier = HttpsCarrier("https://node.example", clock=lambda: now[0], seconds_left=lambda: 50.0)
    with pytest.raises(CarrierError, match="in time"):
        carrier.list_after(BOX)
    assert (now[0], len(tried)) == (50.0, 3)
