"""Every figure beside its floor or its peer: `python -m benchmarks`."""
