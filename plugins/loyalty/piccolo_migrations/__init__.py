"""The schema history of loyalty."""
