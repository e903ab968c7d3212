import { type HmacKeys, type KeyRing, signedPack, signedUnpack, type TraceHeaders } from '@osprofiler/core'
import { readCarrier, type SignedPair } from '@osprofiler/core/rpc'
import { Object, Reflect } from '@osprofiler/core/toolkit'

/** Where OpenStack's services put a trace into the context of a call: what they give to `profiler.init(**trace_info)`. */
const TRACE_INFO = 'trace_info'
/** Before each name of a context, once oslo.messaging has put it into a message. */
const IN_MESSAGE = '_context_trace_info'
const PAIR_IN_MESSAGE = { info: '_context_X-Trace-Info', hmac: '_context_X-Trace-HMAC' }
const MEMBERS: readonly string[] = ['hmac_key', 'base_id', 'parent_id']
// Beyond what can be believed: nothing is computed over megabytes.
const MAX_LENGTH = 1_024
/** Refused, and counted as such. */
const MALFORMED: SignedPair = { info: '-', hmac: '-' }

/**
 * The trace in the context of an oslo.messaging call, by itself or in its message, where `_context_` stands before each
 * name: a signed pair, or else what Python puts there, with its key in clear. That is signed with the key that came with it:
 * so it is believed, in constant time, if the key is one of ours, and all rules of a signed pair apply to the rest.
 */
export function readOsloContext(context: unknown): SignedPair | undefined {
  if (typeof context !== 'object' || context === null) return undefined
  try {
    const info = own(context, PAIR_IN_MESSAGE.info)
    const hmac = own(context, PAIR_IN_MESSAGE.hmac)
    if (info !== undefined || hmac !== undefined) return readCarrier({ 'X-Trace-Info': info, 'X-Trace-HMAC': hmac })
    const traceInfo = own(context, TRACE_INFO) ?? own(context, IN_MESSAGE)
    return traceInfo === undefined || traceInfo === null ? undefined : readTraceInfo(traceInfo)
  } catch {
    return undefined
  }
}

/**
 * Puts what Python's callee takes for a trace into a context: the trace that these headers carry, with the key in
 * clear, where one of these keys has signed them.
 */
export function writeTraceInfo(context: object, headers: TraceHeaders, keys: HmacKeys | KeyRing): void {
  const trace = signedUnpack(headers['X-Trace-Info'], headers['X-Trace-HMAC'], keys)
  if (trace === undefined) return
  Reflect.set(context, TRACE_INFO, { hmac_key: trace.hmacKey, base_id: trace.baseId, parent_id: trace.parentId })
}

/** Takes a trace that Python put into a context out of it again: a key in clear is not passed on. */
export function removeTraceInfo(context: object): void {
  for (const name of [TRACE_INFO, IN_MESSAGE]) Reflect.deleteProperty(context, name)
}

function readTraceInfo(traceInfo: unknown): SignedPair {
  // With another member, Python's init() fails.
  if (
    typeof traceInfo !== 'object' ||
    traceInfo === null ||
    Object.keys(traceInfo).some(name => !MEMBERS.includes(name))
  )
    return MALFORMED
  const [key, baseId, parentId = null] = MEMBERS.map(name => own(traceInfo, name))
  // An empty key is none.
  if (!isText(key) || key === '' || !isText(baseId) || !(parentId === null || isText(parentId))) return MALFORMED
  const [info, hmac] = signedPack({ base_id: baseId, parent_id: parentId }, key)
  return { info, hmac }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_LENGTH
}

function own(holder: object, name: string): unknown {
  return Object.hasOwn(holder, name) ? Reflect.get(holder, name) : undefined
}
