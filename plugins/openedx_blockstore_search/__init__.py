"""Search over bundles, files and parts, and which file is used where: a plugin of Blockstore."""
