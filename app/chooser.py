"""Which model answers: the one the user chose, else the default, else any that is there."""

from __future__ import annotations

from agent.models import DEFAULT_DIGEST, ModelFile, ModelStore
from app.results import CommandFailed


class ModelChooser:
    """`selected` is a digest from the settings, or None.  Any thread."""

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self.selected: str | None = None

    def current(self) -> ModelFile:
        """Errors: CommandFailed("no-model") when the store is empty."""
        files = {model.digest: model for model in self._store.list()}
        for digest in (self.selected, DEFAULT_DIGEST):
            if digest in files:
                return files[digest]
        for model in files.values():
            return model
        raise CommandFailed("no-model")
