"""How much of a model goes to an accelerator, decided by its free memory.

The devices are asked through ggml's own interface, in the library that llama.cpp was built with; where that cannot be
loaded on its own (one static library), `nvidia-smi` answers.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

RESERVE = 768 << 20  # bytes left for compute buffers and for the display
_GPU = 1  # ggml_backend_dev_type: 0 CPU, 1 GPU, 2 integrated GPU (its memory is the machine's), 3 accelerator


@dataclass(frozen=True)
class Device:
    """An accelerator.  `free` in bytes."""

    name: str
    free: int


def layers_that_fit(model_size: int, layers: int, cache_bytes: int, free: int, reserve: int = RESERVE) -> int:
    """How many of a model's `layers` (its output layer counted as one of them) fit into `free` bytes.

    Every layer weighs the same share of the file and of the KV cache of `cache_bytes`.  Pure.
    """
    if layers <= 0:
        return 0
    per_layer = max(1, -(-(model_size + cache_bytes) // layers))
    return max(0, min(layers, (free - reserve) // per_layer))


def offload(
    found: Sequence[Device], model_size: int, blocks: int, cache_bytes: int, wanted: int | None = None
) -> tuple[int, str]:
    """How many layers of a model of `blocks` blocks go to the roomiest of the devices found (or as many as `wanted`),
    and the name of what then runs it.  Pure."""
    if not found or wanted == 0:
        return 0, "CPU"
    best = max(found, key=lambda device: device.free)
    layers = layers_that_fit(model_size, blocks + 1, cache_bytes, best.free) if wanted is None else wanted
    return layers, best.name if layers else "CPU"


def devices(libraries: Path) -> list[Device]:
    """The accelerators that the libraries in this folder can use; none is an answer too."""
    found = _from_ggml(libraries)
    return _from_nvidia_smi() if found is None else found


def _from_ggml(libraries: Path) -> list[Device] | None:
    try:
        base = ctypes.CDLL(str(_library(libraries, "ggml-base")))
        registry = ctypes.CDLL(str(_library(libraries, "ggml")))
        count, get = registry.ggml_backend_dev_count, registry.ggml_backend_dev_get
        kind, memory, text = (
            base.ggml_backend_dev_type,
            base.ggml_backend_dev_memory,
            base.ggml_backend_dev_description,
        )
    except (OSError, AttributeError):
        return None
    count.restype, count.argtypes = ctypes.c_size_t, []
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    kind.restype, kind.argtypes = ctypes.c_int, [ctypes.c_void_p]
    text.restype, text.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
    memory.restype, memory.argtypes = None, [ctypes.c_void_p, *[ctypes.POINTER(ctypes.c_size_t)] * 2]
    found = []
    for index in range(count()):
        device = get(index)
        if kind(device) == _GPU:
            free, total = ctypes.c_size_t(), ctypes.c_size_t()
            memory(device, ctypes.byref(free), ctypes.byref(total))
            found.append(Device(text(device).decode(errors="replace"), free.value))
    return found


def _library(folder: Path, name: str) -> Path:
    for candidate in (f"lib{name}.so", f"lib{name}.dylib", f"{name}.dll"):
        if (folder / candidate).exists():
            return folder / candidate
    raise OSError(f"no {name} in {folder}")


def _from_nvidia_smi() -> list[Device]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    query = [program, "--query-gpu=name,memory.free", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True, env=dict(os.environ))
    except (OSError, subprocess.SubprocessError):
        return []
    return parse_nvidia_smi(answer.stdout)


def parse_nvidia_smi(text: str) -> list[Device]:
    """Lines of `name, free MiB`; a line that says anything else is passed over."""
    found = []
    for line in text.splitlines():
        name, _, free = line.rpartition(",")
        if name and free.strip().isdigit():
            found.append(Device(name.strip(), int(free) << 20))
    return found
