"""Staff: settings, roles, the doctor, sign-in from Discord, and the pages of audit and events."""
