"""The HTTP server under Backchannel serving files by itself, no Python in between: what ours is measured against."""

import asyncio
import sys
from pathlib import Path

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette


def main(folder: Path, port: int) -> None:
    server = Server(
        Starlette(),
        "127.0.0.1",
        port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
        static_path_route=["/static"],
        static_path_mount=[folder],
    )
    asyncio.run(server.serve())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
