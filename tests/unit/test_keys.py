"""The key file: what opens it, what is refused, and that nothing in it can change unnoticed."""

from __future__ import annotations

import json
import os
import pickle
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage import keyfile, keys
from storage.keys import Argon2Parameters, KeyFileError, Secrets
from tests.paths import ROOT

PASSPHRASE = "correct horse battery staple"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Secrets, str]:
    path = tmp_path_factory.mktemp("keys") / "keys"
    opened, phrase = keys.create(path, PASSPHRASE)
    return path.read_bytes(), opened, phrase


@pytest.fixture
def path(tmp_path: Path, made: tuple[bytes, Secrets, str]) -> Path:
    copy = tmp_path / "keys"
    copy.write_bytes(made[0])
    return copy


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(KeyFileError) as caught:
        action()
    assert str(caught.value)[0].islower()
    assert PASSPHRASE not in str(caught.value)
    return caught.value.code


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Edit the file as somebody who knows the format would: canonical form and checksum made good again."""
    document = json.loads(path.read_bytes())
    del document["checksum"]
    change(document)
    document["checksum"] = keyfile._checksum(document)
    path.write_bytes(keyfile.canonical(document) + b"\n")


def test_the_passphrase_opens_it(path: Path, made: tuple[bytes, Secrets, str]) -> None:
    assert keys.open_file(path, PASSPHRASE) == made[1]


def test_the_phrase_opens_the_same_secrets(path: Path, made: tuple[bytes, Secrets, str]) -> None:
    assert keys.open_file(path, made[2]) == made[1]


def test_the_phrase_may_be_typed_in_capitals_and_over_several_lines(
    path: Path, made: tuple[bytes, Secrets, str]
) -> None:
    assert keys.open_file(path, "\n " + made[2].upper().replace(" ", " \n")) == made[1]


def test_the_phrase_is_24_words_and_no_other(made: tuple[bytes, Secrets, str]) -> None:
    words = made[2].split()
    assert len(words) == 24
    assert keys.is_phrase(made[2])
    assert not keys.is_phrase(" ".join(words[:12]))


def test_a_passphrase_composed_in_another_way_is_the_same_passphrase(tmp_path: Path) -> None:
    opened, _ = keys.create(tmp_path / "keys", "cafe\u0301 nuée")
    assert keys.open_file(tmp_path / "keys", "café nuée") == opened


def test_a_passphrase_that_happens_to_be_a_phrase_opens_its_own_file(
    tmp_path: Path, made: tuple[bytes, Secrets, str]
) -> None:
    opened, _ = keys.create(tmp_path / "keys", made[2])
    assert keys.open_file(tmp_path / "keys", made[2]) == opened


def test_the_two_secrets_are_independent_and_new_each_time(tmp_path: Path, made: tuple[bytes, Secrets, str]) -> None:
    other, _ = keys.create(tmp_path / "keys", PASSPHRASE)
    every = (other.vault_key, other.identity_seed, made[1].vault_key, made[1].identity_seed)
    values = set(map(bytes, every))
    assert len(values) == 4
    assert all(len(value) == 32 for value in values)


def test_a_wrong_passphrase_is_refused(path: Path) -> None:
    assert code_of(lambda: keys.open_file(path, PASSPHRASE + " ")) == "wrong-secret"


def test_another_files_phrase_is_refused(path: Path, tmp_path: Path) -> None:
    _, other = keys.create(tmp_path / "other", PASSPHRASE)
    assert code_of(lambda: keys.open_file(path, other)) == "wrong-secret"


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    assert code_of(lambda: keys.open_file(tmp_path / "keys", PASSPHRASE)) == "missing"


def test_a_key_file_is_never_overwritten(path: Path, made: tuple[bytes, Secrets, str]) -> None:
    assert code_of(lambda: keys.create(path, "new")) == "exists"
    assert path.read_bytes() == made[0]


def test_neither_repr_nor_file_shows_a_secret(path: Path, made: tuple[bytes, Secrets, str]) -> None:
    whole, opened, phrase = made
    shown = repr(opened).encode() + whole
    for secret in (opened.vault_key, opened.identity_seed):
        assert secret.hex().encode() not in shown
        assert repr(bytes(secret)).encode() not in shown
    assert PASSPHRASE.encode() not in shown
    assert phrase.encode() not in shown


def test_only_the_owner_may_read_it(path: Path) -> None:
    keys.change_phrase(path, PASSPHRASE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_passphrase_changes_neither_secret_nor_phrase(path: Path, made: tuple[bytes, Secrets, str]) -> None:
    keys.change_passphrase(path, PASSPHRASE, "new one")
    assert keys.open_file(path, "new one") == made[1]
    assert keys.open_file(path, made[2]) == made[1]
    assert code_of(lambda: keys.open_file(path, PASSPHRASE)) == "wrong-secret"


def test_a_forgotten_passphrase_is_replaced_with_the_phrase(path: Path, made: tuple[bytes, Secrets, str]) -> None:
    keys.change_passphrase(path, made[2], "new one")
    assert keys.open_file(path, "new one") == made[1]


def test_a_new_phrase_changes_neither_secret_nor_passphrase(path: Path, made: tuple[bytes, Secrets, str]) -> None:
    phrase = keys.change_phrase(path, PASSPHRASE)
    assert keys.open_file(path, phrase) == made[1]
    assert keys.open_file(path, PASSPHRASE) == made[1]
    assert code_of(lambda: keys.open_file(path, made[2])) == "wrong-secret"


def test_a_change_with_the_wrong_secret_leaves_the_file_alone(path: Path, made: tuple[bytes, Secrets, str]) -> None:
    assert code_of(lambda: keys.change_passphrase(path, "wrong", "new")) == "wrong-secret"
    assert path.read_bytes() == made[0]


def test_a_change_leaves_no_other_file_behind(path: Path) -> None:
    keys.change_phrase(path, PASSPHRASE)
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize(
    "weak",
    [
        Argon2Parameters(memory_kib=64 * 1024 - 1),
        Argon2Parameters(iterations=2),
        Argon2Parameters(lanes=3),
        Argon2Parameters(memory_kib=2 * 1024 * 1024),
        Argon2Parameters(iterations=1_000_000),
        Argon2Parameters(lanes=255),
        Argon2Parameters(memory_kib=1024 * 1024, iterations=16),
    ],
)
def test_parameters_outside_the_bounds_are_refused_before_any_work(path: Path, weak: Argon2Parameters) -> None:
    assert code_of(lambda: keys.change_passphrase(path, PASSPHRASE, "new", weak)) == "weak-parameters"
    costs = {"memory_kib": weak.memory_kib, "iterations": weak.iterations, "lanes": weak.lanes}
    edit(path, lambda document: document["openers"]["passphrase"]["kdf"].update(costs))
    assert code_of(lambda: keys.open_file(path, PASSPHRASE)) == "weak-parameters"


def test_stronger_parameters_are_kept_and_open(tmp_path: Path) -> None:
    opened, _ = keys.create(tmp_path / "keys", PASSPHRASE, Argon2Parameters(iterations=4))
    assert json.loads((tmp_path / "keys").read_bytes())["openers"]["passphrase"]["kdf"]["iterations"] == 4
    assert keys.open_file(tmp_path / "keys", PASSPHRASE) == opened


def test_a_flipped_bit_anywhere_is_damage(path: Path, made: tuple[bytes, Secrets, str]) -> None:
    """Every byte, one bit each in turn; the checksum answers before any key is derived."""
    for position in range(len(made[0])):
        whole = bytearray(made[0])
        whole[position] ^= 1 << position % 8
        path.write_bytes(whole)
        assert code_of(lambda: keys.open_file(path, PASSPHRASE)) == "damaged", position


@pytest.mark.parametrize("length", [0, 1, 500, -1])
def test_a_file_cut_short_is_damage(path: Path, made: tuple[bytes, Secrets, str], length: int) -> None:
    path.write_bytes(made[0][:length])
    assert code_of(lambda: keys.open_file(path, PASSPHRASE)) == "damaged"


@pytest.mark.parametrize("junk", [b"[" * 60_000, b"{}\n", b"null\n", b"\xff\xfe", b"0" * 70_000])
def test_junk_is_damage(path: Path, junk: bytes) -> None:
    path.write_bytes(junk)
    assert code_of(lambda: keys.open_file(path, PASSPHRASE)) == "damaged"


def test_a_newer_format_asks_for_an_update(path: Path) -> None:
    edit(path, lambda document: document.update(version=2))
    assert code_of(lambda: keys.open_file(path, PASSPHRASE)) == "newer-version"


def flip(text: str) -> str:
    return ("1" if text[0] == "0" else "0") + text[1:]


@pytest.mark.parametrize("slot", ["vault", "identity"])
@pytest.mark.parametrize("part", ["nonce", "sealed"])
@pytest.mark.parametrize(("opener", "told"), [("passphrase", "wrong-secret"), ("phrase", "damaged")])
def test_an_edited_slot_is_refused_with_its_checksum_made_good(
    path: Path, slot: str, part: str, opener: str, told: str
) -> None:
    def change(document: dict[str, Any]) -> None:
        wrapped = document["openers"][opener]["slots"][slot]
        wrapped[part] = flip(wrapped[part])

    edit(path, change)
    assert code_of(lambda: keys.open_file(path, PASSPHRASE)) == told


@pytest.mark.parametrize(("opener", "told"), [("passphrase", "wrong-secret"), ("phrase", "damaged")])
def test_an_edited_salt_is_refused(path: Path, opener: str, told: str) -> None:
    edit(path, lambda document: document["openers"][opener].update(salt=flip(document["openers"][opener]["salt"])))
    assert code_of(lambda: keys.open_file(path, PASSPHRASE)) == told


def test_swapped_slots_are_refused(path: Path, made: tuple[bytes, Secrets, str]) -> None:
    def swap(document: dict[str, Any]) -> None:
        for opener in document["openers"].values():
            slots = opener["slots"]
            slots["vault"], slots["identity"] = slots["identity"], slots["vault"]

    edit(path, swap)
    assert code_of(lambda: keys.open_file(path, PASSPHRASE)) == "wrong-secret"
    assert code_of(lambda: keys.open_file(path, made[2])) == "wrong-secret"


def test_an_edited_seal_is_refused(path: Path) -> None:
    edit(path, lambda document: document.update(seal=flip(document["seal"])))
    assert code_of(lambda: keys.open_file(path, PASSPHRASE)) == "damaged"


def test_a_phrase_opener_planted_from_another_file_is_noticed(path: Path, tmp_path: Path) -> None:
    """Whoever could plant a phrase of their own would lose nothing but the user's way back; it must not go unseen."""
    keys.create(tmp_path / "other", PASSPHRASE)
    planted = json.loads((tmp_path / "other").read_bytes())["openers"]["phrase"]
    edit(path, lambda document: document["openers"].update(phrase=planted))
    assert code_of(lambda: keys.open_file(path, PASSPHRASE)) == "damaged"


def test_a_field_that_does_not_belong_is_refused(path: Path) -> None:
    edit(path, lambda document: document["openers"]["phrase"].update(note="hello"))
    assert code_of(lambda: keys.open_file(path, PASSPHRASE)) == "damaged"


def test_a_folder_in_its_place_is_a_sentence(tmp_path: Path) -> None:
    assert code_of(lambda: keys.open_file(tmp_path, PASSPHRASE)) == "unreadable"


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    assert code_of(lambda: keys.create(tmp_path / "no" / "keys", PASSPHRASE)) == "unwritable"


def test_a_file_cut_anywhere_is_damage(path: Path, made: tuple[bytes, Secrets, str]) -> None:
    for length in range(len(made[0])):
        path.write_bytes(made[0][:length])
        assert code_of(lambda: keys.open_file(path, PASSPHRASE)) == "damaged", length


@pytest.mark.parametrize("change", ["gone", "doubled", "zero", "ones", "space"])
def test_a_changed_byte_anywhere_is_damage(path: Path, made: tuple[bytes, Secrets, str], change: str) -> None:
    for at in range(len(made[0])):
        byte = made[0][at : at + 1]
        put = {"gone": b"", "doubled": byte * 2, "zero": b"\0", "ones": b"\xff", "space": b" "}[change]
        path.write_bytes(made[0][:at] + put + made[0][at + 1 :])
        assert code_of(lambda: keys.open_file(path, PASSPHRASE)) == "damaged", at


def test_stronger_parameters_cannot_be_edited_down_to_the_floor(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    _, phrase = keys.create(path, PASSPHRASE, Argon2Parameters(iterations=4))
    edit(path, lambda document: document["openers"]["passphrase"]["kdf"].update(iterations=3))
    assert code_of(lambda: keys.open_file(path, PASSPHRASE)) == "wrong-secret"
    assert code_of(lambda: keys.open_file(path, phrase)) == "damaged"


def test_every_key_that_was_derived_is_overwritten(
    path: Path, made: tuple[bytes, Secrets, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[bytearray] = []

    def recording(key: bytearray) -> AESGCM:
        used.append(key)
        return AESGCM(key)

    monkeypatch.setattr(keys, "AESGCM", recording)
    keys.open_file(path, PASSPHRASE)
    keys.open_file(path, made[2])
    assert len(used) == 2
    assert all(key == bytes(32) for key in used)


def test_wiping_overwrites_both_secrets_in_place(path: Path) -> None:
    opened = keys.open_file(path, PASSPHRASE)
    key, seed = opened.vault_key, opened.identity_seed
    opened.wipe()
    assert bytes(key) == bytes(seed) == bytes(32)


def test_a_wrong_passphrase_leaves_nothing_half_opened(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Secrets] = []
    plain = keys.Secrets

    def recording(vault_key: bytearray, seed: bytearray) -> Secrets:
        made.append(plain(vault_key, seed))
        return made[-1]

    monkeypatch.setattr(keys, "Secrets", recording)
    assert code_of(lambda: keys.open_file(path, "wrong")) == "wrong-secret"
    assert [one.vault_key for one in made] == [bytes(32)]


def test_secrets_are_never_pickled(path: Path) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(keys.open_file(path, PASSPHRASE))


KILLED = """
import os, sys
from pathlib import Path
from storage import durable, keys
at = int(sys.argv[2])
calls = iter(range(100))
def dying(function):
    def call(*arguments, **named):
        if next(calls) == at:
            os.kill(os.getpid(), 9)
        return function(*arguments, **named)
    return call
for name in ("fsync", "fdopen", "replace"):
    setattr(os, name, dying(getattr(os, name)))
durable.tempfile.mkstemp = dying(durable.tempfile.mkstemp)
keys.change_passphrase(Path(sys.argv[1]), sys.argv[3], "the new one")
os._exit(7)
"""


def test_a_kill_at_any_step_leaves_the_old_passphrase_or_the_new(path: Path, made: tuple[bytes, Secrets, str]) -> None:
    seen = set()
    for step in range(20):
        path.write_bytes(made[0])
        ended = subprocess.run(
            [sys.executable, "-c", KILLED, str(path), str(step), PASSPHRASE], check=False, cwd=ROOT, timeout=60
        )
        openers = [secret for secret in (PASSPHRASE, "the new one") if opens(path, secret)]
        assert len(openers) == 1
        seen.add(openers[0])
        if ended.returncode == 7:
            break
        assert ended.returncode == -9
    assert seen == {PASSPHRASE, "the new one"}
    assert step >= 4  # it was killed at as many places


def opens(path: Path, secret: str) -> bool:
    try:
        keys.open_file(path, secret)
    except KeyFileError as error:
        assert error.code == "wrong-secret"  # noqa: PT017 - and never damaged
        return False
    return True
