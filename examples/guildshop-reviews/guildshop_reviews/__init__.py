"""Reviews of products by those who bought them."""
