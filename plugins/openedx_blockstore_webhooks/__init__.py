"""Tells other applications what happens to content, by HTTP, as Standard Webhooks has it.

``api`` is the public door; ``apps`` is what Django reads.
"""
