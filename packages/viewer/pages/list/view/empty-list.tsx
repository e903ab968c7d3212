import { traceAddress } from '../loading/trace-address.js'
import { hasFilters } from './arrange-traces.js'
import type { ListView } from './list-view.js'

/** An id contains no whitespace and, unlike a path, does not begin with a slash. */
const ID_PATTERN = /^[^\s/]\S*$/

/**
 * Explains why the list is empty. If the search text may be an id, offers to open the trace with this id, which may be
 * older than the listed ones.
 */
export function EmptyList({ isOpen, view }: { readonly isOpen: boolean; readonly view: ListView }) {
  const wanted = view.search.trim()
  if (!isOpen) return <div class="nothing">Opening the store ...</div>
  if (hasFilters(view)) {
    return (
      <div class="nothing">
        <p>No trace in this list matches.</p>
        {ID_PATTERN.test(wanted) && (
          <p>
            Is this the id of an older trace? <a href={traceAddress(`id:${wanted}`)}>Open {wanted}</a>
          </p>
        )}
      </div>
    )
  }
  if (view.failedOnly) return <div class="nothing">No trace has an error.</div>
  return (
    <div class="nothing">
      <p>No traces yet. They appear here as they arrive.</p>
      <pre>osprofiler run http://127.0.0.1:3000/</pre>
    </div>
  )
}
