"""Which file is used where, and which are not: in a bundle, and in those that borrow from it."""
