"""What the agent remembers of its person: facts and standing instructions."""

from __future__ import annotations

from app.actions.group import Requests

REQUESTS: Requests = {}
