"""A prompt for another's model: its words, and how long the answer may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from app.swarm.kinds.inference import MAX_PROMPT, USUAL_TOKENS
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field
from app.views.parts import choices, column, select
from app.views.task_form import TaskForm, put, text_box, typed

_LENGTHS = (("short", 128), ("usual", USUAL_TOKENS), ("long", 2048))
_HEIGHT = 110


class PromptForm(TaskForm):
    WRONG: ClassVar[Mapping[str, str]] = {"task-prompt-empty": "prompt", "task-prompt-long": "prompt"}

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        words = desk.words
        self._prompt = self.watched(
            "prompt", Field(words("give.prompt"), text_box(_HEIGHT), words("give.prompt_help")), self._wrong
        )
        self._tokens = choices(
            words("give.length"), [(count, words(f"give.length_{name}")) for name, count in _LENGTHS]
        )
        select(self._tokens, USUAL_TOKENS)
        self.setLayout(column(self._prompt, Field(words("give.length"), self._tokens), gap=SPACE * 2))
        self.setFocusProxy(self._prompt)

    def given(self) -> dict[str, Any] | None:
        if not self.checked("prompt", self._wrong()):
            return None
        return {"prompt": typed(self._prompt), "max_tokens": int(self._tokens.currentData())}

    def fill(self, arguments: Mapping[str, Any]) -> None:
        put(self._prompt, str(arguments.get("prompt", "")))
        select(self._tokens, arguments.get("max-tokens", arguments.get("max_tokens")))

    def _wrong(self) -> str:
        size = len(typed(self._prompt).encode(errors="replace"))
        words = self._desk.words
        return (
            "" if size <= MAX_PROMPT else words("give.prompt_long", size=words.size(size), most=words.size(MAX_PROMPT))
        )
