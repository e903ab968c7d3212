import { type HmacKeys, KeyRing, keysOf } from '../keys/key-ring.js'
import { verifySignedHeaders } from '../keys/signed-headers.js'
import type { OptionKinds } from '../options/check-options.js'
import { configuredKeyRing, isEnabled } from '../options/configuration.js'
import { dateNow, TypeError } from '../platform/platform.js'
import { DEFAULT_MAX_POINTS, findKnownTrace } from '../points/known-traces.js'
import { AdmittedTrace } from './admitted-trace.js'
import { registerAdapterKeys } from './first-trace.js'
import { isIgnored } from './ignore-hook.js'
import { createRateLimit } from './rate-limit.js'
import type { RefusalReason } from './refusal-reason.js'
import { warnOfNoKeys } from './refusal-warning.js'
import { createRefusals } from './refusals.js'
import type { TicketGate } from './ticket-gate.js'
import { explainAgeRefusal } from './trace-age.js'
import { createTracedByKey } from './traced-by-key.js'

/** Options that decide which traces are admitted. `Source` is the type of the requests or messages. */
export interface TraceGateOptions<Source> {
  /** Whether anything is traced at all. Default: the setting of `configure`, `setup` or OSPROFILER_ENABLED. */
  readonly enabled?: boolean | undefined
  /**
   * Returns whether to exclude a signed request or message from tracing, such as a health check. Must not be an async
   * function.
   */
  readonly ignore?: ((source: Source) => boolean) | undefined
  /** The maximum age of a trace in seconds, if its id is a UUID of version 7. Default 3,600. */
  readonly maxTraceAge?: number | undefined
  /** Refuses traces whose ids contain no date. Default false, because Python's clients send UUIDs of version 4. */
  readonly datedTracesOnly?: boolean | undefined
  /** The maximum number of new traces per second. Default 100. */
  readonly maxTracesPerSecond?: number | undefined
  /**
   * The maximum number of points recorded per trace in this process. Further points are only counted. Default 100,000.
   */
  readonly maxPointsPerTrace?: number | undefined
  /**
   * Receives the reason when a signed request or message is not traced, at most ten times a second. A response reveals
   * the reason only to a caller whose valid ticket asks for a `Server-Timing` header.
   */
  readonly onRefused?: ((reason: RefusalReason, source: Source) => void) | undefined
}

/** The types of the gate's options. Every tracer checks these options along with its own. */
export const GATE_OPTIONS: OptionKinds<TraceGateOptions<never>> = {
  enabled: 'boolean',
  ignore: 'function',
  maxTraceAge: 'number',
  datedTracesOnly: 'boolean',
  maxTracesPerSecond: 'number',
  maxPointsPerTrace: 'number',
  onRefused: 'function',
}

/** Counts of traced requests and messages, and of refused ones by reason. */
export interface TraceStats {
  readonly traced: number
  /**
   * How many of the `traced` requests and messages were signed with each current key, in the order of the keys. An old
   * key can be removed once its count stops growing.
   */
  readonly tracedByKey: readonly number[]
  readonly refused: Readonly<Record<RefusalReason, number>>
}

/** Decides which traces are admitted. Each mounted adapter, consumer or server has its own gate. */
export interface TraceGate<Source> {
  readonly maxPointsPerTrace: number
  /** Must be called for each request and message, signed or not. The first call warns if there are no keys. */
  warnIfNoKeys(): void
  /**
   * Returns the trace of a signed pair of trace headers, or `undefined` if the trace is not admitted. `info` or `hmac`
   * is an empty string if the header is missing. Calls `answerRefusal` with the reason if the trace is refused and the
   * caller's valid ticket asks for the reason.
   */
  admit(
    info: string,
    hmac: string,
    source: Source,
    answerRefusal?: (reason: RefusalReason) => void,
  ): AdmittedTrace | undefined
  readonly stats: TraceStats
}

/**
 * Creates a gate. Without `hmacKeys`, the gate uses the current keys of `configure` or the environment. Messages have
 * no tickets, because a message may wait for hours and a ticket would expire.
 *
 * @throws TypeError if `hmacKeys` is given but empty
 */
export function createTraceGate<Source>(
  hmacKeys: HmacKeys | undefined,
  options: TraceGateOptions<Source>,
  tickets?: TicketGate<Source>,
): TraceGate<Source> {
  const { maxTraceAge = 3_600, datedTracesOnly = false, maxTracesPerSecond = 100 } = options
  const ages = { maxTraceAge, datedTracesOnly }
  const givenRing = openRing(hmacKeys)
  if (givenRing !== undefined) registerAdapterKeys(options.enabled)
  const keyRing = (): KeyRing | undefined => givenRing ?? configuredKeyRing()
  const { counts: refused, refuse } = createRefusals(options.onRefused)
  const mayTrace = createRateLimit(maxTracesPerSecond)
  const counts = createTracedByKey()
  let traced = 0
  let hasCheckedKeys = givenRing !== undefined

  return {
    maxPointsPerTrace: options.maxPointsPerTrace ?? DEFAULT_MAX_POINTS,
    warnIfNoKeys() {
      if (hasCheckedKeys) return
      hasCheckedKeys = true
      if ((options.enabled ?? isEnabled()) && configuredKeyRing() === undefined) warnOfNoKeys()
    },
    admit(info, hmac, source, answerRefusal) {
      if (!(options.enabled ?? isEnabled())) return refuse('disabled', source)
      const ring = keyRing()
      if (ring === undefined) return refuse('no-keys', source)
      if (!info || !hmac) return refuse('missing-header', source)
      const keys = keysOf(ring)
      const verified = verifySignedHeaders(info, hmac, keys)
      if (typeof verified === 'string') return refuse(verified, source)
      const grant = tickets?.judge(source, info, verified.key)
      if (grant !== undefined && 'reason' in grant) return refuse(grant.reason, source, grant.detail)
      if (isIgnored(source, options.ignore)) return undefined
      const ageRefusal = explainAgeRefusal(verified.baseId, ages, dateNow())
      const tell = grant?.wants.includes('answer') ? answerRefusal : undefined
      if (ageRefusal !== undefined) {
        tell?.('too-old')
        return refuse('too-old', source, ageRefusal)
      }
      // Known traces do not count against the rate. Otherwise, if a trace calls a service in a loop, the last calls
      // would not be traced.
      const knownTrace = findKnownTrace(verified.baseId)
      if (knownTrace === undefined && !mayTrace()) {
        tell?.('rate-limited')
        return refuse('rate-limited', source)
      }
      traced++
      counts.add(keys, verified.key)
      return new AdmittedTrace(verified, knownTrace, grant)
    },
    get stats() {
      const ring = keyRing()
      const tracedByKey = ring === undefined ? [] : counts.list(keysOf(ring))
      return { traced, tracedByKey, refused: { ...refused } }
    },
  }
}

function openRing(hmacKeys: HmacKeys | undefined): KeyRing | undefined {
  if (hmacKeys === undefined) return undefined
  const ring = new KeyRing(hmacKeys)
  if (ring.size > 0) return ring
  throw new TypeError('The list of HMAC keys is empty. Leave it out to take the keys from setup() or the environment.')
}
