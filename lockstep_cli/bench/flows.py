"""Load generator for issuance: `python -m lockstep_cli.bench.flows plan.json` prints one JSON document.

One flow is offer, token, nonce, credential: ONE credential, with tx_code, DPoP on token and credential, ES256 everywhere.
It speaks HTTP/1.1 on kept-alive connections with as little of its own work as possible, because it shares the cores
with the server it measures. The plan: url, staff token, case ids, and either `flows` at `connections` at once (how
many per second) or `rate` for `seconds` (how long each takes when flows start evenly).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import uvloop
from cryptography.hazmat.primitives.asymmetric import ec

from identity.formats.jws import LocalKey, build_jws
from identity.formats.strict import encode_base64url

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
CONFIGURATION = "kyc_sd_jwt"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do; `rate` 0 means as fast as `connections` at once can."""

    url: str
    token: str
    cases: list[str]
    connections: int
    flows: int
    rate: float = 0.0


class FlowFailed(Exception):
    """An answer that was not 2xx: the measurement is worth nothing."""

    def __init__(self, path: str, status: int, body: bytes) -> None:
        self.path, self.status = path, status
        super().__init__(f"{path} answered {status}: {body[:300]!r}")


class Connection:
    """One kept-alive connection that asks one thing after another."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader, self._writer, self._host = reader, writer, host

    @classmethod
    async def open(cls, url: str) -> Connection:
        """A connection to the host and port of an address."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
        return cls(reader, writer, parts.netloc)

    async def post(self, path: str, body: bytes, kind: str, headers: str = "") -> Any:
        """The JSON of a 2xx answer; FlowFailed otherwise."""
        self._writer.write(
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\n{headers}\r\n".encode()
            + body
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        at = head.lower().index(b"content-length:") + 15
        answer = await self._reader.readexactly(int(head[at : head.index(b"\r", at)]))
        if not 200 <= status < 300:
            raise FlowFailed(path, status, answer)
        return json.loads(answer)

    def close(self) -> None:
        """Ends the connection."""
        self._writer.close()


class Wallet:
    """A holder with one key, used for DPoP and as the holder's key of what it receives."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._key = LocalKey(ec.generate_private_key(ec.SECP256R1()))
        self._jwk = dict(self._key.public.jwk)

    def dpop(self, path: str, token: str | None = None) -> str:
        """The header line of a DPoP proof."""
        payload = {"htm": "POST", "htu": self._url + path, "iat": int(time.time()), "jti": os.urandom(12).hex()}
        if token is not None:
            payload["ath"] = encode_base64url(hashlib.sha256(token.encode()).digest())
        return f"DPoP: {build_jws({'typ': 'dpop+jwt', 'jwk': self._jwk}, payload, self._key)}\r\n"

    def proof(self, nonce: str) -> str:
        """The key proof for a credential request."""
        payload = {"aud": self._url, "iat": int(time.time()), "nonce": nonce}
        return build_jws({"typ": "openid4vci-proof+jwt", "jwk": self._jwk}, payload, self._key)


async def run_flow(connection: Connection, wallet: Wallet, plan: Plan, case: str) -> None:
    """One flow; FlowFailed when anything is refused."""
    staff = f"Authorization: Bearer {plan.token}\r\n"
    body = json.dumps({"case_ids": [case], "tx_code": True}).encode()
    made = await connection.post("/staff/v1/offers", body, "application/json", staff)
    code = made["offer"]["grants"][GRANT]["pre-authorized_code"]
    form = f"grant_type={quote(GRANT)}&pre-authorized_code={code}&tx_code={made['tx_code']}".encode()
    granted = await connection.post("/token", form, "application/x-www-form-urlencoded", wallet.dpop("/token"))
    nonce = (await connection.post("/nonce", b"", "application/json"))["c_nonce"]
    token = granted["access_token"]
    body = json.dumps({"credential_configuration_id": CONFIGURATION, "proofs": {"jwt": [wallet.proof(nonce)]}}).encode()
    headers = f"Authorization: DPoP {token}\r\n{wallet.dpop('/credential', token)}"
    answer = await connection.post("/credential", body, "application/json", headers)
    if len(answer["credentials"]) != 1:
        raise FlowFailed("/credential", 200, b"no credential")


async def run_fast(plan: Plan) -> dict[str, Any]:
    """`flows` flows, `connections` at once."""
    connections = [await Connection.open(plan.url) for _ in range(plan.connections)]
    left = iter(range(plan.flows))
    took: list[float] = []

    async def work(connection: Connection) -> None:
        wallet = Wallet(plan.url)
        for number in left:
            start = time.perf_counter()
            await run_flow(connection, wallet, plan, plan.cases[number % len(plan.cases)])
            took.append(time.perf_counter() - start)

    start = time.perf_counter()
    await asyncio.gather(*(work(connection) for connection in connections))
    seconds = time.perf_counter() - start
    for connection in connections:
        connection.close()
    return {"flows": len(took), "seconds": seconds, "flows_per_second": len(took) / seconds, **percentiles(took)}


async def run_even(plan: Plan) -> dict[str, Any]:
    """`flows` flows that start evenly at `rate` a second, whether or not earlier ones have ended."""
    idle: asyncio.Queue[tuple[Connection, Wallet]] = asyncio.Queue()
    for _ in range(plan.connections):
        idle.put_nowait((await Connection.open(plan.url), Wallet(plan.url)))
    took: list[float] = []

    async def one(number: int, due: float) -> None:
        pair = await idle.get()
        await run_flow(*pair, plan, plan.cases[number % len(plan.cases)])
        # From the moment it was due: waiting for a connection counts.
        took.append(time.perf_counter() - due)
        idle.put_nowait(pair)

    begun = time.perf_counter()
    tasks = []
    for number in range(plan.flows):
        due = begun + number / plan.rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(number, due)))
    await asyncio.gather(*tasks)
    return {"flows": len(took), "rate": plan.rate, **percentiles(took)}


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Milliseconds that 50, 95 and 99 of a hundred don't exceed."""
    ordered = sorted(seconds)
    return {
        f"p{share}_ms": round(1_000 * ordered[min(len(ordered) - 1, len(ordered) * share // 100)], 2)
        for share in (50, 95, 99)
    }


def main() -> int:
    """Runs the plan in the file that is named and prints what came out."""
    plan = Plan(**json.loads(Path(sys.argv[1]).read_text("utf-8")))
    result = uvloop.run(run_even(plan) if plan.rate else run_fast(plan))
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
