"""What of a model's bytes is shown, and when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.answer_stream import AnswerStream, Coalescer


def shown(stream: AnswerStream, *pieces: bytes) -> list[str]:
    return [text for text in [*map(stream.feed, pieces), stream.close()] if text]


@given(st.text(), st.data())
def test_pieces_are_whole_characters_and_lose_nothing(text: str, data: st.DataObject) -> None:
    raw = text.encode("utf-8", errors="ignore")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)))))
    pieces = [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]

    assert "".join(shown(AnswerStream(), *pieces)) == raw.decode().lstrip()


def test_a_character_cut_by_the_end_is_not_shown_as_rubbish() -> None:
    assert shown(AnswerStream(), b"ok", "é".encode()[:1]) == ["ok"]


def test_the_beginning_of_a_stop_word_is_held_back_until_it_is_none() -> None:
    stream = AnswerStream(("STOP",))

    assert [stream.feed(piece) for piece in (b"a ST", b"O", b"RY")] == ["a ", "", "STORY"]


def test_a_stop_word_over_several_tokens_is_found() -> None:
    stream = AnswerStream(("###", "END"))

    assert shown(stream, b"one E", b"N", b"D two") == ["one "]
    assert stream.stopped


def test_what_was_held_back_is_shown_at_the_end() -> None:
    assert shown(AnswerStream(("STOP",)), b"the S") == ["the ", "S"]


@pytest.mark.parametrize(
    ("stream", "pieces"),
    [
        (AnswerStream(), (b"<thi", b"nk>Hmm, ", b"Lyon?</th", b"ink>\n\nLy", b"on")),
        (AnswerStream(thinking=True), (b"Hmm, Lyon?", b"</think>", b"\n\n", b"Lyon")),
    ],
)
def test_thoughts_are_left_out(stream: AnswerStream, pieces: tuple[bytes, ...]) -> None:
    assert "".join(shown(stream, *pieces)) == "Lyon"


def test_a_tag_that_only_looks_like_a_thought_is_shown() -> None:
    assert "".join(shown(AnswerStream(), b"<th", b"ead>")) == "<thead>"


def test_the_first_piece_passes_at_once_and_the_next_ones_together(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [5.0]
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    passed: list[str] = []
    out = Coalescer(passed.append)
    for word in ("a ", "b ", "c ", "d ", "e"):
        out.add(word)
        clock[0] += Coalescer.EVERY * 0.6

    out.flush()

    assert passed == ["a ", "b c ", "d e"]
    assert out.text == "a b c d e"
