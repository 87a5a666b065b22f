"""Reports: what was sold, by day, product and customer; files, links to share, and the chart in Discord."""
