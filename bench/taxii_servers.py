"""The TAXII servers that are compared, each in a process of its own, without TLS, with one user."""

import base64
import contextlib
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.load import Server
from bench.measure import COMMAND, ROOT

PEERS = ROOT / "build" / "peers"
"""The environment of the servers of others: made from bench/peers.txt when it is not there."""

WORKERS = 2
"""Processes of OpenTAXII: one for each processor that the figures were taken on."""

_START_SECONDS = 60

OPENTAXII = """
domain: "127.0.0.1"
auth_api:
  class: opentaxii.auth.sqldb.SQLDatabaseAPI
  parameters:
    {{db_connection: "sqlite:///{folder}/auth.db", create_tables: yes, secret: for-the-bench, token_ttl_secs: 86400}}
taxii1:
taxii2:
  title: OpenTAXII
  max_content_length: 100000000
  allow_custom_properties: true
  persistence_api:
    class: opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI
    parameters: {{db_connection: "sqlite:///{folder}/data.db", create_tables: yes}}
logging: {{opentaxii: warning, root: warning}}
"""

JSON_OF_UUIDS = """
import json, uuid
json.JSONEncoder.default = lambda _self, value: str(value)
"""
"""OpenTAXII 0.9.3 keeps ids as UUIDs and gives them to `json`, which knows none: without this it answers 500."""


def peers() -> Path:
    """The programs of the peers' environment, made anew when what is in it changes."""
    programs, stamp = PEERS / "bin", PEERS / ".installed"
    wanted = (ROOT / "bench" / "peers.txt").read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", PEERS], check=True)
        pip = [programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", ROOT / "bench" / "peers.txt"], check=True, stdout=sys.stderr)
        stamp.write_text(wanted)
    return programs


@contextlib.contextmanager
def backchannel(home: Path) -> Iterator[Server]:
    """A node with its own holdings, read and written by one user."""
    add = [*COMMAND, "--home", home, "taxii", "user", "add", "bench", "--own", "--read", "--write"]
    token = subprocess.run(add, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    command = [*COMMAND, "--home", str(home), "serve", "--no-tls", "--port", "0"]
    unlimited = {
        "BACKCHANNEL_TAXII_REQUESTS_PER_SECOND": "1000000",
        "BACKCHANNEL_PUBLIC_URL": "https://bench.example",
    }
    with _process(command, unlimited, folder=home) as process:
        assert process.stdout is not None
        origin = process.stdout.readline().split()[-1]
        yield Server("backchannel", f"{origin}/taxii2/api/collections/holdings/", f"Bearer {token}", process.pid)


@contextlib.contextmanager
def static(folder: Path) -> Iterator[Server]:
    """The same HTTP server, that gives the files of a folder to whoever asks."""
    port = _free_port()
    command = [sys.executable, "-m", "bench.static", str(folder), str(port)]
    with _process(command, {}, folder=folder.parent) as process:
        _wait_for(port, process)
        yield Server("static", f"http://127.0.0.1:{port}/static/", "")


@contextlib.contextmanager
def opentaxii(folder: Path) -> Iterator[Server]:
    """OpenTAXII with SQLite and its own tokens, under gunicorn with one worker for each processor."""
    programs, port = peers(), _free_port()
    (folder / "opentaxii.yml").write_text(OPENTAXII.format(folder=folder))
    environment = {"OPENTAXII_CONFIG": str(folder / "opentaxii.yml"), "PYTHONWARNINGS": "ignore"}

    def run(name: str, *words: str) -> str:
        done = subprocess.run(
            [programs / f"opentaxii-{name}", *words],
            env={**os.environ, **environment},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    token = run("create-account", "-u", "bench", "-p", "bench").split("token: ")[-1].strip()
    run("update-account", "-u", "bench", "-f", "admin", "-v", "yes")  # `create-account -a` does not make an admin
    run("add-api-root", "-t", "Root", "--default")
    root = _only(folder, "opentaxii_api_root")
    run("add-collection", "-r", root, "-t", "ATT&CK")
    place = f"http://127.0.0.1:{port}/taxii2/{root}/collections/{_only(folder, 'opentaxii_collection')}/"
    (folder / "gunicorn.conf.py").write_text(JSON_OF_UUIDS)
    command = [
        str(programs / "gunicorn"),
        "opentaxii.http:app",
        "--workers",
        str(WORKERS),
        "--bind",
        f"127.0.0.1:{port}",
    ]
    command += ["--config", str(folder / "gunicorn.conf.py"), "--timeout", "600"]
    with _process(command, environment, folder=folder) as process:
        _wait_for(port, process)
        # A page takes it seconds: more connections than workers only wait. Two that write fail.
        yield Server("opentaxii", place, f"Bearer {token}", process.pid, reading=WORKERS, posting=1)


@contextlib.contextmanager
def medallion(folder: Path, objects: list[dict[str, object]]) -> Iterator[Server]:
    """medallion with its memory back end, which one process can have only, under gunicorn with threads."""
    programs, port, collection = peers(), _free_port(), str(uuid.uuid4())
    media = "application/stix+json;version=2.1"
    kept = {
        "id": collection,
        "title": "ATT&CK",
        "can_read": True,
        "can_write": True,
        "media_types": [media],
        "objects": objects,
        "manifest": [
            {
                "id": one["id"],
                "date_added": _date(number),
                "version": one.get("modified", one["created"]),
                "media_type": media,
            }
            for number, one in enumerate(objects)
        ],
    }
    root = {"title": "Root", "versions": ["application/taxii+json;version=2.1"], "max_content_length": 100_000_000}
    data = {
        "/discovery": {"title": "medallion", "default": "/api/", "api_roots": ["/api/"]},
        "api": {"information": root, "status": [], "collections": [kept]},
    }
    (folder / "data.json").write_text(json.dumps(data))
    backend = {
        "module": "medallion.backends.memory_backend",
        "module_class": "MemoryBackend",
        "filename": str(folder / "data.json"),
        "session_timeout": 600,
    }
    configuration = {"backend": backend, "users": {"bench": "bench"}, "taxii": {"max_page_size": 1000}}
    (folder / "medallion.json").write_text(json.dumps(configuration))
    app = f"medallion:load_app({str(folder / 'medallion.json')!r})"
    command = [str(programs / "gunicorn"), app, "--threads", "8", "--bind", f"127.0.0.1:{port}"]
    basic = base64.b64encode(b"bench:bench").decode()
    with _process(command, {"PYTHONWARNINGS": "ignore"}, folder=folder) as process:
        _wait_for(port, process)
        yield Server(
            "medallion",
            f"http://127.0.0.1:{port}/api/collections/{collection}/",
            f"Basic {basic}",
            process.pid,
            posting=1,
        )


@contextlib.contextmanager
def _process(
    command: list[str], environment: Mapping[str, str], *, folder: Path
) -> Iterator["subprocess.Popen[str]"]:
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _wait_for(port: int, process: "subprocess.Popen[str]") -> None:
    """Until the server takes connections."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not start")


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def _only(folder: Path, table: str) -> str:
    """The id of the one row of a table of OpenTAXII."""
    with contextlib.closing(sqlite3.connect(folder / "data.db")) as connection:
        ((identifier,),) = connection.execute(f"SELECT id FROM {table}")  # noqa: S608 (our own names)
    return str(uuid.UUID(identifier))


def _date(number: int) -> str:
    return f"2026-01-01T00:{number // 60 % 60:02d}:{number % 60:02d}.000000Z"
