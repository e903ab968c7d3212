import { get, withTrace } from '@osprofiler/core'
import { Object, Promise, Reflect, settle } from '@osprofiler/core/toolkit'
import { whenLoaded } from '../../loading/library-loads.js'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { aroundOwnWork, bindCallback, bindCallbacks } from '../../wrapping/keep-context.js'
import { standInOnce } from '../../wrapping/stand-in-once.js'
import { type Around, type Method, undoAll, wrapMethod } from '../../wrapping/wrap-method.js'
import { type SearchRequest, searchFailure, searchInfo } from './elasticsearch-statement.js'

interface Class {
  readonly prototype: object
}

interface Client {
  readonly Transport: Class
  /** Of Elasticsearch's client. */
  readonly SniffingTransport?: Class
  readonly ClusterConnectionPool?: Class
  /** Of OpenSearch's client. */
  readonly ConnectionPool?: Class
}

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
    (original, self, args) => {
      if (get() === undefined) return Reflect.apply(original, self, bindCallbacks(args))
      const request = (args[0] ?? {}) as SearchRequest
      const trace: Trace = send =>
        withTrace('db', searchInfo(request, system, values), () => {
          const inside = get()
          const failed = (error: unknown) => inside?.fail(searchFailure(error, request, values))
          return settle(send, { done: () => undefined, failed })
        })
      const callback = args.findIndex(arg => typeof arg === 'function')
      if (callback >= 0) return requestWithCallback(original, self, args, callback, trace)
      return system === 'opensearch'
        ? requestThenable(original, self, args, trace)
        : trace(() => Reflect.apply(original, self, args))
    }

  const wrapFor = (system: string) => (exports: unknown) => {
    const { Transport, SniffingTransport = Transport, ClusterConnectionPool, ConnectionPool } = exports as Client
    return undoAll([
      wrapMethod(Transport.prototype, 'request', aroundRequest(system)),
      // How the client finds its servers, and asks those that had failed whether they are back.
      wrapMethod(SniffingTransport.prototype, 'sniff', aroundOwnWork),
      ...[ClusterConnectionPool, ConnectionPool].map(
        pool => pool && wrapMethod(pool.prototype, 'resurrect', aroundOwnWork),
      ),
    ])
  }
  return undoAll(
    Object.entries(SYSTEMS).map(([name, system]) =>
      whenLoaded(name, wrapFor(system), { esModule: 'esm/index.js', given: libraries[name as keyof typeof SYSTEMS] }),
    ),
  )
}

type Trace = (send: () => unknown) => unknown
type Answered = (error: unknown, result: unknown) => void

/** As OpenSearch's client may be asked: the callback is told in the context of who gave it. */
function requestWithCallback(original: Method, self: unknown, args: unknown[], at: number, trace: Trace): unknown {
  const callback = bindCallback(args[at] as Answered)
  return untilAnswered(trace, answered =>
    Reflect.apply(
      original,
      self,
      args.with(
        at,
        standInOnce(callback, (told, toldSelf, given) => {
          answered(given[0], given[1])
          return Reflect.apply(told, toldSelf, given)
        }),
      ),
    ),
  )
}

/**
 * OpenSearch's client returns an object with the methods of a promise, and calls of these would count as the
 * program's. The client makes that promise of a callback, so the same is done here, one tick for one tick.
 */
function requestThenable(original: Method, self: unknown, [params, options]: unknown[], trace: Trace): unknown {
  let callback: Answered | undefined
  const promise = new Promise((resolve, reject) => {
    callback = (error, result) => (error ? reject(error) : resolve(result))
  })
  const returned = untilAnswered(trace, answered => {
    const told: Answered = (error, result) => {
      answered(error, result)
      callback?.(error, result)
    }
    return Reflect.apply(original, self, [params, options, told])
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
    let answered: Answered = () => undefined
    const answer = new Promise((resolve, reject) => {
      answered = (error, result) => (error ? reject(error) : resolve(result))
    })
    // Not by the function of the promise, which would keep what is thrown at once.
    returned = send((error, result) => answered(error, result))
    return answer
  }) as Promise<unknown>
  point.catch(() => undefined)
  return returned
}
