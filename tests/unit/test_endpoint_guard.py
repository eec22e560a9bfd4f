"""Who is answered on loopback, and what ends a connection."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import psutil
import pytest
import trio

from app.endpoint import http, offering
from app.endpoint.http import Limits
from storage.vault import Vault
from tests.unit.endpoint_fixtures import offered
from tests.unit.vault_fixtures import path_fixture, vault_fixture  # noqa: F401 - fixtures


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


async def test_a_program_with_the_token_is_answered(vault: Vault) -> None:
    async with offered(vault) as one:
        assert status(await one.get()) == 200


@pytest.mark.parametrize("token", ["", "nuee-model-", "wrong"])
async def test_without_the_token_nobody_is_answered(vault: Vault, token: str) -> None:
    async with offered(vault) as one:
        assert status(await one.get(token=token)) == 401


async def test_the_token_of_one_part_does_not_open_the_other(vault: Vault) -> None:
    async with offered(vault) as one:
        assert status(await one.get(token=offering.token(vault.settings, "mcp"))) == 401
        assert status(await one.get("/mcp")) == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "127.0.0.1:1", "localhost", "[::1]:2"])
async def test_a_name_that_was_rebound_to_loopback_is_refused(vault: Vault, host: str) -> None:
    async with offered(vault) as one:
        assert status(await one.get(host=host)) == 403


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
async def test_loopback_has_three_names(vault: Vault, name: str) -> None:
    async with offered(vault) as one:
        assert status(await one.get(host=f"{name}:{one.port}")) == 200


@pytest.mark.parametrize("header", ["Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"])
async def test_a_page_in_a_browser_is_refused_even_with_the_token(vault: Vault, header: str) -> None:
    async with offered(vault) as one:
        assert status(await one.get(more=f"{header}\r\n")) == 403


async def test_two_hosts_are_none(vault: Vault) -> None:
    async with offered(vault) as one:
        assert status(await one.get(more=f"Host: 127.0.0.1:{one.port}\r\n")) in (400, 403)


async def test_it_is_off_until_it_is_turned_on(vault: Vault) -> None:
    async with offered(vault) as one:
        offering.turn(vault.settings, "model", False)
        await one.offering.start()
        assert one.offering.port is None
        with pytest.raises(OSError):
            await one.get()


async def test_only_loopback_listens(vault: Vault) -> None:
    async with offered(vault) as one:
        ours = psutil.Process().net_connections("tcp")
        found = {line.laddr.ip for line in ours if line.status == psutil.CONN_LISTEN and line.laddr.port == one.port}
        assert found
        assert found <= {"127.0.0.1", "::1"}


async def test_stopping_ends_the_connections_and_forgets_the_token(vault: Vault) -> None:
    async with offered(vault) as one:
        async with await trio.open_tcp_stream("127.0.0.1", one.port) as stream:
            await one.offering.stop()
            with trio.fail_after(20):
                assert await _read_all(stream) == b""
        assert one.token not in repr(vars(one.offering))


async def test_a_taken_port_is_told(vault: Vault) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        async with offered(vault) as one:
            offering.set_port(vault.settings, other.getsockname()[1])
            await one.offering.start()
            assert (one.offering.port, one.offering.problem) == (None, "endpoint-port")


async def test_a_new_token_ends_the_old_one(vault: Vault) -> None:
    async with offered(vault) as one:
        old = one.token
        one.token = offering.token(vault.settings, "model", new=True)
        await one.offering.start()
        one.port = one.offering.port or 0
        assert status(await one.get(token=old)) == 401
        assert status(await one.get()) == 200


async def _read_all(stream: trio.SocketStream) -> bytes:
    found = b""
    with suppress(trio.BrokenResourceError):
        async for part in stream:
            found += part
    return found


async def _small(_scope: object, _receive: object, _send: object) -> None:
    """Never asked."""


@pytest.mark.parametrize(
    "request_",
    [b"GET / HTTP/1.1\r\nHo", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12"],
    ids=["half a head", "half a body"],
)
async def test_a_client_that_writes_slowly_loses_its_connection(request_: bytes) -> None:
    async with _served(_small) as port, await trio.open_tcp_stream("127.0.0.1", port) as stream:
        await stream.send_all(request_)
        with trio.fail_after(20):
            assert await _read_all(stream) == b""


async def test_a_client_that_does_not_read_loses_its_connection() -> None:
    ended = trio.Event()

    async def big(_scope: http.Scope, _receive: object, send: Any) -> None:
        headers = [(b"content-length", str(1 << 26).encode())]
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"x" * (1 << 26)})
        finally:
            ended.set()

    async with _served(big) as port, await trio.open_tcp_stream("127.0.0.1", port) as stream:
        await stream.send_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with trio.fail_after(20):
            await ended.wait()
            assert len(await _read_all(stream)) < 1 << 26


@asynccontextmanager
async def _served(app: http.App) -> AsyncIterator[int]:
    """With little patience."""
    ports: list[int] = []
    up = trio.Event()

    def started(port: int) -> None:
        ports.append(port)
        up.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(http.serve, app, 0, started, Limits(read=0.2, write=0.2))
        await up.wait()
        yield ports[0]
        nursery.cancel_scope.cancel()


async def test_a_body_that_is_too_large_is_refused_before_it_came(vault: Vault) -> None:
    async with offered(vault) as one:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{one.port}\r\n"
        assert status(await one.raw(f"{head}Content-Length: 99999999\r\n\r\n".encode())) == 413
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        assert (
            status(await one.raw(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk * 4 + b"1\r\nx\r\n"))
            == 413
        )


async def test_what_is_no_http_is_refused(vault: Vault) -> None:
    async with offered(vault) as one:
        assert status(await one.raw(b"\x16\x03\x01\x02\x00\x01\r\n\r\n")) == 400
        assert status(await one.raw(b"GET / HTTP/1.1\r\n" + b"A: " + b"b" * 100_000)) in (400, 431)
        assert status(await one.get()) == 200


async def test_a_connection_serves_one_request_after_the_other(vault: Vault) -> None:
    async with offered(vault) as one:
        head = f"GET /v1/models HTTP/1.1\r\nHost: localhost:{one.port}\r\nAuthorization: Bearer {one.token}\r\n"
        answer = await one.raw(f"{head}\r\n{head}Connection: close\r\n\r\n".encode())
        assert answer.count(b"HTTP/1.1 200") == 2
