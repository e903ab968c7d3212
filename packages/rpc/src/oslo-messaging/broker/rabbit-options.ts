import { type OptionKinds, TypeError } from '@osprofiler/core/toolkit'

/**
 * The options of OpenStack's section `[oslo_messaging_rabbit]`, with the same defaults. If the services use other
 * values, RabbitMQ refuses the declaration of queues with status 406.
 */
export interface RabbitOptions {
  /** Whether exchanges and queues survive a restart of the broker. Default false. */
  readonly amqp_durable_queues?: boolean | undefined
  /** Whether exchanges and queues are removed when their last consumer disconnects. Default false. */
  readonly amqp_auto_delete?: boolean | undefined
  /** Whether queues are mirrored (`x-ha-policy`). Default false. */
  readonly rabbit_ha_queues?: boolean | undefined
  /** Whether the queues of topics are quorum queues, which are always durable. Default false. */
  readonly rabbit_quorum_queue?: boolean | undefined
  /** Whether queues for replies and fan-out are quorum queues, too. Default false. */
  readonly rabbit_transient_quorum_queue?: boolean | undefined
  /** Limits of quorum queues. Default 0, which means no limit. */
  readonly rabbit_quorum_delivery_limit?: number | undefined
  readonly rabbit_quorum_max_memory_length?: number | undefined
  readonly rabbit_quorum_max_memory_bytes?: number | undefined
  /** How long the broker keeps unused queues for replies and fan-out, in seconds. Default 1,800. 0 means forever. */
  readonly rabbit_transient_queues_ttl?: number | undefined
}

/**
 * The types of `RabbitOptions`. The client and the server check these types in addition to those of their own options.
 */
export const RABBIT_OPTION_KINDS: OptionKinds<RabbitOptions> = {
  amqp_durable_queues: 'boolean',
  amqp_auto_delete: 'boolean',
  rabbit_ha_queues: 'boolean',
  rabbit_quorum_queue: 'boolean',
  rabbit_transient_quorum_queue: 'boolean',
  rabbit_quorum_delivery_limit: 'number',
  rabbit_quorum_max_memory_length: 'number',
  rabbit_quorum_max_memory_bytes: 'number',
  rabbit_transient_queues_ttl: 'number',
}

/**
 * The properties with which a queue or an exchange is declared. If the queue or exchange already exists with other
 * properties, RabbitMQ refuses the declaration.
 */
export interface Declaration {
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly arguments: Readonly<Record<string, string | number>>
}

/** The declarations for the queues of topics, and for queues that exist only as long as a process (`transient`). */
export interface Declarations {
  readonly topic: Declaration
  readonly transient: Declaration
}

/** Returns the declarations for these options. Throws a `TypeError` for contradictory options. */
export function readRabbitOptions(options: RabbitOptions): Declarations {
  const { rabbit_ha_queues = false, rabbit_quorum_queue = false, rabbit_transient_quorum_queue = false } = options
  const { amqp_durable_queues = false, amqp_auto_delete = false, rabbit_transient_queues_ttl = 1_800 } = options
  if (rabbit_ha_queues && (rabbit_quorum_queue || rabbit_transient_quorum_queue)) {
    throw new TypeError('A queue can be a quorum queue or mirrored (rabbit_ha_queues), but not both.')
  }
  const mirrored = rabbit_ha_queues ? { 'x-ha-policy': 'all' } : {}
  const expiring = rabbit_transient_queues_ttl > 0 ? { 'x-expires': rabbit_transient_queues_ttl * 1_000 } : {}
  const quorum = createQuorumArguments(options)
  return {
    topic: {
      durable: amqp_durable_queues || rabbit_quorum_queue,
      autoDelete: amqp_auto_delete,
      arguments: { ...mirrored, ...(rabbit_quorum_queue && quorum) },
    },
    transient: {
      durable: rabbit_transient_quorum_queue,
      autoDelete: false,
      arguments: { ...mirrored, ...(rabbit_transient_quorum_queue && quorum), ...expiring },
    },
  }
}

function createQuorumArguments(options: RabbitOptions): Record<string, string | number> {
  const {
    rabbit_quorum_delivery_limit: deliveries = 0,
    rabbit_quorum_max_memory_length: length = 0,
    rabbit_quorum_max_memory_bytes: bytes = 0,
  } = options
  return {
    'x-queue-type': 'quorum',
    ...(deliveries > 0 && { 'x-delivery-limit': deliveries }),
    ...(length > 0 && { 'x-max-in-memory-length': length }),
    ...(bytes > 0 && { 'x-max-in-memory-bytes': bytes }),
  }
}
