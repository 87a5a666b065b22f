"""The schema history of reports."""
