import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { openServer } from './stand-ins.js'

const PATH = '/api/v1/events/ingest/F52D775B-6017-4787-8C8A-F21AE0AEC057'
const [USERNAME, PASSWORD] = ['tracer', encodeURIComponent('p@ss:word/é')]

/**
 * Log Insight as a store of the benchmark: see `stores.js`. Log Insight has no client library, so the bare client uses
 * HTTPS.
 */
export const store = {
  title: 'Log Insight',

  async start() {
    const folder = mkdtempSync(join(tmpdir(), 'osprofiler-bench-'))
    const server = await openServer('loginsight', {
      file: 'loginsight',
      start: ({ startLogInsight }) => startLogInsight(folder),
      toUrl: ({ host, port, certificateFile }) =>
        `loginsight://${USERNAME}:${PASSWORD}@${host}:${port}/?ca=${encodeURIComponent(certificateFile)}`,
    })
    const { standIn } = server
    const ports = standIn && `${standIn.plainPort},${standIn.port}`
    return {
      ...server,
      ...(standIn && { python: ['loginsight_python.LogInsight', `loginsight://${USERNAME}:${PASSWORD}@${ports}`] }),
      clear: () => standIn?.events.splice(0),
      async stop() {
        await server.stop()
        rmSync(folder, { recursive: true })
      },
    }
  },

  /** Returns an event in the layout of Python's driver. */
  toText(record) {
    const { base_id, trace_id, project, service, name } = record
    const fields = { base_id, trace_id, project, service, name, trace: JSON.stringify(record) }
    return JSON.stringify({
      text: 'OSProfiler trace',
      fields: Object.entries(fields).map(([key, content]) => ({ name: key, content })),
    })
  },

  /** Writes one request per batch. Writing needs no session. */
  openBare(url) {
    const { hostname, port, searchParams } = new URL(url)
    const ca = searchParams.get('ca')
    const agent = new Agent({ keepAlive: true, ...(ca === null ? {} : { ca: readFileSync(ca) }) })
    const options = { hostname, port, agent, method: 'POST', path: PATH }
    return {
      async write(batch, toEvent) {
        const body = `{"events":[${batch.map(toEvent).join(',')}]}`
        const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
        const { status, answer } = await send({ ...options, headers }, body)
        if (status !== 200) throw new Error(`Log Insight answers ${status}: ${answer}`)
      },
    }
  },
}

function send(options, body) {
  return new Promise((resolve, reject) => {
    request(options)
      .on('response', async response => resolve({ status: response.statusCode, answer: await text(response) }))
      .on('error', reject)
      .end(body)
  })
}
