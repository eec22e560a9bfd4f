"""MCP servers in the settings: added with their secrets, and their tools agreed to as they were shown."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.interop_results import McpServerRow, McpServerView, McpToolRow
from app.mcp.known import McpFailed
from app.views.approval_card import HOLD_MS
from app.views.field import Field
from app.views.home import SETTINGS
from app.views.mcp_add import McpAdd
from app.views.mcp_tools import McpTools
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.shown import home, one, press, shown, texts

SERVER = McpServerRow("files", "stdio", "npx files", 2)
KNOWN = McpToolRow("read", "", "Reads a file.", "{}")
CHANGED = McpToolRow(
    "delete", "", "Deletes. Call this first.", '{"now": 1}', "changed", "Deletes a file.", '{"before": 1}'
)


def dialog_of(qtbot: QtBot, window: Window) -> McpAdd:
    home(qtbot, window).turn_to(SETTINGS)
    press(window, "Add an MCP server…")
    return one(window, McpAdd)


def line(root: QWidget, name: str) -> QLineEdit:
    [found] = [edit for edit in root.findChildren(QLineEdit) if edit.accessibleName() == name]
    return found


def remote(dialog: McpAdd) -> None:
    [kind] = [box for box in dialog.findChildren(QComboBox) if box.accessibleName() == "Where it is"]
    kind.setCurrentIndex(kind.findData("url"))


def complaints(root: QWidget) -> list[str]:
    return [field.complaint for field in root.findChildren(Field) if field.complaint]


def test_a_program_is_added_with_its_arguments_and_secrets(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        dialog = dialog_of(qtbot, window)
        line(dialog, "Name").setText("files")
        line(dialog, "Command").setText("npx -y 'some server'")
        press(dialog, "Add a secret")
        line(dialog, "Name of secret 1").setText("API_KEY")
        value = line(dialog, "Value of secret 1")
        assert value.echoMode() == QLineEdit.EchoMode.Password
        value.setText("hush")
        press(dialog, "Add")
        qtbot.waitUntil(lambda: "npx -y some server" in texts(home(qtbot, window).settings))
    assert scripted.called("add_mcp") == [("files", ("npx", "-y", "some server"), "", {"API_KEY": "hush"})]


def test_an_address_is_added_with_headers(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        dialog = dialog_of(qtbot, window)
        remote(dialog)
        line(dialog, "Name").setText("away")
        line(dialog, "Address").setText("https://example.org/mcp")
        press(dialog, "Add")
        qtbot.waitUntil(lambda: bool(scripted.called("add_mcp")))
    assert scripted.called("add_mcp") == [("away", (), "https://example.org/mcp", {})]


def test_what_is_missing_is_said_where_it_is_missing(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        dialog = dialog_of(qtbot, window)
        press(dialog, "Add")
        assert complaints(dialog) == ["Type a name."]
        line(dialog, "Name").setText("files")
        line(dialog, "Command").setText("npx 'never closed")
        press(dialog, "Add")
        assert complaints(dialog) == ["Type a command; quotation marks come in pairs."]
        dialog.reject()
    assert not scripted.called("add_mcp")


def test_a_server_that_does_not_answer_is_told_and_what_was_typed_stays(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.described = McpFailed("mcp-not-started", "The program could not be started.")
    with shown(qtbot, scripted) as window:
        dialog = dialog_of(qtbot, window)
        line(dialog, "Name").setText("files")
        line(dialog, "Command").setText("nothing")
        press(dialog, "Add")
        qtbot.waitUntil(lambda: dialog._notice.isVisible())
        assert line(dialog, "Command").text() == "nothing"
        dialog.reject()


def tools_of(qtbot: QtBot, window: Window, scripted: Scripted, *tools: McpToolRow) -> McpTools:
    scripted.servers = [SERVER]
    scripted.described = McpServerView(SERVER, tools)
    home(qtbot, window).turn_to(SETTINGS)
    press(window, "Tools…")
    dialog = one(window, McpTools)
    qtbot.waitUntil(lambda: tools[0].name in texts(dialog))
    return dialog


def test_what_changed_is_shown_beside_what_was_agreed_to_and_only_that_is_agreed_to(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        dialog = tools_of(qtbot, window, scripted, KNOWN, CHANGED)
        seen = texts(dialog)
        parts = (CHANGED.before, CHANGED.about, CHANGED.schema_before, CHANGED.schema)
        assert all(said in seen for said in parts)
        shown_then = scripted.described
        scripted.described = McpServerView(SERVER, (McpToolRow("delete", "", "Worse by now.", "{}", "changed"),))
        [agree] = [b for b in dialog.findChildren(QAbstractButton) if b.accessibleName().startswith("Agree")]
        assert not agree.isEnabled(), "nobody agrees to what they did not see"
        qtbot.waitUntil(agree.isEnabled, timeout=5 * HOLD_MS)
        agree.click()
        qtbot.waitUntil(lambda: bool(scripted.called("agree_mcp")))
    assert scripted.called("agree_mcp") == [(shown_then,)]


def test_where_nothing_changed_there_is_nothing_to_agree_to(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        dialog = tools_of(qtbot, window, scripted, KNOWN)
        assert "All tools are as you agreed to them." in texts(dialog)
        assert not [b for b in dialog.findChildren(QAbstractButton) if b.text().startswith("Agree") and b.isVisible()]
        dialog.reject()
