"""Refunds: money given back in four modes, and goods that customers send back."""
