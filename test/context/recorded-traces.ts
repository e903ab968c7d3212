import { setNotifier, type TraceRecord } from '@osprofiler/core'

/** The records of this process, by trace. */
export interface RecordedTraces {
  /** All records, in the order in which they arrived. */
  readonly all: readonly TraceRecord[]
  /** Returns a trace's records so far. */
  of(baseId: string): readonly TraceRecord[]
  /** Resolves to a trace's records once the given number of requests in the trace have ended. */
  whenServed(baseId: string, requests?: number): Promise<readonly TraceRecord[]>
}

const RECORDS_TIMEOUT_MS = 60_000

/** Starts to collect the records of this process. */
export function recordTraces(requestPoint = 'wsgi'): RecordedTraces {
  const all: TraceRecord[] = []
  const waiting = new Set<() => void>()
  setNotifier(record => {
    all.push(record)
    for (const look of [...waiting]) look()
  })
  const of = (baseId: string): TraceRecord[] => all.filter(({ base_id }) => base_id === baseId)

  return {
    all,
    of,
    whenServed(baseId, requests = 1) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const records = of(baseId)
          if (records.filter(({ name }) => name === `${requestPoint}-stop`).length < requests) return
          clearTimeout(timer)
          waiting.delete(look)
          resolve(records)
        }
        const timer = setTimeout(() => {
          waiting.delete(look)
          reject(new Error(`Trace ${baseId} has not ended: ${JSON.stringify(of(baseId).map(({ name }) => name))}`))
        }, RECORDS_TIMEOUT_MS)
        waiting.add(look)
        look()
      })
    },
  }
}
