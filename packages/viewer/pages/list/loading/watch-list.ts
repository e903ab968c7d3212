import type { ListAnswer } from '../../../src/protocol/listed-trace.js'

/** The list to watch: its length, and whether it contains only failed traces. */
export interface ListQuery {
  readonly length: number
  readonly failedOnly: boolean
}

/** Callbacks of `watchList`. `failed` receives a message for the user. */
export interface ListListener {
  changed(list: ListAnswer): void
  unchanged(): void
  failed(message: string): void
}

/** A running watch of a list, which `end` stops. */
export interface ListWatch {
  /** Requests the list of the current query immediately. */
  look(): void
  end(): void
}

const POLL_INTERVAL_MS = 1_000
/** A list of more than `MAX_SHORT_LIST_TRACES` traces has megabytes of text, so it is polled less often. */
const LONG_LIST_POLL_INTERVAL_MS = 3_000
const MAX_SHORT_LIST_TRACES = 1_000
const REQUEST_TIMEOUT_MS = 20_000

/** Polls the list while the page is visible, and reports every change and failure. */
export function watchList(query: () => ListQuery, listener: ListListener): ListWatch {
  let etag = ''
  let lastAddress = ''
  let timer: number | undefined
  let run = 0

  async function fetchList(current: number): Promise<void> {
    const { length, failedOnly } = query()
    const address = `api/traces?length=${length}${failedOnly ? '&failed=1' : ''}`
    // The ETag of one list must not match another list.
    if (address !== lastAddress) etag = ''
    lastAddress = address
    const response = await fetch(address, {
      headers: { 'If-None-Match': etag },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
    if (current !== run) return
    if (response.status === 304) return listener.unchanged()
    if (!response.ok) return listener.failed(await response.text())
    const list: ListAnswer = await response.json()
    if (current !== run) return
    etag = response.headers.get('ETag') ?? ''
    listener.changed(list)
  }

  async function look(): Promise<void> {
    const current = ++run
    clearTimeout(timer)
    if (!document.hidden) {
      await fetchList(current).catch(() => {
        if (current === run)
          listener.failed('The server does not answer. Is "osprofiler ui" still running? Trying again ...')
      })
    }
    if (current !== run) return
    timer = setTimeout(
      () => void look(),
      query().length > MAX_SHORT_LIST_TRACES ? LONG_LIST_POLL_INTERVAL_MS : POLL_INTERVAL_MS,
    )
  }

  const onVisibility = () => void look()
  document.addEventListener('visibilitychange', onVisibility)
  void look()
  return {
    look: () => void look(),
    end() {
      run++
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisibility)
    },
  }
}
