"""The schema history of customers."""
