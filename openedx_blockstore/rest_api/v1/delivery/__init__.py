"""How files go to browsers and other clients: types, ranges, sandboxes, redirects.

It knows HTTP, and nothing of permissions: whoever calls it has made sure of them.
"""
