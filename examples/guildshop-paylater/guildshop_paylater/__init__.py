"""Pay through PayLater: a hosted page, signed webhooks, one path by which money settles."""
