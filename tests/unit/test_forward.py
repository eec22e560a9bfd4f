"""A second `nuee` on a profile hands its command to the one that owns it, and nobody else can."""

from __future__ import annotations

import stat
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

import cbor2
import pytest
import trio

from app import forward, terminal
from app.node import Node, open_node
from app.profile import InUse, Profile, ownership
from app.results import CommandFailed
from app.serving import open_serving


@asynccontextmanager
async def owner(home: Path, *, stays: bool = True) -> AsyncIterator[Node]:
    async with open_node(home) as node, trio.open_nursery() as nursery:
        with forward.listening(node, nursery, stays=stays):
            yield node
        nursery.cancel_scope.cancel()


async def send(home: Path, name: str, args: dict[str, Any]) -> dict[str, Any]:
    with trio.fail_after(20):
        return await trio.to_thread.run_sync(forward.send, Profile(home), name, args, lambda _event: None, "en")


async def test_a_command_is_run_by_the_owner(home: Path) -> None:
    async with owner(home):
        assert (await send(home, "status", {}))["state"] == "absent"


async def test_a_failure_comes_back_with_its_code_and_sentence(home: Path) -> None:
    async with owner(home):
        with pytest.raises(forward.ForwardedFailure, match="There is no vault here yet") as caught:
            await send(home, "search", {"query": "x", "k": 1, "mode": "words"})
    assert caught.value.code == "absent"


async def test_an_unknown_command_is_refused(home: Path) -> None:
    async with owner(home):
        with pytest.raises(forward.ForwardedFailure) as caught:
            await send(home, "rm", {})
    assert caught.value.code == "unknown-command"


async def test_a_caller_without_the_key_is_refused_and_the_next_one_served(home: Path) -> None:
    async with owner(home) as node:

        def intrude() -> None:
            with pytest.raises((AuthenticationError, EOFError, OSError)):
                Client(node.profile.address, authkey=b"guess").send_bytes(b"status")

        await trio.to_thread.run_sync(intrude)
        assert (await send(home, "status", {}))["state"] == "absent"


@pytest.mark.parametrize("garbage", [b"", b"\xff" * 100, b"\xa0", b"\x81\x01"])
async def test_garbage_from_a_caller_does_no_harm(home: Path, garbage: bytes) -> None:
    async with owner(home) as node:

        def shout() -> None:
            with Client(node.profile.address, authkey=node.profile.socket_key.read_bytes()) as caller:
                caller.send_bytes(garbage)
                caller.poll(1)

        await trio.to_thread.run_sync(shout)
        assert (await send(home, "status", {}))["state"] == "absent"


async def test_only_the_user_can_reach_the_socket_and_its_key(home: Path) -> None:
    async with owner(home) as node:
        folder = Path(node.profile.address).parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(node.profile.socket_key.stat().st_mode) == 0o600
        assert stat.S_IMODE(home.stat().st_mode) == 0o700


async def test_without_an_owner_nobody_answers(home: Path) -> None:
    async with owner(home):
        pass
    with pytest.raises(forward.Unreachable):
        await send(home, "status", {})


@pytest.mark.parametrize("stays", [True, False])
async def test_an_owner_says_whether_it_stays_after_its_command(home: Path, stays: bool) -> None:
    async with owner(home, stays=stays):
        assert await trio.to_thread.run_sync(forward.stays, Profile(home)) is stays


async def test_a_window_waits_for_a_command_that_is_just_ending(home: Path) -> None:
    async with trio.open_nursery() as nursery:

        async def window() -> None:
            async with open_serving(home, lambda _event: None) as node:
                assert node.state == "absent"

        async with owner(home, stays=False):
            nursery.start_soon(window)
            await trio.sleep(0.3)


async def test_a_window_does_not_wait_for_an_owner_that_stays(home: Path) -> None:
    async with owner(home):
        with pytest.raises(CommandFailed):
            async with open_serving(home, lambda _event: None):
                pass


async def test_a_chat_owns_the_profile_after_a_command_that_was_running(home: Path) -> None:
    """Had it opened the vault in that command's process, the vault would have been closed behind its back."""
    talk = terminal.Chat(Profile(home), "en", "a passphrase")
    async with trio.open_nursery() as nursery, owner(home, stays=False):
        nursery.start_soon(trio.to_thread.run_sync, talk.open)
        await trio.sleep(0.3)
    try:
        assert await trio.to_thread.run_sync(forward.stays, Profile(home))
    finally:
        await trio.to_thread.run_sync(talk.close)


async def test_a_caller_who_leaves_does_not_disturb_the_owner(home: Path) -> None:
    async with owner(home) as node:

        def leave() -> None:
            caller = Client(node.profile.address, authkey=node.profile.socket_key.read_bytes())
            caller.close()

        await trio.to_thread.run_sync(leave)
        assert (await send(home, "status", {}))["state"] == "absent"


async def test_a_caller_who_leaves_ends_a_command_that_waits_in_silence(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = trio.Event(), trio.Event()

    async def waits(*_: object) -> dict[str, Any]:
        begun.set()
        try:
            await trio.sleep_forever()
        finally:
            ended.set()

    monkeypatch.setattr("app.requests.run", waits)
    async with owner(home) as node:
        caller = Client(node.profile.address, authkey=node.profile.socket_key.read_bytes())
        caller.send_bytes(cbor2.dumps({"name": "task-announce", "args": {}}))
        with trio.fail_after(60):
            await begun.wait()
            caller.close()
            await ended.wait()


def test_a_profile_has_one_owner(home: Path) -> None:
    with ownership(Profile(home)), pytest.raises(InUse), ownership(Profile(home)):
        pass


def test_a_profile_is_free_again_when_its_owner_is_gone(home: Path) -> None:
    with ownership(Profile(home)):
        pass
    with ownership(Profile(home)), pytest.raises(InUse), ownership(Profile(home)):
        pass


def test_an_owner_ends_even_when_a_caller_has_just_ended_the_accepting(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The caller came between "closing" and the call that wakes the accepting: nobody accepts any more.
    monkeypatch.setattr(forward._Server, "accept", lambda self: None)

    async def own() -> None:
        async with owner(home):
            pass

    ending = threading.Thread(target=trio.run, args=(own,), daemon=True)
    ending.start()
    ending.join(30)

    assert not ending.is_alive()
