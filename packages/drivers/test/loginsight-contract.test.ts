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

// Always the stand-in: the events of a real one cannot be removed, and the lists of these tests begin empty.
describeDriver(
  'loginsight',
  () => {
    server.events.length = 0
    return toLoginsightUrl(server)
  },
  { deletes: false },
)
