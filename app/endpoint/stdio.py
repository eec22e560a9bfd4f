"""`nuee mcp serve stdio`: for programs that only start commands: a line in, a line out, to the node that runs.

The transport of MCP over standard input and output (one JSON-RPC message a line) in front of the node's own endpoint,
which answers each message by itself.  Blocking.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

import httpx

from app import forward
from app.cli import Failure
from app.profile import Profile
from app.texts import text

SECONDS = 600.0  # a question to a slow model takes its time
_HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
_FAILED = -32000  # JSON-RPC: an error of the server's own


def serve(folder: Path, source: Iterable[str], out: TextIO, language: str) -> None:
    """Until `source` ends.  Errors: app.cli.Failure where no node is open, or it does not offer its tools."""
    profile = Profile(folder)
    try:
        state = forward.send(profile, "endpoint", {}, lambda _event: None, language)
        if not state["port"] or not any(one["part"] == "mcp" and one["on"] for one in state["parts"]):
            raise Failure(text("error.mcp-not-served", language))
        given = forward.send(profile, "endpoint-token", {"new": False, "part": "mcp"}, lambda _event: None, language)
    except (forward.Unreachable, forward.ForwardedFailure) as error:
        raise Failure(text("error.mcp-not-served", language)) from error
    relay(source, out, f"http://127.0.0.1:{state['port']}/mcp", given["token"])


def relay(source: Iterable[str], out: TextIO, url: str, token: str) -> None:
    """Each message to `url`, what comes back to `out`.  What cannot be delivered is answered with an error."""
    headers = {**_HEADERS, "authorization": f"Bearer {token}"}
    with httpx.Client(headers=headers, timeout=SECONDS, trust_env=False) as client:
        for line in source:
            if not line.strip():
                continue
            try:
                response = client.post(url, content=line.encode())
                answer = response.json() if response.content.strip() else None
            except (httpx.HTTPError, ValueError) as error:
                answer = {"error": {"message": f"Nuée does not answer ({type(error).__name__})."}}
            reply = None if answer is None else _reply(line, answer)
            if reply is not None:
                out.write(json.dumps(reply) + "\n")
                out.flush()


def _reply(line: str, answer: Any) -> Any | None:
    """As JSON-RPC has it, whatever the endpoint refused with; None for what wants no answer."""
    if isinstance(answer, dict) and answer.get("jsonrpc") == "2.0":
        return answer
    try:
        asked = json.loads(line)
    except ValueError:
        asked = {"id": None}
    if not isinstance(asked, dict) or "id" not in asked:
        return None
    said = answer.get("error", {}) if isinstance(answer, dict) else {}
    error = {"code": _FAILED, "message": str(said.get("message", "It was refused."))}
    return {"jsonrpc": "2.0", "id": asked["id"], "error": error}
