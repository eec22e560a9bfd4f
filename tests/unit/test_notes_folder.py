"""A watched folder of notes: read once, replaced when changed, taken out when gone, and never by accident."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from storage.records import StoredRecord
from storage.sources.notes_folder import driver
from storage.sources.watched_folder import GRACE, PATIENCE
from storage.sync import SyncFailed
from storage.vault import Vault
from tests.unit.folder_fixtures import Watched, folder_fixture, opened_fixture  # noqa: F401


def only(folder: Watched) -> StoredRecord:
    (record,) = folder.records().values()
    return record


def test_the_first_sync_brings_in_every_note_with_its_folder(folder: Watched) -> None:
    folder.write("Peas.md", "# Peas\nSow them early.")
    folder.write("Garden/Beans.md", "Later.")
    assert folder.sync().new == 2
    assert {title: one.record.folder for title, one in folder.records().items()} == {
        "Peas": "Vault",
        "Beans": "Vault/Garden",
    }


def test_a_sync_without_changes_reads_nothing(folder: Watched) -> None:
    folder.write("Peas.md", "Sow them early.")
    folder.sync()
    folder.reported.clear()
    assert (folder.sync().new, folder.reported) == (0, [])


def test_a_changed_note_replaces_its_record(folder: Watched) -> None:
    folder.write("Peas.md", "Sow them early.")
    folder.sync()
    folder.write("Peas.md", "Sow them late.")
    synced = folder.sync()
    assert (synced.new, synced.changed, only(folder).record.body) == (0, 1, "Sow them late.")


def test_a_note_of_the_same_size_but_another_time_is_read_again(folder: Watched) -> None:
    folder.write("Peas.md", "one")
    folder.sync()
    folder.write("Peas.md", "two", age=3599.0)
    folder.sync()
    assert only(folder).record.body == "two"


def test_a_file_that_was_just_written_is_read_once_more(folder: Watched) -> None:
    path = folder.write("Peas.md", "one", age=0.5)
    folder.sync()
    path.write_text("two")
    os.utime(path, (folder.now - 0.5, folder.now - 0.5))  # within one tick of a coarse clock
    folder.now += 10
    folder.sync()
    assert only(folder).record.body == "two"


def test_a_deleted_note_stays_for_a_minute_and_then_goes(folder: Watched) -> None:
    path = folder.write("Peas.md", "Sow.")
    folder.write("Beans.md", "Later.")
    folder.sync()
    path.unlink()
    assert folder.sync().gone == 0
    folder.now += GRACE + 1
    assert folder.sync().gone == 1
    assert folder.titles() == ["Beans"]


def test_a_note_that_an_editor_replaces_is_never_away(folder: Watched) -> None:
    path = folder.write("Peas.md", "Sow.")
    folder.write("Beans.md", "Later.")
    folder.sync()
    path.unlink()
    folder.sync()
    folder.write("Peas.md", "Sow.", age=10)
    folder.sync()
    folder.now += GRACE + 1
    assert (folder.sync().gone, folder.titles()) == (0, ["Beans", "Peas"])


def test_a_note_that_an_editor_has_just_emptied_keeps_its_text(folder: Watched) -> None:
    folder.write("Peas.md", "Sow.")
    folder.sync()
    folder.write("Peas.md", "", age=5)
    folder.sync()
    assert only(folder).record.body == "Sow."


def test_a_note_that_stays_empty_loses_its_text(folder: Watched) -> None:
    folder.write("Peas.md", "Sow.")
    folder.sync()
    folder.write("Peas.md", "", age=GRACE + 1)
    folder.sync()
    assert folder.titles() == []


def test_a_renamed_note_is_the_same_record_under_its_new_name(folder: Watched) -> None:
    path = folder.write("Peas.md", "# Sowing\nEarly.")
    folder.sync()
    before = only(folder)
    (folder.root / "Archive").mkdir()
    path.rename(folder.root / "Archive" / "Green peas.md")
    folder.sync()
    after = only(folder)
    assert (after.id, after.record.name, after.record.folder) == (before.id, "green peas", "Vault/Archive")
    assert after.record.origin.endswith("Green peas.md")
    folder.now += GRACE + 1
    assert folder.sync().gone == 0


def test_a_renamed_note_whose_title_is_its_name_is_there_once(folder: Watched) -> None:
    path = folder.write("Peas.md", "Early.")
    folder.sync()
    path.rename(folder.root / "Green peas.md")
    folder.sync()
    assert folder.titles() == ["Green peas"]


def test_a_vanished_folder_is_an_error_and_takes_nothing_away(folder: Watched) -> None:
    folder.write("Peas.md", "Sow.")
    folder.sync()
    shutil.rmtree(folder.root)
    folder.now += PATIENCE * 2
    with pytest.raises(SyncFailed) as failed:
        folder.sync()
    assert (failed.value.code, folder.titles()) == ("source-gone", ["Peas"])


def test_an_empty_mount_point_takes_nothing_away(folder: Watched) -> None:
    path = folder.write("Peas.md", "Sow.")
    folder.sync()
    path.unlink()
    for _ in range(2):
        with pytest.raises(SyncFailed, match="disk"):
            folder.sync()
        folder.now += GRACE + 1
    assert folder.titles() == ["Peas"]


def test_most_notes_gone_at_once_must_stay_gone_for_a_day(folder: Watched) -> None:
    paths = [folder.write(f"{number}.md", f"Note {number}") for number in range(20)]
    folder.sync()
    for path in paths[:11]:
        path.unlink()
    for _ in range(3):
        with pytest.raises(SyncFailed, match="11 of 20"):
            folder.sync()
        folder.now += PATIENCE / 3
    assert len(folder.titles()) == 20
    folder.sync()
    folder.now += GRACE + 1
    assert folder.sync().gone == 11


def test_new_notes_come_in_even_while_most_others_are_away(folder: Watched) -> None:
    paths = [folder.write(f"{number}.md", f"Note {number}") for number in range(20)]
    folder.sync()
    for path in paths[:11]:
        path.unlink()
    folder.write("Peas.md", "Sow.")
    with pytest.raises(SyncFailed):
        folder.sync()
    assert "Peas" in folder.titles()


def test_a_disk_that_came_back_is_forgiven(folder: Watched) -> None:
    for number in range(20):
        folder.write(f"{number}.md", f"Note {number}")
    folder.sync()
    folder.root.rename(folder.root.with_name("away"))
    folder.root.mkdir()
    with pytest.raises(SyncFailed):
        folder.sync()
    folder.root.rmdir()
    folder.root.with_name("away").rename(folder.root)
    folder.sync()
    folder.now += PATIENCE * 2
    for path in list(folder.root.iterdir())[:11]:
        path.unlink()
    with pytest.raises(SyncFailed):  # the day begins anew
        folder.sync()


def test_half_of_few_notes_may_go_at_once(folder: Watched) -> None:
    paths = [folder.write(f"{number}.md", f"Note {number}") for number in range(19)]
    folder.sync()
    for path in paths[:18]:
        path.unlink()
    folder.sync()
    folder.now += GRACE + 1
    assert folder.sync().gone == 18


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_takes_nothing_away_by_permission(folder: Watched) -> None:
    folder.write("Closed/Peas.md", "Sow.")
    folder.sync()
    (folder.root / "Closed").chmod(0)
    folder.now += GRACE + 1
    assert folder.sync().failed != ()
    (folder.root / "Closed").chmod(0o700)
    assert folder.titles() == ["Peas"]


def test_what_lies_under_a_folder_that_cannot_be_looked_at_stays(folder: Watched) -> None:
    """A link out of the folder is named and not followed; what was under this path before is not gone for sure."""
    folder.write("Sub/Peas.md", "Sow.")
    folder.write("Beans.md", "Later.")
    folder.sync()
    (folder.root / "Sub").rename(folder.root.parent / "Elsewhere")
    (folder.root / "Sub").symlink_to(folder.root.parent / "Elsewhere")
    for _ in range(2):
        (failed,) = folder.sync().failed
        folder.now += GRACE + 1
    assert "leads out" in failed[1]
    assert folder.titles() == ["Beans", "Peas"]


def test_links_in_circles_end(folder: Watched) -> None:
    folder.write("A/Peas.md", "Sow.")
    (folder.root / "A" / "round").symlink_to(folder.root)
    (folder.root / "self").symlink_to(folder.root / "self")
    assert folder.sync().new == 1


def test_hidden_folders_templates_and_other_files_are_left_alone(folder: Watched) -> None:
    folder.write(".obsidian/templates.json", json.dumps({"folder": "Forms/Daily"}))
    for name in (".obsidian/x.md", ".trash/y.md", "Forms/Daily/z.md", "picture.png", "board.canvas"):
        folder.write(name, "# No\nNo.")
    folder.write("Forms/Letter.md", "# Yes\nYes.")
    assert folder.sync().failed == ()
    assert folder.titles() == ["Yes"]


@pytest.mark.parametrize("settings", ["", "[]", '{"folder": 3}', '{"folder": "/"}', "[" * 10_000, '{"folder": ".."}'])
def test_broken_settings_of_obsidian_hide_no_note(folder: Watched, settings: str) -> None:
    folder.write(".obsidian/templates.json", settings)
    folder.write("Peas.md", "Sow.")
    assert folder.sync().new == 1


def test_a_file_that_cannot_be_read_keeps_what_it_was(folder: Watched) -> None:
    folder.write("Peas.md", "Sow.")
    folder.sync()
    folder.write("Peas.md", b"x" * (17 * 1024 * 1024))
    (failed,) = folder.sync().failed
    assert ("larger" in failed[1], only(folder).record.body) == (True, "Sow.")


def test_names_that_are_no_unicode_are_read(folder: Watched) -> None:
    os.close(os.open(os.fsencode(folder.root) + b"/caf\xe9.md", os.O_CREAT | os.O_WRONLY, 0o600))
    with open(os.fsencode(folder.root) + b"/caf\xe9.md", "wb") as file:
        file.write(b"# Coffee\nStrong.")
    assert folder.sync().new == 1
    assert folder.sync().new == 0


def test_a_sync_that_is_stopped_keeps_what_it_has_and_goes_on(folder: Watched) -> None:
    for number in range(5):
        folder.write(f"{number}.md", f"Note {number}")
    asked = iter([False] * 4)
    folder.sync(stop=lambda: next(asked, True))
    some = len(folder.titles())
    assert 0 < some < 5
    assert folder.sync().new == 5 - some


def test_a_stopped_sync_takes_nothing_for_gone(folder: Watched) -> None:
    path = folder.write("Peas.md", "Sow.")
    folder.write("Beans.md", "Later.")
    folder.sync()
    path.unlink()
    folder.sync(stop=lambda: True)
    assert set(folder.ledger.known("")) == {"Peas.md", "Beans.md"}


def test_the_same_note_in_two_files_is_one_record_until_both_are_gone(folder: Watched) -> None:
    first = folder.write("a/x.md", "# Peas\nSow.")
    folder.write("b/x.md", "# Peas\nSow.")
    folder.sync()
    first.unlink()
    folder.sync()
    folder.now += GRACE + 1
    assert (folder.sync().gone, folder.titles()) == (0, ["Peas"])


@pytest.mark.parametrize("path", ["", "   ", "notes", None, 3, "/a\0b", "~nobody-of-this-name/x"])
def test_a_path_that_means_nothing_is_a_value_error(opened: Vault, path: object) -> None:
    account = opened.sources.account(opened.sources.add("notes", "N", {"path": path}, {}))
    with pytest.raises(ValueError):
        driver().check(account)


def test_a_file_is_no_folder(folder: Watched) -> None:
    path = folder.write("Peas.md", "Sow.")
    account = folder.vault.sources.account(folder.vault.sources.add("notes", "N", {"path": str(path)}, {}))
    with pytest.raises(ValueError, match="file"):
        driver().check(account)


def test_a_folder_that_can_be_read_passes_the_check(folder: Watched) -> None:
    assert driver().check(folder.account) == ()
