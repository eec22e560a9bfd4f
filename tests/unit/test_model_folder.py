"""What a model's folder may hold, before anything in it is loaded."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from storage.model_folder import EmbedderError, check, digest, languages, wanted

MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
]


def put(folder: Path, **files: Any) -> Path:
    """A folder that passes, with `files` on top: `config__x={…}` is config/x.json."""
    contents = {"modules": MODULES, "config": {"architectures": ["BertModel"]}, **files}
    for name, value in contents.items():
        place = folder / (name.replace("__", "/") + ".json")
        place.parent.mkdir(exist_ok=True)
        if value is not None:
            place.write_text(json.dumps(value))
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def code(folder: Path) -> str:
    with pytest.raises(EmbedderError) as caught:
        check(folder)
    return caught.value.code


def test_a_sentence_transformers_folder_is_an_embedder(tmp_path: Path) -> None:
    assert check(put(tmp_path)) == "embedder"


def test_a_classifier_with_one_label_is_a_re_ranker(tmp_path: Path) -> None:
    config = {"architectures": ["BertForSequenceClassification"], "id2label": {"0": "LABEL_0"}}
    assert check(put(tmp_path, modules=None, config=config)) == "reranker"


def test_a_classifier_with_more_labels_is_refused(tmp_path: Path) -> None:
    config = {"architectures": ["BertForSequenceClassification"], "id2label": {"0": "ham", "1": "spam"}}
    assert code(put(tmp_path, config=config)) == "embedder-unsuited"


@pytest.mark.parametrize("architectures", [["BertForSequenceClassification"], "BertForSequenceClassification"])
def test_labels_that_are_not_told_are_not_one(tmp_path: Path, architectures: Any) -> None:
    put(tmp_path, config={"architectures": architectures})
    if isinstance(architectures, str):
        assert check(tmp_path) == "embedder"
    else:
        assert code(tmp_path) == "embedder-unsuited"


@pytest.mark.parametrize(
    "config",
    [
        {"auto_map": {"AutoModel": "modeling.Evil"}},
        {"deep": [{"auto_map": {"AutoModel": "modeling.Evil"}}]},
        {"model_args": {"trust_remote_code": True}},
        {"custom_pipelines": {}},
        {"activation_fn": "torch.hub.load"},
        {"activation_function": "os.abort"},
    ],
)
def test_a_configuration_that_names_code_is_refused(tmp_path: Path, config: dict[str, Any]) -> None:
    assert code(put(tmp_path, sentence_bert_config=config)) == "embedder-code"


@pytest.mark.parametrize("name", ["torch.nn.modules.activation.Tanh", "torch.nn.modules.linear.Identity", "gelu"])
def test_an_activation_function_of_torch_is_none_of_that(tmp_path: Path, name: str) -> None:
    put(tmp_path, **{"2_Dense__config": {"activation_function": name}})
    assert check(tmp_path) == "embedder"


@pytest.mark.parametrize(
    "kind",
    [
        "modeling.Evil",
        "os.system",
        "sentence_transformers.util.misc.import_from_string",
        "sentence_transformers.models.CLIPModel",
        "sentence_transformers.base.modules.router.Router",
        "xsentence_transformers.models.Pooling",
    ],
)
def test_modules_of_another_kind_are_refused(tmp_path: Path, kind: str) -> None:
    assert code(put(tmp_path, modules=[{"path": "", "type": kind}])) == "embedder-code"


@pytest.mark.parametrize("path", ["../other", "/etc", "1/../../x"])
def test_modules_lie_in_the_folder(tmp_path: Path, path: str) -> None:
    modules = [{"path": path, "type": "sentence_transformers.models.Pooling"}]
    assert code(put(tmp_path, modules=modules)) == "embedder-broken"


def test_an_encoder_without_modules_is_refused(tmp_path: Path) -> None:
    assert code(put(tmp_path, modules=None)) == "embedder-broken"


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    (put(tmp_path) / "model.safetensors").unlink()
    assert code(tmp_path) == "embedder-broken"


def test_a_broken_configuration_is_refused(tmp_path: Path) -> None:
    (put(tmp_path) / "config.json").write_text("[" * 100_000)
    assert code(tmp_path) == "embedder-broken"


@pytest.mark.parametrize(
    ("name", "belongs"),
    [
        ("model.safetensors", True),
        ("1_Pooling/config.json", True),
        ("sentencepiece.bpe.model", True),
        ("README.md", True),
        ("pytorch_model.bin", False),
        ("modeling.py", False),
        ("adapter_config.json", False),
        ("onnx/model.onnx", False),
        ("a/b/config.json", False),
        (".git/config.json", False),
        ("nuee.json", False),
    ],
)
def test_only_data_belongs_to_a_model(name: str, belongs: bool) -> None:
    assert wanted(PurePosixPath(name)) is belongs


def test_the_digest_changes_with_a_byte_and_with_a_name(tmp_path: Path) -> None:
    first = digest(put(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"weightz")
    second = digest(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "other.safetensors")
    assert len({first, second, digest(tmp_path)}) == 3


@pytest.mark.parametrize(
    ("card", "found"),
    [
        ("---\nlanguage: en\n---\n", ("en",)),
        ("---\nlicense: mit\nlanguage:\n- multilingual\n- fr\n- en\ntags:\n- de\n---\n", ("fr", "en")),
        ("---\nlanguage: [fr, 'it']\n---\n", ("fr", "it")),
        ("# language: en\n", ()),
        ("", ()),
    ],
)
def test_the_card_names_the_languages(tmp_path: Path, card: str, found: tuple[str, ...]) -> None:
    (tmp_path / "README.md").write_text(card)
    assert languages(tmp_path) == found
