"""Tools of other programs: MCP servers that the person added.  See docs/interop.md."""
