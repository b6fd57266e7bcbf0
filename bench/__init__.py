"""Times of each operation, beside a floor measured in the same run: ``make bench``."""
