"""What the window remembers of the swarm.  No Qt here."""

ASKED = "swarm-offer-asked"
"""The setting that says that the person has answered what their model does for contacts."""

DEMO = "demo"
"""The setting of a throw-away profile of `nuee demo swarm`: whose it is, who is in the other window, and whether to
begin in this one."""
