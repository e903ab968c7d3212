import { traceAddress } from '../loading/trace-address.js'
import { isNarrowed } from './arrange-traces.js'
import type { ListView } from './list-view.js'

/** An id has no blanks, and is no path. */
const CAN_BE_ID = /^[^\s/]\S*$/

/** Explains an empty list, and offers to open an older trace if the search may be an id. */
export function EmptyList({ isOpen, view }: { readonly isOpen: boolean; readonly view: ListView }) {
  const wanted = view.search.trim()
  if (!isOpen) return <div class="nothing">Opening the store ...</div>
  if (isNarrowed(view)) {
    return (
      <div class="nothing">
        <p>Nothing in this list matches.</p>
        {CAN_BE_ID.test(wanted) && (
          <p>
            Is it the id of an older trace? <a href={traceAddress(`id:${wanted}`)}>Open {wanted}</a>
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
