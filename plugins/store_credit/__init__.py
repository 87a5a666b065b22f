"""Credit that the store owes its customers, offset at the next checkout."""
