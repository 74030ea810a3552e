"""`python -m lockstep_cli.bench.bare`: how many empty POSTs a second this machine's FastAPI answers. Prints the figure."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
import time

import uvicorn
import uvloop
from fastapi import FastAPI, Request, Response

from lockstep_cli.bench.flows import Connection

SECONDS, CONNECTIONS = 2.0, 16


def main() -> int:
    """Serves in a thread of this process' child, asks from this one."""
    app = FastAPI()

    @app.post("/")
    async def bare(request: Request) -> Response:
        await request.body()
        return Response(b"{}", media_type="application/json")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        config = uvicorn.Config(app, log_level="warning", access_log=False, http="httptools", loop="uvloop")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        figure = uvloop.run(_ask(f"http://127.0.0.1:{port}"))
        server.should_exit = True
        thread.join()
    sys.stdout.write(f"{figure:.1f}\n")
    return 0


async def _ask(url: str) -> float:
    connections = [await Connection.open(url) for _ in range(CONNECTIONS)]
    end, count = time.perf_counter() + SECONDS, 0

    async def work(connection: Connection) -> None:
        nonlocal count
        while time.perf_counter() < end:
            await connection.post("/", b"{}", "application/json")
            count += 1

    start = time.perf_counter()
    await asyncio.gather(*(work(connection) for connection in connections))
    for connection in connections:
        connection.close()
    return count / (time.perf_counter() - start)


if __name__ == "__main__":
    raise SystemExit(main())
