"""Which worker runs which service, and in what surroundings.  Imports happen in the worker, not in the node."""

from __future__ import annotations

from collections.abc import Callable

from app import hardening
from app.worker_host import Service, private_pipes, serve
from app.workers import WorkerProcess, WorkerSpec
from installer import places

_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "ANONYMIZED_TELEMETRY": "False",
}
# The scan waits for memory, not for arithmetic: a second thread gains nothing on a quiet machine, and on a busy one the
# threads wait for each other (100,000 vectors under load: 22 ms with one thread, 220 ms with two).
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
SPECS = {
    "keyholder": WorkerSpec("keyholder", _OFFLINE),
    "llama": WorkerSpec("llama", _OFFLINE),
    "embed": WorkerSpec("embed", _OFFLINE),
    "index": WorkerSpec("index", _OFFLINE | _ONE_THREAD),
    "documents": WorkerSpec("documents", _OFFLINE | _ONE_THREAD),
    "skills": WorkerSpec("skills", _OFFLINE),
    "contracts": WorkerSpec("contracts", _OFFLINE),
}


def start(name: str, on_exit: Callable[[int], None] | None = None) -> WorkerProcess:
    """Start worker `name`.  Errors: OSError when no process can be started."""
    return WorkerProcess(SPECS[name], on_exit)


def _keyholder() -> Service:
    from app import keyholder

    return keyholder.service()


def _llama() -> Service:
    from agent import llama_worker

    return llama_worker.service()


def _embed() -> Service:
    from storage import embed

    return embed.service(places.embedder())


def _index() -> Service:
    from storage import index

    return index.service()


def _documents() -> Service:
    from storage import documents_worker

    return documents_worker.service()


def _skills() -> Service:
    from skills import runner_worker

    return runner_worker.service()


def _contracts() -> Service:
    from app import contract_worker

    return contract_worker.service()


_SERVICES = {
    "keyholder": _keyholder,
    "llama": _llama,
    "embed": _embed,
    "index": _index,
    "documents": _documents,
    "skills": _skills,
    "contracts": _contracts,
}


def run(name: str) -> int:
    """Be worker `name` until the node closes the pipe.  The exit status of the process."""
    if name not in _SERVICES:
        return 2
    hardening.begin()
    source, sink = private_pipes()
    serve(_SERVICES[name](), source, sink)
    return 0
