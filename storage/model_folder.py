"""What a folder with an embedding model or a re-ranker may hold, and what it says about itself.  No torch here.

Only data is taken: JSON, vocabularies and `.safetensors`.  A pickle (`.bin`, `.pt`) runs code when it is opened, and a
configuration can name code to import: both are refused here, before any library reads the folder.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal

Kind = Literal["embedder", "reranker"]

FACTS: Final = "nuee.json"  # what the store noted when the model was added
PACKED: Final = "packed.e5"  # a model that still has to be unpacked; see storage.packed_e5
_SUFFIXES = frozenset((".json", ".txt", ".safetensors", ".model", ".md"))
_UNWANTED = frozenset(("adapter_config.json", "router_config.json", FACTS))  # other models loaded on top
_PICKLES = frozenset((".bin", ".pt", ".pth", ".pkl", ".ckpt", ".h5", ".msgpack"))
_DEPTH = 2  # modules lie in folders of their own, no deeper
_LARGE = frozenset(("tokenizer.json", "vocab.json", "model.safetensors.index.json"))  # data, and no configuration
_MAX_JSON = 4 << 20  # bytes of one configuration
_MODULES = frozenset(("Transformer", "Pooling", "Normalize", "Dense", "LayerNorm", "Dropout", "StaticEmbedding"))
_MODULE = re.compile(
    r"sentence_transformers\.(?:models|(?:base|sentence_transformer|cross_encoder)\.modules)(?:\.[a-z_]+)?\.(\w+)"
)
_ACTIVATION = re.compile(r"torch\.nn\.modules\.(?:activation|linear)\.[A-Za-z0-9]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class EmbedderError(Exception):
    """A model that is not there or cannot be had.

    `code`: no-embedding-model | embedder-ambiguous | embedder-not-found | embedder-pickle | embedder-code |
    embedder-unsuited | embedder-broken | embedder-damaged | embedder-archive | embedder-too-large | embedder-space |
    embedder-unreadable | embedder-cancelled.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def wanted(name: PurePosixPath) -> bool:
    """Whether a file of that name, relative to the model's folder, belongs to the model."""
    if len(name.parts) > _DEPTH or any(part.startswith(".") for part in name.parts) or name.name in _UNWANTED:
        return False
    return name.suffix in _SUFFIXES and (name.suffix != ".md" or name.name == "README.md")


def pickled(name: PurePosixPath) -> bool:
    """Whether a file of that name would run code when it is opened."""
    return name.suffix in _PICKLES


def digest(folder: Path) -> str:
    """SHA-256 of every file of the model with its name, in the order of the names: the model's identity."""
    whole = hashlib.sha256()
    for path in files(folder):
        with path.open("rb") as stream:
            one = hashlib.file_digest(stream, "sha256").hexdigest()
        whole.update(f"{one}  {path.relative_to(folder).as_posix()}\n".encode())
    return whole.hexdigest()


def files(folder: Path) -> list[Path]:
    """The files that make up the model, by name."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(path for path in found if wanted(PurePosixPath(path.relative_to(folder).as_posix())))


def check(folder: Path) -> Kind:
    """Which kind of model lies in `folder`.  Errors: EmbedderError, before anything in it is loaded."""
    if not any(path.suffix == ".safetensors" for path in files(folder)):
        raise EmbedderError("embedder-broken", "The model has no weights in the safetensors format.")
    for path in files(folder):
        if path.suffix == ".json" and path.name not in _LARGE:
            _no_code(configuration(path))
    _known_modules(folder)
    kind = _kind(folder)
    if kind == "embedder" and not (folder / "modules.json").is_file():
        raise EmbedderError(
            "embedder-broken", "The model has no modules.json: it is not a sentence-transformers model."
        )
    return kind


def configuration(path: Path) -> Any:
    """A small JSON file; None where it is missing.  Errors: EmbedderError embedder-broken."""
    try:
        if path.stat().st_size > _MAX_JSON:
            raise EmbedderError("embedder-broken", f"The model's {path.name} is too large to be a configuration.")
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise EmbedderError("embedder-broken", f"The model's {path.name} cannot be read.") from error


def mapping(path: Path) -> dict[str, Any]:
    """As `configuration`; an empty one where it is missing or no object."""
    found = configuration(path)
    return found if isinstance(found, dict) else {}


def languages(folder: Path) -> tuple[str, ...]:
    """The languages the model card names in its front matter (`language: en`, or a list); empty where it does not."""
    try:
        lines = (folder / "README.md").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ()
    named: list[str] = []
    inside = False
    for line in lines[1:400] if lines and lines[0].strip() == "---" else ():
        if line.strip() == "---":
            break
        key, colon, value = line.partition(":")
        if colon and not line.startswith((" ", "-")):
            inside = key.strip() == "language"
            named += _listed(value) if inside else []
        elif inside:
            named += _listed(line.strip().removeprefix("-"))
    return tuple(dict.fromkeys(named))


def _listed(value: str) -> list[str]:
    return [word for word in re.split(r"[\s,\[\]\"']+", value) if _LANGUAGE.fullmatch(word) and word != "multilingual"]


def _kind(folder: Path) -> Kind:
    config = mapping(folder / "config.json")
    named = config.get("architectures")
    architectures = [str(name) for name in named] if isinstance(named, list) else []
    if any(name.endswith("ForSequenceClassification") for name in architectures):
        labels = config.get("id2label")
        if config.get("num_labels", len(labels) if isinstance(labels, dict) else 2) != 1:
            raise EmbedderError("embedder-unsuited", "The model sorts texts into classes; it neither embeds nor ranks.")
        return "reranker"
    return "embedder"


def _known_modules(folder: Path) -> None:
    modules = configuration(folder / "modules.json")
    if modules is None:
        return
    if not isinstance(modules, list):
        raise EmbedderError("embedder-broken", "The model's modules.json is not a list.")
    for module in modules:
        entry = module if isinstance(module, dict) else {}
        match = _MODULE.fullmatch(str(entry.get("type")))
        if match is None or match[1] not in _MODULES:
            raise EmbedderError("embedder-code", "The model wants to load code of its own; that is never done.")
        path = PurePosixPath(str(entry.get("path", "")))
        if path.is_absolute() or ".." in path.parts:
            raise EmbedderError("embedder-broken", "The model's modules.json names a place outside the model.")


def _no_code(value: Any) -> None:
    """Refuse what names code: `auto_map`, and activation functions that are none."""
    for key, inner in _entries(value):
        own = key in ("auto_map", "custom_pipelines") or (key == "trust_remote_code" and inner)
        named = key.startswith("activation_f") and isinstance(inner, str) and "." in inner
        if own or (named and not _ACTIVATION.fullmatch(inner)):
            raise EmbedderError("embedder-code", "The model wants to load code of its own; that is never done.")


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key with its value, however deep."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from one.items()
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
