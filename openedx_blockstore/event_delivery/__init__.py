"""Hands events of the log over to their consumers: at least once, in order, one by one if need be.

What is done stands in :mod:`.delivery`, who does it in :mod:`.runner`.
"""
