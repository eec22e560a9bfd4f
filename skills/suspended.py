"""Seals what a suspended run is stored as.

Monty does not authenticate its dumps and loads many damaged ones without a word, so a dump is sealed before it leaves
memory: HMAC-SHA256 (RFC 2104) under a key of the caller's over the format, what the run was, and the dump.  A seal is
good for one call of one run of one version of one skill under one engine; the caller deletes it once it was answered.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass

FORMAT = 1
MIN_KEY = 32  # bytes
_MAGIC = b"NUEESUSP"
_HEAD = struct.Struct(">8sB")
_TAG = hashlib.sha256().digest_size
_LENGTH = struct.Struct(">Q")


class NotSealed(Exception):
    """`code`: suspended-damaged (no seal, changed, another key, or of another run, skill, call or engine) |
    suspended-format (written by another version of Nuée)."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Binding:
    """What a dump belongs to: the engine that wrote it, the skill's digest, the run's id, the number of the call."""

    engine: str
    skill: str
    run: str
    call: int


def seal(key: bytes, binding: Binding, dump: bytes) -> bytes:
    """Bytes to store.  Not encrypted: they are for the vault.  Errors: ValueError for a key under 32 bytes."""
    return _HEAD.pack(_MAGIC, FORMAT) + _tag(key, binding, dump) + dump


def unseal(key: bytes, binding: Binding, sealed: bytes) -> bytes:
    """The dump that was sealed for exactly this binding.  Errors: NotSealed, ValueError."""
    if len(sealed) < _HEAD.size + _TAG or not sealed.startswith(_MAGIC):
        raise NotSealed("suspended-damaged", "What was stored of the run is damaged; it cannot go on.")
    if sealed[len(_MAGIC)] != FORMAT:
        raise NotSealed("suspended-format", "The run was stored by another version of the program; it cannot go on.")
    tag, dump = sealed[_HEAD.size : _HEAD.size + _TAG], sealed[_HEAD.size + _TAG :]
    if not hmac.compare_digest(tag, _tag(key, binding, dump)):
        raise NotSealed("suspended-damaged", "What was stored is damaged or of another run; it cannot go on.")
    return dump


def _tag(key: bytes, binding: Binding, dump: bytes) -> bytes:
    """Each part goes in with its length, so that none can pass for the end of another."""
    if len(key) < MIN_KEY:
        raise ValueError(f"a sealing key has at least {MIN_KEY} bytes")
    mac = hmac.new(key, _HEAD.pack(_MAGIC, FORMAT), hashlib.sha256)
    for part in (binding.engine.encode(), binding.skill.encode(), binding.run.encode(), b"%d" % binding.call, dump):
        mac.update(_LENGTH.pack(len(part)) + part)
    return mac.digest()
