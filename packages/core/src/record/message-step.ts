import { Map } from '../json/language.js'
import { isObject, memberOf } from './attribute-value.js'
import { KIND } from './span-kind-numbers.js'
import type { SpanSource } from './span-source.js'

/** A step that a message takes. */
export interface MessageStep {
  /** `undefined` for an operation that is not known. */
  readonly kind: number | undefined
  /** As whoever recorded the step calls it, such as `publish`. */
  readonly operation: string
  /** One of OpenTelemetry's types of operations, where the step is one. */
  readonly type: string | undefined
  readonly destination: string
  /** What carries the message, where the point says. */
  readonly system: unknown
}

/** What libraries call the steps of a message. To ask for a message, or for an answer, is a client's. */
const OPERATIONS = new Map<string, { readonly kind: number; readonly type?: string }>([
  ...['publish', 'send', 'produce', 'enqueue', 'add', 'create', 'emit', 'cast', 'notify', 'fanout', 'reply'].map(
    operation => [operation, { kind: KIND.producer, type: operation === 'create' ? 'create' : 'send' }] as const,
  ),
  ...['consume', 'process', 'deliver', 'handle', 'subscribe'].map(
    operation => [operation, { kind: KIND.consumer, type: 'process' }] as const,
  ),
  ['receive', { kind: KIND.consumer, type: 'receive' }],
  ['get', { kind: KIND.client, type: 'receive' }],
  ['poll', { kind: KIND.client, type: 'receive' }],
  ['ack', { kind: KIND.client, type: 'settle' }],
  ['nack', { kind: KIND.client, type: 'settle' }],
  ['request', { kind: KIND.client }],
  ['call', { kind: KIND.client }],
])
/** No function of a program has a space in its name. */
const STEP = /^([a-z]{1,20}) (\S.*)$/is
/** Parts that differ from message to message would make each span's name another one. */
const ID =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=\bamq\.[a-z]{1,20}-)[\w-]+|(?<![a-z0-9])(?:\d+|[0-9a-f]{16,})(?![a-z0-9])/gi

/**
 * The step of a message that a point is. A point says so in `info.messaging` (`system`, `operation`, `destination`), in
 * the `info.amqp` of the instrument of amqplib, or as a point `rpc` by the name of its function: `publish orders`.
 */
export function readMessageStep({ name, startInfo, stopInfo }: SpanSource): MessageStep | undefined {
  const told = memberOf(startInfo, 'messaging') ?? memberOf(stopInfo, 'messaging')
  const amqp = memberOf(startInfo, 'amqp') ?? memberOf(stopInfo, 'amqp')
  const called = memberOf(memberOf(startInfo, 'function'), 'name')
  const isTold = isObject(told) || isObject(amqp)
  if (!isTold && name !== 'rpc') return undefined
  const [, verb = '', target = ''] = typeof called === 'string' ? (STEP.exec(called) ?? []) : []
  const operation = textOf(memberOf(told, 'operation')) ?? verb
  const known = OPERATIONS.get(operation.toLowerCase())
  if (known === undefined && !isTold) return undefined
  const place = textOf(memberOf(amqp, 'exchange')) ?? textOf(memberOf(amqp, 'queue'))
  return {
    kind: known?.kind,
    operation,
    type: known?.type,
    destination: textOf(memberOf(told, 'destination')) ?? place ?? target,
    system: isObject(amqp) ? 'rabbitmq' : memberOf(told, 'system'),
  }
}

/** A name with a star for what is another one in each message: `publish orders.*.created`. */
export function withoutIds(name: string): string {
  return name.replace(ID, '*')
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
