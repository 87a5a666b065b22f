"""The history of the kernel's tables."""
