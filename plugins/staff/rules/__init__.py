"""Pure rules of the staff plugin."""
