"""What this node offers to other programs on this machine: HTTP on loopback, off by default (docs/interop.md)."""
