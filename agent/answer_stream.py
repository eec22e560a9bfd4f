"""From a model's bytes to the text that may be shown: whole characters, stop words, thoughts left out."""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable, Sequence

_THINK, _ANSWER = "<think>", "</think>"


class AnswerStream:
    """Feed it the bytes of every token; it hands back text as soon as that is certain to belong to the answer.

    Held back are: the bytes of a character that is not whole, the beginning of what may become a stop word, white
    space before the first word, and what a reasoning model thinks between `<think>` and `</think>` at the start.
    `thinking` tells that the prompt itself opened a thought.
    """

    def __init__(self, stop: Sequence[str] = (), thinking: bool = False) -> None:
        self.stopped = False  # by a stop word
        self._stop = tuple(filter(None, stop))
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._held = ""
        self._thinking = thinking
        self._begun = False

    def feed(self, data: bytes) -> str:
        """More text of the answer, or nothing yet."""
        self._held += self._decoder.decode(data)
        if not self._begun and not self._begin():
            return ""
        for word in self._stop:
            position = self._held.find(word)
            if position >= 0:
                self.stopped = True
                self._held = self._held[:position]
        keep = 0 if self.stopped else self._may_become_stop()
        text, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return text

    def close(self) -> str:
        """What was held back only for what might have followed.  A character cut in the middle is lost."""
        if self._thinking or self.stopped:
            return ""
        text, self._held = self._held, ""
        return text

    def _begin(self) -> bool:
        """Whether the answer proper has begun; drops what comes before it."""
        self._held = self._held.lstrip()
        if not self._thinking and self._held.startswith(_THINK):
            self._thinking = True
        if self._thinking:
            _, found, rest = self._held.partition(_ANSWER)
            if not found:
                return False
            self._thinking, self._held = False, rest.lstrip()
        self._begun = bool(self._held) and not _THINK.startswith(self._held)
        return self._begun

    def _may_become_stop(self) -> int:
        """How many characters at the end are the beginning of a stop word."""
        longest = 0
        for word in self._stop:
            for length in range(min(len(word) - 1, len(self._held)), longest, -1):
                if self._held.endswith(word[:length]):
                    longest = length
                    break
        return longest


class Coalescer:
    """Passes text on at most every `EVERY` seconds, the first at once.

    Every piece that crosses to the asker's process wakes two threads there, and on a small machine they take the time
    from the model's own: a fast model lost 4 % of its rate to it, for more pieces than any screen shows.
    """

    EVERY = 0.025

    def __init__(self, emit: Callable[[str], None]) -> None:
        self.text = ""  # all of it
        self._emit = emit
        self._passed = 0  # characters
        self._last = -1.0

    def add(self, text: str) -> None:
        self.text += text
        if text and time.perf_counter() - self._last >= self.EVERY:
            self.flush()

    def flush(self) -> None:
        if len(self.text) > self._passed:
            self._last = time.perf_counter()
            text, self._passed = self.text[self._passed :], len(self.text)
            self._emit(text)
