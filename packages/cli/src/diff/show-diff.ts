import {
  correctSkew,
  diffReports,
  formatShare,
  type Regression,
  type Report,
  regressions,
  renderDiff,
  shownName,
} from '@osprofiler/report'
import { writeJson } from '@osprofiler/report/toolkit'
import { describeTerminal } from '../output/describe-terminal.js'
import { printRemarks } from '../output/print-remarks.js'
import { writeChunks, writeFileAtomically } from '../output/write-output.js'

/** Options for how to show a comparison, and for when a slowdown counts as a failure. */
export interface ComparisonOptions {
  readonly json?: boolean
  readonly out?: string
  /** The allowed slowdown as a fraction: 0.1 means 10%. */
  readonly failOn?: number
}

/**
 * The exit code for a slower request. The exit code 1 means that the command failed, so a CI pipeline can distinguish
 * the two cases.
 */
const REGRESSION_EXIT_CODE = 2
const MAX_LISTED_REGRESSIONS = 10

/**
 * Compares runs of a request with earlier runs, and shows what changed. Returns the exit code 2 if the request or one
 * of its points became slower by more than `--fail-on`, and this is more than random variation. Otherwise, returns the
 * exit code 0.
 */
export async function showDiff(
  before: readonly Report[],
  after: readonly Report[],
  { json, out, failOn }: ComparisonOptions,
): Promise<number> {
  const diff = diffReports(before.map(correctSkew), after.map(correctSkew))
  const terminal = out === undefined ? describeTerminal(process.stdout, process.env) : {}
  const text = json ? `${writeJson(diff, 2)}\n` : renderDiff(diff, terminal)
  if (out === undefined) await writeChunks(process.stdout, [text])
  else await writeFileAtomically(out, [text])

  const slower = failOn === undefined ? [] : regressions(diff, failOn)
  if (slower.length === 0) return 0
  printRemarks(`Slower by more than ${formatShare(failOn ?? 0)}:`)
  for (const regression of slower.slice(0, MAX_LISTED_REGRESSIONS)) printRemarks(`  ${describeRegression(regression)}`)
  if (slower.length > MAX_LISTED_REGRESSIONS) printRemarks(`  and ${slower.length - MAX_LISTED_REGRESSIONS} more`)
  return REGRESSION_EXIT_CODE
}

function describeRegression({ point, comparison: { share } }: Regression): string {
  const increase = share === null ? '' : `, by ${formatShare(share)}`
  if (point === undefined) return `the whole request${increase}`
  const label = `${shownName(point.name)} ${point.detail.slice(0, 100)}`.trimEnd()
  return `${label}${point.service === null ? '' : ` in ${point.service}`}${increase}`
}
