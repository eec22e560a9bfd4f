"""Which steps are done, and for which inputs.

A stamp is one small file per step in `.venv/.nuee`, taken away when the step begins and written when it has ended:
a step that was interrupted, or whose inputs changed, has no stamp that holds, and runs again.
"""

from __future__ import annotations

from pathlib import Path

from installer import files


class Stamps:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, step: str) -> Path:
        return self.folder / f"{step}.stamp"

    def holds(self, step: str, key: str) -> bool:
        return files.read_json(self._path(step)).get("key") == key

    def begin(self, step: str) -> None:
        self._path(step).unlink(missing_ok=True)

    def end(self, step: str, key: str, seconds: float) -> None:
        files.write_json(self._path(step), {"key": key, "seconds": round(seconds, 1)})
