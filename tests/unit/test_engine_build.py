"""The name of an engine's build: the same for the same flags, and for no others."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from app import engine


def named(prefix: Path, monkeypatch: pytest.MonkeyPatch, **facts: Any) -> str:
    monkeypatch.setattr(sys, "prefix", str(prefix))
    folder = prefix / ".nuee"
    folder.mkdir(exist_ok=True)
    (folder / "engine.json").write_text(json.dumps({"version": "0.3.36", "rung": "AVX2", **facts}))
    return engine.build()


def test_the_same_flags_are_one_build_in_whatever_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = named(tmp_path, monkeypatch, flags=["-DA=ON", "-DB=OFF"])

    assert first.startswith("0.3.36 AVX2 ")
    assert named(tmp_path, monkeypatch, flags=["-DB=OFF", "-DA=ON"]) == first


@pytest.mark.parametrize("facts", [{"flags": ["-DA=OFF"]}, {"flags": ["-DA=ON"], "rung": "AVX-512"}])
def test_other_flags_are_another_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any]) -> None:
    assert named(tmp_path, monkeypatch, flags=["-DA=ON"]) != named(tmp_path, monkeypatch, **facts)


@pytest.mark.parametrize("facts", [{"flags": None}, {"flags": "x"}, {"rung": "", "flags": []}])
def test_a_build_of_which_nothing_is_known_has_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any]
) -> None:
    assert named(tmp_path, monkeypatch, **facts) == ""


def test_people_read_which_build_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named(tmp_path, monkeypatch, flags=["-DA=ON"])

    assert engine.description().endswith("(AVX2)")
