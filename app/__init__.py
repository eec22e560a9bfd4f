"""The desktop application and the `nuee` command."""

__version__ = "0.1.0"
