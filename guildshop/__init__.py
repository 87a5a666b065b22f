"""Guildshop: a shop inside Discord, with its admin on the web."""
