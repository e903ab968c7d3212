import { isTraceId } from '../keys/signed-headers.js'
import { checkOptionKinds } from '../options/check-options.js'
import { isEnabled } from '../options/configuration.js'
import type { WhyLevel } from '../options/why-options.js'
import { Number, TypeError, WeakMap } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { createScope, currentProfiler, enterWith, keepContext } from '../points/context.js'
import { DEFAULT_MAX_POINTS, openKnownTrace } from '../points/known-traces.js'
import { LocalTrace } from '../points/local-trace.js'
import { createTraceId, Profiler } from '../points/profiler.js'
import { followCallIn } from '../promises/follow-call.js'
import { ticketKeyOf } from '../tickets/ticket-key.js'
import { parseTicket } from '../tickets/ticket-text.js'
import type { TicketGrant } from '../tickets/ticket-verifier.js'
import { knownWishes } from '../tickets/wishes.js'
import { startOwnAccount, startWishedAccount } from '../why/request-account.js'

/** The trace to record, and the key that signs the headers of outgoing requests. */
export interface TraceOptions {
  /** The key that verified the request's headers. For a new trace, the key to sign with. */
  readonly hmacKey: string
  /** Id of the trace. Default: a new UUID of version 7. */
  readonly baseId?: string | undefined
  /** Id of the point that encloses the trace's first point in this process. Default: `baseId`. */
  readonly parentId?: string | undefined
  /**
   * Maximum number of recorded points of this trace in this process. Further points are only counted. Default: 100,000.
   */
  readonly maxPointsPerTrace?: number | undefined
  /**
   * The verified `X-Trace-Ticket` of the request from which `baseId` was taken. With this ticket, outgoing requests get
   * tickets of their own. A trace that begins in this process needs no ticket.
   */
  readonly ticket?: string | undefined
  /**
   * Whether points name the line of the program that created them, in `info.code`. This also applies to points of
   * services that get a ticket. Default: true if `ticket` asks for it, else false.
   */
  readonly code?: boolean | undefined
  /**
   * Whether to make an account, which divides the trace's own time among its causes. `waits` lists the waits, and `cpu`
   * also names the functions that used the CPU. Services that get a ticket also make an account, as far as their
   * settings allow. Default: the level that `ticket` asks for, else no account.
   */
  readonly why?: WhyLevel | undefined
}

/**
 * Runs `fn`, and everything that `fn` starts, in a trace. Stops open points when `fn` returns or its promise settles.
 *
 * @throws TypeError if the key, an id, the limit or the ticket is invalid.
 */
export function run<T>(options: TraceOptions, fn: () => T): T {
  const opening = readOptions(options)
  if (!isEnabled()) return fn()
  const trace = openTrace(opening)
  const profiler = new Profiler(trace)
  const release = keepContext()
  if (opening.why === undefined) startWishedAccount(trace)
  else startOwnAccount(trace, opening.why)
  const end = (ago = 0): void => {
    try {
      profiler.end(undefined, ago)
    } finally {
      trace.end()
      release()
    }
  }
  return followCallIn(createScope(profiler), fn, {
    done: (_, ago) => end(ago),
    failed: (_, ago) => end(ago),
    abandoned: () => end(),
  })
}

/**
 * Traces the rest of the current asynchronous context. Intended for scripts. In a server, use `run`, which keeps
 * requests apart. Returns the profiler of the trace, or of an earlier trace in this context. Returns `undefined` if
 * tracing is disabled.
 *
 * @throws TypeError if the key, an id or the limit is invalid.
 */
export function init(hmacKey: string, options: Omit<TraceOptions, 'hmacKey'> = {}): Profiler | undefined {
  const opening = readOptions({ ...options, hmacKey })
  if (!isEnabled()) return undefined
  const current = currentProfiler()
  if (current !== undefined) return current
  const trace = openTrace(opening)
  const profiler = new Profiler(trace)
  enterWith(profiler)
  const release = keepContext()
  releasesByProfiler.set(profiler, () => {
    trace.end()
    release()
  })
  return profiler
}

/** Ends the trace that `init` began: stops open points, and leaves the rest of the current context untraced. */
export function clean(): void {
  const current = currentProfiler()
  if (current === undefined) return
  enterWith(undefined)
  const release = releasesByProfiler.get(current)
  if (release === undefined) return
  try {
    current.end()
  } finally {
    release()
  }
}

interface TraceSettings {
  readonly hmacKey: string
  readonly baseId: string
  readonly parentId: string
  readonly maxPointsPerTrace: number
  readonly grant: TicketGrant | undefined
  readonly code: boolean
  readonly why: WhyLevel | undefined
}

const CODE = 'code'

const releasesByProfiler = shared('releases', () => new WeakMap<Profiler, () => void>())

function readOptions(options: TraceOptions): TraceSettings {
  const { hmacKey, baseId = createTraceId(), maxPointsPerTrace = DEFAULT_MAX_POINTS } = options
  const parentId = options.parentId || baseId
  if (typeof hmacKey !== 'string' || hmacKey === '')
    throw new TypeError('A trace needs an hmacKey to sign the headers of outgoing requests')
  if (!isTraceId(baseId) || !isTraceId(parentId))
    throw new TypeError('baseId and parentId must be strings of 1 to 255 characters without control characters')
  checkOptionKinds({ maxPointsPerTrace, code: options.code }, { maxPointsPerTrace: 'number', code: 'boolean' })
  const grant = grantOf(options)
  const code = options.code ?? grant?.wants.includes(CODE) === true
  const why = readWhyLevel(options.why)
  const settings = { hmacKey, baseId, parentId, maxPointsPerTrace, code, why }
  return { ...settings, grant: grant && { ...grant, wants: addWishes(grant.wants, code, why) } }
}

/**
 * Returns the ticket's wishes, changed to match the options `code` and `why`. The tickets of outgoing requests contain
 * these wishes, so the options also apply to the services that are called.
 */
function addWishes(wants: readonly string[], code: boolean, why: WhyLevel | undefined): readonly string[] {
  const others = wants.filter(wish => wish !== CODE && (why === undefined || !wish.startsWith('why=')))
  return [...others, ...(code ? [CODE] : []), ...(why === undefined ? [] : [`why=${why}`])]
}

function readWhyLevel(why: unknown): WhyLevel | undefined {
  if (why === undefined || why === 'waits' || why === 'cpu') return why
  throw new TypeError('why must be waits or cpu')
}

function openTrace({ hmacKey, baseId, parentId, maxPointsPerTrace, grant, code }: TraceSettings): LocalTrace {
  const trace = new LocalTrace(hmacKey, baseId, parentId, openKnownTrace(baseId), maxPointsPerTrace, grant)
  if (code) trace.startCallSites()
  return trace
}

/**
 * Returns the grant of a ticket. A trace that began elsewhere gets no grant without its ticket. This prevents a custom
 * adapter from exchanging a replayed pair of headers for new tickets.
 */
function grantOf({ hmacKey, baseId, ticket }: TraceOptions): TicketGrant | undefined {
  if (ticket === undefined) return baseId === undefined ? { points: Number.POSITIVE_INFINITY, wants: [] } : undefined
  const parsed = typeof ticket === 'string' ? parseTicket(ticket) : undefined
  if (parsed === undefined || parsed.kid !== ticketKeyOf(hmacKey).kid) {
    throw new TypeError('ticket must be the text of a verified X-Trace-Ticket that was signed with hmacKey')
  }
  return { points: parsed.points, wants: knownWishes(parsed.wants) }
}
