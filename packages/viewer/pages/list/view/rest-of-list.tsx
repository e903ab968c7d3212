import { formatCount } from '@osprofiler/report'
import { type ChangeView, type ListView, nextLength } from './list-view.js'

/** Tells the user that the store has older traces, and offers to load a longer list. */
export function RestOfList({ view, change }: { readonly view: ListView; readonly change: ChangeView }) {
  const longer = nextLength(view)
  return (
    <p class="rest">
      These are the newest {formatCount(view.length)} traces.{' '}
      {longer === undefined ? (
        'To open an older trace, search for its id.'
      ) : (
        <button type="button" class="button" onClick={() => change({ length: longer })}>
          Show {formatCount(longer)}
        </button>
      )}
    </p>
  )
}
