"""Tests of the plugins, one package each. They run with ``--ds=tests.settings_all``."""
