"""What waits for a click, standing rules, and what the agent did."""

from __future__ import annotations

from app.actions.group import Requests

REQUESTS: Requests = {}
