import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { makeRecord } from '../packages/drivers/test/make-record.js'
import { withoutOwnKeys } from '../packages/report/test/without-own-keys.js'
import { osprofiler } from './cli-process.js'
import { describeForEachPython } from './python/each-python.js'
import { importOnce, readPythonOutput, runPythonCommand } from './python/run-python.js'
import { type SharedServer, shareRabbitmq } from './servers/share.js'

const SCRIPT = fileURLToPath(new URL('python/messaging.py', import.meta.url))

importOnce('oslo_messaging', 'oslo_messaging._drivers.impl_rabbit')

let server: SharedServer
let transportUrl: string
// The tests start several Python processes in sequence, which is slow on a busy machine.
vi.setConfig({ testTimeout: 300_000 })

describeForEachPython('messaging:// and OpenStack', () => {
  beforeAll(async () => {
    server = await shareRabbitmq()
    transportUrl = `${server.url.replace('amqp:', 'rabbit:')}`
  })
  afterAll(() => server.stop())

  it("work together: oslo.messaging's own listener receives the notifications that messaging:// sends", async () => {
    const records = makeTrace(randomUUID(), 'orders')
    await writeRecords(records)

    const received = await runScript('listen', String(records.length))

    const notifications = received
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    // The listener's threads receive the notifications in any order.
    const byTime = (one: TraceRecord, other: TraceRecord) => (one.timestamp < other.timestamp ? -1 : 1)
    expect(notifications.map(({ payload }) => payload).sort(byTime)).toEqual(records.toSorted(byTime))
    expect(notifications[0]).toMatchObject({
      context: {},
      publisher_id: 'web-1',
      event_type: 'profiler.orders',
      metadata: { message_id: expect.any(String), timestamp: expect.any(String) },
    })
  })

  it("show the same trace with Python's command and with osprofiler", async () => {
    const [baseId, other] = [randomUUID(), randomUUID()]
    await writeRecords([...makeTrace(baseId, 'orders'), ...makeTrace(other, 'billing')])

    const ours = await show(baseId)
    // Python's command must run second, because it removes the records of all traces from the queue.
    const theirs = await showWithPython(baseId)

    expect(ours.stderr).toBe('')
    expect(withoutOwnKeys(JSON.parse(ours.stdout))).toEqual(withoutOwnKeys(JSON.parse(theirs)))
    expect(JSON.parse(theirs).children[0].info.name).toBe('wsgi')
  })

  it('show a trace of Node and Python services as the same tree', async () => {
    const baseId = randomUUID()
    const records = makeTrace(baseId, 'orders')
    const inner = makeRecord({
      base_id: baseId,
      parent_id: records[0]?.trace_id ?? '',
      name: 'rpc-start',
      project: 'nova',
      service: 'compute',
      info: { host: 'nova-1', function: { name: 'Manager.é' } },
    })
    await writeRecords(records)
    await runScript('notify', '', [
      inner,
      { ...makeRecord(inner), name: 'rpc-stop', timestamp: makeRecord().timestamp },
    ])

    const ours = await show(baseId)
    const theirs = await showWithPython(baseId)

    const report = JSON.parse(ours.stdout)
    expect(withoutOwnKeys(report)).toEqual(withoutOwnKeys(JSON.parse(theirs)))
    expect(report.children).toHaveLength(1)
    expect(report.children[0].children.map((child: { info: { service: string } }) => child.info.service)).toEqual([
      'orders',
      'compute',
    ])
  })

  it('work together: osprofiler waits for later notifications as long as --idle-timeout specifies', async () => {
    const baseId = randomUUID()
    const records = makeTrace(baseId, 'orders')

    const shown = show(baseId, '--idle-timeout', '4')
    await writeRecords(records.slice(0, 1))
    // After this pause, the command has usually emptied the queue. Otherwise the command reads all records at once, and
    // the test still passes.
    await sleep(1_500)
    await writeRecords(records.slice(1))

    const { stdout } = await shown
    expect(JSON.parse(stdout).children[0].children).toHaveLength(1)
  })

  it('work together: osprofiler lists traces that Python wrote', async () => {
    const baseId = randomUUID()
    await runScript('notify', '', [makeRecord({ base_id: baseId, project: 'nova', service: 'compute' })])

    const listed = await osprofiler(['trace', 'list', '--connection-string', 'messaging://'], {
      env: { OSPROFILER_TRANSPORT_URL: transportUrl },
    })

    expect(listed.stdout).toContain(baseId)
  })
})

/** Creates the records of a served request that contains a query. */
function makeTrace(baseId: string, service: string): TraceRecord[] {
  const top = makeRecord({ base_id: baseId, service })
  const query = makeRecord({ base_id: baseId, service, parent_id: top.trace_id, name: 'db-start' })
  const info = { host: 'web-1', db: { statement: "SELECT 'é漢😀\0'", params: {} } }
  const { timestamp: queried } = makeRecord()
  const { timestamp: answered } = makeRecord()
  return [
    top,
    { ...query, info },
    { ...query, name: 'db-stop', timestamp: queried, info: { host: 'web-1', etype: 'ValueError', message: 'no' } },
    { ...top, name: 'wsgi-stop', timestamp: answered, info: { host: 'web-1', response: { status_code: 200 } } },
  ]
}

async function writeRecords(records: readonly TraceRecord[]): Promise<void> {
  const driver = openDriver(server.url.replace('amqp:', 'messaging:'))
  await driver.write(records)
  await driver.close()
}

/** Shows a trace. The records are already in the queue, so a short idle time-out is enough. */
function show(baseId: string, ...options: readonly string[]) {
  const store = ['--connection-string', 'messaging://', '--transport-url', transportUrl]
  return osprofiler(['trace', 'show', baseId, '--json', '--idle-timeout', '1', ...store, ...options])
}

function showWithPython(baseId: string): Promise<string> {
  const store = ['--connection-string', 'messaging://', '--transport-url', transportUrl, '--idle-timeout', '2']
  return runPythonCommand(['trace', 'show', baseId, '--json', ...store])
}

function runScript(command: string, argument: string, records: readonly TraceRecord[] = []): Promise<string> {
  const input = records.map(record => JSON.stringify(record)).join('\n')
  return readPythonOutput([SCRIPT, command, transportUrl, argument], { input })
}
