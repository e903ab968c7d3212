import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * One node of Elasticsearch 8 or 9. Arguments: its settings, each as name=value. The system property "modules" names
 * the folder of the modules.
 */
public class SearchServer {
  public static void main(String[] arguments) throws Exception {
    Settings.Builder settings = Settings.builder();
    for (String setting : arguments) {
      String[] parts = setting.split("=", 2);
      settings.put(parts[0], parts[1]);
    }
    LogConfigurator.configureESLogging();
    var environment = InternalSettingsPreparer.prepareEnvironment(settings.build(), Map.of(), null, () -> "node-1");
    var modules = PluginsLoader.loadModulesBundles(Path.of(System.getProperty("modules")));
    new Node(environment, PluginsLoader.createPluginsLoader(modules, Set.of(), Map.of(), false)).start();
    Thread.currentThread().join();
  }
}
