import type { RootPoint } from '../admission/root-point.js'
import { performance, Reflect, setImmediate } from '../platform/platform.js'
import { keepContext, runWithProfiler } from '../points/context.js'
import type { Profiler } from '../points/profiler.js'
import type { PointInfo } from '../record/trace-record.js'
import { roundMs } from '../recording/milliseconds.js'
import { type BodyFollower, followBody } from './response/follow-body.js'
import type { NodeRequest, NodeResponse } from './response/node-messages.js'
import { BROKEN_OFF, type ResponseEnd, type WatchedResponse } from './response/response-end.js'
import { watchResponse } from './response/watch-response.js'

const SERVED = Symbol('osprofiler.served')

interface Served {
  [SERVED]?: RequestHolder
}

interface RequestHolder {
  request: ServedRequest | undefined
}

interface Failure {
  readonly error: unknown
  /** Whether the client had left before the failure, and so may have caused it. */
  readonly isAfterClientLeft: boolean
}

/** A traced request. Its point stays open until the response ends. */
export class ServedRequest {
  /** The profiler inside the request's point, for the code that serves the request. */
  readonly profiler: Profiler
  readonly #root: RootPoint
  readonly #startedAt = performance.now()
  readonly #release = keepContext()
  readonly #response: WatchedResponse
  readonly #body: BodyFollower
  #failure: Failure | undefined
  #bodyFailure: Failure | undefined
  #findRoute: (() => unknown) | undefined
  #route: string | undefined
  #endedAt: number | undefined
  #isOpen = true

  /** `root` must have been opened for this request. The trace ends when the response ends. */
  constructor(root: RootPoint, response: WatchedResponse) {
    this.profiler = root.profiler
    this.#root = root
    this.#response = response
    this.#body = {
      produce: fn => (this.#isOpen ? this.run(fn) : fn()),
      cleanUp: fn => this.run(fn),
      failed: error => {
        this.#bodyFailure ??= this.#createFailure(error)
      },
    }
  }

  /** Runs `fn`, and everything that `fn` starts, in the request's context. */
  run<T>(fn: () => T): T {
    return runWithProfiler(this.profiler, fn)
  }

  /** Reports an error of the handler. The point still stops at the end of the response. Only the first error counts. */
  fail(error: unknown): void {
    this.#failure ??= this.#createFailure(error)
  }

  /**
   * Makes a body run its code in the request's context. An adapter must call this method if its framework reads a body
   * after the handlers, without `pipe`.
   */
  followBody(body: unknown): void {
    if (this.#isOpen) followBody(body, this.#body)
  }

  /**
   * Sets the function that finds the matched route, such as `/orders/:id`. The function runs once, at the end of the
   * response. If `findRoute` is called several times, only the last function is used.
   */
  findRoute(find: () => unknown): void {
    this.#findRoute = find
  }

  /**
   * Reads the route when the application ends the response, because the framework may reset the request's route
   * afterwards.
   */
  answered(): void {
    this.#endedAt ??= performance.now()
    this.#route ??= this.#readRoute()
  }

  /** Stops the point. Later calls do nothing. */
  end(determineEnd: () => ResponseEnd): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    try {
      this.#close(determineEnd())
    } catch {
      // A response that is not Node's may throw on any property access. The start record must still get its stop
      // record.
      this.profiler.end()
    } finally {
      this.#response.unwatch()
      this.#root.close()
      this.#release()
    }
  }

  #close(end: ResponseEnd): void {
    const status = this.#response.sentStatus(end)
    this.#route ??= this.#readRoute()
    const info: PointInfo = {
      ...(this.#route !== undefined && { request: { route: this.#route } }),
      ...(status !== undefined && { response: this.#describeResponse(status, end) }),
    }
    const failure = this.#findFailure(end, status)
    if (failure !== undefined) this.profiler.fail(failure.error, info)
    else if (typeof end === 'object') this.profiler.fail(end.error, info)
    else if (end === 'well') this.profiler.end(info)
    else this.profiler.end({ ...info, ...BROKEN_OFF[end] })
  }

  /**
   * Describes the response. The times are in ms since the point began, like the times in the info of outgoing requests.
   */
  #describeResponse(status: number, end: ResponseEnd): PointInfo {
    const body = this.#response.slowBody(end)
    if (body === undefined) return { status_code: status }
    return {
      status_code: status,
      first_byte_ms: this.#sinceStart(body.firstByteAt),
      ended_ms: this.#endedAt && this.#sinceStart(this.#endedAt),
      body_bytes: body.bytes,
    }
  }

  #sinceStart(time: number): number {
    return roundMs(time - this.#startedAt)
  }

  #readRoute(): string | undefined {
    try {
      const route = this.#findRoute?.()
      return typeof route === 'string' && route !== '' ? route : undefined
    } catch {
      // The route comes from the application's objects, whose getters may throw.
      return undefined
    }
  }

  /** Returns the application's failure, if it is the reason why the response ended in this way. */
  #findFailure(end: ResponseEnd, status = 0): Failure | undefined {
    const failure = this.#failure
    if (end === 'well') return failure ?? (status >= 500 ? this.#bodyFailure : undefined)
    // If the client leaves in the middle of the body, the body parser throws. This is not a failure of the application.
    if (failure?.isAfterClientLeft === false) return failure
    return this.#bodyFailure?.isAfterClientLeft === false ? this.#bodyFailure : undefined
  }

  #createFailure(error: unknown): Failure {
    try {
      return { error, isAfterClientLeft: this.#response.hasClientLeft() }
    } catch {
      return { error, isAfterClientLeft: false }
    }
  }
}

/**
 * Traces a request until its response ends. `openRoot` opens the trace. `openRoot` is not called if the response cannot
 * be watched.
 */
export function traceRequest(
  req: NodeRequest,
  res: NodeResponse,
  openRoot: () => RootPoint,
): ServedRequest | undefined {
  // `request` is not a getter, because V8 gives each object literal with a getter its own hidden class, in the old
  // generation. Until a full garbage collection, the class keeps the getter alive, and thus the whole request.
  const holder: RequestHolder = { request: undefined }
  const response = watchResponse(req, res, {
    ended: determineEnd => holder.request?.end(determineEnd),
    answered: () => holder.request?.answered(),
    piped: source => holder.request?.followBody(source),
  })
  // The holder is a property of the request and not in a WeakMap. Until a full garbage collection, a WeakMap keeps a
  // value that refers to its own key, and a response refers to its request.
  if (response === undefined || !Reflect.defineProperty(req, SERVED, { value: holder, configurable: true })) {
    return undefined
  }
  const request = new ServedRequest(openRoot(), response)
  holder.request = request
  const { earlyEnd } = response
  if (earlyEnd !== undefined) setImmediate(() => request.end(() => earlyEnd))
  return request
}

/** Returns the `ServedRequest` of one of Node's requests, or `undefined` if the request is untraced. */
export function servedRequest(req: object): ServedRequest | undefined {
  return (req as Served)[SERVED]?.request
}

/** Reports an error that was thrown while a request was served. Does nothing for an untraced request. */
export function failRequest(req: object, error: unknown): void {
  servedRequest(req)?.fail(error)
}
