import { type HmacKeys, KeyRing, keysOf } from '../keys/key-ring.js'
import { readSignedHeaders } from '../keys/signed-headers.js'
import type { OptionKinds } from '../options/check-options.js'
import { configuredKeyRing, isEnabled } from '../options/configuration.js'
import { dateNow, TypeError } from '../platform/platform.js'
import { DEFAULT_MAX_POINTS, findKnownTrace } from '../points/known-traces.js'
import { AdmittedTrace } from './admitted-trace.js'
import { openAdapter } from './first-trace.js'
import { isIgnored } from './ignore-hook.js'
import { createRateLimit } from './rate-limit.js'
import type { RefusalReason } from './refusal-reason.js'
import { warnOfNoKeys } from './refusal-warning.js'
import { createRefusals } from './refusals.js'
import { explainAge } from './trace-age.js'
import { createTracedByKey } from './traced-by-key.js'

/** Which traces are taken up here. `Source` is what they come with: a request, a message. */
export interface TraceGateOptions<Source> {
  /** Whether anything is traced here at all. Default: as `configure`, `setup` or OSPROFILER_ENABLED say. */
  readonly enabled?: boolean | undefined
  /** What is not traced even when signed: health checks, say. Asked at once, for what is signed only: no async function. */
  readonly ignore?: ((source: Source) => boolean) | undefined
  /** Refuses a trace whose id (a UUID of version 7) is older, in seconds. Default 3,600. */
  readonly maxTraceAge?: number | undefined
  /** Refuses traces whose id tells no age. Default false: Python's clients send version 4. */
  readonly datedTracesOnly?: boolean | undefined
  /** Traces taken up in a second at most. Default 100. */
  readonly maxTracesPerSecond?: number | undefined
  /** Points recorded of one trace in this process at most; further ones are counted. Default 100,000. */
  readonly maxPointsPerTrace?: number | undefined
  /** Told why what is signed is not traced; at most ten times a second. Answers never tell. */
  readonly onRefused?: ((reason: RefusalReason, source: Source) => void) | undefined
}

/** The kinds of these options: every tracer checks them, beside its own. */
export const GATE_OPTIONS: OptionKinds<TraceGateOptions<never>> = {
  enabled: 'boolean',
  ignore: 'function',
  maxTraceAge: 'number',
  datedTracesOnly: 'boolean',
  maxTracesPerSecond: 'number',
  maxPointsPerTrace: 'number',
  onRefused: 'function',
}

/** What became of what carried a trace. */
export interface TraceStats {
  /** How often a trace was taken up. */
  readonly traced: number
  /** The same for each key in force, by position: when the last numbers no longer grow, the old keys can go. */
  readonly tracedByKey: readonly number[]
  /** How often none was, by reason. */
  readonly refused: Readonly<Record<RefusalReason, number>>
}

/** Decides which traces are taken up. One for each place where they come in. */
export interface TraceGate<Source> {
  readonly maxPointsPerTrace: number
  /** To be called for each request and message, signed or not. The first one finds out whether there are keys at all. */
  lookForKeys(): void
  /** The trace of a signed pair, or `undefined` where it is not taken up; a part that is missing is empty. */
  admit(info: string, hmac: string, source: Source): AdmittedTrace | undefined
  readonly stats: TraceStats
}

/**
 * The rules of the wire format and the limits on top of them, for whatever carries a trace.
 *
 * Keys given here win; without them, those of `configure` or the environment are looked up each time.
 *
 * @throws TypeError for keys that are given and empty.
 */
export function createTraceGate<Source>(
  hmacKeys: HmacKeys | undefined,
  options: TraceGateOptions<Source>,
): TraceGate<Source> {
  const { maxTraceAge = 3_600, datedTracesOnly = false, maxTracesPerSecond = 100 } = options
  const ages = { maxTraceAge, datedTracesOnly }
  const givenRing = openRing(hmacKeys)
  if (givenRing !== undefined) openAdapter(options.enabled)
  const keyRing = (): KeyRing | undefined => givenRing ?? configuredKeyRing()
  const { counts: refused, refuse } = createRefusals(options.onRefused)
  const mayTrace = createRateLimit(maxTracesPerSecond)
  const counts = createTracedByKey()
  let traced = 0
  let hasLooked = givenRing !== undefined

  return {
    maxPointsPerTrace: options.maxPointsPerTrace ?? DEFAULT_MAX_POINTS,
    lookForKeys() {
      if (hasLooked) return
      hasLooked = true
      if ((options.enabled ?? isEnabled()) && configuredKeyRing() === undefined) warnOfNoKeys()
    },
    admit(info, hmac, source) {
      if (!(options.enabled ?? isEnabled())) return refuse('disabled', source)
      if (isIgnored(source, options.ignore)) return undefined
      const ring = keyRing()
      if (ring === undefined) return refuse('no-keys', source)
      if (!info || !hmac) return refuse('missing-header', source)
      const keys = keysOf(ring)
      const verified = readSignedHeaders(info, hmac, keys)
      if (typeof verified === 'string') return refuse(verified, source)
      const wrongAge = explainAge(verified.baseId, ages, dateNow())
      if (wrongAge !== undefined) return refuse('too-old', source, wrongAge)
      // What further belongs to a known trace is not counted, or a service that is called in a loop would lose the end of the loop.
      const found = findKnownTrace(verified.baseId)
      if (found === undefined && !mayTrace()) return refuse('rate-limited', source)
      traced++
      counts.add(keys, verified.key)
      return new AdmittedTrace(verified, found)
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
