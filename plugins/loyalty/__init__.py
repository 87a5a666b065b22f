"""Loyalty points: earned by paid orders, redeemed at the checkout, every change a row of a ledger."""
