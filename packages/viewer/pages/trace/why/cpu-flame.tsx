import { formatDuration, formatShare } from '@osprofiler/report'
import { useMemo } from 'preact/hooks'
import { serviceColourStyle } from '../../shared/service-colour.js'
import { showText } from '../../shared/show-text.js'
import type { TraceModel } from '../model/trace-model.js'
import { listCpuFrames } from './cpu-frames.js'

const FRAME_HEIGHT_PX = 24
const LEVELS = 3

/** Shows the CPU time that services report in their accounts, by service, function and hottest line. */
export function CpuFlame({ model }: { readonly model: TraceModel }) {
  const { accounts } = model.causes()
  const { frames, totalUs } = useMemo(() => listCpuFrames(accounts), [accounts])
  return (
    <>
      <p class="quiet cpu-facts">
        {formatDuration(totalUs)} of CPU, by service, function and hottest line. An account has no call stacks, so
        callers are not shown.
      </p>
      <ul class="frames cpu-frames" aria-label="CPU time" style={{ height: `${LEVELS * FRAME_HEIGHT_PX}px` }}>
        {frames.map(({ title, detail, account, level, offsetUs, us }, index) => {
          const service = model.services.indexOf(accounts[account]?.service ?? '')
          const words = [showText(title), showText(detail)].filter(Boolean).join(' ')
          const facts = `${words}, ${formatDuration(us)} (${formatShare(us / Math.max(totalUs, 1))})`
          return (
            <li
              key={index}
              class="frame"
              title={facts}
              aria-label={facts}
              style={{
                left: `${(offsetUs / totalUs) * 100}%`,
                width: `${(us / totalUs) * 100}%`,
                top: `${level * FRAME_HEIGHT_PX}px`,
                ...serviceColourStyle(model.colours[service] ?? 0),
              }}
            >
              <bdi>{words}</bdi>
            </li>
          )
        })}
      </ul>
    </>
  )
}
