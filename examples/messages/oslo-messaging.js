// Serves and makes calls of OpenStack's oslo.messaging over RabbitMQ, on a channel of amqplib.

import { randomUUID } from 'node:crypto'
import { withTrace } from '@osprofiler/core'
import { injectTrace, runTraced } from '@osprofiler/rpc'

/** Serves a topic: what a caller in Python has begun goes on in `methods`. */
export async function serveCalls(channel, topic, methods) {
  await channel.assertExchange('openstack', 'topic', { durable: false })
  await channel.assertQueue(topic, { durable: false })
  await channel.bindQueue(topic, 'openstack', topic)
  await channel.consume(topic, async delivery => {
    const message = readMessage(delivery)
    if (message === undefined) return delivery && channel.reject(delivery, false)
    const { method, args, _msg_id, _reply_q } = message
    const serve = async () => {
      if (!Object.hasOwn(methods, method)) throw new Error(`No method ${method}`)
      return methods[method](args)
    }
    const reply = await runTraced(message, undefined, serve, { functionName: method }).then(
      result => ({ result, failure: null }),
      error => ({ result: null, failure: describeFailure(error) }),
    )
    if (_msg_id) send(channel, '', _reply_q, { ...reply, ending: true, _msg_id })
    channel.ack(delivery)
  })
}

/** Returns `call(topic, method, args, context)`. */
export async function openCaller(channel, options) {
  const { queue } = await channel.assertQueue(`reply_${randomUUID()}`, { exclusive: true })
  const waiting = new Map()
  await channel.consume(queue, delivery => settle(waiting, readMessage(delivery) ?? {}), { noAck: true })

  return (topic, method, args, context = {}) =>
    withTrace('rpc', { function: { name: `${topic}.${method}` } }, () => {
      const carrying = Object.entries(injectTrace({ ...context }, options))
      const contextMembers = Object.fromEntries(carrying.map(([name, value]) => [`_context_${name}`, value]))
      const _msg_id = randomUUID()
      send(channel, 'openstack', topic, { method, args, ...contextMembers, _msg_id, _reply_q: queue })
      return new Promise((resolve, reject) => waiting.set(_msg_id, { resolve, reject }))
    })
}

function settle(waiting, { _msg_id, result, failure }) {
  const call = waiting.get(_msg_id)
  waiting.delete(_msg_id)
  if (failure) call?.reject(new Error(JSON.parse(failure).message))
  else call?.resolve(result)
}

/** `undefined` for what is no call, and for the `null` of a consumer that the broker has cancelled. */
function readMessage(delivery) {
  try {
    return JSON.parse(JSON.parse(delivery.content.toString())['oslo.message']) ?? undefined
  } catch {
    return undefined
  }
}

function send(channel, exchange, routingKey, message) {
  const envelope = { 'oslo.version': '2.0', 'oslo.message': JSON.stringify(message) }
  const options = { contentType: 'application/json', contentEncoding: 'utf-8' }
  channel.publish(exchange, routingKey, Buffer.from(JSON.stringify(envelope)), options)
}

function describeFailure({ name, message }) {
  return JSON.stringify({ class: name, module: 'node', message, tb: [], args: [message], kwargs: {} })
}
