"""Elasticsearch 7 and OpenSearch, spoken to with the client that Open edX has."""

from openedx_blockstore_search.backends.elasticsearch.backend import ElasticsearchBackend

__all__ = ["ElasticsearchBackend"]
