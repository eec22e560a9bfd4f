"""Small GGUF files, written byte by byte after the specification."""

from __future__ import annotations

import struct


def string(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def pair(key: str, kind: int, value: bytes) -> bytes:
    return string(key) + struct.pack("<I", kind) + value


def text(key: str, value: str) -> bytes:
    return pair(key, 8, string(value))


def u32(key: str, value: int) -> bytes:
    return pair(key, 4, struct.pack("<I", value))


def array(key: str, kind: int, count: int, items: bytes) -> bytes:
    return pair(key, 9, struct.pack("<IQ", kind, count) + items)


def gguf(*extra: bytes, version: int = 3) -> bytes:
    """A whole file with one tensor of 8 x 8 floats and two layers; later pairs override earlier ones."""
    pairs = [
        text("general.architecture", "llama"),
        text("general.name", "Sample"),
        u32("llama.context_length", 512),
        u32("llama.block_count", 2),
        u32("llama.embedding_length", 32),
        u32("llama.attention.head_count", 4),
        *extra,
    ]
    tensor = string("token_embd.weight") + struct.pack("<IQQIQ", 2, 8, 8, 0, 0)
    header = b"GGUF" + struct.pack("<IQQ", version, 1, len(pairs)) + b"".join(pairs) + tensor
    return header + bytes(-len(header) % 32) + bytes(8 * 8 * 4)
