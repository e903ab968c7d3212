// Sends messages through RabbitMQ and receives them, forty at a time: `node amqplib.js CONTENDER URL`.

import { createRequire } from 'node:module'
import { answerTimes } from '../answer.js'
import { createContender } from './contenders.js'

const MESSAGES_IN_FLIGHT = 40
const [, , task, url] = process.argv
const require = createRequire(import.meta.url)

// A consumer accepts only trace headers that are signed with one of these keys.
process.env.OSPROFILER_HMAC_KEYS = 'SECRET_KEY'
const options = { messages: { maxPointsPerTrace: Number.POSITIVE_INFINITY } }
// A message produces two points, one for its publisher and one for its consumer.
const inContext = await createContender(
  task,
  [['amqplib'], options],
  () => {
    const { propagation } = require('@opentelemetry/api')
    const { W3CTraceContextPropagator } = require('@opentelemetry/core')
    const { AmqplibInstrumentation } = require('@opentelemetry/instrumentation-amqplib')
    propagation.setGlobalPropagator(new W3CTraceContextPropagator())
    return [new AmqplibInstrumentation()]
  },
  2,
)

const connection = await require('amqplib').connect(url)
const channel = await connection.createChannel()
const { queue } = await channel.assertQueue('', { exclusive: true })
const body = Buffer.from(JSON.stringify({ order: 7, state: 'paid' }))
let arrived = () => {}
await channel.consume(queue, message => {
  channel.ack(message)
  arrived()
})

answerTimes({
  [task]: count =>
    inContext(count, async () => {
      for (let done = 0; done < count; done += MESSAGES_IN_FLIGHT)
        await exchange(Math.min(MESSAGES_IN_FLIGHT, count - done))
    }),
})

function exchange(messages) {
  return new Promise(resolve => {
    let missing = messages
    arrived = () => --missing === 0 && resolve()
    for (let i = 0; i < messages; i++) channel.sendToQueue(queue, body)
  })
}
