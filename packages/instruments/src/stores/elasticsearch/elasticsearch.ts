import { get, withTrace } from '@osprofiler/core'
import { Object, Promise, Reflect, settle } from '@osprofiler/core/toolkit'
import { wrapLibrary } from '../../loading/wrap-library.js'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { bindCallback, bindCallbacks, ownWork } from '../../wrapping/keep-context.js'
import { standInAfter, standInOnce } from '../../wrapping/stand-in-once.js'
import { type Around, type Proceed, undoAll } from '../../wrapping/wrap-method.js'
import { type SearchRequest, searchFailure, searchInfo } from './elasticsearch-statement.js'

const SYSTEMS = {
  '@elastic/elasticsearch': 'elasticsearch',
  '@opensearch-project/opensearch': 'opensearch',
} as const

/**
 * Makes the requests of Elasticsearch's client, 8 and 9, and of OpenSearch's, 3, points named `db`: one for a
 * call, with the HTTP requests that it takes, tries and retries, nested in it.
 */
export function instrumentElasticsearch({ traceSql, libraries }: InstrumentSettings): () => void {
  const values = traceSql === 'values'

  const aroundRequest =
    (system: string): Around =>
    (proceed, _self, args) => {
      if (get() === undefined) return proceed(bindCallbacks(args))
      const request = (args[0] ?? {}) as SearchRequest
      const trace: Trace = send =>
        withTrace('db', searchInfo(request, system, values), () => {
          const inside = get()
          const failed = (error: unknown) => inside?.fail(searchFailure(error, request, values))
          return settle(send, { done: () => undefined, failed })
        })
      const callback = args.findIndex(arg => typeof arg === 'function')
      if (callback >= 0) return requestWithCallback(proceed, args, callback, trace)
      return system === 'opensearch' ? requestThenable(proceed, args, trace) : trace(() => proceed(args))
    }

  return undoAll(
    Object.entries(SYSTEMS).map(([name, system]) => {
      const given = libraries[name as keyof typeof SYSTEMS]
      // How the client finds its servers, and asks those that had failed whether they are back. Each client has one of two.
      const classes = {
        Transport: { request: aroundRequest(system), ...ownWork('sniff') },
        SniffingTransport: ownWork('sniff'),
        ClusterConnectionPool: ownWork('resurrect'),
        ConnectionPool: ownWork('resurrect'),
      }
      return wrapLibrary(name, [{ esModule: 'esm/index.js', given, classes }])
    }),
  )
}

type Trace = (send: () => unknown) => unknown
type Answered = (error: unknown, result: unknown) => void

/** As OpenSearch's client may be asked: the callback is told in the context of who gave it. */
function requestWithCallback(proceed: Proceed, args: unknown[], at: number, trace: Trace): unknown {
  const callback = bindCallback(args[at] as Answered)
  return untilAnswered(trace, answered => proceed(args.with(at, standInAfter(callback, answered))))
}

/**
 * OpenSearch's client returns an object with the methods of a promise, and calls of these would count as the
 * program's. The client makes that promise of a callback, so the same is done here, one tick for one tick.
 */
function requestThenable(proceed: Proceed, [params, options]: unknown[], trace: Trace): unknown {
  const { promise, settle: settlePromise } = createPromise()
  const returned = untilAnswered(trace, answered => {
    const told: Answered = (error, result) => {
      answered(error, result)
      settlePromise(error, result)
    }
    return proceed([params, options, told])
  }) as object
  for (const name of ['then', 'catch', 'finally'] as const) {
    const value = standInOnce(Reflect.get(returned, name), (_own, _self, given) =>
      Reflect.apply(promise[name], promise, given),
    )
    Object.defineProperty(returned, name, { value })
  }
  return returned
}

/** Makes a point that lasts until `answered` is called, of which no promise of the program knows. */
function untilAnswered(trace: Trace, send: (answered: Answered) => unknown): unknown {
  let returned: unknown
  const point = trace(() => {
    // Not within the function of the promise, which would keep what is thrown at once.
    const { promise, settle: answered } = createPromise()
    returned = send(answered)
    return promise
  }) as Promise<unknown>
  point.catch(() => undefined)
  return returned
}

/** A promise, and the callback that settles it. */
function createPromise(): { readonly promise: Promise<unknown>; readonly settle: Answered } {
  let settlePromise: Answered = () => undefined
  const promise = new Promise((resolve, reject) => {
    settlePromise = (error, result) => (error ? reject(error) : resolve(result))
  })
  return { promise, settle: settlePromise }
}
