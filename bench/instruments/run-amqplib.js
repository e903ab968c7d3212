import { startRabbitmq } from '../../test/servers/dist/rabbitmq.js'
import { startNode } from '../child.js'
import { measureCalls } from './measure-calls.js'

/**
 * Measures a message through RabbitMQ, from publishing to the consumer's acknowledgment. The publisher and the consumer
 * are in one process.
 */
export async function runAmqplib(effort) {
  const server = await startRabbitmq()
  const start = name => startNode('instruments/amqplib.js', name, server.url)
  await measureCalls('A message published, consumed and acknowledged by amqplib', start, effort)
  await server.stop()
}
