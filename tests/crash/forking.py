"""Processes that begin with everything imported: a fresh interpreter for each takes longer than what it does."""

from __future__ import annotations

import multiprocessing

FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["pytest", "tests.crash.negotiating", "tests.crash.child"])  # once: the server is shared
