"""Rules that Discord applies and its OpenAPI description does not encode."""
