"""Forgetting, and changing the passphrase or the recovery phrase."""

from __future__ import annotations

from app.actions.group import Requests

REQUESTS: Requests = {}
