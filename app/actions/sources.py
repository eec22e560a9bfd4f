"""Sources that are kept fresh: add, look at, pause, sync, remove."""

from __future__ import annotations

from app.actions.group import Requests

REQUESTS: Requests = {}
