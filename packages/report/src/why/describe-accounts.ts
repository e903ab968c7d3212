import { countRequests } from '../analysis/counted-requests.js'
import type { Account } from '../tree/account.js'
import { readAccounts } from '../tree/read-account.js'
import { readNumber } from '../tree/read-field.js'
import type { Report } from '../tree/report.js'
import { formatCounted, formatDuration } from '../words/format-duration.js'
import { toPhrase } from './cause-words.js'

/** An account in words. Strings are not escaped. */
export interface AccountWords {
  /** A title such as `Why: 390 ms of orders (level cpu)`. */
  readonly title: string
  /** The largest causes, and one line for all others. */
  readonly causes: readonly { readonly us: number; readonly words: string }[]
  /** Remarks about what is missing from the account, and why. */
  readonly notes: readonly string[]
}

/** Longer lists are only shown on the page of the trace. */
const MAX_CAUSES = 10
const MAX_NAME_CHARS = 80

const REASONS: ReadonlyMap<string, string> = new Map([
  ['setting', 'OSPROFILER_WHY or setup({ why }) allows no more'],
  ['heap', 'its heap is so large that the profiler would stop the process for too long'],
  ['interval', 'the profiler had run in the last ten seconds'],
  ['permission', "Node's permission model does not allow the profiler"],
])

const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['busy', 'was busy with another request'],
  ['again', 'had already made an account of this trace'],
  ['off', 'makes no accounts: OSPROFILER_WHY=off'],
  ['runtime', 'runs on a runtime that cannot observe a single request'],
])

/** Describes the accounts of a trace, in tree order. */
export function describeAccounts(report: Report): AccountWords[] {
  return readAccounts(report).accounts.map(describeAccount)
}

/** Reports which services were asked for an account but made none. */
export function describeMissingAccounts(report: Report): string[] {
  const refusals = readAccounts(report).refusals.map(({ service, refused }) => {
    const reason = REFUSALS.get(refused) ?? `refused: ${refused}`
    return `${nameService(service)} was asked why and ${reason}`
  })
  // Counting all points takes time, so this is only done if a request ended before some of its points ended.
  const hasPending = report.points.some(({ stop }) => (readNumber(stop, 'info', 'points', 'pending') ?? 0) > 0)
  const { requests } = hasPending ? countRequests(report) : { requests: [] }
  const late = requests.filter(({ pendingAccounts }) => pendingAccounts > 0)
  return [
    ...refusals,
    ...late.map(({ served }) => `${nameService(served.service)} was asked why, but its account is not here`),
  ]
}

function describeAccount(account: Account): AccountWords {
  const { service, level, wallUs, causes, rest } = account
  const others = causes.slice(MAX_CAUSES)
  const othersUs = others.reduce((sum, { us }) => sum + us, rest.us)
  const count = others.length + rest.causes
  const shown = causes.slice(0, MAX_CAUSES).map(cause => ({ us: cause.us, words: toPhrase(cause) }))
  return {
    title: `Why: ${formatDuration(wallUs)} of ${nameService(service)} (level ${level})`,
    causes: count === 0 ? shown : [...shown, { us: othersUs, words: formatCounted(count, 'other cause') }],
    notes: listNotes(account),
  }
}

function listNotes({ service, level, asked, because = '', isCut, unrecordedUs }: Account): string[] {
  const notes: string[] = []
  if (asked !== undefined && asked !== level) {
    const reason = REASONS.get(because) ?? because
    notes.push(`${nameService(service)} was asked for ${asked}, but recorded only ${level}${reason && `: ${reason}`}`)
  }
  if (isCut) notes.push(`The recording was cut after ten seconds: ${formatDuration(unrecordedUs)} have no cause`)
  return notes
}

function nameService(service: string | undefined): string {
  if (service === undefined) return 'a service'
  return service.length <= MAX_NAME_CHARS ? service : `${service.slice(0, MAX_NAME_CHARS - 3)}...`
}
