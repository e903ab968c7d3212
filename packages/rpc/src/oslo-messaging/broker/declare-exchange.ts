import { existsWithOtherProperties } from './broker-error.js'
import type { AmqpConnection } from './connection.js'
import type { Declaration } from './rabbit-options.js'

/**
 * Declares an exchange. The control exchange is shared by all services. Therefore, as in oslo.messaging, an existing
 * exchange is used even if its durability or auto-deletion differs.
 */
export async function declareExchange(
  connection: AmqpConnection,
  name: string,
  type: 'topic' | 'fanout',
  { durable, autoDelete }: Pick<Declaration, 'durable' | 'autoDelete'>,
): Promise<void> {
  // A separate channel is used, because the broker closes a channel on which it refuses a declaration.
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
