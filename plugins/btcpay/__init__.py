"""BTCPay Server: Bitcoin on-chain and over Lightning, to a wallet of one's own."""
