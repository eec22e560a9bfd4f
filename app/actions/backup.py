"""Backup and move: export and restore."""

from __future__ import annotations

from app.actions.group import Requests

REQUESTS: Requests = {}
