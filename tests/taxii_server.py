"""A TAXII 2.1 server on loopback that does what a script says: honest by default, and every way of paging badly.

`Feed` is one collection; `behave` replaces how it answers a request for objects. `Server` serves feeds under `/api/`
with discovery at `/taxii2/`, keeps what it was asked, and can answer any path by a function of the test's.
"""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

MEDIA = "application/taxii+json;version=2.1"
Json = dict[str, Any]


class Asked(NamedTuple):
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes


class Reply(NamedTuple):
    """One answer. `drop` closes the connection in the middle of it."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = {}
    drop: bool = False


Answer = Callable[[Asked], Reply]


def date(number: int) -> str:
    """A date on which something was added, the later the higher the number."""
    return f"2026-10-05T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000000Z"


def dated(reply: Json, first: str, last: str) -> Reply:
    """A page with the headers that say when its objects were added."""
    return Reply(reply, headers={"X-TAXII-Date-Added-First": first, "X-TAXII-Date-Added-Last": last})


@dataclass
class Feed:
    """One collection: objects with the dates on which they were added, in this order."""

    objects: list[tuple[str, Json]] = field(default_factory=list)
    id: str = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
    title: str = "Indicators"
    size: int = 3
    can_read: bool = True
    can_write: bool = True
    behave: Callable[["Feed", Asked], Reply] | None = None
    manifest: bool = True
    received: list[Json] = field(default_factory=list)

    @classmethod
    def of(cls, objects: Sequence[Json], **properties: Any) -> Self:
        """Objects that were added one second after the other."""
        return cls([(date(number), one) for number, one in enumerate(objects)], **properties)

    def about(self) -> Json:
        return {
            "id": self.id,
            "title": self.title,
            "can_read": self.can_read,
            "can_write": self.can_write,
            "media_types": ["application/stix+json;version=2.1"],
        }

    def after(self, asked: Asked) -> list[tuple[str, Json]]:
        """What a filter on dates leaves."""
        since = asked.query.get("added_after", "")
        return [one for one in self.objects if one[0] > since]

    def page(self, chosen: Sequence[tuple[str, Json]], *, more: bool, cursor: str = "", dates: bool = True) -> Reply:
        body: Json = {"more": more} if chosen or more else {}
        if chosen:
            body["objects"] = [one for _, one in chosen]
        if cursor:
            body["next"] = cursor
        return dated(body, chosen[0][0], chosen[-1][0]) if chosen and dates else Reply(body)


def by_cursor(feed: Feed, asked: Asked, *, dates: bool = True) -> Reply:
    """Pages with a cursor that moves on with each."""
    left = feed.after(asked)
    start = int(asked.query.get("next", "0"))
    end = start + min(feed.size, int(asked.query["limit"]))
    more = end < len(left)
    return feed.page(left[start:end], more=more, cursor=str(end) if more else "", dates=dates)


def by_date(feed: Feed, asked: Asked, *, dates: bool = True) -> Reply:
    """Pages without a cursor: who wants more goes on by date."""
    left = feed.after(asked)
    return feed.page(left[: feed.size], more=len(left) > feed.size, dates=dates)


class BySession:
    """Pages that the server remembers: one cursor for all of them, and each is given once."""

    def __init__(self) -> None:
        self.waiting: dict[str, list[tuple[str, Json]]] = {}

    def __call__(self, feed: Feed, asked: Asked) -> Reply:
        cursor = asked.query.get("next")
        if cursor is None:
            cursor = f"session-{len(self.waiting)}"
            self.waiting[cursor] = feed.after(asked)
        elif cursor not in self.waiting:
            return Reply({"title": "unknown next"}, 400)
        given, left = self.waiting[cursor][: feed.size], self.waiting[cursor][feed.size :]
        self.waiting[cursor] = left
        return feed.page(given, more=bool(left), cursor=cursor if left else "")


class Server:
    """The server, running while it is entered. `routes` answers paths before anything else does."""

    def __init__(self, *feeds: Feed, context: Any = None, max_content_length: int = 100_000) -> None:
        self.feeds = list(feeds)
        self.max_content_length = max_content_length
        self.routes: dict[str, Answer] = {}
        self.before: Callable[[Asked], Reply | None] = lambda _asked: None
        self.asked: list[Asked] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.scheme = "https" if context else "http"
        if context is not None:
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)

    @property
    def origin(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.origin}/taxii2/"

    def collection(self, feed: Feed) -> str:
        return f"{self.origin}/api/collections/{feed.id}/"

    def pages(self) -> list[dict[str, str]]:
        """What was asked for objects, without the limit."""
        return [
            {name: value for name, value in one.query.items() if name != "limit"}
            for one in self.asked
            if one.path.endswith("/objects/") and one.method == "GET"
        ]

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        early = self.before(asked)
        if early is not None:
            return early
        if asked.path in self.routes:
            return self.routes[asked.path](asked)
        if asked.path == "/taxii2/":
            return Reply({"title": "A server", "api_roots": [f"{self.origin}/api/"]})
        if asked.path == "/api/":
            return Reply({"title": "A root", "versions": [MEDIA], "max_content_length": self.max_content_length})
        if asked.path == "/api/collections/":
            return Reply({"collections": [feed.about() for feed in self.feeds]})
        for feed in self.feeds:
            rest = asked.path.removeprefix(f"/api/collections/{feed.id}/")
            if rest != asked.path:
                return self._of(feed, rest, asked)
        return Reply({"title": "Not found"}, 404)

    def _of(self, feed: Feed, rest: str, asked: Asked) -> Reply:
        if rest == "":
            return Reply(feed.about())
        if rest == "objects/" and asked.method == "POST":
            came = json.loads(asked.body)["objects"]
            feed.received += came
            return Reply({"id": "1", "status": "complete", "success_count": len(came)}, 202)
        if rest == "objects/":
            return (feed.behave or by_cursor)(feed, asked)
        if rest == "manifest/" and feed.manifest:
            wanted = asked.query.get("match[id]")
            listed = [{"id": one["id"], "date_added": at} for at, one in feed.objects if one["id"] == wanted]
            return Reply({"objects": listed})
        return Reply({"title": "Not found"}, 404)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

            def handle(self) -> None:
                try:
                    super().handle()
                except (ConnectionError, OSError):
                    self.close_connection = True

            def _serve(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                query = dict(parse_qsl(parts.query))
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = server.answer(Asked(self.command, parts.path, query, headers, body))
                self._send(reply)

            def _send(self, reply: Reply) -> None:
                body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body or {}).encode()
                headers = {"Content-Type": MEDIA, "Date": self.date_time_string(), **reply.headers}
                self.send_response_only(reply.status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if reply.drop:
                    self.wfile.write(body[: len(body) // 2])
                    self.close_connection = True
                    return
                self.wfile.write(body)

            do_GET = do_POST = _serve  # noqa: N815

        return Handler
