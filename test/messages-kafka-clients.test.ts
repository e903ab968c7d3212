import { randomUUID } from 'node:crypto'
import { configure, createTraceId, get, run } from '@osprofiler/core'
import { injectTrace, runTraced } from '@osprofiler/rpc'
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { collectRecords } from './adapters/collect-records.js'
import type { SharedServer } from './servers/share.js'
import { shareKafka } from './servers/share.js'

const TIMEOUT_MS = 20_000

collectRecords()

let server: SharedServer
let unconfigure: () => void

beforeAll(async () => {
  unconfigure = configure({ hmacKeys: 'KEY' })
  // @platformatic/kafka calls Promise.withResolvers(), which Node 20 does not have.
  if (!('withResolvers' in Promise)) vi.stubGlobal('Promise', Object.assign(Promise, { withResolvers }))
  server = await shareKafka()
}, 120_000)

afterAll(async () => {
  unconfigure()
  vi.unstubAllGlobals()
  await server?.stop()
})

describe('a trace in the headers of Kafka messages', () => {
  it.each([
    ['bytes', {}],
    ['strings', { deserializers: stringDeserializers }],
  ])('reaches a @platformatic/kafka consumer that receives %s', async (_, options) => {
    const [topic, baseId] = [randomUUID(), createTraceId()]
    const producer = openProducer()
    await run({ hmacKey: 'KEY', baseId }, () => producer.send(createMessage(topic, injectTrace({ a: 'b' }))))

    const found = await consume(topic, options, headers => runTraced(headers, undefined, () => get()?.baseId))

    expect(found).toBe(baseId)
  })

  it('can be sent by a @platformatic/kafka producer that accepts only bytes', async () => {
    const [topic, baseId] = [randomUUID(), createTraceId()]
    const producer = new Producer({ ...createClientOptions(), clientId: 'producer' })
    onTestFinished(() => producer.close())
    const headers = run({ hmacKey: 'KEY', baseId }, () => injectTrace(new Map<Buffer, Buffer>(), { bytes: true }))
    await producer.send({ messages: [{ topic, value: Buffer.from('order'), headers }] })

    const found = await consume(topic, {}, received => runTraced(received, undefined, () => get()?.baseId))

    expect(found).toBe(baseId)
  })

  it('is replaced when a message is forwarded with its binary headers', async () => {
    const [first, second, baseId] = [randomUUID(), randomUUID(), createTraceId()]
    await run({ hmacKey: 'KEY' }, () => openProducer().send(createMessage(first, injectTrace({ a: 'b' }))))
    const forwarder = new Producer({ ...createClientOptions(), clientId: 'forwarder' })
    onTestFinished(() => forwarder.close())

    const received = await consume(first, {}, headers => headers)
    const headers = run({ hmacKey: 'KEY', baseId }, () => injectTrace(received))
    await forwarder.send({ messages: [{ topic: second, value: Buffer.from('order'), headers }] })

    const names = await consume(second, {}, came =>
      [runTraced(came, undefined, () => get()?.baseId), ...came.keys()].map(String),
    )
    expect(names).toEqual([baseId, 'a', 'X-Trace-Info', 'X-Trace-HMAC'])
  })

  it('passes from kafkajs to @platformatic/kafka and back', async () => {
    const [there, back, baseId] = [randomUUID(), randomUUID(), createTraceId()]
    const kafka = new Kafka({ brokers: [server.url], logLevel: logLevel.NOTHING })
    const [producer, consumer] = [kafka.producer(), kafka.consumer({ groupId: back })]
    await producer.connect()
    await consumer.connect()
    onTestFinished(async () => {
      await producer.disconnect()
      await consumer.disconnect()
    })

    await run({ hmacKey: 'KEY', baseId }, () =>
      producer.send({ topic: there, messages: [{ value: 'order', headers: injectTrace({}) }] }),
    )
    await consume(there, {}, headers =>
      runTraced(headers, undefined, () => openProducer().send(createMessage(back, injectTrace({})))),
    )
    const traces: (string | undefined)[] = []
    await consumer.subscribe({ topic: back, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message: { headers } }) =>
        void traces.push(runTraced(headers, undefined, () => get()?.baseId)),
    })

    await expect.poll(() => traces, { timeout: TIMEOUT_MS }).toEqual([baseId])
  })
})

function createClientOptions() {
  return { bootstrapBrokers: [server.url], autocreateTopics: true }
}

function openProducer() {
  const producer = new Producer({ ...createClientOptions(), clientId: 'producer', serializers: stringSerializers })
  onTestFinished(() => producer.close())
  return producer
}

function createMessage(topic: string, headers: Record<string, string>) {
  return { messages: [{ topic, value: 'order', headers }] }
}

/** Returns what `see` returns for the headers of the first message in a topic. */
async function consume<Result>(
  topic: string,
  options: object,
  see: (headers: Map<Buffer, Buffer>) => Result,
): Promise<Awaited<Result>> {
  const consumer = new Consumer({ ...createClientOptions(), clientId: 'consumer', groupId: topic, ...options })
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', maxWaitTime: 200 })
    for await (const { headers } of stream) return await see(headers as Map<Buffer, Buffer>)
    throw new Error('The stream ended without a message')
  } finally {
    await consumer.close(true)
  }
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<T>((...settlers) => {
    ;[resolve, reject] = settlers
  })
  return { promise, resolve, reject }
}
