import { describe, expect, it } from 'vitest'
import { KIND, readMessageStep, replaceIds } from '../src/record/message-step.js'
import { sourceOf } from './fixtures/span-source.js'

it('replaceIds() replaces the parts of a name that differ from message to message', () => {
  expect(replaceIds('publish reply_0f8fad5bd9cb469fa165708867 orders.17.paid')).toBe('publish reply_* orders.*.paid')
})

describe('readMessageStep', () => {
  it('prefers info.messaging to other info', () => {
    const messaging = { system: 'kafka', operation: 'publish', destination: 'orders' }

    expect(readMessageStep(sourceOf({ startInfo: { messaging } }))).toEqual({
      kind: KIND.producer,
      type: 'send',
      ...messaging,
    })
  })

  it('reads the info of the amqplib instrument, and the function of an rpc point', () => {
    const amqp = sourceOf({
      name: 'rpc',
      startInfo: { amqp: { exchange: 'shop' }, function: { name: 'publish shop paid' } },
    })
    const rpc = sourceOf({ name: 'rpc', startInfo: { function: { name: 'consume orders' } } })

    expect(readMessageStep(amqp)).toMatchObject({ kind: KIND.producer, destination: 'shop', system: 'rabbitmq' })
    expect(readMessageStep(rpc)).toMatchObject({ kind: KIND.consumer, type: 'process', destination: 'orders' })
  })

  it('finds no step in a point that is not a message step', () => {
    expect(readMessageStep(sourceOf({ name: 'db', startInfo: { db: {} } }))).toBeUndefined()
    expect(readMessageStep(sourceOf({ name: 'rpc', startInfo: { function: { name: 'shop.Orders' } } }))).toBeUndefined()
  })
})
