"""Gift wrap: a question, an amount, and only so many a day."""
