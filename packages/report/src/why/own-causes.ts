import { isOutgoing, isServed } from '../analysis/calls/service-calls.js'
import { type Interval, selfIntervals } from '../analysis/self-time.js'
import { readWait } from '../analysis/waiting.js'
import type { Account, Stretch } from '../tree/account.js'
import { readAccounts } from '../tree/read-account.js'
import { isContainer, readField } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { type AccountClock, createAccountClock, findFirst } from './account-clock.js'

/** Finds the causes of points' self time, according to the accounts of their requests. */
export interface OwnCauses {
  readonly accounts: readonly Account[]
  accountOf(node: ReportNode): Account | undefined
  clockOf(account: Account): AccountClock
  /** Returns the parts of the account's timeline in which the point ran, but no point below it, in order of time. */
  stretchesOf(node: ReportNode): readonly Stretch[]
  /** Returns how much of a point's self time has a known cause, in microseconds. */
  knownUsOf(node: ReportNode): number
}

/** Prepares the accounts of a report. The causes of a point are computed on demand. */
export function createOwnCauses(report: Report): OwnCauses {
  const { accounts } = readAccounts(report)
  const accountOf = assignAccounts(report, accounts)
  const clocks = new Map(accounts.map(account => [account, createAccountClock(account)]))
  const clockOf = (account: Account): AccountClock => clocks.get(account) ?? createAccountClock(account)
  return {
    accounts,
    accountOf: node => accountOf.get(node),
    clockOf,
    stretchesOf(node) {
      const timeline = accountOf.get(node)?.timeline ?? []
      return timeline.length === 0 ? [] : selfIntervals(node).flatMap(interval => cutTimeline(timeline, interval))
    },
    knownUsOf(node) {
      const account = accountOf.get(node)
      if (account === undefined) return 0
      const clock = clockOf(account)
      const usBefore = (us: number): number => clock.usBefore(clock.place(us), undefined)
      return selfIntervals(node).reduce((sum, { startUs, endUs }) => sum + usBefore(endUs) - usBefore(startUs), 0)
    },
  }
}

/** Returns whether a point is itself a wait, such as a call, a query or a wait for a connection. */
export function isWait(node: ReportNode): boolean {
  return isOutgoing(node) || readWait(node) !== undefined || isContainer(readField(node.start, 'info', 'db'))
}

/**
 * Maps points to the accounts that cover them. An account covers its request's point and the points below it in the
 * same process, but not other requests.
 */
function assignAccounts(report: Report, accounts: readonly Account[]): ReadonlyMap<ReportNode, Account> {
  const accountOf = new Map<ReportNode, Account>()
  if (accounts.length === 0) return accountOf
  const byServed = new Map(accounts.map(account => [account.servedId, account]))
  for (const node of report.points) {
    const account = byServed.get(node.traceId) ?? accountOf.get(node)
    if (account === undefined) continue
    accountOf.set(node, account)
    for (const child of node.children) {
      if (child.service === node.service && child.host === node.host && !isServed(child)) accountOf.set(child, account)
    }
  }
  return accountOf
}

function cutTimeline(timeline: readonly Stretch[], { startUs, endUs }: Interval): Stretch[] {
  const found: Stretch[] = []
  for (let index = findFirst(timeline, startUs); index < timeline.length; index++) {
    const stretch = timeline[index]
    if (stretch === undefined || stretch.startUs >= endUs) break
    found.push({ ...stretch, startUs: Math.max(startUs, stretch.startUs), endUs: Math.min(endUs, stretch.endUs) })
  }
  return found
}
