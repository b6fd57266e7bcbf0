import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;

import org.engine.analysis.common.CommonAnalysisPlugin;
import org.engine.common.settings.Settings;
import org.engine.env.Environment;
import org.engine.index.reindex.ReindexPlugin;
import org.engine.node.InternalSettingsPreparer;
import org.engine.node.Node;
import org.engine.painless.PainlessPlugin;
import org.engine.plugins.Plugin;
import org.engine.transport.Netty4Plugin;

/**
 * Runs a search engine as a cluster of one node, with those of its own modules that search needs, on
 * loopback, until it is told to stop. The names of its packages are put in by whoever compiles this.
 */
public class StartNode {
    private static final class OnlyNode extends Node {
        OnlyNode(Environment environment, Collection<Class<? extends Plugin>> plugins) {
            super(environment, plugins, true);
        }
    }

    /** Arguments: a folder, the port for HTTP, and the one that nodes would use among themselves. */
    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]);
        Files.createDirectories(home.resolve("config"));
        Settings settings = Settings.builder()
            .put("path.home", home)
            .put("cluster.name", "blockstore-tests")
            .put("discovery.type", "single-node")
            .put("network.host", "127.0.0.1")
            .put("http.port", arguments[1])
            .put("transport.port", arguments[2])
            .put("transport.type", "netty4")
            .put("http.type", "netty4")
            // Whatever is indexed where no index was made is a mistake.
            .put("action.auto_create_index", false)
            // Tests use little, on machines that may have little left.
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
        Node node = new OnlyNode(
            InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "only"),
            List.of(Netty4Plugin.class, CommonAnalysisPlugin.class, PainlessPlugin.class, ReindexPlugin.class));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception error) {
                error.printStackTrace();
            }
        }));
        node.start();
        Thread.currentThread().join();
    }
}
