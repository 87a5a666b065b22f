"""Branches and departments of a store, what is sold to which of them, and discount groups."""
