import type { KeyObject } from 'node:crypto'
import { hostname } from 'node:os'
import { setMember } from '../json/set-member.js'
import { runFirstKeyActions } from '../keys/first-key.js'
import { hmac } from '../keys/hmac.js'
import { toSecretKey } from '../keys/secret-key.js'
import { packInfo, readBaseId, verifySignedHeaders, X_TRACE_HMAC, X_TRACE_INFO } from '../keys/signed-headers.js'
import { getRecordSettings } from '../options/configuration.js'
import { dateNow, Math, performance, Set } from '../platform/platform.js'
import { notify } from '../recording/notifier.js'
import { formatTimestamp } from '../recording/timestamp.js'
import { signTicket } from '../tickets/sign-ticket.js'
import { isAudience, MAX_TICKET_POINTS } from '../tickets/ticket-text.js'
import type { TicketGrant } from '../tickets/ticket-verifier.js'
import { forwardedWishes } from '../tickets/wishes.js'
import type { KnownTrace } from './known-traces.js'
import { cancelCheck, checkSoon, type LeftoverCheck } from './leftovers.js'
import { createStepTotals, type StepTotals } from './step-totals.js'
import { takeUnrecorded } from './unrecorded-libraries.js'

const RECORD_AFTER_END_MS = 10_000
const TICKET_LIFETIME_S = 60

const host = hostname()

/** Signed headers that pass a trace on, or an empty object where nothing is traced. */
export type TraceHeaders = { readonly 'X-Trace-Info': string; readonly 'X-Trace-HMAC': string } | Record<string, never>

/** The part of a trace that this process records: its ids, signing key, clock and limit. */
export class LocalTrace {
  readonly baseId: string
  /** Id of the point around this part of the trace, from the caller's headers. Without such a point, the `baseId`. */
  readonly rootId: string
  readonly known: KnownTrace
  readonly maxPoints: number
  /** Sums of the closed points below the request's own point, if the caller has asked for an answer. */
  readonly totals: StepTotals | undefined
  readonly #grant: TicketGrant | undefined
  #key: KeyObject | string
  #endedAt: number | undefined
  #checks: Set<LeftoverCheck> | undefined

  /** @param grant what a valid ticket grants. Only such a trace gives tickets to the requests that it makes. */
  constructor(
    key: KeyObject | string,
    baseId: string,
    rootId: string,
    known: KnownTrace,
    maxPoints: number,
    grant?: TicketGrant,
  ) {
    // Code that waits for a first key to install something must run before the first point.
    runFirstKeyActions()
    this.#key = key
    this.baseId = baseId
    this.rootId = rootId
    this.known = known
    this.maxPoints = grant === undefined ? maxPoints : Math.min(maxPoints, grant.points)
    this.#grant = grant
    this.totals = grant?.wants.includes('answer') ? createStepTotals() : undefined
  }

  /** Marks the request or run as over. Work that it left behind, such as a timer, is recorded only for a while. */
  end(): void {
    this.#endedAt ??= performance.now()
    for (const check of this.#checks ?? []) checkSoon(check)
    this.#checks = undefined
  }

  /**
   * Calls `check`, which must not throw, shortly after this part ended, with the milliseconds since its end. By then the
   * program uses any response that it took out of the trace. The returned function cancels the call.
   */
  whenOver(check: (endedForMs: number) => void): () => void {
    const timedCheck: LeftoverCheck = () => check(performance.now() - (this.#endedAt ?? performance.now()))
    if (this.#endedAt !== undefined) checkSoon(timedCheck)
    else {
      this.#checks ??= new Set()
      this.#checks.add(timedCheck)
    }
    return () => {
      this.#checks?.delete(timedCheck)
      cancelCheck(timedCheck)
    }
  }

  /** Whether the trace is still recorded: until 10 seconds after its end. */
  get current(): boolean {
    return this.#endedAt === undefined || performance.now() - this.#endedAt < RECORD_AFTER_END_MS
  }

  /** Sends the start record of a point. `info` comes from `recordableInfo` and becomes part of the record. */
  recordStart(name: string, traceId: string, parentId: string, info: Record<string, unknown>): void {
    this.#send(`${name}-start`, traceId, parentId, info)
  }

  /** Sends the stop record of a point that stopped `agoMs` ago, with omitted points and unrecorded libraries. */
  recordStop(name: string, traceId: string, parentId: string, info: Record<string, unknown>, agoMs: number): void {
    const omitted = this.known.takeOmittedCount()
    if (omitted > 0) info.points_omitted = omitted
    const unrecorded = parentId === this.rootId ? takeUnrecorded(this.known) : undefined
    if (unrecorded !== undefined) info.unrecorded = unrecorded
    this.#send(`${name}-stop`, traceId, parentId, info, Math.round(agoMs * 1_000))
  }

  headers(traceId: string): TraceHeaders {
    const info = packInfo({ base_id: this.baseId, parent_id: traceId })
    return { [X_TRACE_INFO]: info, [X_TRACE_HMAC]: hmac(this.#secretKey(), info) }
  }

  /**
   * Returns a fresh ticket for one request to a host, whose `X-Trace-Info` is `info`. Returns `undefined` if this trace
   * gives out no tickets, or if a ticket cannot express the host. A host is in lower case and has no brackets.
   */
  ticket(info: string, host: string): string | undefined {
    const points = Math.min(Math.floor(this.maxPoints), MAX_TICKET_POINTS)
    if (this.#grant === undefined || points < 1 || host === '' || !isAudience(host)) return undefined
    const iat = Math.floor(dateNow() / 1_000)
    const wants = forwardedWishes(this.#grant.wants, getRecordSettings().service)
    return signTicket({ key: this.#secretKey(), info, iat, exp: iat + TICKET_LIFETIME_S, aud: host, points, wants })
  }

  /** Returns whether headers are of this trace: a pair signed with its key, its info alone, or the caller's HMAC. */
  ownsHeaders(info: string | undefined, signature: string | undefined): boolean {
    if (info === undefined) return signature?.trim() === this.headers(this.rootId)[X_TRACE_HMAC]
    if (signature === undefined) return readBaseId(info) === this.baseId
    const verified = verifySignedHeaders(info, signature, [this.#secretKey()])
    return typeof verified !== 'string' && verified.baseId === this.baseId
  }

  /** The key object is created on first use, because most traces of `run` sign nothing. */
  #secretKey(): KeyObject {
    if (typeof this.#key === 'string') this.#key = toSecretKey(this.#key)
    return this.#key
  }

  #send(name: string, traceId: string, parentId: string, info: Record<string, unknown>, agoUs = 0): void {
    const { project, service } = getRecordSettings()
    setMember(info, 'host', host)
    const record = {
      name,
      base_id: this.baseId,
      parent_id: parentId,
      trace_id: traceId,
      timestamp: formatTimestamp(this.known.now() - agoUs),
      info,
      project,
      service,
    }
    notify(record, parentId === this.rootId)
  }
}
