"""Processes that begin with everything imported: a fresh interpreter for each takes longer than what it does."""

from __future__ import annotations

import multiprocessing

FORKING = multiprocessing.get_context("forkserver")
_PRELOADED = ["pytest", "tests.crash.negotiating", "tests.crash.child", "tests.crash.settling", "tests.crash.enrolling"]
FORKING.set_forkserver_preload(_PRELOADED)  # once: the server is shared
