"""What the bridge answers to browsers."""
