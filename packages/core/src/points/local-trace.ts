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

/** Signed headers that pass a trace on, or an empty object where nothing is traced. */
export type TraceHeaders = { readonly 'X-Trace-Info': string; readonly 'X-Trace-HMAC': string } | Record<string, never>

/** The part of a trace that this process records: its ids, signing key, clock and limit. */
export class LocalTrace {
  readonly baseId: string
  /** Id of the point around this part of the trace, from the caller's headers. Without such a point, the `baseId`. */
  readonly rootId: string
  readonly known: KnownTrace
  readonly maxPoints: number
  #key: KeyObject | string
  #endedAt: number | undefined
  #looks: Set<Look> | undefined

  constructor(key: KeyObject | string, baseId: string, rootId: string, known: KnownTrace, maxPoints: number) {
    // Code that waits for a first key to install something must run before the first point.
    tellFirstKey()
    this.#key = key
    this.baseId = baseId
    this.rootId = rootId
    this.known = known
    this.maxPoints = maxPoints
  }

  /** Marks the request or run as over. Work that it left behind, such as a timer, is recorded only for a while. */
  end(): void {
    this.#endedAt ??= performance.now()
    for (const look of this.#looks ?? []) lookSoon(look)
    this.#looks = undefined
  }

  /**
   * Calls `look`, which must not throw, shortly after this part ended, with the milliseconds since its end. By then the
   * program uses any response that it took out of the trace. The returned function cancels the call.
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

  /** Whether the trace is still recorded: until 10 seconds after its end. */
  get current(): boolean {
    return this.#endedAt === undefined || performance.now() - this.#endedAt < LEFTOVERS_MS
  }

  /** Sends the start record of a point. `info` comes from `recordableInfo` and becomes part of the record. */
  recordStart(name: string, traceId: string, parentId: string, info: Record<string, unknown>): void {
    this.#send(`${name}-start`, traceId, parentId, info)
  }

  /** Sends the stop record of a point that stopped `ago` ms ago, with omitted points and unrecorded libraries. */
  recordStop(name: string, traceId: string, parentId: string, info: Record<string, unknown>, ago: number): void {
    const omitted = this.known.tellOmitted()
    if (omitted > 0) info.points_omitted = omitted
    const unrecorded = parentId === this.rootId ? takeUnrecorded(this.known) : undefined
    if (unrecorded !== undefined) info.unrecorded = unrecorded
    this.#send(`${name}-stop`, traceId, parentId, info, Math.round(ago * 1_000))
  }

  headers(traceId: string): TraceHeaders {
    const info = packInfo({ base_id: this.baseId, parent_id: traceId })
    return { [X_TRACE_INFO]: info, [X_TRACE_HMAC]: hmac(this.#secretKey(), info) }
  }

  /** Returns whether headers are of this trace: a pair signed with its key, its info alone, or the caller's HMAC. */
  ownsHeaders(info: string | undefined, signature: string | undefined): boolean {
    if (info === undefined) return signature?.trim() === this.headers(this.rootId)[X_TRACE_HMAC]
    if (signature === undefined) return readBaseId(info) === this.baseId
    const verified = readSignedHeaders(info, signature, [this.#secretKey()])
    return typeof verified !== 'string' && verified.baseId === this.baseId
  }

  /** The key object is created on first use, because most traces of `run` sign nothing. */
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
