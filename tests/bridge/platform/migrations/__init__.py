"""How the tables are made: after those of users."""
