import { existsWithOtherProperties } from './broker-error.js'
import type { AmqpConnection } from './connection.js'
import type { Declaration } from './rabbit-options.js'

/**
 * Declares an exchange. Services share the control exchange. Therefore, as in oslo.messaging, an existing exchange with
 * another durability or auto-deletion is used as it is.
 */
export async function declareExchange(
  connection: AmqpConnection,
  name: string,
  type: 'topic' | 'fanout',
  { durable, autoDelete }: Pick<Declaration, 'durable' | 'autoDelete'>,
): Promise<void> {
  // Uses a channel of its own, because the broker closes the channel of a refused declaration.
  const channel = await connection.createChannel()
  channel.on('error', () => undefined)
  try {
    await channel.assertExchange(name, type, { durable, autoDelete })
  } catch (error) {
    if (existsWithOtherProperties(error)) return
    throw error
  }
  await channel.close()
}
