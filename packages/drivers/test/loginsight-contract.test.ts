import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { describeDriver } from './driver-contract.js'
import { type LogInsightStandIn, startLogInsight } from './stand-ins/loginsight.js'
import { toLoginsightUrl } from './stand-ins/loginsight-url.js'

const folder = mkdtempSync(join(tmpdir(), 'osprofiler-loginsight-'))
let server: LogInsightStandIn

beforeAll(async () => {
  server = await startLogInsight(folder)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

// The tests always use the stand-in, because they need an empty store, and the events of a real server cannot be
// removed.
describeDriver(
  'loginsight',
  () => {
    server.events.length = 0
    return toLoginsightUrl(server)
  },
  { deletes: false },
)
