"""The schema history of gift wrap."""
