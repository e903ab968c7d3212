import { isThereOtherwise } from './broker-error.js'
import type { AmqpConnection } from './connection.js'
import type { Declaration } from './rabbit-options.js'

/**
 * Declares an exchange. One that is there and only durable, or not, is used as it is: services share the control exchange, and
 * oslo.messaging does the same.
 */
export async function declareExchange(
  connection: AmqpConnection,
  name: string,
  type: 'topic' | 'fanout',
  { durable, autoDelete }: Pick<Declaration, 'durable' | 'autoDelete'>,
): Promise<void> {
  // A channel of its own: the broker closes the channel of a declaration that it refuses.
  const channel = await connection.createChannel()
  channel.on('error', () => undefined)
  try {
    await channel.assertExchange(name, type, { durable, autoDelete })
  } catch (error) {
    if (isThereOtherwise(error)) return
    throw error
  }
  await channel.close()
}
