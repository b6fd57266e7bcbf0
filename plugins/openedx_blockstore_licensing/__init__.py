"""Licences, publishers and attribution of what Blockstore holds: a plugin of Blockstore."""
