"""A prompt for another's model: its words, how long the answer may be, and whether it is to be one that can be checked
by doing it again: then only by the model that answers here too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from PySide6.QtWidgets import QCheckBox

from app.results import ModelRow
from app.swarm.kinds.inference import MAX_PROMPT, USUAL_TOKENS
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field
from app.views.parts import choices, column, label, select
from app.views.plain import one_line
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
        self._digest = self._wanted = ""  # of the model that answers here, and of the one asked for another time
        self._same = QCheckBox()
        self._same.hide()
        self._what = label(words("checked.same_help"), "small")
        self._what.hide()
        self._same.setAccessibleDescription(self._what.text())
        length = Field(words("give.length"), self._tokens)
        self.setLayout(column(self._prompt, length, column(self._same, self._what, gap=4), gap=SPACE * 2))
        self.setFocusProxy(self._prompt)
        desk.bridge.submit(self, "models", on_done=self._know)

    def given(self) -> dict[str, Any] | None:
        if not self.checked("prompt", self._wrong()):
            return None
        pinned = {"sha256": self._digest} if self._same.isChecked() else {}
        return {"prompt": typed(self._prompt), "max_tokens": int(self._tokens.currentData()), **pinned}

    def fill(self, arguments: Mapping[str, Any]) -> None:
        put(self._prompt, str(arguments.get("prompt", "")))
        select(self._tokens, arguments.get("max-tokens", arguments.get("max_tokens")))
        self._wanted = str(arguments.get("model") or arguments.get("sha256") or "")
        self._same.setChecked(bool(self._digest) and self._wanted == self._digest)

    def _know(self, models: Sequence[ModelRow]) -> None:
        """Which one answers here; without one there is nothing to compare with."""
        current = next((one for one in models if one.current), None)
        if current is None:
            return
        self._digest = current.digest
        caption = self._desk.words("checked.same", name=one_line(current.name))
        self._same.setText(caption.replace("&", "&&"))
        self._same.setAccessibleName(caption)
        self._same.setChecked(self._wanted == self._digest)
        self._same.show()
        self._what.show()

    def _wrong(self) -> str:
        size = len(typed(self._prompt).encode(errors="replace"))
        words = self._desk.words
        return (
            "" if size <= MAX_PROMPT else words("give.prompt_long", size=words.size(size), most=words.size(MAX_PROMPT))
        )
