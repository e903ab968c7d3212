import { CAUSE_KINDS, describeAccounts, describeMissingAccounts } from '@osprofiler/report/toolkit'
import { useMemo } from 'preact/hooks'
import { showText } from '../../shared/show-text.js'
import type { TraceModel } from '../model/trace-model.js'
import { CAUSE_NAMES } from './cause-names.js'

const MAX_NOTES = 8

/**
 * Shows which color in the bars means which kind of cause, and notes about the accounts. In an account, a service
 * explains its part of a request's time. Shows nothing if there are neither accounts nor notes.
 */
export function CauseLegend({ model }: { readonly model: TraceModel }) {
  const { accounts } = model.causes()
  const notes = useMemo(
    () => [
      ...describeAccounts(model.report).flatMap(account => account.notes),
      ...describeMissingAccounts(model.report),
    ],
    [model],
  )
  if (accounts.length === 0 && notes.length === 0) return null
  const kinds = new Set(accounts.flatMap(({ causes }) => causes.map(({ kind }) => kind)))
  return (
    <section class="causes" aria-label="Causes of own time">
      {kinds.size > 0 && (
        <ul class="cause-legend">
          {CAUSE_KINDS.filter(kind => kinds.has(kind)).map(kind => (
            <li key={kind}>
              <span class={`cause-swatch cause-${kind}`} aria-hidden="true" />
              {CAUSE_NAMES[kind]}
            </li>
          ))}
        </ul>
      )}
      {notes.slice(0, MAX_NOTES).map(note => (
        <p key={note} class="quiet">
          <bdi>{showText(note)}</bdi>
        </p>
      ))}
    </section>
  )
}
