import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.opensearch.common.settings.Settings;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.Plugin;
import org.opensearch.index.reindex.ReindexPlugin;
import org.opensearch.transport.Netty4Plugin;

/** One node of OpenSearch 2. Arguments: its settings, each as name=value. */
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
