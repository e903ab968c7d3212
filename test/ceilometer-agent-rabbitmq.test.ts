import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { openDriver } from '@osprofiler/drivers'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { makeRecord } from '../packages/drivers/test/make-record.js'
import { makeDirectory } from './cli-process.js'
import { type SharedServer, shareRabbitmq } from './servers/share.js'

const PYTHON = '/usr/bin/python3'
/** Starts Ceilometer's notification agent in the same way as its console script. */
const AGENT = 'import sys; from ceilometer.cmd.agent_notification import main; sys.exit(main())'

let server: SharedServer
beforeAll(async () => {
  server = await shareRabbitmq()
})
afterAll(() => server.stop())

interface CeilometerEvent {
  readonly event_type: string
  /** The name, type number and value of each trait. */
  readonly traits: readonly (readonly [string, number, unknown])[]
}

it("Ceilometer's own agent turns the notifications of messaging:// into events", { timeout: 300_000 }, async () => {
  const events: CeilometerEvent[] = []
  const publisher = await takeEvents(events)
  const records = ['wsgi-start', 'wsgi-stop'].map(name => makeRecord({ name, base_id: randomUUID() }))
  const driver = openDriver(server.url.replace('amqp:', 'messaging:'))
  onTestFinished(() => driver.close())
  await driver.write(records)

  startAgent(publisher)
  await expect.poll(() => events.length, { timeout: 200_000 }).toBe(records.length)

  const told = new Map(events.map(({ traits }) => toMembers(traits)).map(traits => [traits.base_id, traits]))
  expect(events.map(({ event_type }) => event_type)).toEqual(['profiler.orders', 'profiler.orders'])
  for (const { base_id, name, trace_id, parent_id, project, service } of records) {
    const request = { path: '/orders', method: 'GET' }
    expect(told.get(base_id)).toMatchObject({
      name,
      trace_id,
      parent_id,
      project,
      service,
      host: 'web-1',
      ...request,
    })
  }
})

/** Starts a server that collects the agent's events, and resolves to its URL. */
async function takeEvents(events: CeilometerEvent[]): Promise<string> {
  const taker = createServer(async (request, response) => {
    events.push(...((await json(request)) as CeilometerEvent[]))
    response.end()
  })
  taker.listen(0, '127.0.0.1')
  await once(taker, 'listening')
  onTestFinished(() => {
    taker.close()
    taker.closeAllConnections()
  })
  return `http://127.0.0.1:${(taker.address() as AddressInfo).port}/events`
}

/** Starts the agent for one broker and one topic, with its default event definitions. */
function startAgent(publisher: string): void {
  const folder = makeDirectory()
  const pipeline = join(folder, 'event_pipeline.yaml')
  const settings = join(folder, 'ceilometer.conf')
  writeFileSync(
    pipeline,
    `sources: [{name: all, events: ["*"], sinks: [test]}]\nsinks: [{name: test, publishers: ["${publisher}"]}]\n`,
  )
  writeFileSync(
    settings,
    [
      '[DEFAULT]',
      `event_pipeline_cfg_file = ${pipeline}`,
      '[notification]',
      `messaging_urls = ${server.url.replace('amqp:', 'rabbit:')}`,
      'notification_control_exchanges = openstack',
      'pipelines = event',
      '[oslo_messaging_notifications]',
      'topics = profiler',
    ].join('\n'),
  )
  const agent = spawn(PYTHON, ['-c', AGENT, '--config-file', settings], {
    cwd: folder,
    env: { ...process.env, HOME: folder },
    stdio: 'ignore',
    detached: true,
  })
  onTestFinished(() => end(agent))
}

function toMembers(traits: CeilometerEvent['traits']): Record<string, unknown> {
  return Object.fromEntries(traits.map(([name, , value]) => [name, value]))
}

/** Kills the agent's process group, because the agent has a worker process. */
async function end(agent: ChildProcess): Promise<void> {
  if (agent.exitCode !== null || agent.pid === undefined) return
  const ended = once(agent, 'exit')
  process.kill(-agent.pid, 'SIGKILL')
  await ended
}
