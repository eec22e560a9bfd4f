"""A body of POST /v1/chat/completions as a generation; what is not supported is refused with a sentence.  Pure."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from agent.llm import Generation, Turn
from app.endpoint.replies import Refused

DEFAULT_TOKENS = 1024
DEFAULT_TEMPERATURE = 0.7
MAX_MESSAGES = 2000
MAX_STOPS = 4
MAX_SCHEMA = 64 * 1024  # characters
ANY_OBJECT = '{"type": "object"}'

_ROLES: dict[str, Literal["system", "user", "assistant"]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}
_READ = frozenset(
    """model messages max_tokens max_completion_tokens temperature top_p stop seed stream stream_options
    response_format""".split()  # noqa: SIM905
)
# Sent by many programs, and without meaning for one model on one machine.
_WITHOUT_EFFECT = frozenset(
    "user metadata store service_tier safety_identifier prompt_cache_key parallel_tool_calls verbosity".split()  # noqa: SIM905
)
_ONLY_THIS: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logit_bias": ({},),
    "tools": ([],),
    "tool_choice": ("none",),
    "functions": ([],),
    "function_call": ("none",),
    "modalities": (["text"],),
    "reasoning_effort": ("none",),
}


@dataclass(frozen=True)
class ChatRequest:
    """`usage`: a streamed answer ends with the counts too."""

    model: str
    generation: Generation
    stream: bool
    usage: bool


def parse(body: bytes, context: int) -> ChatRequest:
    """`context`: tokens that the model takes; an answer gets half of them at most.  Errors: Refused."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "invalid_json", "The body is not JSON.") from error
    if not isinstance(given, dict):
        raise Refused(400, "invalid_json", "The body is a JSON object.")
    fields = {name: value for name, value in given.items() if value is not None}
    _check_supported(fields)
    options = fields.get("stream_options", {})
    return ChatRequest(
        model=_text(fields, "model"),
        generation=_generation(fields, context),
        stream=_flag(fields, "stream"),
        usage=isinstance(options, dict) and options.get("include_usage") is True,
    )


def _check_supported(fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        if name in _ONLY_THIS:
            if not any(value == one and type(value) in (type(one), float) for one in _ONLY_THIS[name]):
                raise Refused(400, "unsupported_value", f"This model cannot serve “{name}”; leave it out.", name)
        elif name not in _READ and name not in _WITHOUT_EFFECT:
            raise Refused(400, "unknown_parameter", f"There is no parameter “{name[:60]}”.", name[:60])


def _generation(fields: Mapping[str, Any], context: int) -> Generation:
    tokens = _whole(fields, "max_completion_tokens", 1) or _whole(fields, "max_tokens", 1) or DEFAULT_TOKENS
    seed = _whole(fields, "seed", -(2**63))
    return Generation(
        turns=_turns(fields.get("messages")),
        max_tokens=min(tokens, max(context // 2, 1)),
        temperature=_number(fields, "temperature", DEFAULT_TEMPERATURE, 0, 2),
        top_p=_number(fields, "top_p", 0.95, 0, 1),
        seed=secrets.randbelow(2**31) if seed is None else seed % 2**31,
        stop=_stops(fields.get("stop", [])),
        schema=_schema(fields.get("response_format")),
    )


def _turns(messages: Any) -> tuple[Turn, ...]:
    if not isinstance(messages, list) or not 0 < len(messages) <= MAX_MESSAGES:
        raise Refused(400, "invalid_messages", f"“messages” is a list of 1 to {MAX_MESSAGES} messages.", "messages")
    turns = tuple(_turn(message, f"messages[{place}]") for place, message in enumerate(messages))
    if turns[-1].role != "user":
        raise Refused(400, "invalid_messages", "The last message is the user's.", "messages")
    return turns


def _turn(message: Any, where: str) -> Turn:
    role = _ROLES.get(str(message.get("role"))) if isinstance(message, dict) else None
    if role is None:
        raise Refused(400, "invalid_messages", "A message has the role system, developer, user or assistant.", where)
    if any(message.get(name) for name in ("tool_calls", "function_call", "audio")):
        raise Refused(400, "unsupported_value", "Messages that call tools or hold sound cannot be served.", where)
    return Turn(role, _content(message.get("content"), where))


def _content(content: Any, where: str) -> str:
    if isinstance(content, list) and content:
        if all(isinstance(part, dict) and part.get("type") == "text" for part in content):
            content = "\n".join(str(part.get("text", "")) for part in content)
        else:
            raise Refused(400, "unsupported_value", "This model reads text only.", where)
    if not isinstance(content, str):
        raise Refused(400, "invalid_messages", "The content of a message is text.", where)
    return content


def _stops(stop: Any) -> tuple[str, ...]:
    stops = [stop] if isinstance(stop, str) else stop
    good = isinstance(stops, list) and len(stops) <= MAX_STOPS
    if not good or not all(isinstance(one, str) and 0 < len(one) <= 200 for one in stops):
        raise Refused(400, "invalid_value", f"“stop” is a text, or up to {MAX_STOPS} of them.", "stop")
    return tuple(stops)


def _schema(form: Any) -> str | None:
    """The JSON schema that decoding is held to."""
    kind = form.get("type") if isinstance(form, dict) else None
    if form is None or kind == "text":
        return None
    if kind == "json_object":
        return ANY_OBJECT
    schema = (form.get("json_schema") or {}).get("schema") if kind == "json_schema" else None
    if not isinstance(schema, dict):
        raise Refused(400, "invalid_value", "“response_format” is text, json_object or json_schema.", "response_format")
    text = json.dumps(schema)
    if len(text) > MAX_SCHEMA:
        raise Refused(400, "invalid_value", "The schema is too large.", "response_format")
    return text


def _text(fields: Mapping[str, Any], name: str) -> str:
    return _of(fields, name, lambda value: isinstance(value, str) and 0 < len(value) < 300, "a text") or ""


def _flag(fields: Mapping[str, Any], name: str) -> bool:
    return name in fields and _of(fields, name, lambda value: isinstance(value, bool), "true or false") is True


def _whole(fields: Mapping[str, Any], name: str, least: int) -> int | None:
    def fits(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**63

    return None if name not in fields else int(_of(fields, name, fits, "a whole number"))


def _number(fields: Mapping[str, Any], name: str, default: float, least: float, most: float) -> float:
    def fits(value: Any) -> bool:
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        return plain and math.isfinite(value) and least <= value <= most

    return default if name not in fields else float(_of(fields, name, fits, f"a number from {least} to {most}"))


def _of(fields: Mapping[str, Any], name: str, fits: Callable[[Any], bool], what: str) -> Any:
    if name not in fields or not fits(fields[name]):
        raise Refused(400, "invalid_value", f"“{name}” is {what}.", name)
    return fields[name]
