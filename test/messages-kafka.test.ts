import { randomUUID } from 'node:crypto'
import { configure, createTraceId, get, run as runInTrace } from '@osprofiler/core'
import { type Consumer, type EachMessagePayload, Kafka, logLevel, type Producer } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run, send } from '../examples/messages/kafka.js'
import { collectRecords } from './adapters/collect-records.js'
import type { SharedServer } from './servers/share.js'
import { shareKafka } from './servers/share.js'

const records = collectRecords()
const topic = `orders-${randomUUID()}`
const seen: { readonly value: string; readonly trace: string | undefined }[] = []
// kafkajs does not retry after some built-in errors, such as RangeError, so the test defines its own class.
class OutOfStock extends Error {}

let server: SharedServer | undefined
let producer: Producer
let consumer: Consumer
let unconfigure: () => void

beforeAll(async () => {
  unconfigure = configure({ hmacKeys: 'KEY' })
  const given = process.env.OSPROFILER_TEST_KAFKA_URL
  server = given === undefined ? await shareKafka() : undefined
  const kafka = new Kafka({ brokers: [given ?? server?.url ?? ''], logLevel: logLevel.NOTHING })
  producer = kafka.producer()
  consumer = kafka.consumer({ groupId: topic })
  await producer.connect()
  await producer.send({ topic, messages: [{ value: 'first' }] })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await run(consumer, async ({ message }: EachMessagePayload) => {
    seen.push({ value: String(message.value), trace: get()?.baseId })
    if (String(message.value) === 'broken' && seen.filter(({ value }) => value === 'broken').length === 1) {
      throw new OutOfStock()
    }
  })
})

afterAll(async () => {
  await consumer.disconnect()
  await producer.disconnect()
  unconfigure()
  await server?.stop()
})

async function waitForConsumption(value: string): Promise<string | undefined> {
  await expect.poll(() => seen.some(one => one.value === value), { timeout: 20_000 }).toBe(true)
  return seen.find(one => one.value === value)?.trace
}

describe('the code for Kafka in the docs', () => {
  it("passes a trace to a topic's consumers", async () => {
    const baseId = createTraceId()

    await runInTrace({ hmacKey: 'KEY', baseId }, () => send(producer, topic, [{ value: 'chair', headers: { a: 'b' } }]))

    expect(await waitForConsumption('chair')).toBe(baseId)
    await expect.poll(() => records.length).toBe(4)
    const [published, worked] = records.filter(({ name }) => name === 'rpc-start')
    expect(published?.info).toMatchObject({ function: { name: `publish ${topic}` } })
    expect(worked).toMatchObject({ parent_id: published?.trace_id, info: { function: { name: `consume ${topic}` } } })
  })

  it('gives each of several messages its own trace', async () => {
    const traces = [createTraceId(), createTraceId(), createTraceId()]

    await Promise.all(
      traces.map((baseId, index) =>
        runInTrace({ hmacKey: 'KEY', baseId }, () => send(producer, topic, [{ value: `table ${index}` }])),
      ),
    )

    for (const [index, baseId] of traces.entries()) expect(await waitForConsumption(`table ${index}`)).toBe(baseId)
  })

  it("records a consumer's failure, and Kafka delivers the message again", async () => {
    await runInTrace({ hmacKey: 'KEY' }, () => send(producer, topic, [{ value: 'broken' }]))

    await expect.poll(() => seen.filter(({ value }) => value === 'broken').length, { timeout: 20_000 }).toBe(2)
    expect(records.map(({ info }) => info.etype).filter(Boolean)).toEqual(['OutOfStock'])
  })

  it('does not trace the consumer of an untraced message', async () => {
    await send(producer, topic, [{ value: 'quiet' }])

    expect(await waitForConsumption('quiet')).toBeUndefined()
    expect(await waitForConsumption('first')).toBeUndefined()
    expect(records).toEqual([])
  })
})
