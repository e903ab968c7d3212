import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { configure, createTraceId, get, run, suppress } from '@osprofiler/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publish, request, subscribe } from '../examples/messages/nats.js'
import { collectRecords } from './adapters/collect-records.js'
import { startNats } from './servers/nats.js'
import type { TestServer } from './servers/start-server.js'

const records = collectRecords()
let nats: TestServer
let connection: NatsConnection
let unconfigure: () => void

beforeAll(async () => {
  nats = await startNats()
  connection = await connect({ servers: nats.url.replace('nats://', '') })
  unconfigure = configure({ hmacKeys: 'KEY' })
})

afterAll(async () => {
  unconfigure()
  await connection.close()
  await nats.stop()
})

describe('the code for NATS in the docs', () => {
  it("passes a trace to a subject's subscribers", async () => {
    const baseId = createTraceId()
    const seen = new Promise(resolve => {
      subscribe(connection, 'orders.created', (message: Msg) => resolve([message.string(), get()?.baseId]))
    })

    run({ hmacKey: 'KEY', baseId }, () => publish(connection, 'orders.created', 'chair'))

    expect(await seen).toEqual(['chair', baseId])
    expect(records.map(({ name, info }) => [name, Object(info.function).name])).toEqual([
      ['rpc-start', 'publish orders.created'],
      ['rpc-stop', undefined],
      ['rpc-start', 'consume orders.created'],
      ['rpc-stop', undefined],
    ])
    expect(records[2]?.parent_id).toBe(records[0]?.trace_id)
  })

  it('places the responder below the requester', async () => {
    subscribe(connection, 'prices', async (message: Msg) => message.respond(`${message.string()}: 7`))

    const answer = await run({ hmacKey: 'KEY' }, () => request(connection, 'prices', 'chair'))

    expect(answer.string()).toBe('chair: 7')
    const [asked, answered] = records.filter(({ name }) => name === 'rpc-start')
    expect(answered).toMatchObject({ parent_id: asked?.trace_id, info: { function: { name: 'consume prices' } } })
    expect(asked?.info).toMatchObject({ function: { name: 'request prices' } })
  })

  it("records and reports a handler's error, and continues", async () => {
    const failures: unknown[] = []
    const failing = (message: Msg) => {
      if (message.string() === 'table') throw new RangeError('no tables')
      message.respond('made')
    }
    subscribe(connection, 'made.to.order', failing, (failure: unknown) => failures.push(failure))

    run({ hmacKey: 'KEY' }, () => publish(connection, 'made.to.order', 'table'))
    const answer = await request(connection, 'made.to.order', 'chair')

    expect(answer.string()).toBe('made')
    expect(failures).toEqual([new RangeError('no tables')])
    expect(records.at(-1)?.info).toMatchObject({ etype: 'RangeError', message: 'no tables' })
  })

  it('does not trace the handler of an untraced message', async () => {
    const seen = new Promise(resolve => {
      subscribe(connection, 'quiet', (message: Msg) => resolve([get(), message.headers?.get('X-Trace-Info')]))
    })

    suppress(() => publish(connection, 'quiet', 'x'))

    expect(await seen).toEqual([undefined, undefined])
    expect(records).toEqual([])
  })
})
