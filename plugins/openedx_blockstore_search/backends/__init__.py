"""Search engines: SQLite, which needs nothing, and Elasticsearch or OpenSearch."""
