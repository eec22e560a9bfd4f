"""File dialogs.  They are opened, never executed: the Qt thread does not wait."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from app.views.desk import Desk


def pick_files(parent: QWidget, desk: Desk, then: Callable[[list[str]], None]) -> None:
    """Let the person choose mail and notes."""
    words = desk.words
    filters = [words("pick.mail"), words("pick.all")]
    _open(parent, words("pick.files_title"), QFileDialog.FileMode.ExistingFiles, filters, then)


def pick_folder(parent: QWidget, desk: Desk, then: Callable[[list[str]], None], title: str = "") -> None:
    """Let the person choose a folder or a Maildir."""
    _open(parent, title or desk.words("pick.folder_title"), QFileDialog.FileMode.Directory, [], then)


def pick_source_file(parent: QWidget, desk: Desk, then: Callable[[list[str]], None], title: str, kinds: str) -> None:
    """Let the person choose a file of the given kinds, e.g. a calendar."""
    _open(parent, title, QFileDialog.FileMode.ExistingFile, [kinds, desk.words("pick.all")], then)


def pick_new_file(parent: QWidget, then: Callable[[list[str]], None], title: str, name: str, kinds: str) -> None:
    """Let the person choose where to write a file that is called `name` unless they say otherwise."""
    dialog = _dialog(parent, title, QFileDialog.FileMode.AnyFile, [kinds], then)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # nothing is overwritten: the command refuses
    dialog.selectFile(name)
    dialog.open()


def pick_model(parent: QWidget, desk: Desk, then: Callable[[list[str]], None]) -> None:
    """Let the person choose a GGUF file."""
    words = desk.words
    filters = [words("pick.model"), words("pick.all")]
    _open(parent, words("pick.model_title"), QFileDialog.FileMode.ExistingFile, filters, then)


def _open(
    parent: QWidget, title: str, mode: QFileDialog.FileMode, filters: list[str], then: Callable[[list[str]], None]
) -> None:
    _dialog(parent, title, mode, filters, then).open()


def _dialog(
    parent: QWidget, title: str, mode: QFileDialog.FileMode, filters: list[str], then: Callable[[list[str]], None]
) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setFileMode(mode)
    if filters:
        dialog.setNameFilters(filters)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.filesSelected.connect(then)
    return dialog
