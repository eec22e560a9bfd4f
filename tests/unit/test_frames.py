"""Frames between our own processes."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.frames import BrokenFrame, read_frame, write_frame


@given(st.lists(st.dictionaries(st.text(), st.one_of(st.integers(-(2**63), 2**63), st.binary(), st.text(), st.none()))))
def test_what_is_written_is_read(frames: list[dict[str, object]]) -> None:
    stream = io.BytesIO()
    for frame in frames:
        write_frame(stream, frame)
    stream.seek(0)
    assert [read_frame(stream) for _ in frames] == frames


def test_a_clean_end_is_none() -> None:
    assert read_frame(io.BytesIO()) is None


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0",  # ends inside the header
        struct.pack(">I", 10) + b"abc",  # ends inside the body
        struct.pack(">I", 0xFFFFFFFF),  # a length beyond the limit must not be allocated
        struct.pack(">I", 1) + b"\xff",  # not CBOR
        struct.pack(">I", 1) + b"\x01",  # CBOR, but no map
        struct.pack(">I", 3000) + b"\x81" * 3000,  # nested without end
    ],
)
def test_a_broken_frame_is_refused(data: bytes) -> None:
    with pytest.raises(BrokenFrame):
        read_frame(io.BytesIO(data))


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    try:
        found = read_frame(io.BytesIO(struct.pack(">I", len(data)) + data))
    except BrokenFrame:
        return
    assert isinstance(found, dict)
