import { formatDuration, formatShare, type ReportNode } from '@osprofiler/report'
import { toPhrase } from '@osprofiler/report/toolkit'
import { showText } from '../../shared/show-text.js'
import type { TraceModel } from '../model/trace-model.js'
import { listOwnCauses, overlapsSibling } from './own-time.js'

interface CauseListProps {
  readonly model: TraceModel
  readonly node: ReportNode
}

/** Lists the causes of a point's self time, longest first. Shows nothing if no service has explained this time. */
export function CauseList({ model, node }: CauseListProps) {
  const account = model.causes().accountOf(node)
  const causes = listOwnCauses(model, node)
  if (account === undefined || causes.length === 0) return null
  const selfUs = Math.max(model.selfUs().get(node) ?? 0, 1)
  return (
    <section class="own-causes" aria-label="Causes of the self time">
      <h3>Causes of the self time</h3>
      <ul>
        {causes.map(({ cause, us }, index) => (
          <li key={index}>
            <span class={`cause-swatch cause-${cause?.kind ?? 'unknown'}`} aria-hidden="true" />
            <span class="cause-us" title={`${formatShare(us / selfUs)} of the self time`}>
              {formatDuration(us)}
            </span>
            <bdi>{cause === undefined ? 'other causes' : showText(toPhrase(cause))}</bdi>
          </li>
        ))}
      </ul>
      <p class="quiet">
        Account level: {account.level}.
        {overlapsSibling(model, node) && ' Points that ran at the same time share these times.'}
      </p>
    </section>
  )
}
