import { type CallTracer, createCallTracer } from '@osprofiler/core/rpc'
import { whenLoaded } from '../loading/library-loads.js'
import { wrapLibrary } from '../loading/wrap-library.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { createMessageRule } from '../options/messages-option.js'
import { aroundOwnWork, wrapCallbacks, wrapOwnWork } from '../wrapping/keep-context.js'
import { undoAll, wrapMethod } from '../wrapping/wrap-method.js'
import { aroundConfirmation } from './amqp-confirms.js'
import { aroundConsume, SETTLEMENT_WRAPPERS } from './amqp-consume.js'
import { aroundGet } from './amqp-get.js'
import { aroundPublish, aroundPublishConfirmed } from './amqp-publish.js'

/** The tracers of all active calls of `instrument`. Only the first tracer is used. */
const tracers: CallTracer[] = []

const MODEL_FILES = ['lib/channel_model.js', 'lib/callback_model.js']

/**
 * Records published messages and calls of `get` as points named `rpc`, and adds the trace to the headers of published
 * messages. Consumers continue the trace, using the keys from `configure`, `setup` or the environment.
 */
export function instrumentAmqplib({ messages: { propagate, ...options } }: InstrumentSettings): () => void {
  const mayCarry = createMessageRule(propagate)
  const tracer = createCallTracer(undefined, options)

  tracers.push(tracer)
  const removeTracer = (): void => {
    if (tracers.includes(tracer)) tracers.splice(tracers.indexOf(tracer), 1)
  }
  const aroundChannel = {
    publish: aroundPublish(mayCarry),
    handleConfirm: aroundConfirmation,
    consume: aroundConsume(tracers),
    get: aroundGet,
    ...SETTLEMENT_WRAPPERS,
  }
  const aroundConfirmChannel = { publish: aroundPublishConfirmed(mayCarry) }
  return undoAll([
    removeTracer,
    wrapLibrary('amqplib', [
      { file: 'lib/channel.js', classes: { Channel: aroundFrames } },
      { file: 'lib/connection.js', classes: { Connection: aroundConnection } },
      ...MODEL_FILES.map(file => ({ file, classes: { Channel: aroundChannel, ConfirmChannel: aroundConfirmChannel } })),
    ]),
    ...['channel_api.js', 'callback_api.js'].map(file => whenLoaded('amqplib', wrapConnect, { file })),
  ])
}

// Callbacks are bound to their caller's context, because frames and replies to channel requests arrive in the context
// of the code that opened the connection.
const aroundFrames = { ...wrapOwnWork('accept'), ...wrapCallbacks('sendOrEnqueue', 'closeBecause') }
const aroundConnection = { ...wrapOwnWork('startHeartbeater'), ...wrapCallbacks('close', '_updateSecret') }

function wrapConnect(exports: unknown): (() => void) | undefined {
  return wrapMethod(exports as object, 'connect', aroundOwnWork)
}
