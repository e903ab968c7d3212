import { type HmacKeys, type KeyRing, signedPack, signedUnpack, type TraceHeaders } from '@osprofiler/core'
import { readCarrier, type SignedPair } from '@osprofiler/core/rpc'
import { Object, Reflect } from '@osprofiler/core/toolkit'

/**
 * The member of a call's context in which OpenStack's services pass a trace. It contains the arguments of
 * `profiler.init(**trace_info)`.
 */
const TRACE_INFO = 'trace_info'
/** The name of the same member in a message. oslo.messaging puts `_context_` before the name of each context member. */
const TRACE_INFO_IN_MESSAGE = '_context_trace_info'
const PAIR_IN_MESSAGE = { info: '_context_X-Trace-Info', hmac: '_context_X-Trace-HMAC' }
const TRACE_INFO_MEMBERS: readonly string[] = ['hmac_key', 'base_id', 'parent_id']
// The maximum length of a valid string. The limit prevents computations with strings of several megabytes.
const MAX_TEXT_CHARS = 1_024
/** A pair of trace headers that is always refused, and that the statistics count as malformed. */
const MALFORMED_PAIR: SignedPair = { info: '-', hmac: '-' }

/**
 * Reads the trace in the context of an oslo.messaging call, or in the message of the call, where each name has the
 * prefix `_context_`. Returns the trace as a signed pair of trace headers. Python's format contains the key in plain
 * text, so this function signs the pair with that key. Afterward, the pair is checked like any other pair: in constant
 * time, against the service's own keys, and by all other rules.
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
 * Adds the trace in `headers` to a context, in Python's format with the key in plain text. Adds nothing if the trace
 * was not signed with one of `keys`.
 */
export function writeTraceInfo(context: object, headers: TraceHeaders, keys: HmacKeys | KeyRing): void {
  const trace = signedUnpack(headers['X-Trace-Info'], headers['X-Trace-HMAC'], keys)
  if (trace === undefined) return
  Reflect.set(context, TRACE_INFO, { hmac_key: trace.hmacKey, base_id: trace.baseId, parent_id: trace.parentId })
}

/**
 * Removes a trace in Python's format from a context. The trace contains a key in plain text, which must not be passed
 * on.
 */
export function removeTraceInfo(context: object): void {
  for (const name of [TRACE_INFO, TRACE_INFO_IN_MESSAGE]) Reflect.deleteProperty(context, name)
}

function readTraceInfo(traceInfo: unknown): SignedPair {
  // Other members are not allowed, because Python's `init()` fails if it gets any other member.
  if (
    typeof traceInfo !== 'object' ||
    traceInfo === null ||
    Object.keys(traceInfo).some(name => !TRACE_INFO_MEMBERS.includes(name))
  )
    return MALFORMED_PAIR
  const [key, baseId, parentId = null] = TRACE_INFO_MEMBERS.map(name => getOwn(traceInfo, name))
  // An empty key counts as a missing key.
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
