"""The proof of privacy: plant canaries, work, crash, and look for them in every file."""

from __future__ import annotations

from app.actions.group import Requests

REQUESTS: Requests = {}
