"""Two peers in two network namespaces find each other, and a third interface hears nothing of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from p2p.host_mdns import KEY, parse
from tests.paths import ROOT

ADDRESS = "/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWP4HsHgRC37uimrdFZmAHSJ4f6c4diXmqdtzpKBQzAmz4"
PATIENCE = 60
PEER = """
import sys
import trio
from p2p.host_mdns import Mdns
from p2p.identity import new_host_key
from p2p.node import Host

async def main(ip):
    async with Host(new_host_key(), [f"/ip4/{ip}/tcp/0"]) as host:
        print(host.peer_id, flush=True)
        found = trio.Event()
        def know(address):
            if host.know(address) != host.peer_id:
                peers.append(address.rpartition("/")[2])
                found.set()
        peers = []
        async with Mdns([ip], host.addresses, know):
            await found.wait()
            await host.reach(peers[0], 60)
            print(peers[0], flush=True)
            await trio.to_thread.run_sync(sys.stdin.read)

trio.run(main, sys.argv[1])
"""


def entry(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def test_addresses_are_read_from_an_announcement() -> None:
    text = entry(KEY + ADDRESS.encode()) + entry(b"other=1") + entry(KEY + b"/no/peer") + entry(KEY + b"/p2p/\xff")
    assert parse(text) == (ADDRESS,)


@given(st.binary(max_size=600))
def test_no_announcement_breaks_the_reader(text: bytes) -> None:
    assert all(address.isprintable() for address in parse(text))


@pytest.fixture
def namespaces() -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Two network namespaces with one cable between them: (name, address) of each."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and the ip command")
    one, two = f"nuee{os.getpid()}a", f"nuee{os.getpid()}b"
    try:
        try:
            for name in (one, two):
                run("ip", "netns", "add", name)
            run("ip", "link", "add", "v0", "netns", one, "type", "veth", "peer", "name", "v0", "netns", two)
        except subprocess.CalledProcessError:
            pytest.skip("this machine makes no network namespaces")
        for name, address in ((one, "10.83.0.1"), (two, "10.83.0.2")):
            run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", "v0")
            run("ip", "-n", name, "link", "set", "v0", "up")
            run("ip", "-n", name, "link", "set", "lo", "up")
            run("ip", "-n", name, "route", "add", "default", "dev", "v0")
        yield (one, "10.83.0.1"), (two, "10.83.0.2")
    finally:
        for name in (one, two):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


async def test_two_peers_on_one_network_find_and_reach_each_other(
    namespaces: tuple[tuple[str, str], tuple[str, str]],
) -> None:
    with contextlib.ExitStack() as stack:
        peers = [start(stack, name, address) for name, address in namespaces]
        with trio.fail_after(PATIENCE):
            (one, saw_one), (two, saw_two) = [await two_lines(peer) for peer in peers]
    assert (saw_one, saw_two) == (two, one)


def start(stack: contextlib.ExitStack, namespace: str, address: str) -> subprocess.Popen[str]:
    command = ["ip", "netns", "exec", namespace, sys.executable, "-c", PEER, address]
    peer = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stack.enter_context(peer)
    stack.callback(peer.kill)
    return peer


async def two_lines(peer: subprocess.Popen[str]) -> tuple[str, str]:
    assert peer.stdout
    in_thread: Any = trio.to_thread.run_sync  # typed by an older trio that py-libp2p brings
    first = await in_thread(peer.stdout.readline, abandon_on_cancel=True)
    second = await in_thread(peer.stdout.readline, abandon_on_cancel=True)
    return first.strip(), second.strip()


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
