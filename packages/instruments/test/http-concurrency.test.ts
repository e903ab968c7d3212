import http, { Agent } from 'node:http'
import { setNotifier, type TraceRecord, withTrace } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ask } from './http-asking.js'
import { type OriginServer, openOrigin } from './origin-server.js'
import { carried, collect, inTrace } from './traced-calls.js'

const TRACES = 200

let server: OriginServer
let records: TraceRecord[]
let undo: () => void

beforeEach(async () => {
  server = await openOrigin()
  records = collect()
  undo = instrument(['http'])
})
afterEach(async () => {
  undo()
  setNotifier(undefined)
  await server[Symbol.asyncDispose]()
})

it.each<[string, http.AgentOptions]>([
  ['each on its own connection', {}],
  ['on reused connections', { keepAlive: true, maxSockets: 20 }],
  ['on one connection', { keepAlive: true, maxSockets: 1 }],
])('each of 200 interleaved requests of node:http stays in its own trace: %s', async (_name, options) => {
  const agent = new Agent(options)
  const get = (path: string) => ask(onAnswer => http.get(server.origin + path, { agent }, onAnswer))

  const traces = await Promise.all(
    Array.from({ length: TRACES }, (_, index) =>
      inTrace(() =>
        withTrace('work', async () => {
          await get(`/slow?ms=${index % 3}&trace=${index}`)
          await withTrace('then', () => get(`/ok?trace=${index}`))
        }),
      ),
    ),
  )
  agent.destroy()

  expect(server.arrived).toHaveLength(2 * TRACES)
  for (const [index, { baseId }] of traces.entries()) {
    const own = records.filter(record => record.base_id === baseId)
    const idOf = (name: string) => own.find(record => record.name === name)?.trace_id
    const calls = own.filter(({ name }) => name === 'http-start')
    const arrived = server.arrived.filter(
      ({ url }) => new URL(url, server.origin).searchParams.get('trace') === `${index}`,
    )
    expect(calls.map(({ parent_id }) => parent_id)).toEqual([idOf('work-start'), idOf('then-start')])
    expect(arrived.map(carried)).toEqual(
      calls.map(call => expect.objectContaining({ baseId, parentId: call.trace_id })),
    )
    expect(own.filter(({ name }) => name === 'http-stop')).toHaveLength(2)
    expect(own.length % 2).toBe(0)
  }
  expect(records.some(({ name }) => name === 'wait-start')).toBe('maxSockets' in options)
})

it('untraced requests of node:http stay untraced even if they run among traced requests', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 3 })
  const get = (path: string) => ask(onAnswer => http.get(server.origin + path, { agent }, onAnswer))

  await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const fetchIt = () => get(`/slow?ms=${index % 4}&traced=${index % 2}`)
      return index % 2 === 1 ? inTrace(fetchIt) : fetchIt()
    }),
  )
  agent.destroy()

  expect(records.filter(({ name }) => name === 'http-start')).toHaveLength(50)
  for (const arrived of server.arrived) {
    expect(carried(arrived) !== undefined).toBe(arrived.url.endsWith('traced=1'))
  }
})
