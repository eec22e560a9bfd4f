"""What a GGUF file says of itself, read without trusting it.

The file comes from anywhere, and this runs in the node before llama.cpp sees a byte of it: every length is checked
against what is left of the file and against a limit of its own, and nothing is allocated on a length's word.
Source: the GGUF specification, versions 2 and 3 (ggml-org/ggml, docs/gguf.md).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from agent.gguf_types import BLOCKS, FILE_TYPES

Value = int | float | bool | str | tuple[int, ...]

MAX_HEADER = 256 << 20  # bytes of metadata and tensor table; the largest vocabularies take about 30 MB
MAX_KEPT = 4 << 20  # bytes of text kept in memory; chat templates are tens of kilobytes
_MAX_KEY = 65_535  # the specification's limit
_MAX_ARRAY = 1 << 22  # elements; vocabularies have up to a quarter of a million
_MAX_KEPT_ARRAY = 1024  # elements; per-layer numbers are kept, vocabularies are not
_MAX_TENSORS = 1 << 17
_MAX_PAIRS = 1 << 16
_MAX_DIMENSIONS = 4
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_NOT_CHAT = frozenset({"bert", "clip", "jina-bert-v2", "nomic-bert", "t5encoder", "whisper", "wavtokenizer-dec"})


class BadModel(Exception):
    """A file that is not a usable model.

    `code`: not-gguf | truncated | damaged | unsupported-version | not-chat | split.  The message is a sentence.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Header:
    """The metadata of a model.  Sizes in bytes; `context` in tokens, 0 where the file does not say."""

    version: int
    architecture: str
    name: str
    quantisation: str
    context: int
    layers: int
    embedding: int
    parameters: int
    cache_bytes_per_token: int  # of a KV cache in 16-bit floats, all layers
    chat_template: str | None

    @property
    def warnings(self) -> tuple[str, ...]:
        if self.chat_template is None:
            return ("The file brings no chat template; the common ChatML form is used, and answers may suffer.",)
        return ()


def read_file(path: Path) -> Header:
    """The header of the file at `path`.  Errors: BadModel; OSError when it cannot be read."""
    with path.open("rb") as stream:
        return read_header(stream, path.stat().st_size)


def read_header(stream: BinaryIO, size: int) -> Header:
    """The header of a file of `size` bytes, read from its start.  Errors: BadModel; OSError from the stream."""
    reader = _Reader(stream, size)
    version = _version(reader)
    tensors, pairs = reader.number("<Q"), reader.number("<Q")
    if tensors > _MAX_TENSORS or pairs > _MAX_PAIRS:
        raise _damaged("it claims an impossible number of parts")
    metadata = dict(_pair(reader) for _ in range(pairs))
    parameters, data_bytes = _tensors(reader, tensors, _alignment(metadata))
    if reader.aligned(_alignment(metadata)) + data_bytes > size:
        raise _truncated()
    return _header(version, metadata, parameters)


class _Reader:
    """Reads forward, never past the end of the file nor past MAX_HEADER."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self.size = size
        self._position = 0
        self._kept = 0

    def take(self, count: int) -> bytes:
        if count > self.size - self._position:
            raise _truncated()
        if self._position + count > MAX_HEADER:
            raise _damaged("its header is longer than any model's")
        data = self._stream.read(count)
        if len(data) < count:
            raise _truncated()
        self._position += count
        return data

    def skip(self, count: int) -> None:
        while count > 0:  # in small steps: a length is not a reason to allocate
            step = min(count, 1 << 20)
            self.take(step)
            count -= step

    def number(self, form: str) -> int:
        value = struct.unpack(form, self.take(struct.calcsize(form)))[0]
        assert isinstance(value, int)
        return value

    def text(self, limit: int) -> str:
        length = self.number("<Q")
        if length > limit:
            raise _damaged("a text in it is longer than any model's")
        self._kept += length
        if self._kept > MAX_KEPT:
            raise _damaged("its texts are longer than any model's")
        return self.take(length).decode("utf-8", errors="replace")

    def aligned(self, alignment: int) -> int:
        return -(-self._position // alignment) * alignment


def _version(reader: _Reader) -> int:
    if reader.size < 24 or reader.take(4) != b"GGUF":
        raise BadModel("not-gguf", "This is not a GGUF file. Nuée runs language models in the GGUF format.")
    version = reader.number("<I")
    if version in (2, 3):
        return version
    if version & 0xFFFF == 0:
        raise BadModel("unsupported-version", "This GGUF file is made for big-endian machines, and Nuée runs on none.")
    raise BadModel(
        "unsupported-version", f"This GGUF file is of version {version}; Nuée reads versions 2 and 3. Convert it anew."
    )


def _pair(reader: _Reader) -> tuple[str, Value | None]:
    key = reader.text(_MAX_KEY)
    kind = reader.number("<I")
    if kind == _STRING:
        return key, reader.text(MAX_KEPT)
    if kind == _ARRAY:
        return key, _array(reader)
    return key, _scalar(reader, kind)


def _scalar(reader: _Reader, kind: int) -> int | float | bool:
    form = _SCALARS.get(kind)
    if form is None:
        raise _damaged("it holds a value of an unknown kind")
    value: int | float | bool = struct.unpack(form, reader.take(struct.calcsize(form)))[0]
    return value


def _array(reader: _Reader) -> tuple[int, ...] | None:
    """Small arrays of whole numbers are kept, all others stepped over."""
    kind, count = reader.number("<I"), reader.number("<Q")
    if count > _MAX_ARRAY:
        raise _damaged("a list in it is longer than any model's")
    if kind == _STRING:
        for _ in range(count):
            reader.skip(reader.number("<Q"))
        return None
    form = _SCALARS.get(kind)
    if form is None:
        raise _damaged("it holds a list of an unknown kind")
    width = struct.calcsize(form)
    if count > _MAX_KEPT_ARRAY or form[1] in "fd":
        reader.skip(count * width)
        return None
    return struct.unpack(f"<{count}{form[1]}", reader.take(count * width))


def _alignment(metadata: Mapping[str, Value | None]) -> int:
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 0 < alignment <= 1 << 20 or alignment & (alignment - 1):
        raise _damaged("its alignment is impossible")
    return alignment


def _tensors(reader: _Reader, count: int, alignment: int) -> tuple[int, int]:
    """Parameters in all tensors, and how many bytes their data take from the start of the data."""
    parameters = end = 0
    for _ in range(count):
        reader.skip(reader.number("<Q"))  # its name
        dimensions = reader.number("<I")
        if not 0 < dimensions <= _MAX_DIMENSIONS:
            raise _damaged("a tensor in it has an impossible shape")
        elements = 1
        for _ in range(dimensions):
            elements *= reader.number("<Q")
        block, width = BLOCKS.get(reader.number("<I"), (1, 0))  # a kind newer than this table weighs nothing here
        offset = reader.number("<Q")
        if offset % alignment or elements % block or elements == 0:
            raise _damaged("a tensor in it has an impossible place or shape")
        parameters += elements
        end = max(end, offset + elements // block * width)
    return parameters, end


def _header(version: int, metadata: Mapping[str, Value | None], parameters: int) -> Header:
    architecture = _text(metadata, "general.architecture")
    _refuse_other_uses(metadata, architecture)
    if not parameters:
        raise BadModel("damaged", "This GGUF file holds no weights.")
    template = metadata.get("tokenizer.chat_template")
    file_type = metadata.get("general.file_type")
    return Header(
        version=version,
        architecture=architecture,
        name=_text(metadata, "general.name") or _text(metadata, "general.basename") or architecture,
        quantisation=FILE_TYPES.get(file_type, "") if isinstance(file_type, int) else "",
        context=_count(metadata, f"{architecture}.context_length"),
        layers=_count(metadata, f"{architecture}.block_count"),
        embedding=_count(metadata, f"{architecture}.embedding_length"),
        parameters=parameters,
        cache_bytes_per_token=_cache_bytes(metadata, architecture),
        chat_template=template if isinstance(template, str) and template.strip() else None,
    )


def _refuse_other_uses(metadata: Mapping[str, Value | None], architecture: str) -> None:
    parts = _count(metadata, "split.count")
    if parts > 1:
        raise BadModel(
            "split", f"This is one of {parts} parts of a model. Join them first: llama-gguf-split --merge FIRST OUT."
        )
    if not architecture:
        raise BadModel("damaged", "This GGUF file does not say what kind of model it holds.")
    if architecture in _NOT_CHAT or _text(metadata, "general.type") in ("adapter", "mmproj", "imatrix"):
        raise BadModel("not-chat", "This GGUF file is an encoder or an add-on, not a language model that can answer.")


def _cache_bytes(metadata: Mapping[str, Value | None], architecture: str) -> int:
    """Two 16-bit vectors per layer and key-value head, for every token."""
    layers = _count(metadata, f"{architecture}.block_count")
    heads = _count(metadata, f"{architecture}.attention.head_count")
    per_layer = metadata.get(f"{architecture}.attention.head_count_kv", heads)
    size = _count(metadata, f"{architecture}.embedding_length") // heads if heads else 0
    key = _count(metadata, f"{architecture}.attention.key_length") or size
    value = _count(metadata, f"{architecture}.attention.value_length") or size
    if isinstance(per_layer, tuple):
        return sum(max(0, number) for number in per_layer) * (key + value) * 2
    return layers * (per_layer if isinstance(per_layer, int) and per_layer > 0 else heads) * (key + value) * 2


def _count(metadata: Mapping[str, Value | None], key: str) -> int:
    """A whole number that fits 32 bits, as every real one does; else 0."""
    value = metadata.get(key)
    return value if isinstance(value, int) and 0 <= value < 1 << 32 else 0


def _text(metadata: Mapping[str, Value | None], key: str) -> str:
    """A short text for people: printable, one line."""
    value = metadata.get(key)
    return "".join(filter(str.isprintable, value))[:120].strip() if isinstance(value, str) else ""


def _truncated() -> BadModel:
    return BadModel("truncated", "This GGUF file is incomplete: its end is missing. Fetch or copy it again.")


def _damaged(why: str) -> BadModel:
    return BadModel("damaged", f"This GGUF file is damaged: {why}. Fetch or copy it again.")
