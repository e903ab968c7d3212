import { formatCount } from '@osprofiler/report'
import { useMemo } from 'preact/hooks'
import type { ListedTrace } from '../../../src/protocol/listed-trace.js'
import { MinDurationField } from '../../shared/min-duration-field.js'
import { Switch } from '../../shared/switch.js'
import { compareAddress } from '../loading/trace-address.js'
import type { LiveList } from '../loading/use-trace-list.js'
import type { ChangeView, ListView } from './list-view.js'

interface ListToolsProps {
  readonly view: ListView
  readonly list: LiveList
  /** How many traces pass the filters. */
  readonly shown: number
  readonly change: ChangeView
}

const STATUS_CLASSES: readonly (readonly [string, string])[] = [
  ['2xx', '2xx: success'],
  ['3xx', '3xx: redirect'],
  ['4xx', '4xx: client error'],
  ['5xx', '5xx: server error'],
  ['error', 'Any error'],
]

/** Shows the search, the filters, the number of matches, and the link to a comparison. */
export function ListTools({ view, list, shown, change }: ListToolsProps) {
  const { search, failedOnly, minDuration, status, chosen } = view
  return (
    <search class="tools">
      <span class="search">
        <label class="sr" for="search">
          Search
        </label>
        <input
          id="search"
          type="search"
          placeholder="Search request, service, id  ( / )"
          spellcheck={false}
          autocomplete="off"
          value={search}
          onInput={event => change({ search: event.currentTarget.value })}
        />
      </span>
      <MinDurationField text={minDuration} change={text => change({ minDuration: text })} />
      <StatusFilter traces={list.traces} status={status} choose={next => change({ status: next })} />
      <Switch isOn={failedOnly} change={isOn => change({ failedOnly: isOn })}>
        Errors only
      </Switch>
      <p class="found" role="status">
        {countText(list, shown)}
      </p>
      <CompareLink chosen={chosen} />
    </search>
  )
}

interface StatusFilterProps {
  readonly traces: readonly ListedTrace[]
  readonly status: string
  readonly choose: (status: string) => void
}

/** Offers the status classes, such as `5xx`, and each status that occurs in the list. */
function StatusFilter({ traces, status, choose }: StatusFilterProps) {
  const statuses = useMemo(() => {
    const known = new Set(traces.map(trace => String(trace.status ?? '')))
    if (/^\d+$/.test(status)) known.add(status)
    known.delete('')
    return [...known].sort()
  }, [traces, status])
  return (
    <label class="choice-of">
      Status
      <select value={status} onChange={event => choose(event.currentTarget.value)}>
        <option value="">any</option>
        {STATUS_CLASSES.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
        {statuses.map(value => (
          <option key={value} value={value}>
            {value}
          </option>
        ))}
      </select>
    </label>
  )
}

function CompareLink({ chosen: [first, second] }: { readonly chosen: readonly string[] }) {
  if (first !== undefined && second !== undefined) {
    return (
      <a class="button compare" href={compareAddress(first, second)}>
        Compare two traces
      </a>
    )
  }
  return <span class="button compare">Compare: choose {first === undefined ? 'two traces' : 'one more trace'}</span>
}

function countText({ traces, more, isOpen }: LiveList, shown: number): string {
  if (!isOpen) return ''
  const total = `${formatCount(traces.length)}${more ? '+' : ''}`
  const count = shown === traces.length ? total : `${formatCount(shown)} of ${total}`
  return `${count} ${traces.length === 1 && shown === 1 ? 'trace' : 'traces'}`
}
