"""The schema history of the catalog."""
