"""The compiler of contracts as the node sees it: a process for each source, gone when it has answered or is slow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from app import services
from app.workers import WorkerFailed, WorkerProcess, ask

if TYPE_CHECKING:
    from app.node import Node

MAX_SOURCE = 64 * 1024  # bytes of UTF-8
SECONDS = 20.0  # for one source
START_SECONDS = 60.0  # a cold disk may take its time
_MAX_ABI = 500  # items
_MAX_NODES = 20_000  # values in an ABI, however nested
_MAX_TEXT = 500  # characters of a message, or of a name in the ABI
_DEPTH = 12
Start = Callable[[], WorkerProcess]


async def compile(node: Node, source: str) -> dict[str, Any]:
    """`{"ok", "errors": [{"line", "message"}], "abi", "bytecode_size"}`.  Never raises but for cancellation.

    Sentences are the compiler's English.  Nothing is deployed, kept or fetched; imports find the interfaces that come
    with the compiler and no file.
    """
    return await node.blocking(compiled, source)


def compiled(
    source: str, start: Start = lambda: services.start("contracts"), seconds: float = SECONDS
) -> dict[str, Any]:
    """As `compile`; blocking, any thread."""
    if len(source.encode(errors="replace")) > MAX_SOURCE:
        return failed(f"The source is larger than {MAX_SOURCE // 1024} KiB.")
    try:
        worker = start()
    except OSError:
        return failed("The compiler does not start.")
    try:
        ask(worker, "ready", START_SECONDS)
        return _checked(ask(worker, "compile", seconds, source=source))
    except TimeoutError:
        return failed(f"Compiling it took longer than {seconds:.0f} s; it was given up.")
    except WorkerFailed:
        return failed("It made the compiler stop; nothing came of it.")
    except (KeyError, TypeError, ValueError):
        return failed("The compiler failed on it; nothing came of it.")
    finally:
        worker.kill()


def failed(sentence: str) -> dict[str, Any]:
    return {"ok": False, "errors": [{"line": 0, "message": sentence}], "abi": [], "bytecode_size": 0}


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    """A worker that a source has taken over may answer anything: kinds and sizes are what they must be.

    Errors: KeyError, TypeError, ValueError.
    """
    ok, size, errors, abi = answer["ok"], answer["bytecode_size"], answer["errors"], answer["abi"]
    if not isinstance(ok, bool) or type(size) is not int or not 0 <= size < 1 << 24:
        raise TypeError
    if not isinstance(errors, list | tuple) or not isinstance(abi, list | tuple) or len(abi) > _MAX_ABI:
        raise TypeError
    told = []
    for one in errors[:20]:
        line, message = one["line"], one["message"]
        if type(line) is not int or not isinstance(message, str):
            raise TypeError
        told.append({"line": max(0, line), "message": message[:_MAX_TEXT]})
    left = [_MAX_NODES]
    return {"ok": ok, "errors": told, "abi": [_plain(item, left, _DEPTH) for item in abi], "bytecode_size": size}


def _plain(value: Any, left: list[int], depth: int) -> Any:
    """Errors: TypeError, for what JSON cannot say; ValueError, for more than one ABI can hold."""
    left[0] -= 1
    if left[0] < 0 or depth < 0:
        raise ValueError
    if isinstance(value, dict):
        return {str(key)[:_MAX_TEXT]: _plain(held, left, depth - 1) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held, left, depth - 1) for held in value]
    if isinstance(value, str):
        return value[:_MAX_TEXT]
    if value is None or isinstance(value, bool) or type(value) is int:
        return value
    raise TypeError
