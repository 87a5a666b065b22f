"""The schema history of PayLater."""
