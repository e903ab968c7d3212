import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.opensearch.Version;
import org.opensearch.common.settings.Settings;
import org.opensearch.index.reindex.ReindexModulePlugin;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.Plugin;
import org.opensearch.plugins.PluginInfo;
import org.opensearch.transport.Netty4ModulePlugin;

/** One node of OpenSearch 3. Arguments: its settings, each as name=value. */
public class SearchServer {
  static class WithPlugins extends Node {
    WithPlugins(Settings settings, Collection<PluginInfo> plugins) {
      super(InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "node-1"), plugins, false);
    }
  }

  static PluginInfo describe(Class<? extends Plugin> plugin) {
    String name = plugin.getName();
    return new PluginInfo(name, "on the class path", "NA", Version.CURRENT, "21", name, null, List.of(), false);
  }

  public static void main(String[] arguments) throws Exception {
    Settings.Builder settings = Settings.builder();
    for (String setting : arguments) {
      String[] parts = setting.split("=", 2);
      settings.put(parts[0], parts[1]);
    }
    List<PluginInfo> plugins = List.of(describe(Netty4ModulePlugin.class), describe(ReindexModulePlugin.class));
    new WithPlugins(settings.build(), plugins).start();
    Thread.currentThread().join();
  }
}
