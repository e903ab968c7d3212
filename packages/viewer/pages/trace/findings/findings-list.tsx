import { type Finding, formatCount } from '@osprofiler/report'
import { useState } from 'preact/hooks'
import { showText } from '../../shared/show-text.js'
import type { TraceModel } from '../model/trace-model.js'
import type { Marked } from '../view/view-state.js'

interface FindingsListProps {
  /** `undefined` while the findings are being computed. */
  readonly findings: readonly Finding[] | undefined
  readonly model: TraceModel
  readonly mark: (label: string, points: readonly number[]) => void
  readonly marked: Marked | undefined
}

/** A length that no finding exceeds, although findings quote whole statements. */
const MAX_SENTENCE_CHARS = 100_000

/**
 * Shows the findings as sentences. Choosing a sentence marks its points. In a window of little height, the list is
 * closed at first, so that the rows have room.
 */
export function FindingsList({ findings, model, mark, marked }: FindingsListProps) {
  const [hasRoom] = useState(() => !matchMedia('(max-height: 480px)').matches)
  return (
    <details class="findings" open={hasRoom}>
      <summary>
        What to look at <span class="count">{findings === undefined ? '...' : formatCount(findings.length)}</span>
      </summary>
      {findings?.length === 0 && <p class="quiet">Nothing stands out in this trace.</p>}
      <ol>
        {findings?.map(finding => {
          const sentence = showText(finding.sentence, MAX_SENTENCE_CHARS)
          return (
            <li key={sentence} class={`finding finding-${finding.kind}`}>
              <button
                type="button"
                aria-pressed={marked?.label === sentence}
                onClick={() =>
                  mark(
                    sentence,
                    finding.traceIds.flatMap(id => model.indexOf.get(id) ?? []),
                  )
                }
              >
                <span class="finding-share" aria-hidden="true">
                  <span style={{ width: `${Math.round((finding.share ?? 0) * 100)}%` }} />
                </span>
                <bdi>{sentence}</bdi>
              </button>
            </li>
          )
        })}
      </ol>
    </details>
  )
}
