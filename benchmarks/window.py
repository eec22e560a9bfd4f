"""`python -m benchmarks window`: start-up beside an empty PySide6 window, and how long the event loop is ever held.

Start: a process from its beginning until the window is usable, the median of three, for an empty window and for ours on
a locked profile.  Gaps: the time between two turns of the event loop, beyond the timer's own millisecond, first idle,
then while the sample mailbox and generated mail are imported and embedded, an answer streams, and a contact in another
process negotiates with us without a pause; then with the negotiation alone, its tasks in view.
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
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from app.swarm_results import TaskChanged
from benchmarks.negotiating import negotiating, prepare

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
STARTING = 120.0  # seconds that the contact may take
STARTED = 10.0  # seconds until it certainly negotiates
PASSPHRASE = "gravel otter lantern seventeen"


def start_of(code: str, *arguments: str) -> float:
    """Milliseconds from starting the process to a usable window: the median of three, after one to warm the disk."""
    times = []
    for _ in range(4):
        begun = time.time()
        run = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
        times.append((float(run.stdout.split()[0]) - begun) * 1000)
    return statistics.median(times[1:])


class Bench:
    """The real window over a locked profile, and the times between turns of its event loop."""

    def __init__(self, home: Path) -> None:
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication

        from app.bridge import Bridge
        from app.collector import Collector
        from app.serving import open_serving
        from app.theme.theme import Theme
        from app.window import Window

        application = QApplication.instance() or QApplication([])
        assert isinstance(application, QApplication)
        self._application = application
        self._collector = Collector(application)
        self._bridge = Bridge(home, open_node=open_serving)
        self._window = Window(self._bridge, Theme(application), "en")
        self._window.show()
        self._bridge.start()
        self._seen: list[float] = []
        self._tasks = 0
        self._bridge.noted.connect(self._hear)
        self._last = 0.0
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)

    def _tick(self) -> None:
        now = time.perf_counter()
        self._seen.append((now - self._last) * 1000)
        self._last = now

    def watch(self) -> None:
        """Begin to measure."""
        self._seen = []
        self._last = time.perf_counter()
        self._timer.start(1)

    def seen(self) -> list[float]:
        """Milliseconds between turns since `watch`."""
        self._timer.stop()
        return self._seen

    def until(self, test: Callable[[], object], seconds: float = 300) -> None:
        limit = time.monotonic() + seconds
        while not test() and time.monotonic() < limit:
            self._application.processEvents()
            time.sleep(0.0002)

    def run(self, *commands: tuple[object, ...]) -> None:
        """Start commands of the node together and wait for all of them."""
        done: list[object] = []
        for name, *arguments in commands:
            self._bridge.submit(self._window, str(name), *arguments, on_done=done.append, on_failed=done.append)
        self.until(lambda: len(done) == len(commands))

    def ask(self, question: str) -> None:
        page = self._window.home
        assert page is not None
        page.chat.talk.ask(question)
        self.until(lambda: not page.chat.talk.answering)

    def has_tasks(self) -> bool:
        """Whether the contact's first task has come."""
        return self._tasks > 0

    def show_tasks(self) -> None:
        from app.views.home import TASKS

        page = self._window.home
        assert page is not None
        page.turn_to(TASKS)

    def _hear(self, note: object) -> None:
        self._tasks += isinstance(note, TaskChanged)

    def close(self) -> None:
        ended: list[bool] = []
        self._window.finished.connect(lambda: ended.append(True))
        self._window.close()
        self.until(lambda: ended)
        self._bridge.join()
        self._collector.stop()


def generate(folder: Path, mails: int) -> None:
    """Mail that takes a while to embed."""
    folder.mkdir()
    for number in range(mails):
        (folder / f"{number}.eml").write_text(
            f"From: a{number % 50}@example.org\nSubject: Note {number}\nMessage-ID: <{number}@example.org>\n"
            f"Date: Mon, 2 Mar 2026 10:{number % 60:02}:00 +0000\n\n" + f"The heron number {number} was seen. " * 20
        )


def gaps(homes: tuple[Path, Path], mails: int) -> tuple[dict[str, list[float]], float, dict[str, int]]:
    """Milliseconds between turns of the event loop in each state; the process's memory in MB; tasks that were done."""
    source = homes[0].parent / "mail"
    generate(source, mails)
    bench = Bench(homes[0])
    bench.run(("unlock", PASSPHRASE))
    bench.until(lambda: False, 2.0)  # the views are built
    bench.watch()
    bench.until(lambda: False, 5.0)
    seen, done = {"idle": bench.seen()}, {}
    with negotiating(homes[1], PASSPHRASE) as tasks:
        bench.until(bench.has_tasks, STARTING)
        bench.watch()
        bench.run(("import_sample",), ("import_paths", [str(source)]))
        for question in ("Who decides the price of Heron?", "What time is Sophie's birthday dinner?"):
            bench.ask(question)
        bench.until(lambda: False, 20.0)  # embedding goes on behind
        seen["busy"] = bench.seen()
    done["busy"] = sum(tasks)
    with negotiating(homes[1], PASSPHRASE) as tasks:
        bench.show_tasks()
        bench.until(lambda: False, STARTED)
        bench.watch()
        bench.until(lambda: False, 10.0)
        seen["negotiating"] = bench.seen()
    done["negotiating"] = sum(tasks)
    memory = psutil.Process().memory_info().rss / 1e6
    bench.close()
    return seen, memory, done


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
        homes = (Path(name) / "ours", Path(name) / "theirs")
        prepare(*homes, PASSPHRASE)
        found, memory, figures["tasks_done"] = gaps(homes, options.mails)
        figures["memory_mb"] = round(memory)
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
    for state in ("idle", "busy", "negotiating"):
        one = figures[state]
        print(
            f"event loop, {state}: gap p50 {one['p50_ms']} ms, p99 {one['p99_ms']} ms, longest {one['longest_ms']} ms"
        )
    print(f"tasks of a contact done meanwhile: {figures['tasks_done']}")
    print(json.dumps(figures))
    return 0
