"""medallion, the reference TAXII 2.1 server of OASIS, with its memory back end, in a process of its own."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

USER, PASSWORD = "analyst", "correct horse"

READ = "365fed99-08fa-fdcd-a1b3-fb247eb41d01"
WRITE = "52892447-4d7e-4f70-b94d-d7f22742ff63"

_PROGRAM = """
import sys
from medallion import load_app
from werkzeug.serving import make_server
server = make_server("127.0.0.1", 0, load_app(sys.argv[1]), threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
"""


class Medallion(NamedTuple):
    """A running server: where its discovery is."""

    url: str


@contextlib.contextmanager
def medallion(
    folder: Path,
    objects: Sequence[tuple[str, dict[str, Any]]],
    *,
    page: int = 100,
    session_seconds: int = 30,
    prepare: str = "",
) -> Iterator[Medallion]:
    """Serve objects (each with the date on which it was added) in one collection, beside an empty one to write to."""
    about = {"can_read": True, "can_write": False, "media_types": ["application/stix+json;version=2.1"]}
    kept = {
        **about,
        "id": READ,
        "title": "ATT&CK-like",
        "objects": [one for _, one in objects],
        "manifest": [
            {
                "id": one["id"],
                "date_added": added,
                "version": one.get("modified", one.get("created", added)),
                "media_type": f"application/stix+json;version={one.get('spec_version', '2.1')}",
            }
            for added, one in objects
        ],
    }
    empty = {**about, "id": WRITE, "title": "Drop box", "can_write": True, "objects": [], "manifest": []}
    root = {"title": "Root", "versions": ["application/taxii+json;version=2.1"], "max_content_length": 20_000}
    (folder / "data.json").write_text(
        json.dumps(
            {
                "/discovery": {"title": "medallion", "default": "/api1/", "api_roots": ["/api1/"]},
                "api1": {"information": root, "status": [], "collections": [kept, empty]},
            }
        )
    )
    configuration = {
        "backend": {
            "module": "medallion.backends.memory_backend",
            "module_class": "MemoryBackend",
            "filename": str(folder / "data.json"),
            "session_timeout": session_seconds,
        },
        "users": {USER: PASSWORD},
        "taxii": {"max_page_size": page},
    }
    (folder / "medallion.json").write_text(json.dumps(configuration))
    with (folder / "medallion.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", prepare + _PROGRAM, str(folder / "medallion.json")],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port, (folder / "medallion.log").read_text()
        yield Medallion(f"http://127.0.0.1:{port}/taxii2/")
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
