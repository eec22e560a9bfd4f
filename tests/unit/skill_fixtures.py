"""An open node, and a keeper of a catalog who publishes into a folder."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
import trio

from app.actions import skills
from app.node import Node
from app.open_vault import OpenVault
from app.profile import Profile
from app.results import CommandFailed
from app.skill_results import SkillRow
from app.surroundings import Surroundings
from skills.archive import pack
from skills.building import Plan, build
from skills.catalog import Handover, sign_index
from skills.catalog_index import Revoked, write_index
from skills.manifest import validate_files
from skills.signing import Release, SigningKey, sign_release
from storage.vault import Vault
from tests.unit.catalog_fixtures import AUTHOR, DAY, KEEPER, NOW, files


@dataclass
class Bench:
    """An open node; `now` is its clock, seconds since the epoch."""

    node: Node
    folder: Path
    events: list[object]
    clock: list[float]

    async def install(self, what: str | Path) -> SkillRow:
        """Agreeing to whatever it asks."""
        plan = await skills.plan_install(self.node, str(what))
        return await skills.install(self.node, str(what), plan.agreed)

    async def refused(self, what: str | Path) -> str:
        """The sentence with which it is refused."""
        plan = await skills.plan_install(self.node, str(what))
        assert plan.verdict == "refuse"
        with pytest.raises(CommandFailed) as caught:
            await skills.install(self.node, str(what), plan.agreed)
        assert caught.value.key == "plan-refused"
        return " ".join(plan.reasons)

    def write(self, name: str, content: Mapping[str, bytes]) -> Path:
        """A folder with these files."""
        for path, data in content.items():
            target = self.folder / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        return self.folder / name


@dataclass(frozen=True)
class _Opened:
    vault: Vault


@asynccontextmanager
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """The vault is open without the processes that keep keys and search, which no skill's installation needs."""
    clock, events = [float(NOW)], list[object]()
    around = Surroundings(now=lambda: clock[0])
    profile = Profile(tmp_path / "home")
    profile.prepare()
    async with trio.open_nursery() as nursery:
        node = Node(profile, events.append, nursery, around)
        with Vault.create(profile.vault, secrets.token_bytes(32)) as vault:
            node._open = cast(OpenVault, _Opened(vault))
            yield Bench(node, tmp_path, events, clock)


@dataclass
class Publisher:
    """Keeps a catalog in `folder`; each `publish` is the next index."""

    folder: Path
    key: SigningKey = KEEPER
    sequence: int = 0
    revoked: tuple[Revoked, ...] = ()
    handovers: tuple[Handover, ...] = ()
    created: int = NOW - DAY

    def add(
        self, name: str, version: str = "1.0.0", permissions: str = '"mail.read"', author: SigningKey | None = AUTHOR
    ) -> str:
        """Put an archive into the folder; the digest of the skill."""
        self.folder.mkdir(exist_ok=True)
        content = files(name, version, permissions)
        path = self.folder / f"{name}-{version}.nskill"
        path.write_bytes(pack(content))
        manifest = validate_files(content, None).manifest
        assert manifest is not None
        if author is not None:
            signature = sign_release(author, Release(name, version, manifest.digest))
            path.with_name(path.name + ".sig").write_bytes(signature)
        return manifest.digest

    def publish(self, *, days: int = 30, signed_only: bool = False) -> str:
        """Sign an index of all that lies in the folder; the catalog's path."""
        self.folder.mkdir(exist_ok=True)
        self.sequence += 1
        plan = Plan(
            "Ours", self.created, self.created + days * DAY, self.sequence, self.revoked, signed_only=signed_only
        )
        index = write_index(build(self.folder, plan))
        path = self.folder / "nuee.catalog"
        path.write_bytes(sign_index(self.key, index, self.handovers))
        return str(path)


async def with_catalog(made: Bench) -> Publisher:
    """A catalog of one skill, weather 1.0.0, that the node trusts."""
    keeper = Publisher(made.folder / "catalog")
    keeper.add("weather")
    await skills.add_catalog(made.node, keeper.publish(), KEEPER.id)
    return keeper


async def refresh(made: Bench) -> str:
    """Read the catalogs again; what the first one has for a problem."""
    rows = await skills.refresh_catalogs(made.node, lambda _progress: None)
    return rows[0].problem
