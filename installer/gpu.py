"""Is there an NVIDIA GPU, and can the engine be built for it?"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Gpu:
    present: bool  # a device file of the driver is there
    nvcc: str  # the compiler's path, or ""
    choice: str  # NUEE_ENGINE: "cpu", "cuda" or ""

    @property
    def wanted(self) -> bool:
        """Whether to look closer: `usable` then starts the driver."""
        if self.choice:
            return self.choice == "cuda"
        return self.present and bool(self.nvcc)

    @property
    def flags(self) -> tuple[str, ...]:
        """For CMake: only the architecture of the card that is here, which shortens the build a lot."""
        return ("-DGGML_CUDA=ON", "-DCMAKE_CUDA_ARCHITECTURES=native", f"-DCMAKE_CUDA_COMPILER={self.nvcc or 'nvcc'}")


def find() -> Gpu:
    """Looks at files only: done at every start."""
    devices = any(Path("/dev").glob("nvidia[0-9]*")) or Path("/usr/lib/wsl/lib/libcuda.so.1").exists()
    if os.name == "nt":
        devices = shutil.which("nvidia-smi") is not None
    nvcc = shutil.which("nvcc") or shutil.which("/usr/local/cuda/bin/nvcc") or ""
    return Gpu(devices, nvcc, os.environ.get("NUEE_ENGINE", "").lower())


def names() -> list[str]:
    """The cards that the driver lists; empty without a driver.  Starts nvidia-smi."""
    tool = shutil.which("nvidia-smi") or shutil.which("/usr/lib/wsl/lib/nvidia-smi")
    if not tool:
        return []
    try:
        answer = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.strip() for line in answer.stdout.splitlines() if line.startswith("GPU")]


def usable() -> bool:
    """Whether the driver answers and has a card: a build for CUDA takes long and is for nothing without one."""
    try:
        ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return False
    return bool(names())
