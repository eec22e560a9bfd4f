"""An IMAP server that says what a test tells it to: what it is not told, it answers honestly.

`lies` maps a command ("UID FETCH", "LIST", "GREETING" …) to a function of tag and arguments that gives the whole answer
piece by piece, which may be without end; None in its place drops the connection.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

Lie = Callable[[bytes, bytes], Iterable[bytes | None]]


class Script:
    """What the server says; no network.  `messages`: by UID, in one folder named INBOX unless LIST says otherwise."""

    def __init__(self, messages: dict[int, bytes] | None = None) -> None:
        self.messages = messages or {}
        self.validity = 7
        self.capabilities = b"IMAP4rev1 IDLE"
        self.lies: dict[str, Lie] = {}
        self.heard: list[bytes] = []

    def greeting(self) -> Iterable[bytes | None]:
        lie = self.lies.get("GREETING")
        return lie(b"*", b"") if lie else [b"* OK ready\r\n"]

    def answer(self, line: bytes) -> Iterable[bytes | None]:
        self.heard.append(line)
        tag, _, rest = line.rstrip(b"\r\n").partition(b" ")
        words = rest.split(b" ")
        name = words[0].decode("ascii", "replace").upper()
        if name == "UID":
            name = f"UID {words[1].decode('ascii', 'replace').upper()}"
        arguments = rest[len(name) + 1 :]
        if lie := self.lies.get(name):
            return lie(tag, arguments)
        honest = getattr(self, "_" + name.lower().replace(" ", "_"), None)
        if honest is None:
            return [tag + b" OK done\r\n"]
        return [*honest(arguments), tag + b" OK done\r\n"]

    def _capability(self, _arguments: bytes) -> list[bytes]:
        return [b"* CAPABILITY " + self.capabilities + b"\r\n"]

    def _list(self, _arguments: bytes) -> list[bytes]:
        return [b'* LIST () "/" INBOX\r\n']

    def _examine(self, _arguments: bytes) -> list[bytes]:
        coming = max(self.messages, default=0) + 1
        return [
            b"* FLAGS (\\Seen)\r\n* %d EXISTS\r\n* 0 RECENT\r\n" % len(self.messages),
            b"* OK [UIDVALIDITY %d] valid\r\n* OK [UIDNEXT %d] next\r\n" % (self.validity, coming),
        ]

    def _uid_search(self, arguments: bytes) -> list[bytes]:
        first = int(arguments.split()[1].split(b":")[0])
        found = b" ".join(b"%d" % uid for uid in sorted(self.messages) if uid >= first)
        return [b"* SEARCH " + found + b"\r\n" if found else b"* SEARCH\r\n"]

    def _uid_fetch(self, arguments: bytes) -> list[bytes]:
        wanted, _, what = arguments.partition(b" ")
        return [self.fetched(uid, what) for uid in sorted(self.messages) if uid in uids(wanted)]

    def fetched(self, uid: int, what: bytes, size: int | None = None) -> bytes:
        """One honest FETCH response; `size` in place of the true one."""
        raw = self.messages[uid]
        fields = b"UID %d" % uid
        if b"RFC822.SIZE" in what:
            fields += b" RFC822.SIZE %d" % (len(raw) if size is None else size)
            fields += b' INTERNALDATE "02-Mar-2026 10:00:00 +0000"'
        if b"FLAGS" in what:
            fields += b" FLAGS ()"
        if b"BODY" in what:
            fields += b" BODY[] {%d}\r\n" % len(raw) + raw
        return b"* %d FETCH (" % uid + fields + b")\r\n"


def uids(wanted: bytes) -> set[int]:
    found: set[int] = set()
    for part in wanted.split(b","):
        low, _, high = part.partition(b":")
        found |= set(range(int(low), (10_000 if high == b"*" else int(high or low)) + 1))
    return found


class Liar:
    """Serves a script over TLS (or in the clear, or with STARTTLS where the script offers it) on loopback."""

    def __init__(self, script: Script, certificate: tuple[Path, Path], *, tls: bool = True) -> None:
        self._script = script
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate)
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Liar:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                self._open.append(plain)
                threading.Thread(target=self._talk, args=(plain,), daemon=True).start()

    def _talk(self, stream: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self._tls:
                stream = self._secure(stream)
            if not _say(stream, self._script.greeting()):
                return
            while line := _line(stream):
                if re.match(rb"\S+ STARTTLS", line):
                    _say(stream, self._script.answer(line))
                    stream = self._secure(stream)
                elif not _say(stream, self._script.answer(line)):
                    return

    def _secure(self, stream: socket.socket) -> socket.socket:
        secured = self._context.wrap_socket(stream, server_side=True)
        self._open.append(secured)
        return secured


def _say(stream: socket.socket, pieces: Iterable[bytes | None]) -> bool:
    for piece in pieces:
        if piece is None:
            stream.close()
            return False
        stream.sendall(piece)
    return True


def _line(stream: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        byte = stream.recv(1)
        if not byte:
            return b""
        line += byte
    return line


def forever(piece: bytes) -> Iterator[bytes]:
    while True:
        yield piece
