"""The schema history of conversations."""
