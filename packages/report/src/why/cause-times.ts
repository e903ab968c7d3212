import { selfIntervals } from '../analysis/self-time.js'
import type { Account, Cause } from '../tree/account.js'
import type { Report, ReportNode } from '../tree/report.js'
import type { AccountClock, PlacedTime } from './account-clock.js'
import { isWait, type OwnCauses } from './own-causes.js'

/** A cause, and the points whose self time the cause explains. */
export interface CauseTime {
  readonly cause: Cause
  readonly account: Account
  /** The time of the cause, in microseconds. Time that several points share is counted once. */
  readonly totalUs: number
  /** The cause's time in each point, longest first. */
  readonly usByNode: ReadonlyMap<ReportNode, number>
  /** Whether points ran in parallel, so that they share much of the time. */
  readonly isShared: boolean
}

/** A part of a point's self time. */
interface OwnPart {
  readonly node: ReportNode
  readonly isWait: boolean
  readonly from: PlacedTime
  readonly to: PlacedTime
}

/** If at least this share of the time belongs to several parallel points, the finding says so. */
const MIN_SHARED_SHARE = 0.2
/** Every query or call waits for one of these, so such a cause adds no information about a query or a call. */
const PLAIN_WAITS: readonly string[] = ['network', 'promise', 'unknown']

/**
 * Adds up how much self time each cause explains. The cause with the most time comes first. Leaves out causes of less
 * than `minUs`, waits that are obvious for a query or a call, and causes that `includes` rejects.
 */
export function findCauseTimes(
  report: Report,
  own: OwnCauses,
  minUs: number,
  includes: (node: ReportNode, cause: Cause) => boolean = () => true,
): CauseTime[] {
  return own.accounts
    .flatMap(account => {
      const clock = own.clockOf(account)
      const end = { us: Number.POSITIVE_INFINITY, index: account.timeline.length }
      const causes = clock.causes.filter(cause => clock.usBefore(end, cause) >= minUs)
      const parts = causes.length === 0 ? [] : listParts(report, own, account, clock)
      return causes.flatMap(cause => {
        const accepted = parts.filter(part => !(part.isWait && isPlain(cause)) && includes(part.node, cause))
        const totalUs = addUpUnion(accepted, cause, clock)
        return totalUs <= 0 || totalUs < minUs ? [] : [createCauseTime(cause, account, totalUs, accepted, clock)]
      })
    })
    .sort((a, b) => b.totalUs - a.totalUs)
}

/**
 * Returns whether a cause adds no information about a point that is itself a wait. For example, a query always waits
 * for the network.
 */
function isPlain({ kind, what = 'unknown' }: Cause): boolean {
  return kind === 'wait' && PLAIN_WAITS.includes(what)
}

/** Lists the parts of the self time of all points that an account covers, in order of time. */
function listParts(report: Report, own: OwnCauses, account: Account, clock: AccountClock): OwnPart[] {
  const parts: OwnPart[] = []
  for (const node of report.points) {
    if (own.accountOf(node) !== account) continue
    const waits = isWait(node)
    for (const { startUs, endUs } of selfIntervals(node)) {
      const [from, to] = [clock.place(startUs), clock.place(endUs)]
      if (clock.usBefore(to, undefined) > clock.usBefore(from, undefined)) parts.push({ node, isWait: waits, from, to })
    }
  }
  return parts.sort((a, b) => a.from.us - b.from.us)
}

function addUpUnion(parts: readonly OwnPart[], cause: Cause, clock: AccountClock): number {
  let totalUs = 0
  let reached: PlacedTime = { us: Number.NEGATIVE_INFINITY, index: 0 }
  for (const { from, to } of parts) {
    if (to.us <= reached.us) continue
    totalUs += clock.usBefore(to, cause) - clock.usBefore(from.us > reached.us ? from : reached, cause)
    reached = to
  }
  return totalUs
}

function createCauseTime(
  cause: Cause,
  account: Account,
  totalUs: number,
  parts: readonly OwnPart[],
  clock: AccountClock,
): CauseTime {
  const times = new Map<ReportNode, number>()
  let sumUs = 0
  for (const { node, from, to } of parts) {
    const us = clock.usBefore(to, cause) - clock.usBefore(from, cause)
    if (us <= 0) continue
    times.set(node, (times.get(node) ?? 0) + us)
    sumUs += us
  }
  const usByNode = new Map([...times].sort(([, a], [, b]) => b - a))
  return { cause, account, totalUs, usByNode, isShared: sumUs - totalUs >= totalUs * MIN_SHARED_SHARE }
}
