"""Orders: the checkout in Discord, statuses and their moves, expiry, lists and the pages of the workspace."""
