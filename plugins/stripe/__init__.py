"""Stripe: cards, wallets and whatever else Stripe Checkout offers."""
