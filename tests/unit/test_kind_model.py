"""A model comes from several contacts at once, by its SHA-256, and nothing that is not it stays."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from agent.models import ModelStore
from app.actions import tasks
from app.node import Node
from app.results import CommandFailed, Progress
from app.swarm.kinds import model as models
from app.swarm.kinds import partial as partials
from app.swarm.kinds.blob import MAX_RANGE, BlobRefused, Range
from app.swarm.kinds.model import ModelTask
from app.swarm.kinds.partial import PIECE, Partial
from app.swarm.kinds.port import BadTask
from app.swarm_results import Announced
from p2p.contents import Proposal
from p2p.deciding import Call
from storage.offers import Offer
from tests.unit.gguf_samples import gguf
from tests.unit.swarm_fixtures import CUT_OFF, VALUES, contacts, reaches, theirs, until

pytestmark = CUT_OFF
SIZE = 5 * PIECE + 12_345


def sample(folder: Path) -> Path:
    """A model of some MiB, whose pieces are all different."""
    head = gguf()
    rest = b"".join(hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(SIZE // 32))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "sample.gguf"
    path.write_bytes(head + rest)
    return path


def store(node: Node, folder: Path) -> ModelStore:
    node.models = ModelStore(folder)
    return node.models


async def provide(node: Node, path: Path, folder: Path) -> str:
    """Offer the model; its digest."""
    digest = store(node, folder).add(path).digest
    await tasks.set_offer(node, "model", audience="contacts", quota=1000, settings={"models": [digest[:12]]})
    return digest


async def fetched(node: Node, digest: str, events: list[object] | None = None) -> Announced:
    report = (lambda _event: None) if events is None else events.append
    return await tasks.announce_and_wait(node, "model", {"sha256": digest}, ("contacts",), report=report)


async def test_a_model_comes_from_two_contacts_at_once(tmp_path: Path) -> None:
    async with contacts(tmp_path, 3) as (asker, one, two):
        path, events = sample(tmp_path), list[object]()
        digest = await provide(one, path, tmp_path / "one")
        await provide(two, path, tmp_path / "two")
        mine = store(asker, tmp_path / "mine")

        done = await fetched(asker, digest, events)

        assert (done.state, set(done.provider.split(","))) == ("done", {one.vault.peer_id, two.vault.peer_id})
        assert mine.verify(digest).size == path.stat().st_size
        assert sorted(file.suffix for file in mine.root.iterdir()) == [".gguf", ".json"]
        assert done.result is not None
        sent = [each["sent"] for each in done.result["results"].values()]
        assert sum(sent) == path.stat().st_size
        assert all(sent)
        assert any(isinstance(event, Progress) and event.done == event.total for event in events)


async def test_what_the_person_does_not_offer_is_not_there(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, provider):
        digest = store(provider, tmp_path / "one").add(sample(tmp_path)).digest
        store(asker, tmp_path / "mine")
        assert (await fetched(asker, digest)).state == "refused"
        await tasks.set_offer(provider, "model", audience="contacts", quota=1000, settings={"models": ["another"]})
        assert (await fetched(asker, digest)).state == "refused"
        await tasks.set_offer(provider, "model", quota=1, settings={"models": ["all"]})
        done = await fetched(asker, digest)
        assert (await tasks.task(asker, done.id)).bids[0].reason == "quota"


async def test_nobody_reads_a_range_without_an_accepted_task(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, provider):
        digest = await provide(provider, sample(tmp_path), tmp_path / "one")
        kind = cast(ModelTask, asker.swarm.kinds()["model"])
        async with await kind._stream(provider.vault.peer_id) as stream:
            from app.swarm.kinds.blob import fetch

            with pytest.raises(BlobRefused) as caught:
                await fetch(stream, Range("00" * 16, digest, 0, 100, "bytes"))
        assert caught.value.code == "not-now"


async def test_it_goes_on_where_it_was_left(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, provider):
        path = sample(tmp_path)
        digest = await provide(provider, path, tmp_path / "one")
        mine = store(asker, tmp_path / "mine")
        before = Partial(mine.root, digest, path.stat().st_size)
        before.open()
        for piece in (0, 1, 3):
            offset, count = before.extent(piece)
            before.put(piece, path.read_bytes()[offset : offset + count], provider.vault.peer_id)

        done = await fetched(asker, digest)

        assert done.result is not None
        assert done.result["sent"] == path.stat().st_size - 3 * PIECE
        assert mine.verify(digest).size == path.stat().st_size


async def test_who_sent_a_wrong_byte_is_named_and_the_model_comes_all_the_same(tmp_path: Path) -> None:
    async with contacts(tmp_path, 3) as (asker, liar, honest):
        path = sample(tmp_path)
        digest = await provide(honest, path, tmp_path / "two")
        await provide(liar, path, tmp_path / "one")
        mine = store(asker, tmp_path / "mine")
        wrong = Partial(mine.root, digest, path.stat().st_size)
        wrong.open()
        wrong.put(2, bytes(PIECE), liar.vault.peer_id)

        done = await fetched(asker, digest)

        assert done.state == "done"
        assert (await tasks.task(asker, done.id)).row.detail == f"wrong-bytes {liar.vault.peer_id}"
        assert mine.verify(digest).size == path.stat().st_size


async def test_wrong_bytes_from_all_fail_the_task_and_leave_nothing(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, liar):
        digest = await provide(liar, sample(tmp_path), tmp_path / "one")
        theirs_ = liar.models.find(digest).path
        whole = bytearray(theirs_.read_bytes())
        whole[3 * PIECE] ^= 1
        theirs_.write_bytes(whole)
        liar.models._verified.add(liar.models._stamp(theirs_))  # a liar does not look
        mine = store(asker, tmp_path / "mine")

        done = await fetched(asker, digest)

        row = (await tasks.task(asker, done.id)).row
        assert (row.state, row.detail) == ("failed", f"wrong-bytes {liar.vault.peer_id}")
        assert list(mine.root.iterdir()) == []


def claiming(node: Node, monkeypatch: pytest.MonkeyPatch, size: int) -> ModelTask:
    """From now on this provider says another size of every model that it offers."""
    kind = cast(ModelTask, node.swarm.kinds()["model"])
    honest = kind.propose

    async def propose(call: Call, offer: Offer) -> Proposal:
        return replace(await honest(call, offer), terms={"size": size})

    monkeypatch.setattr(kind, "propose", propose)
    return kind


@pytest.mark.parametrize("size", [1, 2**40])
async def test_who_says_a_wrong_size_is_named_and_the_model_comes_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    async with contacts(tmp_path, 3) as (asker, liar, honest):
        path = sample(tmp_path)
        digest = await provide(honest, path, tmp_path / "two")
        await provide(liar, path, tmp_path / "one")
        claiming(liar, monkeypatch, size)
        mine = store(asker, tmp_path / "mine")

        done = await fetched(asker, digest)

        assert done.state == "done"
        assert (await tasks.task(asker, done.id)).row.detail == f"wrong-bytes {liar.vault.peer_id}"
        assert mine.verify(digest).size == path.stat().st_size


async def test_who_says_a_wrong_size_and_then_nothing_does_not_keep_the_model_from_coming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "STALLED", 0.5)
    async with contacts(tmp_path, 3) as (asker, liar, honest):
        path = sample(tmp_path)
        digest = await provide(honest, path, tmp_path / "two")
        await provide(liar, path, tmp_path / "one")

        async def silent(*_: object) -> None:
            await trio.sleep_forever()

        monkeypatch.setattr(claiming(liar, monkeypatch, PIECE), "_answer", silent)
        mine = store(asker, tmp_path / "mine")

        asked = await tasks.announce(asker, "model", {"sha256": digest}, ("contacts",))
        await until(lambda: mine.holds(digest))
        await tasks.cancel_task(asker, asked.id)

        assert mine.verify(digest).size == path.stat().st_size


async def test_a_full_disk_ends_the_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with contacts(tmp_path) as (asker, provider):
        digest = await provide(provider, sample(tmp_path), tmp_path / "one")
        store(asker, tmp_path / "mine")
        monkeypatch.setattr(partials, "SPARE", 1 << 60)
        done = await fetched(asker, digest)
        assert (done.state, (await tasks.task(asker, done.id)).row.detail) == ("failed", "no-space")


async def test_a_lost_provider_does_not_keep_the_model_from_coming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.swarm.kinds.model.GRACE", 0.5)
    monkeypatch.setattr("app.swarm.gathering.ANSWER_WITHIN", 500)
    async with contacts(tmp_path, 3) as (asker, lost, stays):
        path = sample(tmp_path)
        digest = await provide(stays, path, tmp_path / "two")
        await provide(lost, path, tmp_path / "one")
        mine = store(asker, tmp_path / "mine")

        async def gone(_peer: str, _stream: Any) -> None:
            lost.nursery.start_soon(lost.swarm.detach)

        lost.swarm.host.serve_stream("/nuee/blob/1.0.0", gone)

        done = await fetched(asker, digest)

        assert done.state == "done"
        assert mine.verify(digest).size == path.stat().st_size


async def test_calling_it_off_leaves_nothing_and_ends_the_providers_work(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, provider):
        digest = await provide(provider, sample(tmp_path), tmp_path / "one")
        mine = store(asker, tmp_path / "mine")

        async def silent(_peer: str, stream: Any) -> None:
            await stream.read_exactly(1_000_000)

        provider.swarm.host.serve_stream("/nuee/blob/1.0.0", silent)
        name = (await tasks.announce(asker, "model", {"sha256": digest}, ("contacts",))).id
        await reaches(asker, name, "working")
        await theirs(provider, "working")
        await until(lambda: mine.root.exists() and list(mine.root.iterdir()))

        await tasks.cancel_task(asker, name)

        assert (await reaches(asker, name)).state == "cancelled"
        assert (await theirs(provider, "cancelled")).state == "cancelled"
        await until(lambda: list(mine.root.iterdir()) == [])


async def test_a_model_that_is_here_is_not_asked_for(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, _):
        digest = store(asker, tmp_path / "mine").add(sample(tmp_path)).digest
        for wrong, key in ((digest, "task-model-here"), ("beef", "task-model-digest")):
            with pytest.raises(CommandFailed) as caught:
                await tasks.announce(asker, "model", {"sha256": wrong}, ("contacts",))
            assert caught.value.key == key


@given(st.dictionaries(st.sampled_from(["sha256", "size"]), VALUES))
def test_a_strangers_spec_is_one_or_a_bad_task(spec: dict[str, Any]) -> None:
    from app.swarm.kinds.model import _digest

    with suppress(BadTask):
        assert len(_digest(spec)) == 64


@given(st.binary(max_size=128))
def test_a_strangers_request_is_one_or_garbled(data: bytes) -> None:
    with suppress(BlobRefused):
        assert Range.from_bytes(data).to_bytes() == data


def test_a_request_reads_as_it_was_written() -> None:
    asked = Range("ab" * 16, "cd" * 32, 3 << 40, MAX_RANGE, "digest")
    assert Range.from_bytes(asked.to_bytes()) == asked


def test_a_piece_whose_line_was_cut_short_is_fetched_again(tmp_path: Path) -> None:
    one = Partial(tmp_path, "ab" * 32, 2 * PIECE)
    one.open()
    one.put(0, bytes(PIECE), "peer")
    with (tmp_path / f".{'ab' * 32}.pieces").open("a") as log:
        log.write("1 12D3")
    again = Partial(tmp_path, "ab" * 32, 2 * PIECE)
    again.open()
    assert again.sources == {0: "peer"}
