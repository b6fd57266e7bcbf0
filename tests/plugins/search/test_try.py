import time
import pytest
from openedx_blockstore import api
from openedx_blockstore.courses import import_course
from openedx_blockstore.models_api import Bundle
from openedx_blockstore.plugin_api.search_backends import *
from openedx_blockstore_search.indexing.syncing import sync_bundles
from tests.counting import counting

@pytest.mark.django_db(transaction=True)
def test_it(engine, courses):
    t=time.time()
    for c in sorted(courses.iterdir()):
        import_course(str(c/"course"))
    print("import", time.time()-t); t=time.time()
    with counting() as cost:
        sync_bundles(engine, Bundle.objects.values_list("uuid", flat=True))
    print("sync", time.time()-t, cost.statements, Bundle.objects.count())
    cur=engine.current(); engine.refresh(cur); print(engine.count(cur))
    r=engine.search(SearchQuery(visible=None, filters=(Filter("kind",("part",)),), facets=("block_type","trait:response","language")))
    print(r.total, {k:[(x.value,x.count) for x in v] for k,v in r.facets.items()})
    r=engine.search(SearchQuery(visible=None, text="slick slider height", limit=3))
    for h in r.hits: print(h)
    from openedx_blockstore_search.models import IndexedFile, IndexedPart, FileReference
    print(IndexedFile.objects.count(), IndexedPart.objects.count(), FileReference.objects.count(), IndexedFile.objects.exclude(flaw="").values_list("path","flaw"))
    assert 0
