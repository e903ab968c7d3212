import { type DiffPoint, formatDuration } from '@osprofiler/report'
import { formatDelta, formatSignedShare } from './format-delta.js'

const COLUMN_TITLES = ['Point', 'Service', 'Times', 'Before', 'After', 'Difference']
const MAX_INDENT_LEVELS = 16

/** Shows the aligned points of two traces, indented by depth. All bars have the same scale. */
export function DiffTable({ points }: { readonly points: readonly DiffPoint[] }) {
  const largest = points.reduce((most, { total }) => Math.max(most, Math.abs(total.deltaUs)), 0)
  return (
    <table class="diff">
      <caption class="sr">The points of both traces, aligned by their paths</caption>
      <thead>
        <tr>
          {COLUMN_TITLES.map(title => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {points.map(point => (
          <DiffRow key={point.id} point={point} largest={largest} />
        ))}
      </tbody>
    </table>
  )
}

function DiffRow({ point, largest }: { readonly point: DiffPoint; readonly largest: number }) {
  const { depth, name, detail, service, count, total, change } = point
  return (
    <tr class={change}>
      <td
        class="which-point"
        style={{ paddingInlineStart: `${12 + Math.min(depth, MAX_INDENT_LEVELS) * 16}px` }}
        title={`${name} ${detail}`}
      >
        <bdi class="point">{name}</bdi> <bdi class="quiet">{detail}</bdi>
      </td>
      <td class="where">{service}</td>
      <td class="times">{count.before === count.after ? count.after : `${count.before} → ${count.after}`}</td>
      <td class="before">{change === 'new' ? '' : formatDuration(total.before.median)}</td>
      <td class="after">{change === 'gone' ? '' : formatDuration(total.after.median)}</td>
      <td class="difference">
        <div class="delta">
          <DeltaBar deltaUs={total.deltaUs} largest={largest} />
          <span class={change}>{deltaText(point)}</span>
        </div>
      </td>
    </tr>
  )
}

function deltaText({ total, change }: DiffPoint): string {
  if (change === 'same' && total.deltaUs === 0) return 'same'
  const share = change === 'new' || change === 'gone' ? change : formatSignedShare(total.share)
  return `${formatDelta(total.deltaUs)}  ${share}`.trim()
}

/**
 * Shows a difference as a bar in proportion to the largest difference. The bar points right if the time increased, and
 * left if the time decreased.
 */
function DeltaBar({ deltaUs, largest }: { readonly deltaUs: number; readonly largest: number }) {
  const width = largest === 0 ? 0 : (Math.abs(deltaUs) / largest) * 50
  return (
    <span class="delta-bar" aria-hidden="true">
      <span
        class={deltaUs > 0 ? 'more' : 'less'}
        style={{ left: `${deltaUs > 0 ? 50 : 50 - width}%`, width: `${width}%` }}
      />
    </span>
  )
}
