"""Tags on collections, bundles and their parts, in the taxonomies of ``openedx_tagging``.

The public Python functions are in :mod:`openedx_blockstore_tagging.api`, their values in
:mod:`~openedx_blockstore_tagging.data`, and their errors in
:mod:`~openedx_blockstore_tagging.exceptions`.
"""
