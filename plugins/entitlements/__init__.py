"""Entitlements: the roles and channels that come with what was bought."""
