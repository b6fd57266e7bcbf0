"""The commands: what they take, and how they show what they found."""
