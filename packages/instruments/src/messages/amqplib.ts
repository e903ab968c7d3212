import { type CallTracer, createCallTracer } from '@osprofiler/core/rpc'
import { Object } from '@osprofiler/core/toolkit'
import { whenLoaded } from '../loading/library-loads.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { readMessageRule } from '../options/messages-option.js'
import { aroundCallbacks, aroundOwnWork } from '../wrapping/keep-context.js'
import { ownerOf, undoAll, wrapMethod, wrapMethods } from '../wrapping/wrap-method.js'
import { aroundConfirmation } from './amqp-confirms.js'
import { aroundConsume, SETTLING } from './amqp-consume.js'
import { aroundGet } from './amqp-get.js'
import { aroundPublish, aroundPublishConfirmed } from './amqp-publish.js'

/** What either file exports, in amqplib 0.10, 1 and 2. */
interface ChannelClasses {
  readonly Channel: { readonly prototype: object }
  readonly ConfirmChannel: { readonly prototype: object }
}

interface ChannelFile {
  readonly Channel: { readonly prototype: object }
}

interface ConnectionFile {
  readonly Connection: { readonly prototype: object }
}

/** Of all who want amqplib instrumented; the first one works. */
const tracers: CallTracer[] = []

/** Channels with promises, and those with callbacks. */
const FILES = ['lib/channel_model.js', 'lib/callback_model.js']

/**
 * Makes the messages that amqplib publishes and gets points named `rpc`, puts the trace into their headers, and has the
 * consumers of messages that carry a trace take it up, with the keys of `configure`, `setup` or the environment.
 *
 * The library tells of nothing by itself, so methods of its channels are wrapped.
 */
export function instrumentAmqplib({ messages: { propagate, ...options } }: InstrumentSettings): () => void {
  const mayCarry = readMessageRule(propagate)
  const tracer = createCallTracer(undefined, options)

  function wrapChannels(exports: unknown): () => void {
    const { Channel, ConfirmChannel } = exports as ChannelClasses
    return undoAll([
      wrapMethod(Channel.prototype, 'publish', aroundPublish(mayCarry)),
      wrapMethod(ConfirmChannel.prototype, 'publish', aroundPublishConfirmed(mayCarry)),
      wrapMethod(ownerOf(Channel.prototype, 'handleConfirm'), 'handleConfirm', aroundConfirmation),
      wrapMethod(Channel.prototype, 'consume', aroundConsume(tracers)),
      wrapMethod(Channel.prototype, 'get', aroundGet),
      ...Object.entries(SETTLING).map(([name, around]) => wrapMethod(Channel.prototype, name, around)),
    ])
  }

  const wrapChannel = (exports: unknown) => {
    const { Channel } = exports as ChannelFile
    return undoAll([
      // Frames arrive in the context of whoever opened the connection. So do the answers to what channels ask.
      wrapMethod(Channel.prototype, 'accept', aroundOwnWork),
      wrapMethods(Channel.prototype, ['sendOrEnqueue', 'closeBecause'], aroundCallbacks),
    ])
  }
  const wrapConnection = (exports: unknown) => {
    const { prototype } = (exports as ConnectionFile).Connection
    return undoAll([
      wrapMethod(prototype, 'startHeartbeater', aroundOwnWork),
      wrapMethods(prototype, ['close', '_updateSecret'], aroundCallbacks),
    ])
  }
  const wrapConnect = (exports: unknown) => wrapMethod(exports as object, 'connect', aroundOwnWork)

  tracers.push(tracer)
  const forget = (): void => {
    if (tracers.includes(tracer)) tracers.splice(tracers.indexOf(tracer), 1)
  }
  return undoAll([
    forget,
    whenLoaded('amqplib', wrapChannel, { file: 'lib/channel.js' }),
    whenLoaded('amqplib', wrapConnection, { file: 'lib/connection.js' }),
    ...['channel_api.js', 'callback_api.js'].map(file => whenLoaded('amqplib', wrapConnect, { file })),
    ...FILES.map(file => whenLoaded('amqplib', wrapChannels, { file })),
  ])
}
