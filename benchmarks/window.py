"""`python -m benchmarks window`: start-up beside an empty PySide6 window, and how long the event loop is ever held.

Start: a process from its beginning until the window is usable, the median of three, for an empty window and for ours on
a locked profile.  Gaps: the time between two turns of the event loop, beyond the timer's own millisecond, first idle,
then while the sample mailbox and generated mail are imported and embedded and an answer streams.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

EMPTY = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([]); window = QMainWindow(); window.resize(1100, 720); window.show()
QTimer.singleShot(0, lambda: (print(time.time(), flush=True), app.quit()))
app.exec()
"""
OURS = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.bridge import Bridge
from app.desktop import _open_serving
from app.theme.theme import Theme
from app.views.unlock import Unlock
from app.window import Window
app = QApplication([]); theme = Theme(app); bridge = Bridge(Path(sys.argv[1]), open_node=_open_serving)
window = Window(bridge, theme, "en"); window.finished.connect(app.quit); window.show(); bridge.start()
def look():
    if window.findChildren(Unlock):
        print(time.time(), flush=True); window.close()
    else:
        QTimer.singleShot(1, look)
look(); app.exec(); bridge.join()
"""
PASSPHRASE = "gravel otter lantern seventeen"


def start_of(code: str, *arguments: str) -> float:
    """Milliseconds from starting the process to a usable window: the median of three, after one to warm the disk."""
    times = []
    for _ in range(4):
        begun = time.time()
        run = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
        times.append((float(run.stdout.split()[0]) - begun) * 1000)
    return statistics.median(times[1:])


def gaps(seconds_idle: float, mails: int, folder: Path) -> dict[str, list[float]]:
    """Milliseconds between turns of the event loop, idle and busy."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from app.bridge import Bridge
    from app.collector import Collector
    from app.serving import open_serving
    from app.theme.theme import Theme
    from app.window import Window

    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    collector = Collector(application)
    bridge = Bridge(folder, open_node=open_serving)
    window = Window(bridge, Theme(application), "en")
    window.show()
    bridge.start()
    seen: list[float] = []
    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        seen.append((now - last) * 1000)
        last = now

    timer = QTimer()
    timer.timeout.connect(tick)
    done: list[Any] = []

    def until(count: int, seconds: float = 600) -> None:
        limit = time.monotonic() + seconds
        while len(done) < count and time.monotonic() < limit:
            application.processEvents()
            time.sleep(0.0002)

    def run(name: str, *arguments: object) -> None:
        bridge.submit(window, name, *arguments, on_done=done.append, on_failed=done.append)

    run("unlock", PASSPHRASE)
    until(1)
    until(2, 2.0)  # the views are built
    timer.start(1)
    last = time.perf_counter()
    until(2, seconds_idle)
    result = {"idle": seen[:]}
    seen.clear()
    source = folder.parent / "mail"
    source.mkdir()
    for number in range(mails):
        (source / f"{number}.eml").write_text(
            f"From: a{number % 50}@example.org\nSubject: Note {number}\nMessage-ID: <{number}@example.org>\n"
            f"Date: Mon, 2 Mar 2026 10:{number % 60:02}:00 +0000\n\n" + f"The heron number {number} was seen. " * 20
        )
    run("import_sample")
    run("import_paths", [str(source)])
    until(3)
    page = window.home
    assert page is not None
    for question in ("Who decides the price of Heron?", "What time is Sophie's birthday dinner?"):
        page.chat.talk.ask(question)
        limit = time.monotonic() + 120
        while page.chat.talk.answering and time.monotonic() < limit:
            application.processEvents()
            time.sleep(0.0002)
    until(4, 20)
    result["busy"] = seen[:]
    result["memory_mb"] = [psutil.Process().memory_info().rss / 1e6]
    timer.stop()
    ended: list[bool] = []
    window.finished.connect(lambda: ended.append(True))
    window.close()
    while not ended:
        application.processEvents()
    bridge.join()
    collector.stop()
    return result


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks window")
    parser.add_argument("--mails", type=int, default=300, help="generated messages to import")
    options = parser.parse_args(argv)
    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        locked = Path(name) / "locked"
        environment = {**os.environ, "NUEE_HOME": str(locked), "NUEE_PASSPHRASE": PASSPHRASE}
        subprocess.run([sys.executable, "-m", "app", "init"], env=environment, capture_output=True, check=True)
        figures["empty_window_ms"] = round(start_of(EMPTY))
        figures["usable_ms"] = round(start_of(OURS, str(locked)))
        found = gaps(5.0, options.mails, locked)
        figures["memory_mb"] = round(found.pop("memory_mb")[0])
        for state, values in found.items():
            figures[state] = {
                "turns": len(values),
                "p50_ms": round(float(np.percentile(values, 50)), 2),
                "p99_ms": round(float(np.percentile(values, 99)), 2),
                "longest_ms": round(max(values), 1),
            }
    print(f"empty PySide6 window    {figures['empty_window_ms']:>6} ms")
    print(f"ours, locked, usable    {figures['usable_ms']:>6} ms")
    print(f"memory, window and node {figures['memory_mb']:>6} MB")
    for state in ("idle", "busy"):
        one = figures[state]
        print(
            f"event loop, {state}: gap p50 {one['p50_ms']} ms, p99 {one['p99_ms']} ms, longest {one['longest_ms']} ms"
        )
    print(json.dumps(figures))
    return 0
