"""Which builds of the engine are tried on which processor."""

from __future__ import annotations

import pytest

from installer import cpu
from installer.cpu import Cpu, ladder

BASE = "fpu vme de pse tsc msr sse sse2 ssse3 sse4_1 sse4_2 popcnt aes"
LAPTOP = f"{BASE} avx f16c rdrand avx2 bmi1 bmi2 fma"
XEON = f"{LAPTOP} avx512f avx512dq avx512cd avx512bw avx512vl avx512_vnni avx512_bf16 amx_bf16 amx_tile amx_int8"
CPUINFO = "processor\t: 0\nmodel name\t: {model}\nflags\t\t: {flags}\n\nprocessor\t: 1\nflags\t\t: none\n"


def x86(flags: str) -> Cpu:
    model, features = cpu.parse_cpuinfo(CPUINFO.format(model="A processor", flags=flags))
    return Cpu(model, "x86_64", features, 4)


def test_cpuinfo_gives_model_and_features_of_the_first_processor() -> None:
    model, features = cpu.parse_cpuinfo(CPUINFO.format(model="Intel(R) Xeon(R) Platinum 8480+", flags=XEON))
    assert model == "Intel(R) Xeon(R) Platinum 8480+"
    assert features == frozenset(XEON.split())


def test_a_processor_with_amx_gets_avx512_and_never_the_native_build() -> None:
    first = ladder(x86(XEON))[0]
    assert {"-DGGML_NATIVE=OFF", "-DGGML_AVX512=ON", "-DGGML_AVX512_VNNI=ON", "-DGGML_AVX2=ON"} <= set(first.flags)
    assert not any("AMX" in flag for flag in first.flags)


def test_a_laptop_without_avx512_is_not_given_it() -> None:
    first = ladder(x86(LAPTOP))[0]
    assert first.name == "AVX2"
    assert {"-DGGML_AVX2=ON", "-DGGML_FMA=ON", "-DGGML_F16C=ON", "-DGGML_BMI2=ON"} <= set(first.flags)
    assert {"-DGGML_AVX512=OFF", "-DGGML_AVX512_VNNI=OFF"} <= set(first.flags)


def test_avx512_without_vnni_names_vnni_off() -> None:
    first = ladder(x86(XEON.replace("avx512_vnni", "")))[0]
    assert {"-DGGML_AVX512=ON", "-DGGML_AVX512_VNNI=OFF"} <= set(first.flags)


def test_part_of_avx512_is_not_enough_for_it() -> None:
    assert ladder(x86(f"{LAPTOP} avx512f avx512cd"))[0].name == "AVX2"


def test_an_old_processor_has_everything_it_lacks_named_off() -> None:
    """llama.cpp switches AVX2 on by itself as soon as GGML_NATIVE is off."""
    (only,) = ladder(x86(BASE))
    assert {f"-DGGML_{name}=OFF" for name in ("AVX", "AVX2", "FMA", "F16C", "BMI2", "AVX512")} <= set(only.flags)
    assert "-DGGML_SSE42=ON" in only.flags


def test_the_ladder_goes_from_fast_to_plain() -> None:
    assert [rung.name for rung in ladder(x86(XEON))] == ["AVX-512", "AVX2", "AVX", "SSE"]


def test_cuda_comes_first_and_the_processor_builds_stay_below() -> None:
    rungs = ladder(x86(LAPTOP), cuda=("-DGGML_CUDA=ON",))
    assert [rung.name for rung in rungs][:2] == ["CUDA + AVX2", "AVX2"]
    assert "-DGGML_CUDA=ON" in rungs[0].flags
    assert "-DGGML_CUDA=ON" not in rungs[1].flags


def test_arm_is_built_natively_and_has_a_plain_build_below() -> None:
    rungs = ladder(Cpu("Cortex", cpu.machine_name("aarch64"), frozenset({"asimd"}), 4))
    assert [rung.name for rung in rungs] == ["native", "plain"]
    assert "-DGGML_NATIVE=OFF" not in rungs[0].flags


def test_an_intel_mac_spells_its_features_differently() -> None:
    text = (
        "machdep.cpu.brand_string: Intel(R) Core(TM) i7\nmachdep.cpu.features: SSE4.2 AVX1.0 F16C FMA\n"
        "machdep.cpu.leaf7_features: AVX2 BMI2"
    )
    model, features = cpu.parse_sysctl(text)
    assert model == "Intel(R) Core(TM) i7"
    assert ladder(Cpu(model, "x86_64", features, 4))[0].name == "AVX2"


@pytest.mark.parametrize("raw", ["AMD64", "x86_64", "x86-64"])
def test_one_machine_has_one_name(raw: str) -> None:
    assert cpu.machine_name(raw) == "x86_64"


def test_this_machine_is_read() -> None:
    here = cpu.read()
    assert here.cores >= 1
    assert ladder(here)
