import { randomUUID } from 'node:crypto'
import { unzipSync } from 'node:zlib'
import { Array, Buffer, Error, Object } from '@osprofiler/core/toolkit'
import { readJson, writeJson } from './json.js'

/** The members of an oslo.messaging message without its envelope. */
export type Message = Readonly<Record<string, unknown>>

/** A call or a cast, in the form in which the server reads it. */
export interface Incoming {
  readonly method: string
  readonly args: Readonly<Record<string, unknown>>
  readonly namespace: string | undefined
  readonly version: string
  /** The context of the call, without the trace. Methods must not see the HMAC key in the trace. */
  readonly context: Readonly<Record<string, unknown>>
  /** Identifies a message, so that the server recognizes a message that is delivered twice. */
  readonly uniqueId: string | undefined
  /** The address for the reply. Undefined for a cast. */
  readonly reply: { readonly queue: string; readonly messageId: string } | undefined
  /** The interval in seconds at which the caller expects reports that the server is still working on the call. */
  readonly monitorTimeout: number
  /** What is wrong with the call, so that the server must not run a method. Undefined for a valid call. */
  readonly flaw: CallFlaw | undefined
}

interface CallFlaw {
  /** The class of the exception that Python's dispatcher would raise. */
  readonly type: string
  readonly message: string
}

const ENVELOPE_VERSION = '2.0'
const CONTEXT_PREFIX = '_context_'
const TRACE_HEADER_NAMES = ['X-Trace-Info', 'X-Trace-HMAC', 'X-Trace-Ticket']
const TRACE_MEMBER_NAMES: readonly string[] = [
  'trace_info',
  ...TRACE_HEADER_NAMES,
  ...TRACE_HEADER_NAMES.map(name => name.toLowerCase()),
]
const MAX_DECOMPRESSED_BYTES = 256 * 1024 * 1024

/**
 * Encodes a message in oslo.messaging's envelope, with a new id. Throws a TypeError for a value that JSON cannot
 * encode.
 */
export function encodeMessage(message: Message): Buffer {
  const inner = writeJson({ ...message, _unique_id: createHexId() })
  return Buffer.from(writeJson({ 'oslo.version': ENVELOPE_VERSION, 'oslo.message': inner }))
}

/** Decodes a delivered message, with or without its envelope. Throws an Error that describes what is wrong. */
export function decodeMessage(content: Buffer, compression?: unknown): Message {
  const body = readJson(decompress(content, compression).toString())
  if (!isObject(body)) throw new Error('it is not an object')
  const { 'oslo.version': version, 'oslo.message': text } = body
  if (version === undefined || text === undefined) return body
  if (typeof version !== 'string' || !version.startsWith('2.')) throw new Error('the version of its envelope is not 2')
  if (typeof text !== 'string') throw new Error('its envelope contains no text')
  const message = readJson(text)
  if (!isObject(message)) throw new Error('its envelope contains no object')
  return message
}

/** Adds the prefix `_context_` to the names of a context's members, as in a message of oslo.messaging. */
export function addContextPrefix(context: object): Message {
  return Object.fromEntries(Object.entries(context).map(([name, value]) => [CONTEXT_PREFIX + name, value]))
}

/** Reads a message as a call. Never throws. If the call is malformed, the result has a `flaw`. */
export function readIncoming(message: Message): Incoming {
  const { method, args, namespace, version, _unique_id, _msg_id, _reply_q, _timeout } = message
  const context = Object.entries(message).flatMap(([name, value]) => {
    const contextName = name.startsWith(CONTEXT_PREFIX) ? name.slice(CONTEXT_PREFIX.length) : undefined
    return contextName === undefined || TRACE_MEMBER_NAMES.includes(contextName) ? [] : [[contextName, value] as const]
  })
  return {
    method: typeof method === 'string' ? method : '',
    args: isObject(args) ? args : {},
    namespace: typeof namespace === 'string' ? namespace : undefined,
    version: typeof version === 'string' ? version : '1.0',
    context: Object.fromEntries(context),
    uniqueId: typeof _unique_id === 'string' ? _unique_id : undefined,
    reply:
      typeof _msg_id === 'string' && typeof _reply_q === 'string' ? { queue: _reply_q, messageId: _msg_id } : undefined,
    monitorTimeout: typeof _timeout === 'number' ? _timeout : 0,
    flaw: findFlaw(message),
  }
}

/**
 * Returns what is wrong with a call, or undefined. A member with a value of the wrong type is an error. It does not
 * count as missing, because the caller has set it.
 */
function findFlaw({ method, args, namespace, version }: Message): CallFlaw | undefined {
  if (typeof method !== 'string') return { type: 'NoSuchMethod', message: 'The name of the method must be a string' }
  if (!isTextOrMissing(version)) {
    return { type: 'UnsupportedVersion', message: 'The version of a call must be a string, such as "1.0"' }
  }
  if (!isTextOrMissing(namespace)) {
    return { type: 'UnsupportedVersion', message: 'The namespace of a call must be a string' }
  }
  const hasArgs = args === undefined || args === null || isObject(args)
  return hasArgs ? undefined : { type: 'RPCDispatcherError', message: 'The arguments of a call must be an object' }
}

function isTextOrMissing(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string'
}

/** Returns an id like Python's `uuid4().hex`. */
export function createHexId(): string {
  return randomUUID().replaceAll('-', '')
}

/** Decompresses a message. Despite its name, kombu_compression=gzip uses the zlib format. */
function decompress(content: Buffer, compression: unknown): Buffer {
  if (compression === undefined) return content
  if (compression !== 'application/x-gzip') throw new Error('its compression is not kombu_compression=gzip')
  return unzipSync(content, { maxOutputLength: MAX_DECOMPRESSED_BYTES })
}

/** Returns whether a value is an object that is not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
