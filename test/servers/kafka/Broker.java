import java.nio.file.Files;
import java.nio.file.Path;
import kafka.Kafka;
import kafka.tools.StorageTool;

/** One Kafka broker that is its own controller. Arguments: its file of settings, and the folder of its data. */
public class Broker {
  public static void main(String[] arguments) throws Exception {
    if (!Files.exists(Path.of(arguments[1], "meta.properties"))) {
      String[] format = {"format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", arguments[0]};
      int code = StorageTool.execute(format, System.out);
      if (code != 0) System.exit(code);
    }
    Kafka.main(new String[] {arguments[0]});
  }
}
