"""The parts of the suite for search engines, which ``search_backends`` puts together."""
