import { useEffect, useRef, useState } from 'preact/hooks'
import type { CountAnswer, ListAnswer, ListedTrace } from '../../../src/protocol/listed-trace.js'
import { type ListQuery, type ListWatch, watchList } from './watch-list.js'

/** The latest list that the page has received from the server. */
export interface LiveList extends ListAnswer {
  /** Whether the page has received a list. */
  readonly isOpen: boolean
  /** The reason why the latest request failed, or `''`. */
  readonly problem: string
}

const EMPTY_LIST: LiveList = { traces: [], more: false, isOpen: false, problem: '' }

/**
 * Keeps a list up to date with the server. Unchanged traces stay the same objects, so that their rows are not drawn
 * again.
 */
export function useTraceList({ length, failedOnly }: ListQuery): LiveList {
  const [list, setList] = useState<LiveList>(EMPTY_LIST)
  const query = useRef<ListQuery>({ length, failedOnly })
  const watch = useRef<ListWatch>(undefined)
  query.current = { length, failedOnly }

  useEffect(() => {
    watch.current = watchList(() => query.current, {
      changed: ({ traces, more }) =>
        setList(before => ({ traces: keepUnchanged(before.traces, traces), more, isOpen: true, problem: '' })),
      unchanged: () => setList(before => (before.problem === '' ? before : { ...before, problem: '' })),
      failed: problem => setList(before => ({ ...before, problem })),
    })
    return () => watch.current?.end()
  }, [])
  const isFirst = useRef(true)
  useEffect(() => {
    if (!isFirst.current) watch.current?.look()
    isFirst.current = false
  }, [length, failedOnly])
  return list
}

const COUNT_INTERVAL_MS = 30_000

/**
 * If `isWanted` is set, returns how many traces the store contains, or `undefined` until the server has counted them.
 */
export function useTraceCount(isWanted: boolean, failedOnly: boolean): CountAnswer | undefined {
  const [count, setCount] = useState<CountAnswer>()
  useEffect(() => {
    if (!isWanted) return undefined
    const ending = new AbortController()
    const fetchCount = async (): Promise<void> => {
      const response = await fetch(`api/count${failedOnly ? '?failed=1' : ''}`, { signal: ending.signal })
      if (response.ok) setCount(await response.json())
    }
    const refreshCount = () => void fetchCount().catch(() => undefined)
    refreshCount()
    const timer = setInterval(refreshCount, COUNT_INTERVAL_MS)
    return () => {
      clearInterval(timer)
      ending.abort()
      setCount(undefined)
    }
  }, [isWanted, failedOnly])
  return count
}

function keepUnchanged(before: readonly ListedTrace[], now: readonly ListedTrace[]): readonly ListedTrace[] {
  const known = new Map(before.map(trace => [trace.ref, trace]))
  return now.map(trace => {
    const old = known.get(trace.ref)
    return old !== undefined && isEqual(old, trace) ? old : trace
  })
}

function isEqual(left: ListedTrace, right: ListedTrace): boolean {
  return (Object.keys(right) as (keyof ListedTrace)[]).every(key => left[key] === right[key])
}
