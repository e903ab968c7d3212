import type { RootPoint } from '../admission/root-point.js'
import { Reflect, setImmediate } from '../platform/platform.js'
import { keepContext, runWith } from '../points/context.js'
import type { Profiler } from '../points/profiler.js'
import type { PointInfo } from '../record/trace-record.js'
import { type BodyFollower, followBody } from './follow-body.js'
import type { NodeRequest, NodeResponse } from './node-messages.js'
import { BROKEN_OFF, type ResponseEnd, type WatchedResponse } from './response-end.js'
import { watchResponse } from './watch-response.js'

const SERVED = Symbol('osprofiler.served')

interface Served {
  [SERVED]?: Holder
}

interface Holder {
  request: ServedRequest | undefined
}

interface Failure {
  readonly error: unknown
  /** Whether the client had left before. Then that may be the cause of the failure. */
  readonly late: boolean
}

/** A request that is traced: its point is open from here to the end of the response. */
export class ServedRequest {
  /** The profiler of the inside of the request's point. */
  readonly profiler: Profiler
  readonly #root: RootPoint
  readonly #release = keepContext()
  readonly #response: WatchedResponse
  readonly #body: BodyFollower
  #failure: Failure | undefined
  #bodyFailure: Failure | undefined
  #findRoute: (() => unknown) | undefined
  #route: string | undefined
  #open = true

  /** The trace must have been opened for this request, which ends the trace with the response. */
  constructor(root: RootPoint, response: WatchedResponse) {
    this.profiler = root.profiler
    this.#root = root
    this.#response = response
    this.#body = {
      produce: fn => (this.#open ? this.run(fn) : fn()),
      cleanUp: fn => this.run(fn),
      failed: error => {
        this.#bodyFailure ??= this.#failureOf(error)
      },
    }
  }

  /** Runs `fn` and all that it starts in the request's context. */
  run<T>(fn: () => T): T {
    return runWith(this.profiler, fn)
  }

  /** Tells what the handler threw. The point still ends with the response; the first error counts. */
  fail(error: unknown): void {
    this.#failure ??= this.#failureOf(error)
  }

  /**
   * Has the body of the response be produced in the request's context: for a framework that reads the body after its
   * handlers. Bodies that are piped into the response are followed without a call.
   */
  followBody(body: unknown): void {
    if (this.#open) followBody(body, this.#body)
  }

  /**
   * Tells how the route of the request is found, such as `/orders/:id`: the pattern by which the program was chosen, or
   * `undefined`. Asked once, when the program ends the response or the response is broken off. The last call counts.
   */
  findRoute(find: () => unknown): void {
    this.#findRoute = find
  }

  /** The program ends the response, and has not gone on with the request yet. */
  answered(): void {
    this.#route ??= this.#askRoute()
  }

  /** Ends the point. Later calls do nothing. */
  end(howEnded: () => ResponseEnd): void {
    if (!this.#open) return
    this.#open = false
    try {
      this.#close(howEnded())
    } catch {
      // A response that is not Node's may throw whatever it is asked. A start gets its stop all the same.
      this.profiler.end()
    } finally {
      this.#response.leave()
      this.#root.ended()
      this.#release()
    }
  }

  #close(end: ResponseEnd): void {
    const status = this.#response.sentStatus(end)
    this.answered()
    const info: PointInfo = {
      ...(this.#route !== undefined && { request: { route: this.#route } }),
      ...(status !== undefined && { response: { status_code: status } }),
    }
    const failure = this.#failureIn(end, status)
    if (failure !== undefined) this.profiler.fail(failure.error, info)
    else if (typeof end === 'object') this.profiler.fail(end.error, info)
    else if (end === 'well') this.profiler.end(info)
    else this.profiler.end({ ...info, ...BROKEN_OFF[end] })
  }

  #askRoute(): string | undefined {
    try {
      const route = this.#findRoute?.()
      return typeof route === 'string' && route !== '' ? route : undefined
    } catch {
      // The route lies in objects of the program, of which a getter may throw.
      return undefined
    }
  }

  /** What the program failed with, if that is why the response ended as it did. */
  #failureIn(end: ResponseEnd, status = 0): Failure | undefined {
    const failure = this.#failure
    if (end === 'well') return failure ?? (status >= 500 ? this.#bodyFailure : undefined)
    // What a body parser throws when the client leaves in the middle of the body is no failure of the application.
    if (failure?.late === false) return failure
    return this.#bodyFailure?.late === false ? this.#bodyFailure : undefined
  }

  #failureOf(error: unknown): Failure {
    try {
      return { error, late: this.#response.clientLeft() }
    } catch {
      return { error, late: false }
    }
  }
}

/**
 * Traces a request from here to the end of its response. `open` opens the trace, and is called only if the end of the
 * response will be known.
 */
export function serveRequest(req: NodeRequest, res: NodeResponse, open: () => RootPoint): ServedRequest | undefined {
  // Not a getter: V8 gives each object literal that has one a hidden class of its own, in the old generation. The getter
  // hangs on that class, and the whole request on the getter: requests would live until a full collection.
  const served: Holder = { request: undefined }
  const response = watchResponse(req, res, {
    ended: howEnded => served.request?.end(howEnded),
    answered: () => served.request?.answered(),
    piped: source => served.request?.followBody(source),
  })
  // On the request, not in a WeakMap: a value that leads back to its key keeps both until a full collection, and a
  // response leads back to its request.
  if (response === undefined || !Reflect.defineProperty(req, SERVED, { value: served, configurable: true })) {
    return undefined
  }
  const request = new ServedRequest(open(), response)
  served.request = request
  const { over } = response
  if (over !== undefined) setImmediate(() => request.end(() => over))
  return request
}

/** The traced request that belongs to one of Node's, or `undefined` where it is not traced. */
export function servedRequest(req: object): ServedRequest | undefined {
  return (req as Served)[SERVED]?.request
}

/** Tells what was thrown while a request was served. Does nothing for one that is not traced. */
export function failRequest(req: object, error: unknown): void {
  servedRequest(req)?.fail(error)
}
