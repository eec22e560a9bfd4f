"""How much of a text a model has room for."""

from __future__ import annotations

from agent.llm import Llm

_TRIES = 4


async def beginning(llm: Llm, text: str, room: int) -> str:
    """As much of the beginning of `text` as `room` tokens hold.  Errors: LlmFailed."""
    for _ in range(_TRIES):
        text = text[: room * 8]  # no token is that many characters for long: counting more would be a waste
        size = await llm.count(text)
        if size <= room:
            return text
        text = text[: int(len(text) * room / size * 0.95)]
    return text[:room]
