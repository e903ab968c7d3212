import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { describeFaults } from './stand-in-faults.js'
import { startLogInsight } from './stand-ins/loginsight.js'
import { ingestEvents } from './stand-ins/loginsight-events.js'
import { toLoginsightUrl } from './stand-ins/loginsight-url.js'

const folder = mkdtempSync(join(tmpdir(), 'osprofiler-loginsight-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describeFaults('Log Insight', async () => {
  // This function is called twice, and each server needs its own folder for its certificate.
  const server = await startLogInsight(mkdtempSync(join(folder, 'server-')))
  return {
    ...server,
    knowsIds: false,
    url: port => toLoginsightUrl(server, { host: server.host, port }),
    points: () => server.events.map(({ fields }) => fields.find(({ name }) => name === 'trace_id')?.content),
    clear() {
      server.events.length = 0
    },
    refuseBad() {
      server.intercept = (_, path, body) => {
        if (!path.includes('/ingest/')) return undefined
        const { events } = JSON.parse(body)
        const good = events.filter((event: unknown) => !JSON.stringify(event).includes('"content":"bad"'))
        return {
          status: 200,
          body: { status: 'ok', ingested: ingestEvents(server.events, JSON.stringify({ events: good })) },
        }
      }
    },
    takeNothing() {
      server.intercept = (_, path) => (path.includes('/ingest/') ? { status: 503, body: {} } : undefined)
    },
    repair() {
      server.intercept = undefined
    },
  }
})
