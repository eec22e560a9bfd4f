"""What runs inside `nuee --worker contracts`: Vyper, over a source of anybody.  The only importer of it.

The process has no further file descriptor once the compiler is warm: it opens no file and no connection from then on.
It is one compilation's, and ended from outside when that takes too long.  Imports find the interfaces that come with
the compiler and nothing else: the bundle of files it is given is empty and never looks at a disk.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from vyper.compiler import compile_from_file_input
from vyper.compiler.input_bundle import FileInput, JSONInputBundle

from app.worker_host import Reply, Service

MAX_SOURCE = 64 * 1024  # bytes of UTF-8
MAX_ERRORS = 20
MAX_SENTENCE = 500  # characters
ADDRESS_SPACE = 1024 * 1024 * 1024  # bytes
CPU_SECONDS = 30
_NAME = PurePath("contract.vy")
# Uses what is loaded late: interfaces, the standard library, maps, events, external calls, the optimizer.
WARM = """
from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed
from ethereum.ercs import IERC165
from ethereum.ercs import IERC721
from ethereum.ercs import IERC4626
event Paid:
    to: indexed(address)
    amount: uint256
struct Kept:
    amount: uint256
    name: String[20]
kept: public(HashMap[address, Kept])
token: immutable(IERC20)
all: DynArray[address, 5]
@deploy
def __init__(at: address):
    token = IERC20(at)
@internal
@view
def _sum(a: uint256) -> uint256:
    total: uint256 = a
    for one: address in self.all:
        total += self.kept[one].amount
    return total
@external
@nonreentrant
def pay(to: address, amount: uint256) -> uint256:
    assert amount > 0, "nothing"
    self.kept[to].amount += amount
    extcall token.transfer(to, amount)
    send(to, 1)
    log Paid(to=to, amount=amount)
    return self._sum(block.timestamp)
"""


def service() -> Service:
    """Handlers by operation; the limits of this process stand from now on, for good."""
    compiled(WARM)
    compiled("x: nothing")  # what errors need
    compiled("def f(:")
    confine()
    return {"ready": lambda _args, _reply: {}, "compile": _compile}


def confine() -> None:
    """POSIX alone has these limits; elsewhere the process is still a separate one that time ends."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _compile(args: dict[str, Any], _reply: Reply) -> Mapping[str, Any]:
    return compiled(str(args["source"]))


def compiled(source: str) -> dict[str, Any]:
    """`{"ok", "errors": [{"line", "message"}], "abi", "bytecode_size"}`; never raises.  `line` 0: none."""
    if len(source.encode(errors="replace")) > MAX_SOURCE:
        return _failed([{"line": 0, "message": f"The source is larger than {MAX_SOURCE // 1024} KiB."}])
    given = FileInput(0, _NAME, _NAME, source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = compile_from_file_input(
                given, input_bundle=JSONInputBundle({}, [PurePath()]), output_formats=["abi", "bytecode"]
            )
    except MemoryError:
        return _failed([{"line": 0, "message": "Compiling it would take more memory than one contract may."}])
    except RecursionError:
        return _failed([{"line": 0, "message": "It is nested too deeply to be compiled."}])
    except OSError:  # there is no file it could open, whatever it names
        return _failed([{"line": 0, "message": "It imports what is not there."}])
    except Exception as error:  # noqa: BLE001 - a compiler over a stranger's text may fail in any way
        return _failed([_told(one) for one in _each(error)[:MAX_ERRORS]])
    size = max(0, (len(made["bytecode"]) - 2) // 2)
    return {"ok": True, "errors": [], "abi": made["abi"], "bytecode_size": size}


def _failed(errors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"ok": False, "errors": errors, "abi": [], "bytecode_size": 0}


def _each(error: BaseException) -> list[BaseException]:
    parts = getattr(error, "exceptions", None)
    return list(parts) if isinstance(parts, list | tuple) and parts else [error]


def _told(error: BaseException) -> dict[str, Any]:
    """The message without the compiler's drawing of the place, and the line of the source."""
    message = getattr(error, "message", None)
    said = message if isinstance(message, str) else f"{type(error).__name__}: {error}"
    if type(error).__name__ == "ModuleNotFound":
        said = f"There is no {said} to import: only the interfaces of ethereum.ercs are here."
    with contextlib.suppress(Exception):
        hint = getattr(error, "hint", None)
        said += f" ({hint})" if isinstance(hint, str) and hint else ""
    return {"line": _line(error), "message": " ".join(said.split())[:MAX_SENTENCE]}


def _line(error: BaseException) -> int:
    places = [getattr(error, "lineno", None)]
    for one in getattr(error, "annotations", None) or ():
        node = one[1] if isinstance(one, tuple) and len(one) > 1 else one
        places.append(getattr(node, "lineno", None))
    return next((place for place in places if isinstance(place, int) and not isinstance(place, bool)), 0)
