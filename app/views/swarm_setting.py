"""What the window remembers of the swarm.  No Qt here."""

ASKED = "swarm-offer-asked"
"""The setting that says that the person has answered what their model does for contacts."""
