import type { Interval } from '../analysis/self-time.js'
import { readAccounts } from '../tree/read-account.js'
import type { Report, ReportNode } from '../tree/report.js'
import { toPhrase } from '../why/cause-words.js'
import { cutText, nameExportService } from './export-label.js'

/** An interval of an account's timeline with a single cause. `name` is the cause in words. */
export interface Slice extends Interval {
  readonly name: string
  readonly kind: string
}

/** The point of an account, and the slices of the account's timeline, which begin at the trace's start or later. */
export interface SlicedAccount extends Interval {
  readonly node: ReportNode
  readonly name: string
  readonly slices: readonly Slice[]
}

/** Returns the slices of a trace's accounts. A service's refusal, or an account that cannot be read, has no slices. */
export function sliceAccounts(report: Report): SlicedAccount[] {
  const known = new Map(readAccounts(report).accounts.map(account => [account.traceId, account]))
  return (report.accounts ?? []).map(node => {
    const account = known.get(node.traceId)
    const slices = (account?.timeline ?? [])
      .map(({ startUs, endUs, cause }) => ({
        startUs: Math.max(0, startUs),
        endUs,
        kind: cause?.kind ?? 'other',
        name: cause === undefined ? 'other causes' : cutText(toPhrase(cause)),
      }))
      .filter(({ startUs, endUs }) => endUs > startUs)
    const atUs = Math.max(0, node.startedUs ?? node.finishedUs ?? 0)
    return {
      node,
      name: `why ${nameExportService(node)}`,
      slices,
      startUs: slices[0]?.startUs ?? atUs,
      endUs: slices.at(-1)?.endUs ?? atUs,
    }
  })
}
