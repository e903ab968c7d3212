import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Fetched, fetchOnce } from './fetch-once.js'
import { findGo } from './find-go.js'
import { findFreePort } from './free-port.js'
import { isListening } from './listens.js'
import { runBuild } from './run-build.js'
import { makeServerFolder, removeServerFolder } from './server-folder.js'
import { locateSources, readSources } from './server-sources.js'
import { startServer, type TestServer } from './start-server.js'

/** Options of a test's collector. */
export interface CollectorOptions {
  /** The bearer token that the collector requires. */
  readonly token?: string | undefined
  /** The size of the largest accepted request in bytes, after decompression. */
  readonly maxRequestBytes?: number | undefined
  /** Files of the server's certificate and key. With these, the collector accepts only TLS. */
  readonly tls?:
    | { readonly certificateFile: string; readonly keyFile: string; readonly clientCaFile?: string }
    | undefined
}

/** An OpenTelemetry collector for one test. */
export interface Collector extends TestServer {
  /** Returns every accepted request as OTLP JSON. A request is missing until about 200 ms after it arrived. */
  requests(): unknown[]
}

const SOURCES = locateSources('collector')

/** The collector. Go takes several minutes to build it. */
export const COLLECTOR: Fetched = {
  name: 'collector',
  key: readSources(SOURCES),
  async fill(folder) {
    const go = findGo()
    if (go === undefined) throw new Error('The OpenTelemetry collector needs Go 1.21 or later')
    const file = join(folder, 'collector')
    await runBuild(go, ['build', '-trimpath', '-ldflags', '-s -w', '-o', file, '.'], SOURCES, { CGO_ENABLED: '0' })
  },
}

/** Starts a collector that accepts OTLP over HTTP, as Protobuf and as JSON. */
export async function startCollector(options: CollectorOptions = {}): Promise<Collector> {
  const program = join(await fetchOnce(COLLECTOR), 'collector')
  const folder = makeServerFolder('collector')
  const port = await findFreePort()
  const [settings, traces] = [join(folder, 'config.json'), join(folder, 'traces.jsonl')]
  // The collector reads its settings as YAML. JSON is accepted, because every JSON text is also YAML.
  writeFileSync(settings, JSON.stringify(describeCollector(port, traces, options)))
  const server = await startServer({
    command: program,
    args: ['--config', settings],
    cwd: folder,
    isReady: () => isListening(port),
  })
  return {
    host: '127.0.0.1',
    port,
    url: `otlp://127.0.0.1:${port}`,
    requests: () => readLines(traces),
    ...server,
    async stop() {
      await server.kill()
      removeServerFolder(folder)
    },
  }
}

function describeCollector(port: number, traces: string, { token, maxRequestBytes, tls }: CollectorOptions) {
  const http = {
    endpoint: `127.0.0.1:${port}`,
    ...(maxRequestBytes === undefined ? {} : { max_request_body_size: maxRequestBytes }),
    ...(token === undefined ? {} : { auth: { authenticator: 'bearertokenauth' } }),
    ...(tls === undefined
      ? {}
      : { tls: { cert_file: tls.certificateFile, key_file: tls.keyFile, client_ca_file: tls.clientCaFile } }),
  }
  return {
    ...(token === undefined ? {} : { extensions: { bearertokenauth: { scheme: 'Bearer', token } } }),
    receivers: { otlp: { protocols: { http } } },
    exporters: { file: { path: traces, flush_interval: '100ms', append: true } },
    service: {
      extensions: token === undefined ? [] : ['bearertokenauth'],
      telemetry: { metrics: { level: 'none' }, logs: { level: 'info' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['file'] } },
    },
  }
}

/**
 * Returns a file's complete lines. The last line may be incomplete, if it is still being written or if the collector
 * was killed.
 */
function readLines(file: string): unknown[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.flatMap(line => {
    try {
      return [JSON.parse(line)]
    } catch {
      return []
    }
  })
}
