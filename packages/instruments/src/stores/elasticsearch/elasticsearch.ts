import { get, withTrace } from '@osprofiler/core'
import { Object, Promise, Reflect, settle } from '@osprofiler/core/toolkit'
import { wrapLibrary } from '../../loading/wrap-library.js'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { bindCallback, bindCallbacks, wrapOwnWork } from '../../wrapping/keep-context.js'
import { standInAfter, standInOnce } from '../../wrapping/stand-in-once.js'
import { type Around, type Proceed, undoAll } from '../../wrapping/wrap-method.js'
import { describeSearchRequest, redactSearchError, type SearchRequest } from './elasticsearch-statement.js'

const SYSTEMS = {
  '@elastic/elasticsearch': 'elasticsearch',
  '@opensearch-project/opensearch': 'opensearch',
} as const

/**
 * Records calls of the Elasticsearch 8 and 9 clients and of the OpenSearch 3 client as points named `db`. Each point
 * contains the points of its HTTP requests.
 */
export function instrumentElasticsearch({ traceSql, libraries }: InstrumentSettings): () => void {
  const showsValues = traceSql === 'values'

  const aroundRequest =
    (system: string): Around =>
    (proceed, _self, args) => {
      if (get() === undefined) return proceed(bindCallbacks(args))
      const request = (args[0] ?? {}) as SearchRequest
      const trace: TraceRequest = send =>
        withTrace('db', describeSearchRequest(request, system, showsValues), () => {
          const profiler = get()
          const failed = (error: unknown) => profiler?.fail(redactSearchError(error, request, showsValues))
          return settle(send, { done: () => undefined, failed })
        })
      const callbackIndex = args.findIndex(arg => typeof arg === 'function')
      if (callbackIndex >= 0) return requestWithCallback(proceed, args, callbackIndex, trace)
      return system === 'opensearch' ? requestThenable(proceed, args, trace) : trace(() => proceed(args))
    }

  return undoAll(
    Object.entries(SYSTEMS).map(([name, system]) => {
      const given = libraries[name as keyof typeof SYSTEMS]
      // The client's own work: methods that discover its servers and retry failed servers. Each client has one of the
      // two pool classes.
      const classes = {
        Transport: { request: aroundRequest(system), ...wrapOwnWork('sniff') },
        SniffingTransport: wrapOwnWork('sniff'),
        ClusterConnectionPool: wrapOwnWork('resurrect'),
        ConnectionPool: wrapOwnWork('resurrect'),
      }
      return wrapLibrary(name, [{ esModule: 'esm/index.js', given, classes }])
    }),
  )
}

type TraceRequest = (send: () => unknown) => unknown
type ResponseCallback = (error: unknown, result: unknown) => void

/** Traces a call with a callback, which only OpenSearch's client accepts. Runs the callback in its caller's context. */
function requestWithCallback(proceed: Proceed, args: unknown[], at: number, trace: TraceRequest): unknown {
  const callback = bindCallback(args[at] as ResponseCallback)
  return traceUntilAnswered(trace, onAnswered => proceed(args.with(at, standInAfter(callback, onAnswered))))
}

// OpenSearch's client returns an object with the methods of a promise. If this code called one of these methods, the
// client would act as if the program had called it. So this code passes a callback instead, and creates a promise that
// settles after the same number of ticks.
function requestThenable(proceed: Proceed, [params, options]: unknown[], trace: TraceRequest): unknown {
  const { promise, settle: settlePromise } = createDeferred()
  const returned = traceUntilAnswered(trace, onAnswered => {
    const onResponse: ResponseCallback = (error, result) => {
      onAnswered(error, result)
      settlePromise(error, result)
    }
    return proceed([params, options, onResponse])
  }) as object
  for (const name of ['then', 'catch', 'finally'] as const) {
    const value = standInOnce(Reflect.get(returned, name), (_own, _self, given) =>
      Reflect.apply(promise[name], promise, given),
    )
    Object.defineProperty(returned, name, { value })
  }
  return returned
}

/** Records a point that lasts until `onAnswered` is called. The program does not get the point's promise. */
function traceUntilAnswered(trace: TraceRequest, send: (onAnswered: ResponseCallback) => unknown): unknown {
  let returned: unknown
  const point = trace(() => {
    // `send` runs outside the promise executor, which would catch a synchronous error.
    const { promise, settle: onAnswered } = createDeferred()
    returned = send(onAnswered)
    return promise
  }) as Promise<unknown>
  point.catch(() => undefined)
  return returned
}

function createDeferred(): { readonly promise: Promise<unknown>; readonly settle: ResponseCallback } {
  let settlePromise: ResponseCallback = () => undefined
  const promise = new Promise((resolve, reject) => {
    settlePromise = (error, result) => (error ? reject(error) : resolve(result))
  })
  return { promise, settle: settlePromise }
}
