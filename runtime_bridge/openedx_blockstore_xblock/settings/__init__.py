"""What the bridge adds to a host's settings."""
