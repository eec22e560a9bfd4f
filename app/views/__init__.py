"""The window's views, one widget per file.  Qt thread only; every command goes through the bridge."""
