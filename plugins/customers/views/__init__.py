"""How customers see their own data in Discord."""
