"""Customers: who they are, where they live, and what they want to be told."""
