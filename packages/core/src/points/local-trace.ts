import type { KeyObject } from 'node:crypto'
import { hostname } from 'node:os'
import { setMember } from '../json/set-member.js'
import { tellFirstKey } from '../keys/first-key.js'
import { hmac } from '../keys/hmac.js'
import { toSecretKey } from '../keys/secret-key.js'
import { packInfo, readBaseId, readSignedHeaders, X_TRACE_HMAC, X_TRACE_INFO } from '../keys/signed-headers.js'
import { recordSettings } from '../options/configuration.js'
import { Math, performance, Set } from '../platform/platform.js'
import { notify } from '../recording/notifier.js'
import { formatTimestamp } from '../recording/timestamp.js'
import type { KnownTrace } from './known-traces.js'
import { forgetLook, type Look, lookSoon } from './leftovers.js'
import { takeUnrecorded } from './unrecorded-libraries.js'

const LEFTOVERS_MS = 10_000

const host = hostname()

/** The headers that hand a trace on, or none. */
export type TraceHeaders = { readonly 'X-Trace-Info': string; readonly 'X-Trace-HMAC': string } | Record<string, never>

/** The part of a trace that this process records: which trace, signed with which key, on which clock. */
export class LocalTrace {
  readonly baseId: string
  /** The point around this part of the trace, which the caller's headers name, or the trace. */
  readonly rootId: string
  readonly known: KnownTrace
  /** Points of the trace beyond this number are counted, not recorded. */
  readonly maxPoints: number
  #key: KeyObject | string
  #endedAt: number | undefined
  #looks: Set<Look> | undefined

  constructor(key: KeyObject | string, baseId: string, rootId: string, known: KnownTrace, maxPoints: number) {
    // Whoever waits for a first key to install something does so before the first point.
    tellFirstKey()
    this.#key = key
    this.baseId = baseId
    this.rootId = rootId
    this.known = known
    this.maxPoints = maxPoints
  }

  /**
   * Says that what began this trace here, a request or a run, is over. What it left behind is recorded for a while: a
   * timer that it started for the whole process, say, must not go on recording for ever.
   */
  end(): void {
    this.#endedAt ??= performance.now()
    for (const look of this.#looks ?? []) lookSoon(look)
    this.#looks = undefined
  }

  /**
   * Has `look`, which must not throw, called once this trace has been over here for a short while, and told for how many
   * milliseconds. The program can go on by then with what it took out of the trace. The returned function takes that back.
   */
  whenOver(look: (overFor: number) => void): () => void {
    const timed: Look = () => look(performance.now() - (this.#endedAt ?? performance.now()))
    if (this.#endedAt !== undefined) lookSoon(timed)
    else {
      this.#looks ??= new Set()
      this.#looks.add(timed)
    }
    return () => {
      this.#looks?.delete(timed)
      forgetLook(timed)
    }
  }

  /** Whether it is not over, or only just. */
  get current(): boolean {
    return this.#endedAt === undefined || performance.now() - this.#endedAt < LEFTOVERS_MS
  }

  /** Sends the record of a point's start. The info is as `recordableInfo` makes it, and becomes the record's own. */
  recordStart(name: string, traceId: string, parentId: string, info: Record<string, unknown>): void {
    this.#send(`${name}-start`, traceId, parentId, info)
  }

  /**
   * Sends the record of a point's stop, which also tells of points that were omitted until then, and of what began this
   * part of the trace, which libraries are not recorded. The info is as for `recordStart`. The point stopped `ago`
   * milliseconds ago.
   */
  recordStop(name: string, traceId: string, parentId: string, info: Record<string, unknown>, ago: number): void {
    const omitted = this.known.tellOmitted()
    if (omitted > 0) info.points_omitted = omitted
    const unrecorded = parentId === this.rootId ? takeUnrecorded(this.known) : undefined
    if (unrecorded !== undefined) info.unrecorded = unrecorded
    this.#send(`${name}-stop`, traceId, parentId, info, Math.round(ago * 1_000))
  }

  /** The headers that make a callee's points children of a point of this trace. */
  headers(traceId: string): TraceHeaders {
    const info = packInfo({ base_id: this.baseId, parent_id: traceId })
    return { [X_TRACE_INFO]: info, [X_TRACE_HMAC]: hmac(this.#secretKey(), info) }
  }

  /**
   * Whether a pair of headers names this trace and is signed with its key. Half a pair counts as well: an info that names
   * this trace, or the signature that the caller sent.
   */
  ownsHeaders(info: string | undefined, signature: string | undefined): boolean {
    if (info === undefined) return signature?.trim() === this.headers(this.rootId)[X_TRACE_HMAC]
    if (signature === undefined) return readBaseId(info) === this.baseId
    const verified = readSignedHeaders(info, signature, [this.#secretKey()])
    return typeof verified !== 'string' && verified.baseId === this.baseId
  }

  /** Made when something is signed: most traces of `run` sign nothing. */
  #secretKey(): KeyObject {
    if (typeof this.#key === 'string') this.#key = toSecretKey(this.#key)
    return this.#key
  }

  #send(name: string, traceId: string, parentId: string, info: Record<string, unknown>, agoUs = 0): void {
    const { project, service } = recordSettings()
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
