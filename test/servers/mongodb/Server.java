import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.AbstractMongoBackend;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.net.InetSocketAddress;
import java.util.List;

/** A mongo-java-server on 127.0.0.1. Arguments: its port and, if its data has to survive, a file for the data. */
public class Server {
  /** Keeps data in memory. Answers one message after another, because two first writes at once make the server fail. */
  static class Volatile extends MemoryBackend {
    @Override public synchronized Document handleMessage(MongoMessage message) {
      return super.handleMessage(message);
    }
  }

  /** Writes data to the file before it answers. H2 itself may take a second to write it. */
  static class Durable extends H2Backend {
    Durable(String file) {
      super(file);
    }

    @Override public synchronized Document handleMessage(MongoMessage message) {
      Document answer = super.handleMessage(message);
      commit();
      return answer;
    }
  }

  public static void main(String[] arguments) throws Exception {
    AbstractMongoBackend backend = arguments.length > 1 ? new Durable(arguments[1]) : new Volatile();
    // The client `mongodb` 7 refuses servers with a lower wire version.
    backend.version(new MongoVersion() {
      @Override public List<Integer> getVersionArray() {
        return List.of(4, 4, 0);
      }

      @Override public int getWireVersion() {
        return 9;
      }
    });
    MongoServer server = new MongoServer(backend);
    server.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
    Thread.currentThread().join();
  }
}
