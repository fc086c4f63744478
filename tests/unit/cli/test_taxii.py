"""`backchannel taxii`: what a person and a program read, exit statuses, and watching until stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from case import indicator, write_bundle
from command import Command
from taxii_server import Asked, Feed, Reply, Server, by_cursor, date

OBJECTS = [indicator(n, f"[domain-name:value = 'h{n}.example']") for n in range(1, 7)]
SECRET = "a-secret-that-nobody-sees"

pytestmark = pytest.mark.usefixtures("folder")


def pull(command: Command, server: Server, *words: object) -> object:
    return command("--home", "lab", "taxii", "pull", server.url, *words)


def test_a_pull_says_what_each_collection_gave(command: Command) -> None:
    with Server(Feed.of(OBJECTS)) as server:
        done = command("--home", "lab", "taxii", "pull", server.url)
        assert done.out == "Indicators: read 6 objects: 6 added, 0 unchanged, 0 refused.\n"
        assert done.code == 0
        again = command("--home", "lab", "taxii", "pull", server.url)
    assert f"read 0 objects added after {date(5)}: 0 added" in again.out


def test_a_pull_in_json(command: Command) -> None:
    bad = {**OBJECTS[0], "valid_from": "never"}
    with Server(feed := Feed.of([bad, *OBJECTS[1:]])) as server:
        done = command("--home", "lab", "taxii", "pull", server.url, "--json")
    assert done.code == 3
    (one,) = done.json["collections"]
    assert list(one) == ["id", "title", "read", "added", "unchanged", "refused", "since", "problem"]
    assert (one["id"], one["title"], one["read"], one["added"]) == (feed.id, "Indicators", 6, 5)
    assert (one["refused"][0]["id"], one["since"], one["problem"]) == (bad["id"], None, None)


def test_what_a_server_does_wrong_is_said_with_what_to_do_and_a_status_of_its_own(command: Command) -> None:
    def circle(feed: Feed, _asked: Asked) -> Reply:
        return feed.page(feed.objects[:2], more=True, cursor="x")

    with Server(Feed.of(OBJECTS, behave=circle)) as server:
        done = command("--home", "lab", "taxii", "pull", server.url)
    assert done.code == 4
    assert "2 added" in done.out
    assert "a circle" in done.err
    assert "Tell the server's operator" in done.err


def test_a_server_that_is_away_is_status_1(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backchannel.carriers.session.BACK_OFF", 0.0)
    with Server() as server:
        url = server.url
    assert command("--home", "lab", "taxii", "pull", url).code == 1


def test_secrets_never_reach_the_screen(command: Command) -> None:
    Path("password").write_text(SECRET + "\n")
    with Server(Feed.of(OBJECTS)) as server:
        server.before = lambda asked: Reply({"description": f"not {asked.headers['authorization']} {SECRET}"}, 401)
        done = command("--home", "lab", "taxii", "pull", server.url, "--user", "ann", "--password-file", "password")
    assert done.code == 2
    assert SECRET not in done.out + done.err
    assert server.asked[0].headers["authorization"].split()[1] not in done.err


def test_there_is_no_option_that_takes_a_secret(command: Command) -> None:
    for verb in ("pull", "push"):
        shown = command("taxii", verb, "--help").out
        assert "--password-file" in shown
        assert "--password " not in shown
        assert "--token " not in shown


def test_a_hostile_title_does_not_reach_the_terminal(command: Command) -> None:
    with Server(Feed.of(OBJECTS, title="\x1b[2J\u202eevil\nError: all is lost")) as server:
        done = command("--home", "lab", "taxii", "pull", server.url)
        listed = command("--home", "lab", "holdings", "list", "--type", "indicator")
    for text in (done.out, listed.out):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert len(done.out.splitlines()) == 1


def test_a_push_says_what_became_of_it(command: Command) -> None:
    write_bundle(Path("more.json"), *OBJECTS)
    command("--home", "lab", "import", "more.json")
    with Server(feed := Feed()) as server:
        done = command(
            "--home", "lab", "taxii", "push", server.url, "--collection", "indicators", "--type", "malware"
        )
        assert (done.code, done.out) == (0, "Indicators: 1 object: 1 taken, 0 refused.\n")
        refused = {"id": OBJECTS[0]["id"], "version": OBJECTS[0]["modified"], "message": "never \x1b[2J"}
        answer = {"id": "1", "status": "complete", "success_count": 5, "failure_count": 1, "failures": [refused]}
        server.routes[f"/api/collections/{feed.id}/objects/"] = lambda _asked: Reply(answer, 202)
        words = ("taxii", "push", server.url, "--collection", feed.id, "--id", OBJECTS[0]["id"])
        partly = command("--home", "lab", *words)
        assert partly.code == 3
        assert f"{OBJECTS[0]['id']} {OBJECTS[0]['modified']}: never" in partly.out
        as_json = command("--home", "lab", *words, "--json")
    assert as_json.code == 3
    assert list(as_json.json) == ["id", "title", "objects", "succeeded", "pending", "failed", "problem"]
    assert "\x1b" not in as_json.out


def watching(url: str, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "backchannel", "--home", "lab", "taxii", "pull", url, "--watch", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )


def wait_for(condition: object, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_watching_repeats_survives_a_failure_and_ends_cleanly(number: signal.Signals) -> None:
    fails = iter([False, True])

    def once_away(feed: Feed, asked: Asked) -> Reply:
        """Away at the second request; from then on there is more to read."""
        if not next(fails, False):
            return by_cursor(feed, asked)
        feed.objects += [(date(100 + n), one) for n, one in enumerate(OBJECTS[3:])]
        return Reply({"title": "away"}, 403)

    with Server(Feed.of(OBJECTS[:3], size=10, behave=once_away)) as server:
        process = watching(server.url, "--every", "1", "--json", "--since", "2026-01-01")
        try:
            wait_for(lambda: len(server.pages()) >= 4)
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
        pages = server.pages()
    assert process.returncode == 0
    assert "this pass failed" in err
    assert "stopped" in err
    assert "Traceback" not in err
    assert [page["added_after"] for page in pages[:4]] == [
        "2026-01-01T00:00:00.000000Z",
        date(2),
        date(2),
        date(102),
    ]
    assert [one["collections"][0]["added"] for one in documents(out)][:3] == [3, 0, 3]


def documents(text: str) -> list[dict[str, list[dict[str, int]]]]:
    found, at = [], 0
    decoder = json.JSONDecoder()
    while text[at:].strip():
        value, end = decoder.raw_decode(text[at:].lstrip())
        at = len(text) - len(text[at:].lstrip()) + end
        found.append(value)
    return found


def test_watching_ends_while_a_server_does_not_answer() -> None:
    def silent(_feed: Feed, _asked: Asked) -> Reply:
        time.sleep(30)
        return Reply({})

    with Server(Feed.of(OBJECTS, behave=silent)) as server:
        process = watching(server.url)
        try:
            wait_for(lambda: server.pages())
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "Traceback" not in err
