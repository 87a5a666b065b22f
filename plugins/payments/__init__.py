"""Payments: manual methods, what customers report, and what staff confirm or reject."""
