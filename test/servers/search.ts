import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { findFreePort } from './free-port.js'
import { fetchJavaProgram, JAVA_OPTIONS, type JavaProgram } from './java-program.js'
import { SEARCH_PROGRAMS, type SearchServerName } from './search-programs.js'
import { makeServerFolder, removeServerFolder } from './server-folder.js'
import { locateSources } from './server-sources.js'
import { startServer, type TestServer } from './start-server.js'

/** Options for a test's search server. */
export interface SearchOptions {
  /** Memory in megabytes. Default: 512. */
  readonly heap?: number | undefined
  /** Settings for `elasticsearch.yml` or `opensearch.yml`, such as `{ 'cluster.name': 'shop' }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

/** An Elasticsearch or OpenSearch server for one test. */
export interface SearchServer extends TestServer {
  /** The server's address, such as `http://127.0.0.1:19200`. `url` is the driver's connection string. */
  readonly origin: string
  /** The port that the nodes of a cluster use to communicate, for the setting `discovery.seed_hosts`. */
  readonly transportPort: number
}

/**
 * Starts a node, by default as a cluster of one node. The node has no users, no TLS, no scripts, and no index lifecycle
 * management. Its data survives `kill()`.
 */
export async function startSearchServer(name: SearchServerName, options: SearchOptions = {}): Promise<SearchServer> {
  const { heap = 512, settings = {} } = options
  const program: JavaProgram = SEARCH_PROGRAMS[name]
  const { java, folder } = await fetchJavaProgram(program)
  const home = makeServerFolder(name)
  for (const part of ['config', 'plugins']) mkdirSync(join(home, part))
  const [port, transportPort] = [await findFreePort(), await findFreePort()]
  const origin = `http://127.0.0.1:${port}`
  const nodeSettings = { ...describeNode(home, port, transportPort), ...settings }
  const server = await startServer({
    command: java,
    args: [
      ...JAVA_OPTIONS,
      `-Xmx${heap}m`,
      `-Dlog4j2.configurationFile=${join(locateSources('.'), 'log4j2.properties')}`,
      ...(existsSync(join(folder, 'modules'))
        ? ['--enable-native-access=ALL-UNNAMED', `-Dmodules=${folder}/modules`]
        : []),
      ...['-cp', `${join(folder, 'classes')}:${join(folder, 'lib/*')}`, 'SearchServer'],
      ...Object.entries(nodeSettings).map(setting => setting.join('=')),
    ],
    cwd: home,
    isReady: async () => (await fetch(origin)).ok,
  })
  return {
    host: '127.0.0.1',
    port,
    transportPort,
    origin,
    url: `${name.replace(/\d+$/, '')}://127.0.0.1:${port}`,
    ...server,
    async stop() {
      await server.kill()
      removeServerFolder(home)
    },
  }
}

function describeNode(home: string, port: number, transportPort: number): Record<string, string> {
  return {
    'path.home': home,
    'cluster.name': 'osprofiler-test',
    'node.name': 'node-1',
    'discovery.type': 'single-node',
    'network.host': '127.0.0.1',
    'http.port': String(port),
    'transport.port': String(transportPort),
    'http.type': 'netty4',
    'transport.type': 'netty4',
    // Without this setting, indices would become read-only if the machine's disk is nearly full.
    'cluster.routing.allocation.disk.threshold_enabled': 'false',
  }
}
