"""Links between members of the Discord server and customers of the owner's Shopify shop."""
