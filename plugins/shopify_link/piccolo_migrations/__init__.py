"""The schema history of sales tax by TaxJar."""
