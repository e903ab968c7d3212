import { formatCount } from '@osprofiler/report'
import { type LiveList, useTraceCount } from '../loading/use-trace-list.js'
import { type ChangeView, type ListView, nextLength } from './list-view.js'

interface SearchProgressProps {
  readonly list: LiveList
  readonly view: ListView
  readonly change: ChangeView
}

/** Shows how many of the store's traces a search or a filter has covered, and offers to search more of them. */
export function SearchProgress({ list, view, change }: SearchProgressProps) {
  const { traces, more } = list
  const counted = useTraceCount(more, view.failedOnly)
  const searched = traces.reduce((sum, { reading }) => sum + (reading === 'waiting' ? 0 : 1), 0)
  const total = Math.max(traces.length, counted?.traces ?? 0)
  const isAll = counted === undefined ? !more : !counted.more
  const longer = nextLength(view)
  return (
    <div class="progress">
      <p role="status">
        Searched {formatCount(searched)} of {isAll ? '' : 'more than '}
        {formatCount(total)} traces{searched < traces.length && ' so far'}
        {more && longer === undefined && '. To open an older trace, search for its id'}
      </p>
      <span class="progress-bar" aria-hidden="true">
        <span style={{ width: `${(searched / Math.max(total, 1)) * 100}%` }} />
      </span>
      {more && longer !== undefined && (
        <button type="button" class="button" onClick={() => change({ length: longer })}>
          Search up to {formatCount(Math.min(longer, counted === undefined ? longer : Math.max(total, 1)))}
        </button>
      )}
    </div>
  )
}
