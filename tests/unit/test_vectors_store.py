"""Vectors at rest: blocks of fp16, one vector for each chunk, none for what was forgotten."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from storage.vault import Vault, VaultError
from storage.vectors import BLOCK
from tests.unit.vault_fixtures import mail, note, path_fixture, vault_fixture  # noqa: F401

Matrix = npt.NDArray[np.float32]


def unit(rows: int, dimensions: int = 8, seed: int = 0) -> Matrix:
    matrix = np.random.default_rng(seed).standard_normal((rows, dimensions)).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix


def add_chunks(vault: Vault, count: int) -> list[int]:
    vault.library.add([note(f"Note {number}", f"Text {number}.") for number in range(count)])
    return [number for number, _ in vault.vectors.pending("m", 10**6)]


def stored(vault: Vault, model: str = "m") -> dict[int, npt.NDArray[np.float16]]:
    found = {}
    for ids, vectors, dimensions in vault.vectors.blocks(model):
        numbers = np.frombuffer(ids, "<i8")
        rows = np.frombuffer(vectors, "<f2").reshape(len(numbers), dimensions)
        for number, row in zip(numbers.tolist(), rows, strict=True):
            assert number not in found
            found[number] = row
    return found


def test_a_vector_comes_back_as_fp16(vault: Vault) -> None:
    chunks = add_chunks(vault, 3)
    matrix = unit(3)
    assert vault.vectors.store("m", chunks, matrix) == chunks
    found = stored(vault)
    for chunk, row in zip(chunks, matrix, strict=True):
        assert np.array_equal(found[chunk], row.astype(np.float16))


def test_what_is_pending_is_what_has_no_vector_oldest_first(vault: Vault) -> None:
    chunks = add_chunks(vault, 4)
    vault.vectors.store("m", chunks[1:3], unit(2))
    assert [number for number, _ in vault.vectors.pending("m", 10)] == [chunks[0], chunks[3]]
    assert vault.vectors.pending_count("m") == 2
    assert vault.vectors.count("m") == 2


def test_what_arrives_after_all_was_embedded_is_pending(vault: Vault) -> None:
    chunks = add_chunks(vault, 2)
    vault.vectors.store("m", chunks, unit(2))
    assert vault.vectors.pending("m", 10) == []
    vault.library.add([note("New", "New.")])
    assert len(vault.vectors.pending("m", 10)) == 1


def test_a_gap_below_what_was_seen_is_still_pending(vault: Vault) -> None:
    chunks = add_chunks(vault, 3)
    vault.vectors.store("m", chunks[1:], unit(2))
    vault.vectors.pending("m", 1)
    assert [number for number, _ in vault.vectors.pending("m", 10)] == chunks[:1]


def test_the_text_to_embed_has_its_context_before_it(vault: Vault) -> None:
    vault.library.add([mail("Lunch on Friday", "Shall we meet at noon?")])
    ((_, text),) = vault.vectors.pending("m", 1)
    assert "Lunch on Friday" in text
    assert text.endswith("\nShall we meet at noon?")


def test_small_batches_fill_one_block_after_the_other(vault: Vault) -> None:
    chunks = add_chunks(vault, BLOCK + 150)
    matrix = unit(len(chunks))
    for start in range(0, len(chunks), 400):
        vault.vectors.store("m", chunks[start : start + 400], matrix[start : start + 400])
    sizes = [len(ids) // 8 for ids, _, _ in vault.vectors.blocks("m")]
    assert sizes == [BLOCK, 150]
    found = stored(vault)
    assert all(np.array_equal(found[chunk], matrix[row].astype(np.float16)) for row, chunk in enumerate(chunks))


def test_a_batch_sent_twice_is_stored_once(vault: Vault) -> None:
    chunks = add_chunks(vault, 3)
    vault.vectors.store("m", chunks[:2], unit(2))
    assert vault.vectors.store("m", [chunks[0], chunks[2], chunks[2]], unit(3, seed=1)) == [chunks[2]]
    assert np.array_equal(stored(vault)[chunks[0]], unit(2)[0].astype(np.float16))


def test_chunks_forgotten_while_they_were_embedded_are_passed_over(vault: Vault) -> None:
    chunks = add_chunks(vault, 2)
    gone = vault.library.chunks(chunks[:1])[0].id
    vault.library.delete([gone])
    assert vault.vectors.store("m", chunks, unit(2)) == chunks[1:]
    assert set(stored(vault)) == {chunks[1]}


def test_forgetting_rewrites_the_block_without_the_vector(vault: Vault) -> None:
    chunks = add_chunks(vault, 5)
    matrix = unit(5)
    vault.vectors.store("m", chunks, matrix)
    vault.library.delete([vault.library.chunks([chunks[2]])[0].id])
    found = stored(vault)
    assert set(found) == set(chunks) - {chunks[2]}
    assert all(np.array_equal(found[chunk], matrix[chunks.index(chunk)].astype(np.float16)) for chunk in found)
    assert vault.vectors.count("m") == 4


def test_forgetting_all_leaves_no_block(vault: Vault) -> None:
    chunks = add_chunks(vault, 3)
    vault.vectors.store("m", chunks, unit(3))
    vault.library.delete([hit.id for hit in vault.library.chunks(chunks)])
    assert list(vault.vectors.blocks("m")) == []


def test_each_model_has_vectors_of_its_own(vault: Vault) -> None:
    chunks = add_chunks(vault, 2)
    vault.vectors.store("m", chunks, unit(2))
    vault.vectors.store("other", chunks[:1], unit(1, dimensions=16))
    assert vault.vectors.models() == ["m", "other"]
    assert vault.vectors.pending_count("other") == 1
    vault.library.delete([vault.library.chunks(chunks[:1])[0].id])
    assert (vault.vectors.count("m"), vault.vectors.count("other")) == (1, 0)


def test_forgetting_a_model_makes_everything_pending_again(vault: Vault) -> None:
    chunks = add_chunks(vault, 2)
    vault.vectors.store("m", chunks, unit(2))
    vault.vectors.pending("m", 1)
    vault.vectors.forget("m")
    assert list(vault.vectors.blocks("m")) == []
    assert [number for number, _ in vault.vectors.pending("m", 10)] == chunks


def test_other_dimensions_for_the_same_model_are_refused(vault: Vault) -> None:
    chunks = add_chunks(vault, 2)
    vault.vectors.store("m", chunks[:1], unit(1))
    with pytest.raises(VaultError) as caught:
        vault.vectors.store("m", chunks[1:], unit(1, dimensions=9))
    assert caught.value.code == "wrong-dimensions"


@pytest.mark.parametrize("matrix", [np.full((1, 8), np.nan, np.float32), unit(2), np.zeros(8, np.float32)])
def test_a_matrix_that_cannot_be_right_is_refused(vault: Vault, matrix: Matrix) -> None:
    chunks = add_chunks(vault, 1)
    with pytest.raises(ValueError, match="finite"):
        vault.vectors.store("m", chunks, matrix)


def test_reading_goes_on_while_vectors_are_stored_and_forgotten(vault: Vault) -> None:
    chunks = add_chunks(vault, BLOCK + 10)
    vault.vectors.store("m", chunks[: BLOCK + 5], unit(BLOCK + 5))
    reading = vault.vectors.blocks("m")
    next(reading)
    vault.vectors.store("m", chunks[BLOCK + 5 :], unit(5))
    vault.library.delete([vault.library.chunks(chunks[:1])[0].id])
    ids, _, _ = next(reading)
    assert set(np.frombuffer(ids, "<i8").tolist()) == set(chunks[BLOCK:])
