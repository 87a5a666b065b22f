"""Sales tax worked out by TaxJar while quoting, and told back to it once money moved."""
