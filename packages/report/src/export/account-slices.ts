import type { Interval } from '../analysis/self-time.js'
import { readAccounts } from '../tree/read-account.js'
import type { Report, ReportNode } from '../tree/report.js'
import { toPhrase } from '../why/cause-words.js'
import { cutText, nameExportService } from './export-label.js'

/** A stretch of an account's timeline, with its cause in words. */
export interface Slice extends Interval {
  readonly name: string
  readonly kind: string
}

/** The point of an account, and its timeline within the time of the trace. */
export interface SlicedAccount extends Interval {
  readonly node: ReportNode
  readonly name: string
  readonly slices: readonly Slice[]
}

/** Returns the timelines of a trace's accounts. A refusal, or an account that cannot be read, has no slices. */
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
