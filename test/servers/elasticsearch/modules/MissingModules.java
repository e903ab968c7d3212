package osprofiler.test;

import java.io.IOException;
import java.util.*;
import java.util.function.*;
import org.elasticsearch.action.bulk.*;
import org.elasticsearch.action.delete.DeleteRequest;
import org.elasticsearch.action.search.*;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.metadata.IndexNameExpressionResolver;
import org.elasticsearch.cluster.node.DiscoveryNodes;
import org.elasticsearch.common.Strings;
import org.elasticsearch.common.io.stream.NamedWriteableRegistry;
import org.elasticsearch.common.settings.*;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.features.NodeFeature;
import org.elasticsearch.plugins.*;
import org.elasticsearch.rest.*;
import org.elasticsearch.rest.action.RestCancellableNodeClient;
import org.elasticsearch.search.SearchHit;
import org.elasticsearch.search.builder.SearchSourceBuilder;
import org.elasticsearch.xcontent.XContentBuilder;

/**
 * Replaces Elasticsearch's modules rest-root and reindex, which are not in Maven Central. Answers GET / and
 * POST /INDEX/_delete_by_query. For the latter, it scrolls through the hits, and deletes those that have not changed.
 */
public class MissingModules extends Plugin implements ActionPlugin {
    @Override
    public Collection<RestHandler> getRestHandlers(Settings settings, NamedWriteableRegistry registry, RestController controller,
            ClusterSettings clusterSettings, IndexScopedSettings indexSettings, SettingsFilter filter, IndexNameExpressionResolver resolver,
            Supplier<DiscoveryNodes> nodes, Predicate<NodeFeature> features) {
        return List.of(new Root(), new DeleteByQuery(features));
    }

    static class Root extends BaseRestHandler {
        @Override public String getName() { return "main_action"; }
        @Override public List<Route> routes() {
            return List.of(new Route(RestRequest.Method.GET, "/"), new Route(RestRequest.Method.HEAD, "/"));
        }
        @Override protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
            return channel -> {
                XContentBuilder b = channel.newBuilder().prettyPrint().startObject();
                b.field("name", "node-1").field("cluster_name", "osprofiler-test").field("cluster_uuid", "osprofiler-test");
                b.startObject("version").field("number", org.elasticsearch.Build.current().version())
                    .field("build_flavor", org.elasticsearch.Build.current().flavor()).field("build_type", "unknown")
                    .field("build_hash", org.elasticsearch.Build.current().hash()).field("build_snapshot", false)
                    .field("minimum_wire_compatibility_version", "x").field("minimum_index_compatibility_version", "x").endObject();
                b.field("tagline", "You Know, for Search").endObject();
                channel.sendResponse(new RestResponse(RestStatus.OK, b));
            };
        }
    }

    static class DeleteByQuery extends BaseRestHandler {
        private final Predicate<NodeFeature> features;
        DeleteByQuery(Predicate<NodeFeature> features) { this.features = features; }
        @Override public String getName() { return "delete_by_query_action"; }
        @Override public List<Route> routes() { return List.of(new Route(RestRequest.Method.POST, "/{index}/_delete_by_query")); }

        @Override protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) throws IOException {
            String[] indices = Strings.splitStringByCommaToArray(request.param("index"));
            boolean proceed = "proceed".equals(request.param("conflicts", "abort"));
            boolean refresh = request.paramAsBoolean("refresh", false);
            boolean ignoreUnavailable = request.paramAsBoolean("ignore_unavailable", false);
            SearchSourceBuilder source = new SearchSourceBuilder();
            if (!request.hasContent()) throw new IllegalArgumentException("query is missing");
            try (var parser = request.contentParser()) { source.parseXContent(parser, true, features); }
            if (source.query() == null) throw new IllegalArgumentException("query is missing");
            source.size(1000).seqNoAndPrimaryTerm(true).fetchSource(false).sort("_doc");
            SearchRequest search = new SearchRequest(indices).source(source).scroll(TimeValue.timeValueMinutes(5));
            if (ignoreUnavailable) search.indicesOptions(org.elasticsearch.action.support.IndicesOptions.lenientExpandOpen());
            return channel -> client.threadPool().generic().execute(() -> {
                try { channel.sendResponse(new RestResponse(RestStatus.OK, run(client, search, indices, proceed, refresh, channel.newBuilder()))); }
                catch (Exception e) {
                    try { channel.sendResponse(new RestResponse(channel, e)); } catch (IOException ignored) { }
                }
            });
        }

        private XContentBuilder run(NodeClient client, SearchRequest search, String[] indices, boolean proceed, boolean refresh, XContentBuilder b)
                throws IOException {
            long t0 = System.nanoTime();
            long total = 0, deleted = 0, conflicts = 0, batches = 0;
            List<BulkItemResponse> failures = new ArrayList<>();
            String scrollId = null;
            SearchResponse page = client.search(search).actionGet();
            try {
                while (true) {
                    BulkRequest bulk = new BulkRequest();
                    try {
                        scrollId = page.getScrollId();
                        total += page.getHits().getHits().length;
                        for (SearchHit hit : page.getHits().getHits())
                            bulk.add(new DeleteRequest(hit.getIndex(), hit.getId()).setIfSeqNo(hit.getSeqNo()).setIfPrimaryTerm(hit.getPrimaryTerm()));
                    } finally { page.decRef(); }
                    if (bulk.numberOfActions() == 0) break;
                    batches++;
                    for (BulkItemResponse item : client.bulk(bulk).actionGet()) {
                        if (!item.isFailed()) { if (item.getResponse().getResult() == org.elasticsearch.action.DocWriteResponse.Result.DELETED) deleted++; }
                        else if (item.status() == RestStatus.CONFLICT) { conflicts++; if (!proceed) failures.add(item); }
                        else failures.add(item);
                    }
                    if (!failures.isEmpty()) break;
                    page = client.searchScroll(new SearchScrollRequest(scrollId).scroll(TimeValue.timeValueMinutes(5))).actionGet();
                }
            } finally {
                if (scrollId != null) { ClearScrollRequest clear = new ClearScrollRequest(); clear.addScrollId(scrollId); client.clearScroll(clear).actionGet(); }
            }
            if (refresh) client.admin().indices().prepareRefresh(indices).get();
            b.startObject().field("took", (System.nanoTime() - t0) / 1_000_000).field("timed_out", false).field("total", total)
                .field("deleted", deleted).field("batches", batches).field("version_conflicts", conflicts).field("noops", 0);
            b.startArray("failures");
            for (BulkItemResponse f : failures) { b.startObject(); b.field("id", f.getId()); b.field("status", f.status().getStatus()); b.field("reason", f.getFailureMessage()); b.endObject(); }
            return b.endArray().endObject();
        }
    }
}
