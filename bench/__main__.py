"""Run the benchmarks named on the command line, or all, and print what they measured as JSON."""

import json
import platform
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module

ALONE = "--alone"
NAMES = (
    *(
        "validate",
        "import_attack",
        "decide",
        "exchange",
        "taxii",
        "ledger",
        "obligations",
        "matching",
        "match_session",
        "attribution",
    ),
    *("lineage", "assessment", "origins", "idle", "memory", "start_up"),
)


def main() -> None:
    if sys.argv[1:2] == [ALONE]:
        run: Callable[[], dict[str, object]] = import_module(f"bench.{sys.argv[2]}").run
        print(json.dumps(run()))
        return
    wanted = sys.argv[1:] or NAMES
    unknown = sorted(set(wanted) - set(NAMES))
    if unknown:
        sys.exit(f"no benchmark {unknown[0]!r}; there are: {', '.join(NAMES)}")
    results: dict[str, object] = {"machine": f"{platform.machine()}, Python {platform.python_version()}"}
    for name in wanted:
        print(f"{name} …", file=sys.stderr, flush=True)
        results[name] = _alone(name)
        print(json.dumps({name: results[name]}), file=sys.stderr, flush=True)
    print(json.dumps(results, indent=2))


def _alone(name: str) -> object:
    """One benchmark in a process of its own: what one leaves in memory would count in the next one's peak."""
    command = [sys.executable, "-m", "bench", ALONE, name]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


if __name__ == "__main__":
    main()
