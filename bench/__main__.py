"""Run the benchmarks named on the command line, or all, and print what they measured as JSON."""

import json
import platform
import sys
from collections.abc import Callable
from importlib import import_module

NAMES = ("validate", "import_attack", "decide", "exchange", "idle", "memory", "start_up")


def main() -> None:
    wanted = sys.argv[1:] or NAMES
    unknown = sorted(set(wanted) - set(NAMES))
    if unknown:
        sys.exit(f"no benchmark {unknown[0]!r}; there are: {', '.join(NAMES)}")
    results: dict[str, object] = {"machine": f"{platform.machine()}, Python {platform.python_version()}"}
    for name in wanted:
        print(f"{name} …", file=sys.stderr, flush=True)
        run: Callable[[], dict[str, object]] = import_module(f"bench.{name}").run
        results[name] = run()
        print(json.dumps({name: results[name]}), file=sys.stderr, flush=True)
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
