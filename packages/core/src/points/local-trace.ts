import type { KeyObject } from 'node:crypto'
import { hostname } from 'node:os'
import { CallSiteRecorder } from '../call-sites/call-site-recorder.js'
import { StackBudget } from '../call-sites/stack-budget.js'
import { setMember } from '../json/set-member.js'
import { runFirstKeyActions } from '../keys/first-key.js'
import { hmac } from '../keys/hmac.js'
import { toSecretKey } from '../keys/secret-key.js'
import { packInfo, readBaseId, verifySignedHeaders, X_TRACE_HMAC, X_TRACE_INFO } from '../keys/signed-headers.js'
import { getRecordSettings, recordsCallSites } from '../options/configuration.js'
import { dateNow, Math, performance, randomUUID, Set } from '../platform/platform.js'
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

/** Signed headers that pass a trace on, or an empty object in untraced code. */
export type TraceHeaders = { readonly 'X-Trace-Info': string; readonly 'X-Trace-HMAC': string } | Record<string, never>

/** An account, which shows where the time of a request went. The account is recorded when the request ends. */
export interface AccountUnderWay {
  /** Must be called once, after the request has ended. `agoMs`: how many milliseconds ago the request ended. */
  end(agoMs: number): void
}

/** The part of a trace that this process records, with its ids, signing key, clock and limit. */
export class LocalTrace {
  readonly baseId: string
  /** Id of the caller's point, from the headers. If the headers name no point, the `baseId`. */
  readonly rootId: string
  readonly known: KnownTrace
  readonly maxPoints: number
  /**
   * Totals of the closed points below the request's own point. Only present if the caller's ticket asks for an answer,
   * which reports the totals in the headers of the response.
   */
  readonly totals: StepTotals | undefined
  /** Finds the call sites of the trace's points. Only present if call sites are recorded. */
  callSites: CallSiteRecorder | undefined
  /** The account of the request's own time. Only present if the caller asks for one. */
  account: AccountUnderWay | undefined
  readonly #grant: TicketGrant | undefined
  #stackBudget: StackBudget | undefined
  #key: KeyObject | string
  /**
   * Id of the served request's own point. The stop record of this point reports how many points the request has begun.
   */
  #servedId: string | undefined
  /** Id of the first point. If there is no served point, the account becomes a child of the first point. */
  #firstId: string | undefined
  #accountTimestamp = ''
  #begun = 0
  #open = 0
  #omitted = 0
  #passedOn = 0
  #endedAt: number | undefined
  #checks: Set<LeftoverCheck> | undefined

  /** @param grant what a valid ticket grants. Without a grant, the trace creates no tickets for outgoing requests. */
  constructor(
    key: KeyObject | string,
    baseId: string,
    rootId: string,
    known: KnownTrace,
    maxPoints: number,
    grant?: TicketGrant,
  ) {
    // Code that waits for the first key before it installs something must run before the first point.
    runFirstKeyActions()
    this.#key = key
    this.baseId = baseId
    this.rootId = rootId
    this.known = known
    this.maxPoints = grant === undefined ? maxPoints : Math.min(maxPoints, grant.points)
    this.#grant = grant
    this.totals = grant?.wants.includes('answer') ? createStepTotals() : undefined
  }

  /** The limit on the time for reading stacks. The recording of call sites and the account share this limit. */
  get stackBudget(): StackBudget {
    this.#stackBudget ??= new StackBudget()
    return this.#stackBudget
  }

  /** The wishes of the ticket: the extras that the caller asks for, such as an answer or an account. */
  get wants(): readonly string[] {
    return this.#grant?.wants ?? []
  }

  /** Whether the ticket asks that points name the line of the program that created them. */
  get wantsCallSites(): boolean {
    return this.wants.includes('code')
  }

  /** Starts to record the call sites of new points. */
  startCallSites(): void {
    if (recordsCallSites()) this.callSites = new CallSiteRecorder(this.stackBudget)
  }

  /**
   * Marks the request or run as ended. Work that outlives the request, such as a timer, is still recorded for a short
   * time.
   */
  end(): void {
    this.#endedAt ??= performance.now()
    this.#endAccount(0, formatTimestamp(this.known.now()))
    for (const check of this.#checks ?? []) checkSoon(check)
    this.#checks = undefined
  }

  /**
   * Calls `check` shortly after this part of the trace has ended. The delay gives the application time to begin reading
   * a response that it received during the trace. `check` receives the number of milliseconds since the end, and must
   * not throw. The returned function cancels the call.
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

  /** Whether points are still recorded. Recording continues until 10 seconds after the end of the trace. */
  get current(): boolean {
    return this.#endedAt === undefined || performance.now() - this.#endedAt < RECORD_AFTER_END_MS
  }

  /** Counts one point as recorded or as omitted, and returns whether to record it. */
  countPoint(): boolean {
    const isRecorded = this.known.countPoint(this.maxPoints)
    if (!isRecorded) this.#omitted++
    return isRecorded
  }

  /** Makes the stop record of the served point report how many points this request has begun. */
  reportCountsAt(servedId: string): void {
    this.#servedId = servedId
  }

  /**
   * Sends the start record of a point. `info` must come from `recordableInfo`, and becomes part of the record. Returns
   * whether the point counts as begun. A point that the option `redact` hides does not count, because no reader can
   * find it.
   */
  recordStart(name: string, traceId: string, parentId: string, info: Record<string, unknown>): boolean {
    this.#firstId ??= traceId
    const isSent = this.#send(`${name}-start`, traceId, parentId, info, formatTimestamp(this.known.now()))
    if (isSent) {
      this.#begun++
      this.#open++
    }
    return isSent
  }

  /** Must be called before `recordStop` of a point that counts as begun. */
  countStop(): void {
    this.#open--
  }

  /**
   * Sends the stop record of a point that stopped `agoMs` milliseconds ago. Adds the number of omitted points and the
   * names of unrecorded libraries. The stop record of the served point also contains the counts of the request's
   * points.
   */
  recordStop(name: string, traceId: string, parentId: string, info: Record<string, unknown>, agoMs: number): void {
    const omitted = this.known.takeOmittedCount()
    if (omitted > 0) info.points_omitted = omitted
    const unrecorded = parentId === this.rootId ? takeUnrecorded(this.known) : undefined
    if (unrecorded !== undefined) info.unrecorded = unrecorded
    const timestamp = formatTimestamp(this.known.now() - Math.round(agoMs * 1_000))
    const isServed = traceId === this.#servedId
    if (isServed) info.points = this.#counts()
    this.#send(`${name}-stop`, traceId, parentId, info, timestamp)
    if (isServed) this.#endAccount(agoMs, timestamp)
  }

  #endAccount(agoMs: number, timestamp: string): void {
    const { account } = this
    if (account === undefined) return
    this.account = undefined
    this.#accountTimestamp = timestamp
    account.end(agoMs)
  }

  /**
   * Sends the account as a separate point. The timestamps of the account are the end of the served point, because a
   * later time would lengthen the trace.
   */
  recordAccount(why: object): void {
    // If the served point was not recorded, the account would have no parent. Either the limit of points was reached,
    // or the option `redact` hid the point.
    if (this.#servedId !== undefined && this.#begun === 0) return
    const [traceId, parentId] = [randomUUID(), this.#servedId ?? this.#firstId ?? this.rootId]
    this.#send('why-start', traceId, parentId, { why }, this.#accountTimestamp)
    this.#send('why-stop', traceId, parentId, {}, this.#accountTimestamp)
  }

  /** Returns signed headers for another service, and counts how often headers were returned. */
  passOn(traceId: string): TraceHeaders {
    this.#passedOn++
    return this.#headers(traceId)
  }

  #counts(): Record<string, number> {
    // The account is still pending, because it is sent after the answer.
    const pending = this.#open + (this.account === undefined ? 0 : 1)
    return {
      recorded: this.#begun,
      ...(this.#omitted > 0 && { omitted: this.#omitted }),
      ...(pending > 0 && { pending }),
      ...(this.#passedOn > 0 && { passed_on: this.#passedOn }),
    }
  }

  #headers(traceId: string): TraceHeaders {
    const info = packInfo({ base_id: this.baseId, parent_id: traceId })
    return { [X_TRACE_INFO]: info, [X_TRACE_HMAC]: hmac(this.#secretKey(), info) }
  }

  /**
   * Returns a new ticket for one request to a host. `info` is the `X-Trace-Info` of the request. Returns `undefined` if
   * this trace creates no tickets, or if a ticket cannot name the host. The host must be in lower case, without
   * brackets.
   */
  ticket(info: string, host: string): string | undefined {
    const points = Math.min(Math.floor(this.maxPoints), MAX_TICKET_POINTS)
    if (this.#grant === undefined || points < 1 || host === '' || !isAudience(host)) return undefined
    const iat = Math.floor(dateNow() / 1_000)
    const wants = forwardedWishes(this.#grant.wants, getRecordSettings().service)
    return signTicket({ key: this.#secretKey(), info, iat, exp: iat + TICKET_LIFETIME_S, aud: host, points, wants })
  }

  /**
   * Returns whether headers belong to this trace. `info` and `signature` may be a pair that is signed with the trace's
   * key, or one of them may be missing. A single `X-Trace-Info` must name the trace's `baseId`. A single HMAC must
   * equal the HMAC of the caller's pair.
   */
  ownsHeaders(info: string | undefined, signature: string | undefined): boolean {
    if (info === undefined) return signature?.trim() === this.#headers(this.rootId)[X_TRACE_HMAC]
    if (signature === undefined) return readBaseId(info) === this.baseId
    const verified = verifySignedHeaders(info, signature, [this.#secretKey()])
    return typeof verified !== 'string' && verified.baseId === this.baseId
  }

  /** Returns the key object. Creates it on first use, because most traces of `run` sign nothing. */
  #secretKey(): KeyObject {
    if (typeof this.#key === 'string') this.#key = toSecretKey(this.#key)
    return this.#key
  }

  #send(name: string, traceId: string, parentId: string, info: Record<string, unknown>, timestamp: string): boolean {
    const { project, service } = getRecordSettings()
    setMember(info, 'host', host)
    const record = {
      name,
      base_id: this.baseId,
      parent_id: parentId,
      trace_id: traceId,
      timestamp,
      info,
      project,
      service,
    }
    return notify(record, parentId === this.rootId)
  }
}
