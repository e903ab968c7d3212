import { setNotifier, type TraceRecord, withTrace } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type OriginServer, openOrigin } from './origin-server.js'
import { carried, collect, inTrace } from './traced-calls.js'

const TRACES = 200

let server: OriginServer
let records: TraceRecord[]
let undo: () => void

beforeEach(async () => {
  server = await openOrigin()
  records = collect()
  undo = instrument()
})
afterEach(async () => {
  undo()
  setNotifier(undefined)
  await server[Symbol.asyncDispose]()
})

it('each of 200 interleaved fetch() calls stays in its own trace, even on reused connections', async () => {
  const traces = await Promise.all(
    Array.from({ length: TRACES }, (_, index) =>
      inTrace(() =>
        withTrace('work', async () => {
          await (await fetch(`${server.origin}/slow?ms=${index % 7}&trace=${index}`)).text()
          await new Promise(resolve => setTimeout(resolve, index % 5))
          await (await fetch(`${server.origin}/redirect?to=/ok?trace=${index}`)).text()
        }),
      ),
    ),
  )

  expect(server.connections()).toBeLessThan(TRACES * 3)
  expect(records).toHaveLength(TRACES * 8)
  for (const [index, { baseId }] of traces.entries()) {
    const own = records.filter(record => record.base_id === baseId)
    const work = own.find(({ name }) => name === 'work-start')?.trace_id
    const calls = own.filter(({ name }) => name === 'http-start')
    const arrived = server.arrived.filter(
      ({ url }) => new URL(url, server.origin).searchParams.get('trace') === `${index}`,
    )
    expect(own).toHaveLength(8)
    expect(calls.map(({ parent_id }) => parent_id)).toEqual([work, work, work])
    expect(new Set(arrived.map(carried).map(trace => trace?.baseId))).toEqual(new Set([baseId]))
    for (const parentId of arrived.map(carried).map(trace => trace?.parentId)) {
      expect(calls.map(({ trace_id }) => trace_id)).toContain(parentId)
    }
    for (const { trace_id } of calls) {
      expect(own.filter(record => record.trace_id === trace_id).map(({ name }) => name)).toEqual([
        'http-start',
        'http-stop',
      ])
    }
  }
})

it('untraced fetch() calls stay untraced even if they run among traced calls', async () => {
  const answers = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const ask = async () => (await fetch(`${server.origin}/slow?ms=${index % 7}&traced=${index % 2}`)).text()
      return index % 2 === 1 ? (await inTrace(ask)).result : ask()
    }),
  )

  expect(answers).toHaveLength(100)
  expect(records).toHaveLength(100)
  for (const arrived of server.arrived) {
    expect(carried(arrived) !== undefined).toBe(arrived.url.endsWith('traced=1'))
  }
})
