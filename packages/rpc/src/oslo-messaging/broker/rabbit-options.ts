import { type OptionKinds, TypeError } from '@osprofiler/core/toolkit'

/**
 * How exchanges and queues are declared: the options of `[oslo_messaging_rabbit]` that services of OpenStack set, under their
 * own names and with their defaults. They have to be those of the services, or RabbitMQ answers 406.
 */
export interface RabbitOptions {
  /** Exchanges and queues outlive a restart of the broker. Default false. */
  readonly amqp_durable_queues?: boolean | undefined
  /** Exchanges and queues go with their last consumer. Default false. */
  readonly amqp_auto_delete?: boolean | undefined
  /** Mirrored queues (`x-ha-policy`). Default false. */
  readonly rabbit_ha_queues?: boolean | undefined
  /** The queues of topics are quorum queues, and durable. Default false. */
  readonly rabbit_quorum_queue?: boolean | undefined
  /** The queues of replies and of fan-out are quorum queues, too. Default false. */
  readonly rabbit_transient_quorum_queue?: boolean | undefined
  /** Bounds of quorum queues. Default 0: none. */
  readonly rabbit_quorum_delivery_limit?: number | undefined
  readonly rabbit_quorum_max_memory_length?: number | undefined
  readonly rabbit_quorum_max_memory_bytes?: number | undefined
  /** After so many seconds the broker removes unused queues of replies and of fan-out. Default 1,800; 0: never. */
  readonly rabbit_transient_queues_ttl?: number | undefined
}

/** The kinds of these options: client and server check them, beside their own. */
export const RABBIT_OPTIONS: OptionKinds<RabbitOptions> = {
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

/** How a queue, or an exchange, is declared. */
export interface Declaration {
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly arguments: Readonly<Record<string, string | number>>
}

/** The declarations of what is asked for by topic, and of what lives as long as a process. */
export interface Declarations {
  readonly topic: Declaration
  readonly transient: Declaration
}

/** @throws TypeError for options that contradict each other */
export function readRabbitOptions(options: RabbitOptions): Declarations {
  const { rabbit_ha_queues = false, rabbit_quorum_queue = false, rabbit_transient_quorum_queue = false } = options
  const { amqp_durable_queues = false, amqp_auto_delete = false, rabbit_transient_queues_ttl = 1_800 } = options
  if (rabbit_ha_queues && (rabbit_quorum_queue || rabbit_transient_quorum_queue)) {
    throw new TypeError('A queue is a quorum queue or mirrored (rabbit_ha_queues), not both.')
  }
  const mirrored = rabbit_ha_queues ? { 'x-ha-policy': 'all' } : {}
  const expiring = rabbit_transient_queues_ttl > 0 ? { 'x-expires': rabbit_transient_queues_ttl * 1_000 } : {}
  const quorum = quorumArguments(options)
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

function quorumArguments(options: RabbitOptions): Record<string, string | number> {
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
