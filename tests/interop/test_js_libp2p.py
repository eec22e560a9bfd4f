"""js-libp2p 3 and this host dial each other: Noise, Yamux, ping, identify, and one request in our framing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from p2p.identity import new_host_key
from p2p.node import Host, Refused
from tests.interop.js_peer import JsPeer, installed
from tests.unit.p2p_fixtures import until

LOOPBACK = "/ip4/127.0.0.1/tcp/0"
ECHO = "/nuee/test/echo/1"
PATIENCE = 60


@pytest.fixture(scope="module")
def folder() -> Path:
    return installed()


@pytest.fixture
async def js(folder: Path) -> AsyncIterator[JsPeer]:
    async with JsPeer(folder) as peer:
        yield peer


async def test_the_host_pings_a_js_peer(js: JsPeer) -> None:
    async with Host(new_host_key()) as host:
        assert await host.ping(js.address, PATIENCE) > 0


async def test_a_js_peer_pings_the_host(js: JsPeer) -> None:
    async with Host(new_host_key(), [LOOPBACK]) as host:
        answer = await js.do(do="ping", address=host.addresses[0])
    assert answer["ms"] >= 0


async def test_a_js_peer_identifies_the_host(js: JsPeer) -> None:
    async def echo(_: str, request: bytes) -> bytes:
        return request

    async with Host(new_host_key(), [LOOPBACK]) as host:
        host.serve(ECHO, echo)
        answer = await js.do(do="identify", address=host.addresses[0])
    assert {ECHO, "/ipfs/ping/1.0.0", "/ipfs/id/1.0.0"} <= set(answer.get("protocols", ())), answer


async def test_the_host_hears_where_a_js_peer_listens(js: JsPeer) -> None:
    async with Host(new_host_key()) as host:
        peer = await host.connect(js.address, PATIENCE)
        await host.ping(js.address, PATIENCE)
        await until(lambda: js.address in host.told(peer))


async def test_a_request_of_a_js_peer_is_answered(js: JsPeer) -> None:
    async def upper(_: str, request: bytes) -> bytes:
        return request.upper()

    async with Host(new_host_key(), [LOOPBACK]) as host:
        host.serve(ECHO, upper)
        answer = await js.do(do="ask", address=host.addresses[0], protocol=ECHO, hex=(b"\x05hello").hex())
    assert bytes.fromhex(answer["hex"]) == b"\x06\x00HELLO"


async def test_an_error_reaches_a_js_peer_as_its_code(js: JsPeer) -> None:
    async def busy(_: str, __: bytes) -> bytes:
        raise Refused("busy")

    async with Host(new_host_key(), [LOOPBACK]) as host:
        host.serve(ECHO, busy)
        answer = await js.do(do="ask", address=host.addresses[0], protocol=ECHO, hex="00")
    assert bytes.fromhex(answer["hex"]) == b"\x05\x01busy"
