import { type Comparison, formatCount, formatDuration } from '@osprofiler/report'
import { useEffect, useState } from 'preact/hooks'
import type { ComparedTrace, TraceComparison } from '../../../src/protocol/trace-comparison.js'
import { PageHeader } from '../../shared/page-header.js'
import { messageOf } from '../../shared/show-text.js'
import { Switch } from '../../shared/switch.js'
import { useTheme } from '../../shared/theme.js'
import { compareAddress, traceAddress } from '../loading/trace-address.js'
import { DiffTable } from './diff-table.js'
import { formatDelta, formatSignedShare } from './format-delta.js'

/**
 * Shows two traces side by side. In the URL's query, `a` is the trace before a change, and `b` is the trace after the
 * change.
 */
export function ComparePage({ store }: { readonly store: string }) {
  const query = new URLSearchParams(location.search)
  const [before, after] = [query.get('a') ?? '', query.get('b') ?? '']
  const [comparison, setComparison] = useState<TraceComparison>()
  const [problem, setProblem] = useState('')
  useEffect(() => {
    fetchComparison(before, after).then(setComparison, error => setProblem(messageOf(error)))
  }, [before, after])

  return (
    <>
      <PageHeader title="Compare" store={store} {...useTheme()}>
        <a class="button" href=".">
          All traces
        </a>
      </PageHeader>
      <div class="content">
        {problem !== '' && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        {problem === '' && comparison === undefined && <p role="status">Comparing ...</p>}
        {comparison !== undefined && <Compared {...{ comparison, before, after }} />}
      </div>
    </>
  )
}

async function fetchComparison(before: string, after: string): Promise<TraceComparison> {
  const response = await fetch(`api/diff?a=${encodeURIComponent(before)}&b=${encodeURIComponent(after)}`)
  if (!response.ok) throw new Error(await response.text())
  return await response.json()
}

interface ComparedProps {
  readonly comparison: TraceComparison
  readonly before: string
  readonly after: string
}

function Compared({ comparison, before, after }: ComparedProps) {
  const { total, points, left } = comparison
  const [onlyChanged, setOnlyChanged] = useState(false)
  const shown = onlyChanged ? points.filter(({ change }) => change !== 'same') : points
  const leftOutText = left === 0 ? '' : `; the ${formatCount(left)} with the smallest changes are left out`
  return (
    <>
      <section class="sides" aria-label="The two traces">
        <Side label="Before" reference={before} trace={comparison.before} durationUs={total.before.median} />
        <p class="verdict">
          <strong class={total.change}>{formatDelta(total.deltaUs)}</strong>
          <span>{verdictText(total)}</span>
        </p>
        <Side label="After" reference={after} trace={comparison.after} durationUs={total.after.median} />
        <a class="button swap" href={compareAddress(after, before)}>
          <span aria-hidden="true">⇄</span> Swap
        </a>
      </section>
      <search class="tools">
        <Switch isOn={onlyChanged} change={setOnlyChanged}>
          Changed only
        </Switch>
        <p class="found" role="status">
          {formatCount(shown.length)} of {formatCount(points.length)} paths{leftOutText}
        </p>
      </search>
      <main class="card wide" tabIndex={0} aria-label="Points">
        <DiffTable points={shown} />
      </main>
    </>
  )
}

/** Describes a difference, such as `28 % slower`. The word for the direction replaces the sign. */
function verdictText({ share, change }: Comparison): string {
  const signed = formatSignedShare(share)
  return change === 'same' ? `${signed} about the same`.trim() : `${signed.slice(1)} ${change}`.trim()
}

interface SideProps {
  readonly label: string
  readonly reference: string
  readonly trace: ComparedTrace
  readonly durationUs: number
}

function Side({ label, reference, trace: { title, name, service, points }, durationUs }: SideProps) {
  return (
    <div class="side">
      <p>
        {label}: <bdi>{name}</bdi>
        {service !== '' && (
          <>
            {' in '}
            <bdi>{service}</bdi>
          </>
        )}
      </p>
      <p class="side-duration">{formatDuration(durationUs)}</p>
      <p>{formatCount(points)} points</p>
      <p>
        <a href={traceAddress(reference)} title={title}>
          <bdi>{title}</bdi>
        </a>
      </p>
    </div>
  )
}
