"""Conversations between a store and its customers: by Discord on one side, by the page of staff on the other."""
