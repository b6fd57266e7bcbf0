"""Finding what is in a bundle below its files: the parts, what they say and what they refer to."""
