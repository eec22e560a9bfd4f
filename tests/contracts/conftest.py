"""One world for a module; every test finds it as it was made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contracts.world import World


@pytest.fixture(scope="session")
def made_world() -> World:
    return World()


@pytest.fixture
def world(made_world: World) -> Iterator[World]:
    with made_world.evm.undone():
        yield made_world
