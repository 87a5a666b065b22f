"""The schema history of the organization."""
