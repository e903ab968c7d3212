import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { findFreePort } from './free-port.js'
import { fetchJavaProgram, JAVA_OPTIONS, type JavaProgram } from './java-program.js'
import { SEARCH_PROGRAMS, type SearchServerName } from './search-programs.js'
import { makeServerFolder, removeServerFolder } from './server-folder.js'
import { locateSources } from './server-sources.js'
import { startServer, type TestServer } from './start-server.js'

/** Options of a test's search server. */
export interface SearchOptions {
  /** Memory in megabytes. Default: 512. */
  readonly heap?: number | undefined
  /** Settings of `elasticsearch.yml` or `opensearch.yml`, as in `{ 'cluster.name': 'shop' }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

/** An Elasticsearch or OpenSearch for one test. */
export interface SearchServer extends TestServer {
  /** The server's address, as in `http://127.0.0.1:19200`. `url` is the connection string of the driver. */
  readonly origin: string
  /** The port on which the nodes of a cluster talk to each other, for the setting `discovery.seed_hosts`. */
  readonly transportPort: number
}

/**
 * Starts a node, by default a cluster of one node. It has no users, no TLS, no scripts and no life cycles. Its data
 * survive `kill()`.
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
    // The disk of the machine may be nearly full, and indices must not become read-only.
    'cluster.routing.allocation.disk.threshold_enabled': 'false',
  }
}
