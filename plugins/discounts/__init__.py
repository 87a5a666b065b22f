"""Discounts: percentages and amounts off, by code or by themselves, each use counted."""
