"""What the views take and give, one module a resource."""
