import { Map } from '../json/language.js'
import { isObject, memberOf } from './attribute-value.js'
import type { SpanSource } from './span-source.js'

/** OpenTelemetry's `SpanKind`, as numbered by opentelemetry-proto. */
export const KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const

/** A step in the life of a message, such as `publish` or `consume`, in OpenTelemetry's terms. */
export interface MessageStep {
  /** OpenTelemetry's span kind, or `undefined` for an unknown operation. */
  readonly kind: number | undefined
  readonly operation: string
  /** OpenTelemetry's operation type, if the step has one. */
  readonly type: string | undefined
  readonly destination: string
  readonly system: unknown
}

/** Names that libraries use for the steps of a message. Requesting a message or an answer has the kind `client`. */
const OPERATION_KINDS = new Map<string, { readonly kind: number; readonly type?: string }>([
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
/** Function names contain no spaces, so a name with a space, such as `publish orders`, is the name of a step. */
const STEP_NAME = /^([a-z]{1,20}) (\S.*)$/is
/**
 * Matches the parts of a name that differ from message to message. With these parts, each span would have a different
 * name.
 */
const ID_PART =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=\bamq\.[a-z]{1,20}-)[\w-]+|(?<![a-z0-9])(?:\d+|[0-9a-f]{16,})(?![a-z0-9])/gi

/**
 * Returns a point's message step, from `info.messaging`, from amqplib's `info.amqp`, or from a name such as `publish
 * orders`.
 */
export function readMessageStep({
  name,
  startInfo,
  stopInfo,
}: Pick<SpanSource, 'name' | 'startInfo' | 'stopInfo'>): MessageStep | undefined {
  const messaging = memberOf(startInfo, 'messaging') ?? memberOf(stopInfo, 'messaging')
  const amqp = memberOf(startInfo, 'amqp') ?? memberOf(stopInfo, 'amqp')
  const functionName = memberOf(memberOf(startInfo, 'function'), 'name')
  const hasMessagingInfo = isObject(messaging) || isObject(amqp)
  if (!hasMessagingInfo && name !== 'rpc') return undefined
  const [, verb = '', target = ''] = typeof functionName === 'string' ? (STEP_NAME.exec(functionName) ?? []) : []
  const operation = toNonEmptyText(memberOf(messaging, 'operation')) ?? verb
  const known = OPERATION_KINDS.get(operation.toLowerCase())
  if (known === undefined && !hasMessagingInfo) return undefined
  const place = toNonEmptyText(memberOf(amqp, 'exchange')) ?? toNonEmptyText(memberOf(amqp, 'queue'))
  return {
    kind: known?.kind,
    operation,
    type: known?.type,
    destination: toNonEmptyText(memberOf(messaging, 'destination')) ?? place ?? target,
    system: isObject(amqp) ? 'rabbitmq' : memberOf(messaging, 'system'),
  }
}

/** Replaces each part of a name that differs from message to message with a star: `publish orders.*.created`. */
export function replaceIds(name: string): string {
  return name.replace(ID_PART, '*')
}

function toNonEmptyText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
