"""Where tests find what is not part of the project."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("NUEE_TEST_DATA", ROOT.parent / "shared" / "data"))
