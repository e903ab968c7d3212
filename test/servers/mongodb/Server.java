import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import java.net.InetSocketAddress;
import java.util.List;

/** A mongo-java-server on 127.0.0.1. Arguments: its port, the file of its data, and "oplog" for change streams. */
public class Server {
  public static void main(String[] arguments) throws Exception {
    H2Backend backend = new H2Backend(arguments[1]);
    // The client of MongoDB 7 refuses servers of a lower wire version.
    backend.version(new MongoVersion() {
      @Override public List<Integer> getVersionArray() {
        return List.of(4, 4, 0);
      }

      @Override public int getWireVersion() {
        return 9;
      }
    });
    MongoServer server = new MongoServer(backend);
    if (arguments.length > 2) server.enableOplog();
    server.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
    Thread.currentThread().join();
  }
}
