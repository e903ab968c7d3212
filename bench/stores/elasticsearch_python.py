"""Makes OSProfiler's own driver work with Elasticsearch 8: the driver expects defaults that only version 7 has."""

import os

os.environ["ELASTIC_CLIENT_APIVERSIONING"] = "1"

from osprofiler.drivers import elasticsearch_driver  # noqa: E402

Elasticsearch = elasticsearch_driver.ElasticsearchDriver
