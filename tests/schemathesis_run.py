"""schemathesis, run as its command line over TLS against a server of ours: what it found, and what it was answered.

Its hypothesis is seeded and its ids are given, so that a run can be repeated with the command that is printed.
"""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from taxii_served import Served, User

SEED = 20261126
CASES = 12
"""Cases of each operation in each phase that makes them up; what covers the document's limits comes on top."""

SECONDS = 300
"""How long a run may take. It takes less than ten seconds; the machine may be busy."""


class Judged(NamedTuple):
    """The end of a run: its exit status, all it printed, and the statuses answered by operation (method, path)."""

    code: int
    said: str
    answered: Mapping[tuple[str, str], set[int]]


def judge(
    folder: Path,
    served: Served,
    user: User | None,
    document: Any,
    known: Mapping[str, list[str]],
    *words: str,
) -> Judged:
    """Ask the server, as a user or as a stranger, all that a document allows and forbids. `known` are values of
    parameters in paths, used four times in five."""
    (folder / "openapi.json").write_text(json.dumps(document))
    lists = [f"{name} = {{ values = {json.dumps(values)} }}" for name, values in known.items()]
    bound = [f'"path.{name}" = {{ dictionary = "{name}", probability = 0.8 }}' for name in known]
    settings = "\n".join(["[dictionaries]", *lists, "[parameters]", *bound, ""])
    (folder / "schemathesis.toml").write_text(settings)
    command = [
        "run", "openapi.json", "--url", served.origin, "--tls-verify", served.certificate, "--workers", "1",
        "--seed", str(SEED), "--max-examples", str(CASES), "--generation-database", "none", "--no-color",
        "--report", "har", "--report-har-path", "answers.har", *words,
    ]  # fmt: skip
    print("schemathesis", *command)  # noqa: T201 - shown where a test fails
    as_user = [] if user is None else ["--header", f"Authorization: Bearer {user.token}"]
    unset = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", *command, *as_user],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in unset},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    report = folder / "answers.har"
    assert report.exists(), done.stdout + done.stderr
    return Judged(done.returncode, done.stdout + done.stderr, _answered(document, json.loads(report.read_text())))


def _answered(document: Any, report: Any) -> Mapping[tuple[str, str], set[int]]:
    patterns = {path: re.compile(re.sub(r"{\w+}", "[^/]+", path)) for path in document["paths"]}
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    for entry in report["log"]["entries"]:
        asked = urlsplit(entry["request"]["url"]).path
        path = next((path for path, pattern in patterns.items() if pattern.fullmatch(asked)), asked)
        found[entry["request"]["method"], path].add(entry["response"]["status"])
    return found
