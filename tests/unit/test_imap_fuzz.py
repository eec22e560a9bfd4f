"""What a mail server says, damaged anywhere on the way, costs a sync and nothing else."""

from __future__ import annotations

import random

import pytest

from storage.sources import imap_client, imap_session
from storage.sources.imap_wire import Wire
from storage.sync import SyncFailed
from tests.servers.lying import Script
from tests.unit.imap_fixtures import Box, authority_fixture, box_fixture, script_fixture, vault_fixture

__all__ = ["authority_fixture", "box_fixture", "script_fixture", "vault_fixture"]

ALL = ["m1", "m2", "m3", "m5", "m8"]


class Mangled(Wire):
    """A wire to a script whose words are damaged on the way."""

    def __init__(self, script: Script, chance: random.Random) -> None:
        self._script, self._chance, self._unsent = script, chance, b""
        self._host, self._stop, self._buffer = "localhost", bool, bytearray()
        self._buffer += b"".join(piece for piece in script.greeting() if piece)
        self.allow(65536)

    def send(self, data: bytes) -> None:
        *lines, self._unsent = (self._unsent + data).split(b"\n")
        for line in lines:
            answer = b"".join(piece for piece in self._script.answer(line) if piece)
            self._buffer += self._mangle(answer)

    def _mangle(self, said: bytes) -> bytes:
        if self._chance.random() < 0.7:
            return said
        mangled = bytearray(said)
        for _ in range(self._chance.randint(1, 4)):
            place = self._chance.randrange(len(mangled) + 1)
            piece = self._chance.choice(PIECES) if self._chance.random() < 0.7 else self._chance.randbytes(3)
            mangled[place : place + self._chance.choice([0, 0, 1, 5, 40])] = piece
        return bytes(mangled)

    def _more(self) -> None:
        raise SyncFailed("source-unreachable", "It ended.")

    def close(self) -> None:
        """There is nothing."""


PIECES = [b"(", b")", b'"', b"{3}\r\n", b"{999999999}", b"\r\n", b"* ", b"NIL", b"\\", b"[", b"]", b" ", b"* BYE x\r\n"]
PIECES += [b"+ \r\n", b"OK", b"UID", b"FLAGS (", b"18446744073709551616", b"0", b"-1", b"\0", b"\xff", b"* 3 FETCH "]


def test_no_damage_to_what_the_server_says_raises_anything_else(
    box: Box, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.capabilities += b" ENABLE CONDSTORE QRESYNC"
    chance = random.Random(7)
    ways = {"source-unreachable": 0, "": 0}
    monkeypatch.setattr(imap_session, "connect", lambda *_: imap_client.over(Mangled(script, chance)))
    for _ in range(300):
        try:
            box.sync()
            ways[""] += 1
        except SyncFailed as failure:
            ways[failure.code] = ways.get(failure.code, 0) + 1
    assert {"", "source-broken", "source-unreachable"} <= set(ways)
    assert ways[""] > 10
    assert {title for title in box.titles() if title in ALL} == set(ALL)
