"""Two nodes and their line, made once for all tests of this folder that one process runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.faults.link import missing
from tests.faults.pair import Pair, pair

SEED = 20261122


@pytest.fixture(scope="package")  # it leads the programs of this folder to another store of models
def running() -> Iterator[Pair]:
    reason = missing()
    if reason:
        pytest.skip(reason)
    folder = Path(mkdtemp(prefix="nuee-"))
    try:
        with pair(folder, SEED) as made:
            yield made
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def nodes(running: Pair) -> Pair:
    """Connected, without faults, with nothing under way."""
    running.well()
    return running
