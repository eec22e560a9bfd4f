"""Runs of skills, on request, and their log."""

from __future__ import annotations

from app.actions.group import Requests

REQUESTS: Requests = {}
