import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.reindex.ReindexPlugin;
import org.elasticsearch.transport.Netty4Plugin;

/** One node of Elasticsearch 7. Arguments: its settings, each as name=value. */
public class SearchServer {
  static class WithPlugins extends Node {
    WithPlugins(Settings settings, Collection<Class<? extends Plugin>> plugins) {
      super(InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "node-1"), plugins, false);
    }
  }

  public static void main(String[] arguments) throws Exception {
    Settings.Builder settings = Settings.builder();
    for (String setting : arguments) {
      String[] parts = setting.split("=", 2);
      settings.put(parts[0], parts[1]);
    }
    new WithPlugins(settings.build(), List.of(Netty4Plugin.class, ReindexPlugin.class)).start();
    Thread.currentThread().join();
  }
}
