"""What members see of orders: the screens of the flow, receipts and lists. No queries."""
