"""The views, one module a resource."""
