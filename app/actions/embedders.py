"""Embedding models: list, add, use, remove; which one search uses."""

from __future__ import annotations

from app.actions.group import Requests

REQUESTS: Requests = {}
