"""Small real models, written by sentence-transformers itself in a process of its own.

The embedder is a bag of words: every token has a random direction, so texts that share words lie close, and nothing
else does.  The re-ranker is a BERT of one layer with random weights: its scores mean nothing, but a cross-encoder gave
them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from installer import places
from tests.paths import ROOT

_MAKE = """
import sys
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from tokenizers import Tokenizer
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

default, folder = Path(sys.argv[1]), Path(sys.argv[2])
tokenizer = Tokenizer.from_file(str(default / "tokenizer.json"))
rows = np.random.default_rng(7).standard_normal((tokenizer.get_vocab_size(), 64)).astype(np.float32)
static = StaticEmbedding(tokenizer, embedding_weights=rows)
model = SentenceTransformer(modules=[static, Normalize()], device="cpu", prompts={"query": "search "})
model.save_pretrained(str(folder / "words"), safe_serialization=True)

torch.manual_seed(7)
size = tokenizer.get_vocab_size()
config = BertConfig(vocab_size=size, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
                    num_labels=1)
BertForSequenceClassification(config).save_pretrained(str(folder / "raw"))
AutoTokenizer.from_pretrained(str(default), local_files_only=True).save_pretrained(str(folder / "raw"))
CrossEncoder(str(folder / "raw"), device="cpu", local_files_only=True).save_pretrained(str(folder / "order"))
"""


def make_models(folder: Path) -> None:
    """`words` is an embedder of 64 dimensions that wants "search " before questions, `order` a re-ranker."""
    command = [sys.executable, "-W", "ignore", "-c", _MAKE, str(places.embedder()), str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=200, capture_output=True)


def default_is_installed() -> bool:
    return (places.embedder() / "model.safetensors").is_file()
