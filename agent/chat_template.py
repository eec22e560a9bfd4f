"""Turns to prompt, by the template that the model's own file brings, with no way for content to pose as structure.

A chat template marks who speaks with control tokens such as `<|im_end|>`.  A mail that contains that text must reach
the model as these letters, never as the token: it would end the user's turn and speak as the system.  So control
words found in content are fenced before rendering, and the tokenizer takes fenced words apart as plain text.

Templates are programs (Jinja) from a file that anybody may have made: they run sandboxed, in the worker process only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NoReturn

import jinja2
from jinja2.ext import loopcontrols
from jinja2.nodes import Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from agent.llm import Turn

CHATML: Final = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

# Unicode noncharacters: never meant for interchange, so no text needs them (Unicode 16.0, section 23.7).
_OPEN, _CLOSE, _RECALL = "\ufdd0", "\ufdd1", "\ufdd2"
_FENCED = re.compile(f"({_OPEN}[0-9]+{_CLOSE}|{_RECALL}[0-9]+{_CLOSE})")
_NOT_CONTENT = str.maketrans(dict.fromkeys((_OPEN, _CLOSE, _RECALL), "\N{REPLACEMENT CHARACTER}"))
_PROBE = "probe-7f3a"
_THOUGHT = frozenset({"<think>", "</think>"})  # templates look for these in earlier answers, to leave thoughts out


class BadTemplate(Exception):
    """The model's chat template failed on an ordinary conversation."""

    code = "bad-model"


class _GenerationTag(jinja2.ext.Extension):
    """`{% generation %}…{% endgeneration %}` marks answers for training; here it only wraps them."""

    tags = {"generation"}  # noqa: RUF012 - jinja2 declares it so

    def parse(self, parser: Parser) -> list[Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class ChatTemplate:
    """One model's template.  `specials` are the texts of its control tokens.  `fallback` tells that the model brought
    no usable template and ChatML stands in."""

    def __init__(self, source: str | None, bos: str, eos: str, specials: Sequence[str]) -> None:
        self._tokens = {"bos_token": bos, "eos_token": eos}
        self._specials = sorted(set(filter(None, specials)), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, self._specials)) or r"(?!)")
        self._numbers = {text: number for number, text in enumerate(self._specials)}
        compiled = _compile(source) if source else None
        self.fallback = compiled is None
        self._template = compiled or _environment().from_string(CHATML)
        self._has_system = self._probe()

    def render(self, turns: Sequence[Turn], recalled: Mapping[int, int] | None = None) -> str:
        """The prompt, fenced; `pieces` takes it apart.  `recalled` replaces the content of some turns (by index) with
        a number that `pieces` hands back.  Errors: BadTemplate."""
        messages = [self._message(turn, index, recalled or {}) for index, turn in enumerate(turns)]
        if not self._has_system:
            messages = _fold_system(messages)
        try:
            return self._run(messages)
        except (jinja2.TemplateError, ValueError, TypeError, ArithmeticError, LookupError):
            pass  # most often: it insists that user and assistant alternate
        try:
            return self._run(_alternating(messages))
        except (jinja2.TemplateError, ValueError, TypeError, ArithmeticError, LookupError) as error:
            raise BadTemplate("The chat template of this model does not work. Use another model.") from error

    def tokenize(
        self, rendered: str, tokenize: Callable[[str, bool], list[int]], recall: Callable[[int], Sequence[int]]
    ) -> list[int]:
        """Tokens of a rendered prompt.  `tokenize(text, special)` is the model's; `recall` gives the tokens of a turn
        by the number it was rendered with."""
        tokens: list[int] = []
        for piece in filter(None, _FENCED.split(rendered)):
            if piece[0] == _OPEN:
                word = self._specials[int(piece[1:-1])]
                # In two parts, for some vocabularies match "user defined" tokens in plain text as well.
                tokens += tokenize(word[0], False) + tokenize(word[1:], False)
            elif piece[0] == _RECALL:
                tokens += recall(int(piece[1:-1]))
            else:
                tokens += tokenize(piece, True)
        return tokens

    def _message(self, turn: Turn, index: int, recalled: Mapping[int, int]) -> dict[str, str]:
        if index in recalled:
            return {"role": turn.role, "content": f"{_RECALL}{recalled[index]}{_CLOSE}"}
        spared = _THOUGHT if turn.role == "assistant" else frozenset()

        def fence(match: re.Match[str]) -> str:
            return match[0] if match[0] in spared else f"{_OPEN}{self._numbers[match[0]]}{_CLOSE}"

        content = turn.content.translate(_NOT_CONTENT).strip()
        return {"role": turn.role, "content": self._pattern.sub(fence, content)}

    def _run(self, messages: Sequence[Mapping[str, str]]) -> str:
        return self._template.render(
            messages=messages, add_generation_prompt=True, enable_thinking=False, tools=None, **self._tokens
        )

    def _probe(self) -> bool:
        """Whether the template gives the system turn a place; some refuse it, some pass over it in silence."""
        try:
            text = self._run([{"role": "system", "content": _PROBE}, {"role": "user", "content": "?"}])
        except (jinja2.TemplateError, ValueError, TypeError, ArithmeticError, LookupError):
            return False
        return _PROBE in text


def _environment() -> jinja2.Environment:
    """As chat templates expect it: the conventions of Hugging Face's `apply_chat_template`."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_GenerationTag, loopcontrols]
    )
    environment.globals.update(raise_exception=_refuse, strftime_now=lambda form: datetime.now().strftime(form))
    environment.filters["tojson"] = _to_json
    return environment


def _compile(source: str) -> jinja2.Template | None:
    try:
        return _environment().from_string(source)
    except (jinja2.TemplateError, RecursionError):
        return None


def _refuse(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def _to_json(value: Any, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=options.get("indent"))


def _fold_system(messages: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """What the system turn says, at the head of the first question."""
    if not messages or messages[0]["role"] != "system":
        return list(messages)
    if len(messages) == 1 or messages[1]["role"] != "user":
        return [{**messages[0], "role": "user"}, *messages[1:]]
    joined = f"{messages[0]['content']}\n\n{messages[1]['content']}"
    return [{"role": "user", "content": joined}, *messages[2:]]


def _alternating(messages: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Neighbours of one role become one turn."""
    merged: list[dict[str, str]] = []
    for message in messages:
        if merged and merged[-1]["role"] == message["role"]:
            merged[-1] = {"role": message["role"], "content": f"{merged[-1]['content']}\n\n{message['content']}"}
        else:
            merged.append(message)
    return merged
