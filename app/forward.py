"""A second `nuee` on a profile hands its command to the process that owns it.

`multiprocessing.connection` gives one channel on every platform (a Unix socket, a named pipe on Windows) with a mutual
HMAC challenge; only its byte messages are used, never its pickles.  A message is one CBOR map: {"name", "args"} in;
{"report"}… and one {"done"} or {"error", "code"} out.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

import cbor2
import trio

from app import requests
from app.errors import code, sentence
from app.node import Node
from app.profile import Profile
from app.results import CommandFailed, as_json

RaiseWindow = Callable[[], None]
log = logging.getLogger(__name__)
MAX_MESSAGE = 16 * 1024 * 1024  # bytes
WATCHED = 0.5  # seconds between two looks whether a caller is still there
CLOSING = 5.0  # seconds that a caller who does not prove itself may hold up the end


class Unreachable(Exception):
    """The owner of the profile does not answer on its socket."""


@contextmanager
def listening(
    node: Node, nursery: trio.Nursery, raise_window: RaiseWindow | None = None, *, stays: bool = True
) -> Iterator[None]:
    """Take commands for `node` while the context lasts.  Trio thread; the connections run on threads of their own.

    `stays`: whether the node is there until a person ends it, or only as long as one command takes (see `stays`).
    """
    address = Path(node.profile.address)
    if os.name == "posix":
        address.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if address.parent.stat().st_uid != os.getuid() or address.parent.stat().st_mode & 0o077:
            raise CommandFailed("socket-folder", path=str(address.parent))
        address.unlink(missing_ok=True)  # we own the profile, so whoever left it is gone
    try:
        key = _fresh_key(node.profile)
        listener = Listener(node.profile.address, authkey=key)
    except OSError as error:  # a full disk: the vault can be read all the same; a second `nuee` is told it is in use
        log.info("no command socket: %s", error.strerror)
        yield
        return
    server = _Server(node, listener, nursery, raise_window, stays)
    thread = threading.Thread(target=server.accept, name="forward", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.closing = True
        # On a thread, for it may wait in vain: a caller that came just now has ended the accepting already.
        threading.Thread(target=_wake, args=(node.profile.address, key), name="wake", daemon=True).start()
        thread.join(CLOSING)
        listener.close()
        node.profile.socket_key.unlink(missing_ok=True)


def _wake(address: str, key: bytes) -> None:
    """End a blocking accept: closing its socket would not.  Comes back at the latest when the listener is closed."""
    with contextlib.suppress(OSError, EOFError, AuthenticationError):
        Client(address, authkey=key).close()


def _fresh_key(profile: Profile) -> bytes:
    key = secrets.token_bytes(32)
    profile.socket_key.unlink(missing_ok=True)
    descriptor = os.open(profile.socket_key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
    return key


class _Server:
    def __init__(
        self, node: Node, listener: Listener, nursery: trio.Nursery, raise_window: RaiseWindow | None, stays: bool
    ) -> None:
        self.closing = False
        self._stays = stays
        self._node = node
        self._listener = listener
        self._nursery = nursery
        self._token = trio.lowlevel.current_trio_token()
        self._raise_window = raise_window

    def accept(self) -> None:
        while not self.closing:
            try:
                connection = self._listener.accept()
            except (OSError, EOFError, AuthenticationError):
                continue  # a caller that could not prove itself, or left; the next one is served
            threading.Thread(target=self._serve, args=(connection,), name="forwarded", daemon=True).start()

    def _serve(self, connection: Connection[Any, Any]) -> None:
        """One caller, on a thread of its own: only this thread writes to it, so the node never waits for a caller."""
        with connection, contextlib.suppress(OSError, EOFError, KeyError, TypeError, cbor2.CBORDecodeError):
            message = cbor2.loads(connection.recv_bytes(MAX_MESSAGE))
            if message["name"] == "raise":
                if self._raise_window is not None:
                    self._raise_window()
                connection.send_bytes(cbor2.dumps({"done": {"raised": self._raise_window is not None}}))
                return
            if message["name"] == "stays":
                connection.send_bytes(cbor2.dumps({"done": {"stays": self._stays}}))
                return
            replies: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
            scope = trio.CancelScope()

            def begin() -> None:
                if self.closing:  # the nursery may not take tasks any more
                    replies.put({"error": sentence(CommandFailed("closing"), "en"), "code": "closing"})
                else:
                    self._nursery.start_soon(self._run, message, scope, replies.put)

            try:
                self._token.run_sync_soon(begin)
            except trio.RunFinishedError:
                return
            try:
                while "report" in (reply := _next(replies, connection)):
                    connection.send_bytes(cbor2.dumps(reply))
                connection.send_bytes(cbor2.dumps(reply))
            except (OSError, EOFError):  # the caller was closed in the middle: that is its way to cancel
                with contextlib.suppress(trio.RunFinishedError):
                    self._token.run_sync_soon(scope.cancel)

    async def _run(
        self, message: dict[str, Any], scope: trio.CancelScope, reply: Callable[[dict[str, Any]], None]
    ) -> None:
        language = message.get("language", "en")
        final: dict[str, Any] = {"error": sentence(CommandFailed("closing"), language), "code": "closing"}

        def report(event: object) -> None:
            reply({"report": {"kind": type(event).__name__, **as_json(event)}})

        try:
            with scope:
                final = {"done": await requests.run(self._node, message["name"], message["args"], report)}
        except Exception as error:  # noqa: BLE001 - whatever failed, the caller is told
            final = {"error": sentence(error, language), "code": code(error)}
        finally:
            reply(final)


def _next(replies: queue.SimpleQueue[dict[str, Any]], connection: Connection[Any, Any]) -> dict[str, Any]:
    """The next reply.  Errors: OSError, EOFError where the caller was closed meanwhile: it says nothing more."""
    while True:
        try:
            return replies.get(timeout=WATCHED)
        except queue.Empty:
            if connection.poll():
                connection.recv_bytes(MAX_MESSAGE)


def send(
    profile: Profile, name: str, args: dict[str, Any], report: Callable[[dict[str, Any]], None], language: str
) -> dict[str, Any]:
    """Run a command in the owning process.  Blocking.  Errors: Unreachable, ForwardedFailure."""
    try:
        connection = Client(profile.address, authkey=profile.socket_key.read_bytes())
    except (OSError, EOFError, AuthenticationError) as error:
        raise Unreachable from error
    with connection:
        try:
            connection.send_bytes(cbor2.dumps({"name": name, "args": args, "language": language}))
            while True:
                reply = cbor2.loads(connection.recv_bytes(MAX_MESSAGE))
                if "report" in reply:
                    report(reply["report"])
                elif "done" in reply:
                    done: dict[str, Any] = reply["done"]
                    return done
                else:
                    raise ForwardedFailure(reply["code"], reply["error"])
        except (OSError, EOFError) as error:
            raise Unreachable from error


def stays(profile: Profile) -> bool:
    """Whether a process owns the profile that will be there after its present command: a window, a chat.  Blocking."""
    try:
        return bool(send(profile, "stays", {}, lambda _event: None, "en")["stays"])
    except (Unreachable, ForwardedFailure):
        return False


class ForwardedFailure(Exception):
    """The command failed there; the sentence is ready to show."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
