import { showText } from '../shared/show-text.js'

interface FailureProps {
  readonly reason: string
  readonly list: string | undefined
  readonly retry: (() => void) | undefined
}

/** Explains why a trace cannot be shown. The explanation is shown instead of the trace. */
export function Failure({ reason, list, retry }: FailureProps) {
  return (
    <main class="notice">
      <h1>This trace cannot be shown</h1>
      <p role="alert">{showText(reason)}</p>
      <p class="notice-actions">
        {retry && (
          <button type="button" class="button" onClick={retry}>
            Try again
          </button>
        )}
        {list !== undefined && <a href={list}>All traces</a>}
      </p>
    </main>
  )
}
