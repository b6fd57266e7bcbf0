"""Tests of webhooks: real servers on this machine receive them."""
