"""One JSON-RPC call over HTTP, for the devnet's own needs (travel, health). The adapters have clients of their own."""

from __future__ import annotations

from typing import Any

import httpx

from chains.devnet.errors import RpcFailed

TIMEOUT_SECONDS = 20.0


def call(url: str, method: str, params: list[Any]) -> Any:
    """The result. RpcFailed when the chain is unreachable or answers with an error."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    try:
        answer = httpx.post(url, json=body, timeout=TIMEOUT_SECONDS, trust_env=False).raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise RpcFailed(method, str(error) or type(error).__name__) from error
    if not isinstance(answer, dict) or answer.get("error") is not None:
        raise RpcFailed(
            method, str(answer.get("error", {}).get("message", answer)) if isinstance(answer, dict) else repr(answer)
        )
    return answer.get("result")
