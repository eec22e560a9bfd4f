"""The Llm port over the worker process that runs llama.cpp.

One request runs at a time; the others wait their turn.  A request's turn ends with the worker's final reply to it, not
when its asker stops listening: an asker that leaves early only asks the worker to end, and the next request starts when
it has.  The worker is started by the first request and again by the first one after it died.  No wait is unbounded: a
worker that stays silent too long is killed, which ends its request like any other death.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeVar

import trio

from agent.llm import Finished, Generation, LlmFailed, ModelInfo, Token
from agent.models import ModelError, ModelFile

_DIED = "The language model stopped unexpectedly. Ask again: it starts anew with the next question."
_CODES = frozenset({"worker-died", "no-model", "too-long", "bad-model", "bad-schema", "internal"})

Frame = dict[str, Any]
_Result = TypeVar("_Result")


class Worker(Protocol):
    """A running worker process.  Listeners run on a thread of their own; `kill` blocks until it is gone."""

    @property
    def alive(self) -> bool: ...

    def submit(self, op: str, args: Mapping[str, Any], listener: Callable[[Frame], None]) -> int: ...

    def cancel(self, number: int) -> None: ...

    def kill(self) -> None: ...


@dataclass(frozen=True)
class Patience:
    """Seconds of silence after which a worker counts as hung.  It speaks while it loads, for every batch of a prompt
    and for every token, so these are for the slowest machine and the largest model."""

    load: float = 300.0
    answer: float = 180.0


@dataclass(frozen=True)
class Options:
    """How to run a model; what is None the worker decides by the machine it finds itself on."""

    context: int | None = None  # tokens, at most
    threads: int | None = None
    gpu_layers: int | None = None


class LlamaClient:
    """Trio thread only.

    `start` starts a worker, `model` names the model to run and `verify` makes sure of its bytes; all three may block
    and run in worker threads, and the latter two raise ModelError.  `on_restart` is called on the trio thread after a
    worker that died was replaced.
    """

    def __init__(
        self,
        start: Callable[[], Worker],
        model: Callable[[], ModelFile],
        verify: Callable[[ModelFile], object],
        on_restart: Callable[[], None] | None = None,
        patience: Patience | None = None,
        options: Options | None = None,
    ) -> None:
        self._start = start
        self._model = model
        self._verify = verify
        self._on_restart = on_restart
        self._patience = patience or Patience()
        self._options = asdict(options or Options())
        self._turn = trio.Semaphore(1)
        self._worker: Worker | None = None
        self._info: ModelInfo | None = None
        self._chosen: ModelFile | None = None
        self._running: _Request | None = None

    async def info(self) -> ModelInfo:
        """What is loaded; loads it first.  Errors: LlmFailed."""
        await self._take_turn()
        try:
            return await self._ready()
        finally:
            self._give_back()

    async def use(self, model: ModelFile) -> ModelInfo:
        """Load another model.  Errors: LlmFailed; the one before stays chosen then."""
        await self._take_turn()
        try:
            info = self._loaded()
            if info is None or info.digest != model.digest:
                info = await self._load(model)
            self._chosen = model
            return info
        finally:
            self._give_back()

    async def count(self, text: str) -> int:
        """Tokens of `text`.  Errors: LlmFailed."""
        await self._take_turn()
        try:
            await self._ready()
            reply = await self._call("count", {"text": text}, self._patience.answer)
            return int(reply["tokens"])
        finally:
            self._give_back()

    def generate(self, request: Generation) -> AsyncIterator[Token | Finished]:
        """Starts with the first `anext`; leaving it in any way ends it.  Errors: LlmFailed."""
        return _Answer(self, request)

    async def aclose(self) -> None:
        """End the worker, and with it whatever is running."""
        worker, self._worker, self._info = self._worker, None, None
        if worker is not None:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(worker.kill)

    async def _begin(self, request: Generation) -> _Request:
        """Take the turn and submit; the turn is given back by the final reply."""
        await self._take_turn()
        try:
            await self._ready()
            args = asdict(request)
            args["turns"] = [asdict(turn) for turn in request.turns]
            return self._submit("generate", args)
        finally:
            self._give_back()

    async def _take_turn(self) -> None:
        """Wait until no request runs.  A request that hangs is not waited for: its worker is killed."""
        while True:
            running = self._running
            try:
                with trio.fail_after(self._silence_left(running)):
                    await self._turn.acquire()
            except trio.TooSlowError:
                if running is self._running and self._silence_left(running) <= 0:
                    await self._kill()
            else:
                return

    def _give_back(self) -> None:
        """Let the next one in: now, or when the request that still runs has ended."""
        if self._running is not None and not self._running.ended:
            self._running.on_end = self._turn.release
        else:
            self._turn.release()

    def _silence_left(self, running: _Request | None) -> float:
        """How long the worker may stay silent before the next in line gives up on it."""
        longest = max(self._patience.load, self._patience.answer)
        return longest if running is None or running.ended else running.silence_left(longest)

    async def _ready(self) -> ModelInfo:
        """A live worker with the right model in it."""
        info = self._loaded()
        if info is not None:
            return info
        chosen = self._chosen
        return await self._load(await _in_thread(self._model) if chosen is None else chosen)

    def _loaded(self) -> ModelInfo | None:
        return self._info if self._worker is not None and self._worker.alive else None

    async def _load(self, model: ModelFile) -> ModelInfo:
        await _in_thread(lambda: self._verify(model))
        restarted = self._worker is not None and not self._worker.alive
        if self._worker is None or restarted:
            self._worker = await trio.to_thread.run_sync(self._start)
        self._info = None
        reply = await self._call("load", {"path": str(model.path), **self._options}, self._patience.load)
        self._info = ModelInfo(
            name=model.name,
            digest=model.digest,
            context=reply["context"],
            parameters=reply["parameters"],
            gpu_layers=reply["gpu_layers"],
            layers=reply["layers"],
            device=reply["device"],
        )
        if restarted and self._on_restart is not None:
            self._on_restart()
        return self._info

    async def _call(self, op: str, args: Mapping[str, Any], patience: float) -> Frame:
        """One request whose stream is of no interest.  Errors: LlmFailed."""
        request = self._submit(op, args)
        try:
            while True:
                frame = await self._next(request, patience)
                if "done" in frame:
                    return dict(frame["done"])
        finally:
            request.cancel()  # where the asker left; harmless at the end

    async def _next(self, request: _Request, patience: float) -> Frame:
        """The next frame of a request.  Errors: LlmFailed, for its error frame too."""
        while True:
            try:
                with trio.fail_after(request.silence_left(patience)):
                    frame = await request.receive()
            except trio.TooSlowError:
                if request.silence_left(patience) <= 0:
                    await self._kill()  # answers the request with worker-died
                continue
            if "error" in frame:
                raise _failure(frame["error"])
            return frame

    def _submit(self, op: str, args: Mapping[str, Any]) -> _Request:
        assert self._worker is not None
        self._running = _Request(self._worker, op, args)
        return self._running

    async def _kill(self) -> None:
        if self._worker is not None:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(self._worker.kill)


class _Request:
    """A request to a worker.  Frames hop from the worker's reader thread to the trio thread."""

    def __init__(self, worker: Worker, op: str, args: Mapping[str, Any]) -> None:
        self.ended = False
        self.on_end: Callable[[], None] = lambda: None
        self._worker = worker
        self._heard = trio.current_time()
        self._send, self._receive = trio.open_memory_channel[Frame](math.inf)  # a request's frames are few
        token = trio.lowlevel.current_trio_token()

        def listen(frame: Frame) -> None:
            with contextlib.suppress(trio.RunFinishedError, OSError):  # the node is gone, or just going
                token.run_sync_soon(self._hear, frame)

        self._number = worker.submit(op, args, listen)

    def silence_left(self, patience: float) -> float:
        """Seconds until the worker has been silent for `patience` seconds."""
        return max(0.0, self._heard + patience - trio.current_time())

    async def receive(self) -> Frame:
        return await self._receive.receive()

    def cancel(self) -> None:
        if not self.ended:
            self._worker.cancel(self._number)

    def _hear(self, frame: Frame) -> None:
        self._heard = trio.current_time()
        with contextlib.suppress(trio.BrokenResourceError):
            self._send.send_nowait(frame)
        if "event" not in frame:
            self.ended = True
            self.on_end()


class _Answer:
    """The stream of one generation.  An object and not an async generator: leaving a loop over it by `break` ends the
    request at once, where a generator would wait for the garbage collector and warn."""

    def __init__(self, client: LlamaClient, request: Generation) -> None:
        self._client = client
        self._wanted = request
        self._started = trio.current_time()
        self._first: float | None = None
        self._request: _Request | None = None
        self._over = False

    def __aiter__(self) -> _Answer:
        return self

    async def __anext__(self) -> Token | Finished:
        if self._over:
            raise StopAsyncIteration
        try:
            if self._request is None:
                self._request = await self._client._begin(self._wanted)
            return await self._receive(self._request)
        except BaseException:
            self._leave()
            raise

    async def aclose(self) -> None:
        """Ask the worker to end; it does within a token, and the next request waits for that."""
        self._leave()
        await trio.lowlevel.checkpoint()

    def __del__(self) -> None:
        self._leave()

    async def _receive(self, request: _Request) -> Token | Finished:
        while True:
            frame = await self._client._next(request, self._client._patience.answer)
            if "done" in frame:
                self._over = True
                return self._finished(frame["done"])
            text = frame["event"].get("text")
            if text:
                self._first = self._first or self._elapsed()
                return Token(text)

    def _finished(self, done: Mapping[str, Any]) -> Finished:
        """With the times of the asker, who waited for the load and the turn as well."""
        ms = self._elapsed()
        return Finished(**{**done, "first_token_ms": ms if self._first is None else self._first, "ms": ms})

    def _leave(self) -> None:
        self._over = True
        if self._request is not None:
            self._request.cancel()

    def _elapsed(self) -> float:
        return (trio.current_time() - self._started) * 1000


async def _in_thread(function: Callable[[], _Result]) -> _Result:
    """Run what reads the store.  Errors: LlmFailed for ModelError."""
    try:
        return await trio.to_thread.run_sync(function)
    except ModelError as error:
        code = "no-model" if error.code in ("no-model", "ambiguous") else "bad-model"
        raise LlmFailed(code, str(error)) from error


def _failure(error: Mapping[str, Any]) -> LlmFailed:
    code, message = str(error.get("code", "internal")), str(error.get("message", ""))
    if code == "worker-died":
        return LlmFailed(code, _DIED)
    if code == "internal" and not message:
        message = "The language model failed. Ask again."
    return LlmFailed(code if code in _CODES else "bad-model", message)
