"""Reading the header of a model file that may be anything."""

from __future__ import annotations

import contextlib
import io
import struct
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.gguf import BadModel, Header, read_file, read_header
from tests.unit.gguf_samples import array, gguf, pair, string, text, u32
from tests.unit.llama_fixtures import default_model


def read(data: bytes, size: int | None = None) -> Header:
    return read_header(io.BytesIO(data), len(data) if size is None else size)


def refusal(data: bytes) -> str:
    with pytest.raises(BadModel) as refused:
        read(data)
    assert str(refused.value).endswith(".")
    return refused.value.code


def test_the_default_model_says_what_it_is() -> None:
    header = read_file(default_model().path)

    assert (header.architecture, header.quantisation, header.version) == ("llama", "Q4_1", 3)
    assert (header.context, header.layers, header.embedding) == (8192, 30, 576)
    assert header.parameters == 134_515_008
    assert header.cache_bytes_per_token == 30 * 3 * 64 * 2 * 2  # layers, heads, width, keys and values, 16 bits
    assert header.chat_template is not None
    assert header.warnings == ()


def test_a_file_without_a_chat_template_is_read_with_a_warning() -> None:
    assert "chat template" in read(gguf()).warnings[0]


def test_version_2_is_read() -> None:
    assert read(gguf(version=2)).version == 2


@pytest.mark.parametrize("data", [b"", b"GGUF", b"Dear model,\n" * 100, b"PK\x03\x04" + bytes(100), bytes(100)])
def test_another_kind_of_file_is_not_gguf(data: bytes) -> None:
    assert refusal(data) == "not-gguf"


@pytest.mark.parametrize("version", [0, 1, 4, 0x03000000])
def test_other_versions_are_named_as_such(version: int) -> None:
    assert refusal(gguf(version=version)) == "unsupported-version"


@pytest.mark.parametrize("missing", [1, 100, 200])
def test_a_file_whose_end_is_missing_is_truncated(missing: int) -> None:
    assert refusal(gguf()[:-missing]) == "truncated"


def test_a_part_of_a_split_model_is_refused_with_a_remedy() -> None:
    assert refusal(gguf(pair("split.count", 2, struct.pack("<H", 3)))) == "split"


@pytest.mark.parametrize("extra", [text("general.type", "adapter"), text("general.architecture", "bert")])
def test_what_cannot_chat_is_refused(extra: bytes) -> None:
    assert refusal(gguf(extra)) == "not-chat"


@pytest.mark.parametrize(
    "extra",
    [
        pair("x", 99, b""),  # unknown kind of value
        array("x", 99, 1, b""),
        array("x", 9, 1, b""),  # nested
        array("x", 0, 1 << 40, b""),
        array("x", 8, 1 << 40, b""),
        pair("x", 8, struct.pack("<Q", 1 << 60)),
        u32("general.alignment", 0),
        u32("general.alignment", 7),
        u32("general.alignment", 1 << 31),
    ],
)
def test_impossible_metadata_is_damaged(extra: bytes) -> None:
    assert refusal(gguf(extra)) == "damaged"


def test_impossible_counts_are_refused_before_anything_is_read() -> None:
    assert refusal(b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 1 << 60) + bytes(64)) == "damaged"


def test_a_text_of_the_file_reaches_people_on_one_printable_line() -> None:
    header = read(gguf(text("general.name", "Evil\x1b[2J\nmodel\u202e" + "x" * 500)))

    assert header.name.isprintable()
    assert len(header.name) <= 120


def test_layers_may_have_their_own_number_of_heads() -> None:
    per_layer = array("llama.attention.head_count_kv", 4, 2, struct.pack("<2I", 1, 3))

    assert read(gguf(per_layer)).cache_bytes_per_token == (1 + 3) * (8 + 8) * 2


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_mutation_of_a_header_raises_anything_else(data: st.DataObject) -> None:
    broken = bytearray(gguf(text("tokenizer.chat_template", "{{ x }}"), array("v", 8, 2, string("a") + string("b"))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(4, len(broken) - 9))
        broken[at : at + 8] = struct.pack("<Q", data.draw(st.integers(0, (1 << 64) - 1) | st.integers(0, 300)))

    read_or_refuse(bytes(broken))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(4, 6000), st.binary(min_size=1, max_size=8)), min_size=1, max_size=5))
@example([(8, b"\xff" * 8)])
def test_no_mutation_of_the_real_header_takes_much_memory(changes: list[tuple[int, bytes]]) -> None:
    model = default_model()
    with model.path.open("rb") as stream:
        broken = bytearray(stream.read(2 << 20))
    for at, new in changes:
        broken[at : at + len(new)] = new
    tracemalloc.start()

    read_or_refuse(bytes(broken), model.size)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 32 << 20


def read_or_refuse(data: bytes, size: int | None = None) -> None:
    with contextlib.suppress(BadModel):
        read(data, size)
