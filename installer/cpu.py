"""The processor, and the builds of the engine that fit it.

`GGML_NATIVE` stays off on x86: on processors with AMX (Sapphire Rapids and later, mostly seen in virtual machines) the
native build of llama.cpp dies with SIGSEGV in decode.  Everything else the processor offers is named one by one,
because with `GGML_NATIVE=OFF` llama.cpp switches AVX2 and its kin ON, also where the processor lacks them.
"""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

AVX2_GROUP = ("avx", "avx2", "fma", "f16c", "bmi2")
AVX512_GROUP = ("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl")  # what ggml's AVX512 code is compiled for

PLAIN = (
    *("-DLLAVA_BUILD=OFF", "-DLLAMA_BUILD_TOOLS=OFF", "-DLLAMA_BUILD_EXAMPLES=OFF", "-DLLAMA_BUILD_TESTS=OFF"),
    *("-DLLAMA_BUILD_SERVER=OFF", "-DLLAMA_CURL=OFF"),
)


@dataclass(frozen=True)
class Cpu:
    model: str
    machine: str  # "x86_64", "arm64", … in one spelling for all systems
    features: frozenset[str]  # as the Linux kernel spells them
    cores: int


@dataclass(frozen=True)
class Rung:
    """One build of the engine on the ladder from fast to plain."""

    name: str
    flags: tuple[str, ...]  # for CMake


def machine_name(raw: str) -> str:
    return {"amd64": "x86_64", "x86-64": "x86_64", "aarch64": "arm64"}.get(raw.lower(), raw.lower())


def parse_cpuinfo(text: str) -> tuple[str, frozenset[str]]:
    """Model and features of the first processor in /proc/cpuinfo."""
    fields: dict[str, str] = {}
    for line in text.split("\n\n", 1)[0].splitlines():
        key, _, value = line.partition(":")
        fields[key.strip().lower()] = value.strip()
    model = fields.get("model name") or fields.get("hardware") or fields.get("cpu implementer", "unknown")
    return model, frozenset((fields.get("flags") or fields.get("features") or "").split())


def parse_sysctl(text: str) -> tuple[str, frozenset[str]]:
    """The same from `sysctl machdep.cpu` of an Intel Mac, whose names differ."""
    values = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    words = " ".join(value for key, value in values.items() if key.endswith("features")).lower()
    renamed = words.replace("avx1.0", "avx").replace("sse4.2", "sse4_2").replace("sse4.1", "sse4_1")
    return values.get("machdep.cpu.brand_string", "unknown"), frozenset(renamed.split())


def _windows_features() -> frozenset[str]:
    """IsProcessorFeaturePresent knows these few (winnt.h: PF_…_INSTRUCTIONS_AVAILABLE)."""
    present = ctypes.CDLL("kernel32").IsProcessorFeaturePresent
    known = {38: ("sse4_2",), 39: ("avx", "f16c"), 40: ("avx2", "fma", "bmi2"), 41: AVX512_GROUP}
    return frozenset(name for number, names in known.items() if present(number) for name in names)


def read() -> Cpu:
    """This machine's processor.  Starts a program on macOS only."""
    model, features = "unknown", frozenset[str]()
    if sys.platform.startswith("linux"):
        model, features = parse_cpuinfo(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace"))
    elif sys.platform == "darwin":
        answer = subprocess.run(["/usr/sbin/sysctl", "machdep.cpu"], capture_output=True, text=True, check=False)
        model, features = parse_sysctl(answer.stdout)
    elif sys.platform == "win32":
        model, features = platform.processor() or model, _windows_features()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Cpu(model, machine_name(platform.machine()), features, cores)


def _x86(features: frozenset[str], wanted: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """`wanted`: ggml option to the features it needs; each is named ON or OFF."""
    flags = [f"-D{option}={'ON' if set(need) <= features else 'OFF'}" for option, need in wanted.items()]
    return ("-DGGML_NATIVE=OFF", *flags, *PLAIN)


SSE = {"GGML_SSE42": ("sse4_2",)}
AVX = {"GGML_AVX": ("avx",), "GGML_F16C": ("avx", "f16c")}
AVX2 = {"GGML_AVX2": AVX2_GROUP, "GGML_FMA": AVX2_GROUP, "GGML_BMI2": AVX2_GROUP}
AVX512 = {"GGML_AVX512": AVX512_GROUP, "GGML_AVX512_VNNI": (*AVX512_GROUP, "avx512_vnni")}


def _never(options: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(options, ("never",))


def ladder(cpu: Cpu, cuda: tuple[str, ...] = ()) -> list[Rung]:
    """The builds to try on `cpu`, the fastest first; `cuda`: extra flags where an NVIDIA GPU can be used."""
    if cpu.machine != "x86_64":
        native = Rung("native", PLAIN)
        rungs = [native, Rung("plain", ("-DGGML_NATIVE=OFF", *PLAIN))]
    else:
        has = cpu.features.issuperset
        every = {**SSE, **AVX, **AVX2, **AVX512}
        choices = [
            ("AVX-512", has((*AVX2_GROUP, *AVX512_GROUP)), every),
            ("AVX2", has(AVX2_GROUP), {**SSE, **AVX, **AVX2, **_never(AVX512)}),
            ("AVX", has(("avx",)), {**SSE, **AVX, **_never(AVX2), **_never(AVX512)}),
            ("SSE", True, {**SSE, **_never(AVX), **_never(AVX2), **_never(AVX512)}),
        ]
        rungs = [Rung(name, _x86(cpu.features, wanted)) for name, fits, wanted in choices if fits]
    if cuda:
        rungs.insert(0, Rung(f"CUDA + {rungs[0].name}", (*rungs[0].flags, *cuda)))
    return rungs
