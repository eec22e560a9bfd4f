"""What a machine gives a model: layers, memory, threads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cpu import MIN_CONTEXT, Pace, context_that_fits
from agent.gpu import Device, layers_that_fit, offload, parse_nvidia_smi

GB = 1 << 30


def test_a_model_that_fits_goes_to_the_accelerator_whole() -> None:
    assert layers_that_fit(4 * GB, 33, 1 * GB, free=8 * GB, reserve=GB) == 33


def test_a_model_that_does_not_fit_goes_in_part() -> None:
    assert layers_that_fit(4 * GB, 32, 0, free=3 * GB, reserve=GB) == 16


@given(st.integers(0, 1 << 44), st.integers(0, 200), st.integers(0, 1 << 40), st.integers(0, 1 << 44))
def test_the_layers_given_never_take_more_than_is_free(size: int, layers: int, cache: int, free: int) -> None:
    given_layers = layers_that_fit(size, layers, cache, free, reserve=GB)

    assert 0 <= given_layers <= layers
    if given_layers:
        assert given_layers * (size + cache) // layers <= free - GB


def test_without_a_device_all_stays_on_the_processor() -> None:
    assert offload([], 4 * GB, 32, 0) == (0, "CPU")


def test_the_roomiest_device_is_taken() -> None:
    assert offload([Device("small", GB), Device("large", 9 * GB)], 4 * GB, 32, 0) == (33, "large")


def test_a_full_device_is_not_named_as_the_one_that_runs() -> None:
    assert offload([Device("full", 0)], 4 * GB, 32, 0) == (0, "CPU")


def test_the_answer_of_nvidia_smi_is_read() -> None:
    text = "NVIDIA H200, 140000\nOdd, name, 12\nNo devices were found\n, \n"

    assert parse_nvidia_smi(text) == [Device("NVIDIA H200", 140000 << 20), Device("Odd, name", 12 << 20)]


@pytest.mark.parametrize(("free", "context"), [(16 * GB, 8192), (5 * GB, 4096), (0, MIN_CONTEXT)])
def test_the_context_shrinks_to_the_memory_there_is(free: int, context: int) -> None:
    assert context_that_fits(32_768, 3 * GB, 200_000, free) == context


def test_a_model_of_small_context_keeps_it() -> None:
    assert context_that_fits(512, GB, 1000, 64 * GB) == 512


@pytest.mark.parametrize(("others", "threads"), [(0.0, 4), (0.3, 4), (1.0, 3), (2.5, 1), (9.0, 1)])
def test_a_thread_runs_for_each_processor_that_others_leave_free(
    monkeypatch: pytest.MonkeyPatch, others: float, threads: int
) -> None:
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    used = [(50.0, 20.0)]
    pace = Pace(4, lambda: used[0])
    clock[0] += 2
    used[0] = (50.0 + 2 * (others + 1.5), 20.0 + 2 * 1.5)

    pace.look()

    assert pace.threads == threads


def test_the_machine_is_not_asked_for_every_token(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    asked: list[int] = []

    def busy() -> tuple[float, float]:
        asked.append(1)
        return 0.0, 0.0

    pace = Pace(2, busy)
    for _ in range(100):
        clock[0] += 0.01
        pace.look()

    assert len(asked) <= 1 + 4
