"""What ``manage.py`` can do with the bridge."""
