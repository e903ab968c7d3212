import type { EventEmitter } from 'node:events'
import { type PointInfo, suppress } from '@osprofiler/core'
import { type CallTracer, readCarrier } from '@osprofiler/core/rpc'
import { Boolean, Reflect, standIn, WeakMap } from '@osprofiler/core/toolkit'
import type { Around, Method } from '../wrapping/wrap-method.js'
import { AmqpDeliveries, type Settlement } from './amqp-deliveries.js'

interface Message {
  readonly fields: {
    readonly deliveryTag: number
    readonly redelivered: boolean
    readonly exchange: string
    readonly routingKey: string
  }
  readonly properties: { readonly headers?: object | undefined }
}

/**
 * Lets a consumer's callback continue the traces of messages. Each trace continues until its message is acknowledged.
 * The tracer of a message is the first one in `tracers` when the message arrives. The first tracer may change, because
 * the instrument may be removed and added again while a consumer runs.
 */
export function aroundConsume(tracers: readonly CallTracer[]): Around {
  return (proceed, self, args) => {
    const [queue, callback, options, ...more] = args
    if (typeof callback !== 'function') return proceed(args)
    const noAck = (options as { noAck?: boolean } | undefined)?.noAck === true
    const channel = self as EventEmitter
    const deliver = standIn(callback as Method, (consumer, consumerSelf, consumerArgs) => {
      // `null` means that the broker has canceled the consumer.
      const message = consumerArgs[0] as Message | null
      const work = (): unknown => Reflect.apply(consumer, consumerSelf, consumerArgs)
      const [tracer] = tracers
      if (tracer === undefined) return work()
      const pair = readCarrier(message?.properties.headers)
      // Without a trace in the message, the callback runs untraced, because messages arrive in the context of the code
      // that opened the connection.
      if (message === null || pair === undefined) return suppress(work)
      const call = tracer.open(pair, message, describeDelivery(queue, message))
      if (call === undefined) return suppress(work)
      return noAck ? call.serve(work) : getDeliveries(channel).serve(message.fields.deliveryTag, call, work)
    })
    return proceed([queue, deliver, options, ...more])
  }
}

/** Wrappers for the channel methods that accept or reject deliveries. */
export const SETTLEMENT_WRAPPERS: Readonly<Record<string, Around>> = {
  ack: createAroundSettlement((deliveries, [message, allUpTo]) =>
    deliveries.settle(getDeliveryTag(message), Boolean(allUpTo), ACKNOWLEDGED),
  ),
  ackAll: createAroundSettlement(deliveries => deliveries.settleAll(ACKNOWLEDGED)),
  nack: createAroundSettlement((deliveries, [message, allUpTo, requeue]) =>
    deliveries.settle(getDeliveryTag(message), Boolean(allUpTo), createRejection(requeue)),
  ),
  nackAll: createAroundSettlement((deliveries, [requeue]) => deliveries.settleAll(createRejection(requeue))),
  reject: createAroundSettlement((deliveries, [message, requeue]) =>
    deliveries.settle(getDeliveryTag(message), false, createRejection(requeue)),
  ),
}

function createAroundSettlement(settle: (deliveries: AmqpDeliveries, args: unknown[]) => void): Around {
  return (proceed, self, args) => {
    const result = proceed(args)
    const deliveries = deliveriesByChannel.get(self as object)
    if (deliveries !== undefined) settle(deliveries, args)
    return result
  }
}

function describeDelivery(queue: unknown, { fields }: Message): PointInfo {
  const { exchange, routingKey, redelivered } = fields
  const amqp = { queue, exchange, routing_key: routingKey, ...(redelivered ? { redelivered } : undefined) }
  return { function: { name: `consume ${queue}` }, amqp }
}

const ACKNOWLEDGED: Settlement = { info: undefined }

/** Rejected messages are requeued by default, as in the library. */
function createRejection(requeue: unknown): Settlement {
  const message = requeue === undefined || requeue ? 'Rejected, to be delivered again' : 'Rejected'
  return { info: { etype: 'MessageRejected', message } }
}

function getDeliveryTag(message: unknown): number {
  return (message as Message).fields.deliveryTag
}

const deliveriesByChannel = new WeakMap<object, AmqpDeliveries>()

function getDeliveries(channel: EventEmitter): AmqpDeliveries {
  const known = deliveriesByChannel.get(channel) ?? new AmqpDeliveries(channel)
  deliveriesByChannel.set(channel, known)
  return known
}
