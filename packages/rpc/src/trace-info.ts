import { type HmacKeys, type KeyRing, signedPack, signedUnpack, type TraceHeaders } from '@osprofiler/core'
import { readCarrier, type SignedPair } from '@osprofiler/core/rpc'
import { Object, Reflect } from '@osprofiler/core/toolkit'

/** The member of a call's context in which OpenStack's services pass the arguments of `profiler.init(**trace_info)`. */
const TRACE_INFO = 'trace_info'
/** The same member in a message, where oslo.messaging puts `_context_` before each name. */
const TRACE_INFO_IN_MESSAGE = '_context_trace_info'
const PAIR_IN_MESSAGE = { info: '_context_X-Trace-Info', hmac: '_context_X-Trace-HMAC' }
const TRACE_INFO_MEMBERS: readonly string[] = ['hmac_key', 'base_id', 'parent_id']
// A longer string cannot be valid. The limit prevents computations over megabytes.
const MAX_TEXT_CHARS = 1_024
/** A pair that is always refused, and counted as malformed. */
const MALFORMED_PAIR: SignedPair = { info: '-', hmac: '-' }

/**
 * Reads the trace in the context of an oslo.messaging call, or in its message, where `_context_` precedes each name.
 * Returns a signed pair. Python's format contains the key in plain text, so this function signs the pair with that key.
 * Afterward, the pair is checked like any other pair: in constant time, against the service's own keys, and by all
 * other rules.
 */
export function readOsloContext(context: unknown): SignedPair | undefined {
  if (typeof context !== 'object' || context === null) return undefined
  try {
    const info = getOwn(context, PAIR_IN_MESSAGE.info)
    const hmac = getOwn(context, PAIR_IN_MESSAGE.hmac)
    if (info !== undefined || hmac !== undefined) return readCarrier({ 'X-Trace-Info': info, 'X-Trace-HMAC': hmac })
    const traceInfo = getOwn(context, TRACE_INFO) ?? getOwn(context, TRACE_INFO_IN_MESSAGE)
    return traceInfo === undefined || traceInfo === null ? undefined : readTraceInfo(traceInfo)
  } catch {
    return undefined
  }
}

/**
 * If one of `keys` has signed the trace in `headers`, adds the trace to a context in Python's format, with the key in
 * plain text.
 */
export function writeTraceInfo(context: object, headers: TraceHeaders, keys: HmacKeys | KeyRing): void {
  const trace = signedUnpack(headers['X-Trace-Info'], headers['X-Trace-HMAC'], keys)
  if (trace === undefined) return
  Reflect.set(context, TRACE_INFO, { hmac_key: trace.hmacKey, base_id: trace.baseId, parent_id: trace.parentId })
}

/** Removes a trace in Python's format from a context, because a key in plain text must not be passed on. */
export function removeTraceInfo(context: object): void {
  for (const name of [TRACE_INFO, TRACE_INFO_IN_MESSAGE]) Reflect.deleteProperty(context, name)
}

function readTraceInfo(traceInfo: unknown): SignedPair {
  // Python's `init()` fails if there is any other member.
  if (
    typeof traceInfo !== 'object' ||
    traceInfo === null ||
    Object.keys(traceInfo).some(name => !TRACE_INFO_MEMBERS.includes(name))
  )
    return MALFORMED_PAIR
  const [key, baseId, parentId = null] = TRACE_INFO_MEMBERS.map(name => getOwn(traceInfo, name))
  // An empty key counts as missing.
  if (!isText(key) || key === '' || !isText(baseId) || !(parentId === null || isText(parentId))) return MALFORMED_PAIR
  const [info, hmac] = signedPack({ base_id: baseId, parent_id: parentId }, key)
  return { info, hmac }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT_CHARS
}

function getOwn(holder: object, name: string): unknown {
  return Object.hasOwn(holder, name) ? Reflect.get(holder, name) : undefined
}
