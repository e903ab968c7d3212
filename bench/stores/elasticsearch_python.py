"""OSProfiler's own driver of Elasticsearch, which of a server of version 8 wants what only version 7 takes by itself."""

import os

os.environ["ELASTIC_CLIENT_APIVERSIONING"] = "1"

from osprofiler.drivers import elasticsearch_driver  # noqa: E402

Elasticsearch = elasticsearch_driver.ElasticsearchDriver
