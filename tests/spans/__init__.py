"""A Django app of the tests: tables of data about spans of versions, as plugins have them."""
