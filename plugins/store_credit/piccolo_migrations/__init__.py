"""The schema history of discounts."""
