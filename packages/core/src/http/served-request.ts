import { keepContext, runWith } from '../context.js'
import { Object, setImmediate } from '../platform.js'
import type { Profiler } from '../profiler.js'
import { watchEvents } from '../watch-events.js'
import { onConnectionEnd } from './connection-end.js'
import type { NodeRequest, NodeResponse } from './node-messages.js'

const SERVED = Symbol('osprofiler.served')

interface Served {
  [SERVED]?: ServedRequest
}

/** A request that is traced: its point is open from here to the end of the response. */
export class ServedRequest {
  /** The profiler of the inside of the request's point. */
  readonly profiler: Profiler
  readonly #req: NodeRequest
  readonly #res: NodeResponse
  readonly #ended: () => void
  readonly #release = keepContext()
  readonly #leaveConnection: (() => void) | undefined
  #failure: { readonly error: unknown } | undefined
  #open = true

  /** `profiler` must have been forked for this request: it is ended with the response, and `ended` is called. */
  constructor(profiler: Profiler, req: NodeRequest, res: NodeResponse, ended: () => void) {
    this.profiler = profiler
    this.#ended = ended
    this.#req = req
    this.#res = res
    // On the request, not in a WeakMap: young objects that such a map holds live until a full collection, and a
    // response leads back to its request, so that all of both would.
    Object.defineProperty(req, SERVED, { value: this, configurable: true })
    // It is this very object that ends the point: in these events the context is lost.
    watchEvents(res, event => {
      if (event === 'finish') this.#end(this.#wasCutOff())
      else if (event === 'close') this.#end(true)
    })
    if (isOver(req, res)) {
      const cutOff = this.#wasCutOff()
      setImmediate(() => this.#end(cutOff))
      return
    }
    // A pipelined response waits for its turn without a socket, and Node 20 and 22 do not tell it when that is gone.
    if (res.socket === null) this.#leaveConnection = onConnectionEnd(req.socket, () => this.#end(true))
  }

  /** Runs `fn` and all that it starts in the request's context. */
  run<T>(fn: () => T): T {
    return runWith(this.profiler, fn)
  }

  /** Tells what the handler threw. The point still ends with the response; the first error counts. */
  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  /** HTTP/2 says `finish` of a stream that the client reset, too. */
  #wasCutOff(): boolean {
    const { stream } = this.#res as { stream?: { readonly rstCode?: number } }
    return !this.#res.writableEnded || (stream?.rstCode ?? 0) !== 0
  }

  #end(cutOff: boolean): void {
    if (!this.#open) return
    this.#open = false
    this.#leaveConnection?.()
    const info = { response: { status_code: this.#res.statusCode } }
    // What a body parser throws when the client leaves in the middle of the body is no failure of the application.
    const failure = cutOff && !this.#req.complete ? undefined : this.#failure
    if (failure !== undefined) this.profiler.fail(failure.error, info)
    else if (cutOff) this.profiler.end({ ...info, etype: 'ClientDisconnected', message: 'The client went away' })
    else this.profiler.end(info)
    this.#ended()
    this.#release()
  }
}

/** The traced request that belongs to one of Node's, or `undefined` where it is not traced. */
export function servedRequest(req: object): ServedRequest | undefined {
  return (req as Served)[SERVED]
}

/** Tells what was thrown while a request was served. Does nothing for one that is not traced. */
export function failRequest(req: object, error: unknown): void {
  servedRequest(req)?.fail(error)
}

/** Whether the response is over already, so that no event will tell. In HTTP/2 only its stream knows. */
function isOver(req: NodeRequest, res: NodeResponse): boolean {
  const { closed, stream } = res as { closed?: boolean; stream?: { readonly destroyed: boolean } | null }
  if (res.destroyed || closed || stream?.destroyed) return true
  return res.socket === null && req.socket?.destroyed === true
}
