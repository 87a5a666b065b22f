"""The schema history of reviews."""
