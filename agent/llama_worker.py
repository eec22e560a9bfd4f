"""The language model's process: llama.cpp and nothing else.  The only importer of llama_cpp.

Operations (see `service`): `load`, `count`, `generate`.  It speaks to llama.cpp's C interface directly, one call to
decode and one to sample per token, so that a token costs little more than llama.cpp takes for it.  Prompts are never
logged: the log of llama.cpp goes nowhere, save for its last complaint while a model loads.
"""

from __future__ import annotations

import ctypes
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import llama_cpp
from llama_cpp import llama_grammar

from agent import cpu, gguf, gpu
from agent.answer_stream import AnswerStream, Coalescer
from agent.budget import fit
from agent.chat_template import ChatTemplate
from agent.llm import Turn

BATCH: Final = 512  # tokens of a prompt per step
_PENALTY_WINDOW: Final = 64  # tokens that repeat_penalty looks back on
_TOP_K, _MIN_P = 40, 0.05  # llama.cpp's own defaults
_REMEMBERED: Final = 64  # answers whose tokens are kept for the next turn
_LOG_ERROR: Final = 4  # enum ggml_log_level
_MAX_SCHEMA: Final = 64 << 10
# The converter writes a character beyond 16 bits as two escapes, which a grammar takes for two broken characters.
_SURROGATES = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)


class Reply(Protocol):
    """What the host of a service offers a handler."""

    @property
    def cancelled(self) -> bool: ...

    def emit(self, event: Mapping[str, Any]) -> None: ...


Handler = Callable[[dict[str, Any], Reply], Mapping[str, Any]]


class EngineFailed(Exception):
    """`code` as in agent.llm.LlmFailed; the message is a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def service() -> Mapping[str, Handler]:
    """The operations of this worker.  They run one at a time, on one thread."""
    worker = _Worker()
    return {"load": worker.load, "count": worker.count, "generate": worker.generate}


class _Worker:
    def __init__(self) -> None:
        self._log = QuietLog()
        self._model: LoadedModel | None = None

    def load(self, args: dict[str, Any], reply: Reply) -> Mapping[str, Any]:
        """{path, context?, threads?, gpu_layers?} -> what was loaded.  Frees the model before it.
        Emits {"loaded": share}."""
        if self._model is not None:
            self._model.close()
            self._model = None
        self._model = LoadedModel(Path(args["path"]), args, reply, self._log)
        return self._model.info

    def count(self, args: dict[str, Any], _reply: Reply) -> Mapping[str, Any]:
        """{text} -> {tokens}"""
        return {"tokens": len(self._loaded().tokenize(str(args["text"]), False))}

    def generate(self, args: dict[str, Any], reply: Reply) -> Mapping[str, Any]:
        """The fields of agent.llm.Generation -> those of agent.llm.Finished.
        Emits {"prompt": tokens read} and {"text": piece}."""
        return _Answer(self._loaded(), args, reply).run()

    def _loaded(self) -> LoadedModel:
        if self._model is None:
            raise EngineFailed("no-model", "No language model is loaded.")
        return self._model


class QuietLog:
    """Swallows llama.cpp's log; remembers the last error, which is the reason when a model does not load."""

    def __init__(self) -> None:
        self.last_error = ""
        self._callback = llama_cpp.llama_log_callback(self._hear)  # llama.cpp keeps only the pointer
        llama_cpp.llama_log_set(self._callback, None)

    def _hear(self, level: int, text: bytes, _data: Any) -> None:
        if level == _LOG_ERROR:
            line = text.decode("utf-8", errors="replace").strip().rpartition("error loading model: ")[2]
            self.last_error = "".join(filter(str.isprintable, line))[:200]


class LoadedModel:
    """A loaded model with its one context of `context` tokens; `cached` are those whose state it holds."""

    def __init__(self, path: Path, args: Mapping[str, Any], reply: Reply, log: QuietLog) -> None:
        header = gguf.read_file(path)
        llama_cpp.llama_backend_init()
        self._log = log  # llama.cpp goes on calling it
        size = path.stat().st_size
        context = min(args.get("context") or cpu.MAX_CONTEXT, header.context or cpu.MAX_CONTEXT)
        context = min(context, cpu.context_that_fits(header.context, size, header.cache_bytes_per_token))
        cache = context * header.cache_bytes_per_token
        layers, device = gpu.offload(_devices(), size, header.layers, cache, args.get("gpu_layers"))
        self._model = _load(path, layers, reply, log)
        self.vocab = llama_cpp.llama_model_get_vocab(self._model)
        self._threads = (args["threads"],) * 2 if args.get("threads") else cpu.threads()
        self._pace = None if args.get("threads") else cpu.Pace(max(self._threads))
        self.state = self._open(context, layers > 0)
        self._memory = llama_cpp.llama_get_memory(self.state)
        self.context: int = llama_cpp.llama_n_ctx(self.state)
        self.cached: list[int] = []
        self.answers: dict[str, tuple[int, ...]] = {}
        self._pieces: dict[int, bytes] = {}
        self.template = self._template(header.chat_template)
        self.info = {
            "name": header.name,
            "context": self.context,
            "parameters": header.parameters,
            "layers": header.layers,
            "gpu_layers": min(layers, header.layers),
            "device": device,
            "fallback_template": self.template.fallback,
        }

    def close(self) -> None:
        llama_cpp.llama_free(self.state)
        llama_cpp.llama_model_free(self._model)

    def tokenize(self, text: str, special: bool) -> list[int]:
        """Tokens of `text`; `special` lets control words be control tokens."""
        data = text.encode("utf-8", errors="replace")
        room = len(data) + 8
        tokens = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self.vocab, data, len(data), tokens, room, False, special)
        if count < 0:
            raise EngineFailed("internal", "The language model could not read the text.")
        return list(tokens[:count])

    def piece(self, token: int) -> bytes:
        """The bytes of a token; none for control tokens."""
        known = self._pieces.get(token)
        if known is None:
            buffer = ctypes.create_string_buffer(512)
            length = llama_cpp.llama_token_to_piece(self.vocab, token, buffer, len(buffer), 0, False)
            known = self._pieces[token] = buffer.raw[: max(0, length)]
        return known

    def prompt(self, turns: Sequence[Turn]) -> tuple[list[int], bool]:
        """The tokens of a whole prompt, and whether it opens a thought.

        Earlier answers enter as the very tokens they were generated as: the tokenizer may cut the same text
        differently, and every token after the first difference would have to be evaluated again.
        """
        remembered = [self.answers.get(turn.content.strip()) if turn.role == "assistant" else None for turn in turns]
        recalled = {index: index for index, tokens in enumerate(remembered) if tokens}
        rendered = self.template.render(turns, recalled)
        tokens = self.template.tokenize(rendered, self.tokenize, lambda index: remembered[index] or ())
        bos = llama_cpp.llama_vocab_bos(self.vocab)
        if llama_cpp.llama_vocab_get_add_bos(self.vocab) and tokens[:1] != [bos]:
            tokens.insert(0, bos)
        return tokens, rendered.rstrip().endswith("<think>")

    def remember(self, text: str, tokens: Sequence[int]) -> None:
        self.answers[text] = tuple(tokens)
        if len(self.answers) > _REMEMBERED:
            del self.answers[next(iter(self.answers))]

    def keep_prefix(self, tokens: Sequence[int]) -> int:
        """Drop from the context what `tokens` does not begin with; returns how many of them it still holds.  The last
        one is always evaluated anew, for its logits are what the first token is sampled from."""
        shared = 0
        for cached, wanted in zip(self.cached, tokens[:-1], strict=False):
            if cached != wanted:
                break
            shared += 1
        if not llama_cpp.llama_memory_seq_rm(self._memory, 0, shared, -1):
            llama_cpp.llama_memory_clear(self._memory, True)  # a recurrent model cannot forget in part
            shared = 0
        del self.cached[shared:]
        return shared

    def decode(self, tokens: Sequence[int]) -> bool:
        """Evaluate tokens after those cached.  False: aborted, and nothing of them counts as cached."""
        if self._pace is not None and self._pace.look():
            answering, reading = (min(threads, self._pace.threads) for threads in self._threads)
            llama_cpp.llama_set_n_threads(self.state, answering, reading)
        array = (llama_cpp.llama_token * len(tokens))(*tokens)
        code = llama_cpp.llama_decode(self.state, llama_cpp.llama_batch_get_one(array, len(tokens)))
        if code == 0:
            self.cached.extend(tokens)
            return True
        if code < 0 or not llama_cpp.llama_memory_seq_rm(self._memory, 0, len(self.cached), -1):
            llama_cpp.llama_memory_clear(self._memory, True)
            self.cached.clear()
        if code == 2:
            return False
        raise EngineFailed("internal", f"The language model could not go on (llama.cpp code {code}). Ask again.")

    def abort_when(self, check: Callable[[], bool] | None) -> None:
        """Let llama.cpp ask between two steps of its graph whether to give up.  Only while a prompt is read: asked
        a thousand times per token, it would slow down answering."""
        kind = llama_cpp.ggml_abort_callback
        self._abort = kind(lambda _data: check()) if check else kind()  # kept: llama.cpp holds the pointer only
        llama_cpp.llama_set_abort_callback(self.state, self._abort, None)

    def _open(self, context: int, offloaded: bool) -> Any:
        params = llama_cpp.llama_context_default_params()
        params.n_batch = params.n_ubatch = BATCH
        params.n_threads, params.n_threads_batch = self._threads
        if not offloaded:  # on a processor it doubles the time to read a short follow-up (measured at 3,200 tokens)
            params.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
        while True:
            params.n_ctx = context
            opened = llama_cpp.llama_init_from_model(self._model, params)
            if opened:
                return opened
            if context <= cpu.MIN_CONTEXT:
                llama_cpp.llama_model_free(self._model)
                raise EngineFailed("bad-model", "There is not enough memory to run this model.")
            context //= 2

    def _template(self, source: str | None) -> ChatTemplate:
        """Its control words: all control tokens, and user-defined ones that look like markup."""
        control = llama_cpp.LLAMA_TOKEN_ATTR_CONTROL | llama_cpp.LLAMA_TOKEN_ATTR_UNKNOWN
        specials = []
        for token in range(llama_cpp.llama_vocab_n_tokens(self.vocab)):
            attributes = llama_cpp.llama_vocab_get_attr(self.vocab, token)
            if attributes & (control | llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED):
                text = self._text(token)
                if attributes & control or (text[:1] in "<[" and text[-1:] in ">]"):
                    specials.append(text)
        bos, eos = llama_cpp.llama_vocab_bos(self.vocab), llama_cpp.llama_vocab_eos(self.vocab)
        return ChatTemplate(source, self._text(bos), self._text(eos), specials)

    def _text(self, token: int) -> str:
        raw: bytes = llama_cpp.llama_vocab_get_text(self.vocab, token) if token >= 0 else b""
        return raw.decode("utf-8", errors="replace")


class _Answer:
    """One generation."""

    def __init__(self, model: LoadedModel, args: dict[str, Any], reply: Reply) -> None:
        self._started = time.perf_counter()
        self._model, self._args, self._reply = model, args, reply
        self._first_ms = 0.0
        self._out = Coalescer(self._show)

    def run(self) -> Mapping[str, Any]:
        turns = [Turn(turn["role"], turn["content"]) for turn in self._args["turns"]]
        room = self._model.context
        wanted = max(1, int(self._args.get("max_tokens", 256)))
        kept = fit(turns, room - min(wanted, room // 2), lambda some: len(self._model.prompt(some)[0]))
        prompt, thinking = self._model.prompt(kept.turns)
        sampler = _sampler(self._model.vocab, self._args)
        try:
            reused, read = self._read(prompt)
            answer: list[int] = []
            reason = "cancelled"
            if read:
                stream = AnswerStream(self._args.get("stop", ()), thinking)
                reason = self._write(sampler, stream, min(wanted, room - len(prompt)), answer)
            self._out.flush()
        finally:
            llama_cpp.llama_sampler_free(sampler)
        return {
            "reason": reason,
            "prompt_tokens": len(prompt),
            "reused_tokens": reused,
            "completion_tokens": len(answer),
            "first_token_ms": self._first_ms,
            "ms": self._elapsed(),
            "dropped_turns": kept.dropped,
        }

    def _read(self, prompt: Sequence[int]) -> tuple[int, bool]:
        """Evaluate the prompt; how much of it was there already, and whether it was read to its end."""
        reused = self._model.keep_prefix(prompt)
        self._model.abort_when(lambda: self._reply.cancelled)
        try:
            for start in range(reused, len(prompt), BATCH):
                if self._reply.cancelled or not self._model.decode(prompt[start : start + BATCH]):
                    return reused, False
                self._reply.emit({"prompt": min(start + BATCH, len(prompt))})
        finally:
            self._model.abort_when(None)
        return reused, True

    def _write(self, sampler: Any, stream: AnswerStream, room: int, answer: list[int]) -> str:
        """Sample until something ends it; returns what did."""
        model, reply = self._model, self._reply
        reason = "length"
        while True:
            token = llama_cpp.llama_sampler_sample(sampler, model.state, -1)
            if llama_cpp.llama_vocab_is_eog(model.vocab, token):
                reason = "stop"
                break
            answer.append(token)
            self._out.add(stream.feed(model.piece(token)))
            if stream.stopped:
                reason = "stop"
                break
            if reply.cancelled:
                reason = "cancelled"
                break
            if len(answer) >= room or not model.decode((token,)):
                break
        self._out.add(stream.close())
        if answer and not stream.stopped:  # else the tokens say more than the text
            model.remember(self._out.text.strip(), answer)
        return reason

    def _show(self, text: str) -> None:
        self._first_ms = self._first_ms or self._elapsed()
        self._reply.emit({"text": text})

    def _elapsed(self) -> float:
        return (time.perf_counter() - self._started) * 1000


def _devices() -> list[gpu.Device]:
    if not llama_cpp.llama_supports_gpu_offload():
        return []
    return gpu.devices(Path(llama_cpp.__file__).parent / "lib")


def _load(path: Path, layers: int, reply: Reply, log: QuietLog) -> Any:
    params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = layers

    def advance(share: float, _data: Any) -> bool:
        reply.emit({"loaded": share})
        return not reply.cancelled

    callback = llama_cpp.llama_progress_callback(advance)
    params.progress_callback = callback
    log.last_error = ""
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    if not model:
        why = log.last_error or "llama.cpp gives no reason"
        raise EngineFailed("bad-model", f"This model cannot be loaded: {why}.")
    return model


def _sampler(vocab: Any, args: Mapping[str, Any]) -> Any:
    """The chain that picks tokens: penalties, grammar, then the likeliest or a draw."""
    grammar = _grammar(vocab, str(args["schema"])) if args.get("schema") else None
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())

    def add(sampler: Any) -> None:
        llama_cpp.llama_sampler_chain_add(chain, sampler)  # the chain owns it from here

    penalty = float(args.get("repeat_penalty", 1.0))
    if penalty != 1.0:
        add(
            llama_cpp.llama_sampler_init_penalties(
                llama_cpp.llama_vocab_n_tokens(vocab), _PENALTY_WINDOW, penalty, 0.0, 0.0
            )
        )
    if grammar:
        add(grammar)
    temperature = float(args.get("temperature", 0.0))
    if temperature <= 0:
        add(llama_cpp.llama_sampler_init_greedy())
        return chain
    add(llama_cpp.llama_sampler_init_top_k(_TOP_K))
    add(llama_cpp.llama_sampler_init_top_p(float(args.get("top_p", 0.95)), 1))
    add(llama_cpp.llama_sampler_init_min_p(_MIN_P, 1))
    add(llama_cpp.llama_sampler_init_temp(temperature))
    add(llama_cpp.llama_sampler_init_dist(int(args.get("seed", 0)) & 0xFFFFFFFF))
    return chain


def _grammar(vocab: Any, schema: str) -> Any:
    """A sampler that lets only text of a JSON schema pass."""
    if len(schema) > _MAX_SCHEMA:
        raise EngineFailed("bad-schema", "The form asked of the model's answer is too large.")
    try:
        rules = llama_grammar.json_schema_to_gbnf(schema)
        rules = _SURROGATES.sub(lambda pair: bytes.fromhex(pair[1] + pair[2]).decode("utf-16-be"), rules).encode()
    except Exception as error:  # its walk over a wrong schema raises whatever it comes upon
        raise EngineFailed("bad-schema", f"The JSON schema is not usable ({type(error).__name__}).") from error
    grammar = llama_cpp.llama_sampler_init_grammar(vocab, rules, b"root")
    if not grammar:
        raise EngineFailed("bad-schema", "The form asked of the model's answer cannot be held to.")
    return grammar
