"""How the catalog looks in Discord."""
