import type { EventEmitter } from 'node:events'
import type { PointInfo } from '@osprofiler/core'
import type { ServedCall } from '@osprofiler/core/rpc'
import { Map, Number, watchEvents } from '@osprofiler/core/toolkit'

/** What a consumer said of a message: what is recorded, nothing of one that was acknowledged. */
export interface Verdict {
  readonly info: PointInfo | undefined
}

interface Delivery {
  readonly call: ServedCall
  /** Whether the consumer's callback is done. */
  done: boolean
  verdict: Verdict | undefined
}

const CLOSED: PointInfo = { etype: 'ChannelClosed', message: 'The channel closed before the message was acknowledged' }

/**
 * The messages of a channel that were delivered in a trace and wait to be acknowledged, by delivery tag. The work on one
 * is over when its consumer's callback is done _and_ it was acknowledged or rejected, in whatever order and context.
 */
export class AmqpDeliveries {
  readonly #deliveries = new Map<number, Delivery>()

  /** `channel` says when it closes: what was not acknowledged then, the broker delivers to somebody else. */
  constructor(channel: EventEmitter) {
    watchEvents(channel, event => {
      if (event === 'close') this.settleAll({ info: CLOSED })
    })
  }

  /** Runs a consumer's callback as the work on this message. */
  serve<T>(tag: number, call: ServedCall, callback: () => T): T {
    const delivery: Delivery = { call, done: false, verdict: undefined }
    this.#deliveries.set(tag, delivery)
    return call.serve(callback, () => {
      delivery.done = true
      if (delivery.verdict !== undefined) call.end(delivery.verdict.info)
    })
  }

  /** Says what became of a message; with `allUpTo`, of all that were delivered before it as well. */
  settle(tag: number, allUpTo: boolean, verdict: Verdict): void {
    if (!allUpTo) return this.#settle(tag, verdict)
    for (const other of [...this.#deliveries.keys()]) if (other <= tag) this.#settle(other, verdict)
  }

  /** Says what became of all messages. */
  settleAll(verdict: Verdict): void {
    this.settle(Number.POSITIVE_INFINITY, true, verdict)
  }

  #settle(tag: number, verdict: Verdict): void {
    const delivery = this.#deliveries.get(tag)
    if (delivery === undefined) return
    this.#deliveries.delete(tag)
    delivery.verdict = verdict
    if (delivery.done) delivery.call.end(verdict.info)
  }
}
