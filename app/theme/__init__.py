"""How the window looks: one set of design tokens for light and dark, and one icon set."""
