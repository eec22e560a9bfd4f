"""Skills: what is installed, catalogs, and trust."""

from __future__ import annotations

from app.actions.group import Requests

REQUESTS: Requests = {}
