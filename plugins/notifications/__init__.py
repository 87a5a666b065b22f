"""Notifications: what customers and staff are told without asking."""
