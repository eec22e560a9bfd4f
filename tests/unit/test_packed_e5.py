"""Unpacking a four-bit E5: a small file in the format of the real one, written here from the format's description."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from storage.model_folder import check
from storage.packed_e5 import BadPack, unpack

HIDDEN, LAYERS, INNER, POSITIONS = 32, 1, 64, 8
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁le", "▁chien", "▁dort", "fi", "n", "<mask>"]
SHAPES = {"q": (HIDDEN, HIDDEN), "k": (HIDDEN, HIDDEN), "v": (HIDDEN, HIDDEN), "ao": (HIDDEN, HIDDEN)} | {
    "fi": (INNER, HIDDEN),
    "fo": (HIDDEN, INNER),
}


def blocks(seed: int, count: int) -> tuple[bytes, np.ndarray]:
    """Packed weights, and what they mean: computed one by one, as the description says it."""
    random = np.random.default_rng(seed)
    packed = b""
    plain: list[float] = []
    for _ in range(count // 32):
        scale = np.float16(random.uniform(0.01, 0.1))
        halves = random.integers(0, 256, 16, dtype=np.uint8)
        packed += scale.tobytes() + halves.tobytes()
        plain += [(int(byte) & 15) - 8 for byte in halves] + [(int(byte) >> 4) - 8 for byte in halves]
        plain[-32:] = [float(np.float16(weight) * scale) for weight in plain[-32:]]
    return packed, np.array(plain, dtype=np.float16)


def packed_model() -> tuple[bytes, dict[str, np.ndarray]]:
    tensors: list[tuple[str, bool, int, bytes]] = []
    wanted: dict[str, np.ndarray] = {}

    def plain(name: str, size: int) -> None:
        values = np.arange(size, dtype="<f4") / 64
        tensors.append((name, False, size, values.tobytes()))
        wanted[name] = values.astype(np.float16)

    def quarter(name: str, size: int) -> None:
        data, values = blocks(len(tensors), size)
        tensors.append((name, True, size, data))
        wanted[name] = values

    quarter("emb.word", len(PIECES) * HIDDEN)
    plain("emb.pos", POSITIONS * HIDDEN)
    plain("emb.type", HIDDEN)
    plain("emb.ln.w", HIDDEN)
    plain("emb.ln.b", HIDDEN)
    for name, (rows, columns) in SHAPES.items():
        quarter(f"l0.{name}.w", rows * columns)
        plain(f"l0.{name}.b", rows)
    for name in ("aln", "oln"):
        plain(f"l0.{name}.w", HIDDEN)
        plain(f"l0.{name}.b", HIDDEN)
    letters = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, letters)]).astype("<u4").tobytes()
    scores = np.array([0, 0, 0, 0, -9, -2, -2, -2, -3, -4, 0], dtype="<f4").tobytes()
    sizes = (HIDDEN, LAYERS, 2, INNER, len(PIECES), POSITIONS, 1)
    head = struct.pack("<4sI7ifi", b"E5S1", 1, *sizes, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, letters))) + ends + scores + b"".join(letters)
    head += struct.pack("<iI", 0, 0)
    offset = len(head) + 4 + sum(2 + len(name) + 21 for name, *_ in tensors)
    table, data = struct.pack("<i", len(tensors)), b""
    for name, packed, size, content in tensors:
        entry = struct.pack("<BIQQ", packed, size, offset + len(data), len(content))
        table += struct.pack("<H", len(name)) + name.encode() + entry
        data += content
    return head + table + data, wanted


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "model.bin").write_bytes(packed_model()[0])
    return tmp_path / "model.bin"


@pytest.fixture
def folder(tmp_path: Path, source: Path) -> Path:
    (tmp_path / "out").mkdir()
    unpack(source, tmp_path / "out")
    return tmp_path / "out"


def test_every_weight_comes_out_as_it_was_packed(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    wanted = packed_model()[1]
    layer = "encoder.layer.0."
    for name, packed in {
        "embeddings.word_embeddings.weight": "emb.word",
        "embeddings.LayerNorm.bias": "emb.ln.b",
        layer + "attention.self.key.weight": "l0.k.w",
        layer + "attention.output.LayerNorm.weight": "l0.aln.w",
        layer + "intermediate.dense.weight": "l0.fi.w",
        layer + "output.dense.weight": "l0.fo.w",
        layer + "output.dense.bias": "l0.fo.b",
    }.items():
        np.testing.assert_array_equal(tensors[name].reshape(-1), wanted[packed])
    assert len(tensors) == len(wanted)
    assert tensors[layer + "intermediate.dense.weight"].shape == (INNER, HIDDEN)


def test_the_folder_passes_as_an_embedder_that_names_its_prompts(folder: Path) -> None:
    assert check(folder) == "embedder"
    prompts = json.loads((folder / "config_sentence_transformers.json").read_text())["prompts"]
    assert prompts == {"query": "query: ", "passage": "passage: "}


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("le chien dort", ["<s>", "▁le", "▁chien", "▁dort", "</s>"]),
        ("le\tchien\u200b \n dort", ["<s>", "▁le", "▁chien", "▁dort", "</s>"]),
        ("\ufb01n", ["<s>", "▁", "fi", "n", "</s>"]),
        ("le\x07 chien", ["<s>", "▁le", "▁chien", "</s>"]),
        ("le \ufffd chien", ["<s>", "▁le", "▁chien", "</s>"]),
    ],
)
def test_text_is_normalised_as_sentencepiece_does(folder: Path, text: str, tokens: list[str]) -> None:
    assert Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text).tokens == tokens


@pytest.mark.parametrize("keep", [0, 3, 8, 30, 70, 120, 400, 900, -1])
def test_a_truncated_file_is_refused(source: Path, tmp_path: Path, keep: int) -> None:
    source.write_bytes(source.read_bytes()[:keep])
    with pytest.raises((BadPack, OSError)):
        unpack(source, tmp_path)
    assert not (tmp_path / "model.safetensors").exists()


@pytest.mark.parametrize("place", [0, 4, 8, 44, 48, 68])
def test_a_header_that_cannot_be_is_refused(source: Path, tmp_path: Path, place: int) -> None:
    data = bytearray(source.read_bytes())
    data[place : place + 4] = b"\xff\xff\xff\x7f"
    source.write_bytes(data)
    with pytest.raises(BadPack):
        unpack(source, tmp_path)
