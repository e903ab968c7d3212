import { bind, get, withTrace } from '@osprofiler/core'
import { Object, Promise, Reflect } from '@osprofiler/core/toolkit'
import { type SearchRequest, searchFailure, searchInfo } from './elasticsearch-statement.js'
import type { InstrumentSettings } from './instrument-settings.js'
import { whenLoaded } from './library-loads.js'
import { type Around, type Method, undoAll, wrapMethod } from './wrap-method.js'

interface Client {
  readonly Transport: { readonly prototype: object }
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
      if (get() === undefined) return Reflect.apply(original, self, args)
      const trace = (send: () => Promise<unknown>): Promise<unknown> =>
        withTrace('db', searchInfo((args[0] ?? {}) as SearchRequest, system, values), () => {
          const inside = get()
          return send().catch((error: unknown) => {
            inside?.fail(searchFailure(error, values))
            throw error
          })
        })
      const callback = args.findIndex(arg => typeof arg === 'function')
      if (callback >= 0) return requestWithCallback(original, self, args, callback, trace)
      return request(original, self, args, trace)
    }

  const wrapFor = (system: string) => (exports: unknown) =>
    wrapMethod((exports as Client).Transport.prototype, 'request', aroundRequest(system))
  return undoAll(
    Object.entries(SYSTEMS).map(([name, system]) =>
      whenLoaded(name, wrapFor(system), { esModule: 'esm/index.js', given: libraries[name as keyof typeof SYSTEMS] }),
    ),
  )
}

type Trace = (send: () => Promise<unknown>) => Promise<unknown>

function request(original: Method, self: unknown, args: unknown[], trace: Trace): unknown {
  let returned: unknown
  const answer = trace(() => {
    returned = Reflect.apply(original, self, args)
    // At once: what OpenSearch's client returns is no promise, but has its methods, which are ours below.
    return new Promise((resolve, reject) => (returned as Promise<unknown>).then(resolve, reject))
  })
  if (returned instanceof Promise) return answer
  for (const name of ['then', 'catch', 'finally'] as const)
    Reflect.set(returned as object, name, answer[name].bind(answer))
  return returned
}

/** As OpenSearch's client may be asked: the callback is told in the context of who gave it. */
function requestWithCallback(original: Method, self: unknown, args: unknown[], at: number, trace: Trace): unknown {
  const callback = bind(args[at] as (...given: unknown[]) => unknown)
  let returned: unknown
  const answer = trace(
    () =>
      new Promise((resolve, reject) => {
        const told = (error: unknown, result: unknown) => {
          if (error) reject(error)
          else resolve(result)
          callback(error, result)
        }
        returned = Reflect.apply(original, self, args.toSpliced(at, 1, told))
      }),
  )
  answer.catch(() => undefined)
  return returned
}
