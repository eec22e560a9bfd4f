"""Moments as a command prints them: on the person's clock."""

from __future__ import annotations

from datetime import datetime


def local(moment: str) -> str:
    """`YYYY-MM-DD HH:MM` of an ISO 8601 moment, in this machine's time zone.  Errors: ValueError."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
