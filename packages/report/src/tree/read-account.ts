import { type CallSite, readCallSite } from '@osprofiler/core/record'
import {
  type Account,
  type AccountLevel,
  CAUSE_KINDS,
  type Cause,
  type RefusedAccount,
  type Stretch,
} from './account.js'
import { isJsonObject, readField, readNumber, readText } from './read-field.js'
import type { Report, ReportNode } from './report.js'
import { createTimestampReader } from './timestamp.js'

/** The name of a point that contains an account. */
export const ACCOUNT_NAME = 'why'

const VERSION = 1
const MAX_CAUSES = 20
const MAX_STRETCHES = 300
const MAX_TIMELINE_CHARS = 10_000
const MAX_TEXT_CHARS = 80
/**
 * The longest time that is accepted. Recording ends after ten seconds, but the wall time lasts until the request ends.
 */
const MAX_MS = 24 * 3600 * 1000
const MIN_HOT_SHARE = 0.5

/** The accounts of a trace, and the services' refusals to make an account. */
export interface Accounts {
  readonly accounts: readonly Account[]
  readonly refusals: readonly RefusedAccount[]
}

/** Returns whether the start of a point named `why` contains an account or a refusal. */
export function holdsAccount(start: unknown): boolean {
  return isJsonObject(readField(start, 'info', 'why'))
}

/** Reads the accounts of a report (`info.why`). Safe for untrusted records, because invalid parts are left out. */
export function readAccounts({ accounts: nodes = [] }: Pick<Report, 'accounts'>): Accounts {
  const accounts: Account[] = []
  const refusals: RefusedAccount[] = []
  const known = new Set<string>()
  for (const node of nodes) {
    const { parentId: servedId, service } = node
    const why = readField(node.start, 'info', 'why')
    if (servedId === undefined || known.has(servedId) || readNumber(why, 'version') !== VERSION) continue
    const refused = readShortText(why, 'refused')
    const account = refused === undefined ? readAccount(node, servedId, why) : undefined
    if (refused !== undefined) refusals.push({ servedId, service, refused })
    if (account !== undefined) accounts.push(account)
    if (refused !== undefined || account !== undefined) known.add(servedId)
  }
  return { accounts, refusals }
}

function readAccount(node: ReportNode, servedId: string, why: unknown): Account | undefined {
  const level = readLevel(why, 'level')
  const wallUs = readUs(why, 'wallMs')
  if (level === undefined || wallUs === undefined) return undefined
  const recorded = readField(why, 'causes')
  // An invalid cause is replaced by `undefined`, so that the other causes keep their indexes. The timeline refers to
  // causes by index.
  const places = Array.isArray(recorded) ? recorded.slice(0, MAX_CAUSES).map(readCause) : []
  const causes = places.filter(cause => cause !== undefined).sort((a, b) => b.us - a.us)
  return {
    traceId: node.traceId,
    servedId,
    service: node.service,
    level,
    asked: readLevel(why, 'asked'),
    because: readShortText(why, 'because'),
    wallUs,
    causes,
    ...readRest(why, wallUs, causes),
    timeline: readTimeline(node, why, wallUs, places),
    startCostUs: readUs(why, 'costs', 'startMs') ?? 0,
  }
}

/**
 * Reads how much time the other causes took. If the recording was cut, `rest` also contains the time after the
 * recording's end, but `kinds` does not.
 */
function readRest(
  why: unknown,
  wallUs: number,
  causes: readonly Cause[],
): Pick<Account, 'isCut' | 'rest' | 'unrecordedUs'> {
  const isCut = readField(why, 'cut') === true
  const restUs = readUs(why, 'rest', 'ms') ?? 0
  const count = readNumber(why, 'rest', 'causes') ?? 0
  const restCauses = Number.isSafeInteger(count) && count > 0 ? count : 0
  if (!isCut) return { isCut, rest: { us: restUs, causes: restCauses }, unrecordedUs: 0 }
  const causesUs = causes.reduce((sum, { us }) => sum + us, 0)
  const kindsUs = CAUSE_KINDS.reduce((sum, kind) => sum + (readUs(why, 'kinds', kind) ?? 0), 0)
  const recordedUs = kindsUs > 0 ? kindsUs : causesUs + restUs
  return {
    isCut,
    rest: { us: Math.min(restUs, Math.max(0, recordedUs - causesUs)), causes: restCauses },
    unrecordedUs: Math.max(0, wallUs - recordedUs),
  }
}

function readCause(value: unknown): Cause | undefined {
  const kind = CAUSE_KINDS.find(known => known === readField(value, 'kind'))
  const us = readUs(value, 'ms')
  if (kind === undefined || us === undefined) return undefined
  const times = readNumber(value, 'times') ?? 1
  const place = readPlace(value, 'file', 'line', 'function')
  const hotShare = readNumber(value, 'hotShare') ?? 0
  const isHot = hotShare >= MIN_HOT_SHARE && hotShare <= 1
  const hotFile = readField(value, 'hotFile') === undefined ? 'file' : 'hotFile'
  const hotLine = isHot ? readPlace(value, hotFile, 'hotLine', 'function') : undefined
  return {
    kind,
    us,
    times: Number.isSafeInteger(times) && times >= 1 ? times : 1,
    what: readShortText(value, 'what'),
    via: readShortText(value, 'via'),
    place,
    hotLine,
    hotShare: hotLine === undefined ? 0 : hotShare,
    by: readShortText(value, 'by'),
    byPlace: readPlace(value, 'byFile', 'byLine', 'by'),
  }
}

/** Reads the file, line and function of a place in the code. They must follow the rules for call sites. */
function readPlace(value: unknown, file: string, line: string, name: string): CallSite | undefined {
  const code = { file: readField(value, file), line: readField(value, line), function: readField(value, name) }
  return readCallSite({ code })
}

function readTimeline(
  node: ReportNode,
  why: unknown,
  wallUs: number,
  causes: readonly (Cause | undefined)[],
): readonly Stretch[] {
  const text = readText(why, 'timeline')
  const readTime = createTimestampReader()
  const atUs = readTime(readField(why, 'at'))
  const recordedUs = readTime(readField(node.start, 'timestamp'))
  if (text === undefined || text.length > MAX_TIMELINE_CHARS) return []
  if (atUs === undefined || recordedUs === undefined || node.startedUs === undefined) return []
  // The start of the account's point is known both as a time on the service's clock and as a time in the report. The
  // difference between these two times converts the account's times, even if the report's times were corrected.
  const beginUs = atUs - recordedUs + node.startedUs
  const stretches: Stretch[] = []
  let reachedUs = 0
  for (const part of text.split(' ').slice(0, MAX_STRETCHES)) {
    const [, at, length, index] = /^(\d{1,12}),(\d{1,12}),(-1|\d{1,2})$/.exec(part) ?? []
    const startUs = Math.max(reachedUs, Number(at))
    const endUs = Math.min(wallUs, Number(at) + Number(length))
    if (!(endUs > startUs)) continue
    const cause = index === '-1' ? undefined : causes[Number(index)]
    stretches.push({ startUs: beginUs + startUs, endUs: beginUs + endUs, cause })
    reachedUs = endUs
  }
  return stretches
}

function readLevel(why: unknown, member: string): AccountLevel | undefined {
  const level = readField(why, member)
  return level === 'waits' || level === 'cpu' ? level : undefined
}

/** Reads milliseconds, and returns whole microseconds. */
function readUs(value: unknown, ...path: readonly string[]): number | undefined {
  const ms = readNumber(value, ...path)
  return ms !== undefined && ms >= 0 && ms <= MAX_MS ? Math.round(ms * 1000) : undefined
}

function readShortText(value: unknown, member: string): string | undefined {
  const text = readText(value, member)
  return text === undefined || text.length <= MAX_TEXT_CHARS ? text : `${text.slice(0, MAX_TEXT_CHARS - 3)}...`
}
