import type { EventEmitter } from 'node:events'
import type { PointInfo } from '@osprofiler/core'
import type { ServedCall } from '@osprofiler/core/rpc'
import { Map, Number, watchEvents } from '@osprofiler/core/toolkit'

/** How a consumer has settled a message. `info` is undefined for an acknowledgement. */
export interface Verdict {
  readonly info: PointInfo | undefined
}

interface Delivery {
  readonly call: ServedCall
  done: boolean
  verdict: Verdict | undefined
}

const CLOSED: PointInfo = { etype: 'ChannelClosed', message: 'The channel closed before the message was acknowledged' }

/** Traced messages by delivery tag. Their work ends when the callback is done _and_ the message is settled. */
export class AmqpDeliveries {
  readonly #deliveries = new Map<number, Delivery>()

  /** When `channel` closes, the broker delivers unsettled messages to another consumer. */
  constructor(channel: EventEmitter) {
    watchEvents(channel, event => {
      if (event === 'close') this.settleAll({ info: CLOSED })
    })
  }

  serve<T>(tag: number, call: ServedCall, callback: () => T): T {
    const delivery: Delivery = { call, done: false, verdict: undefined }
    this.#deliveries.set(tag, delivery)
    return call.serve(callback, () => {
      delivery.done = true
      if (delivery.verdict !== undefined) call.end(delivery.verdict.info)
    })
  }

  /** Settles a message, and with `allUpTo` also all messages before it. */
  settle(tag: number, allUpTo: boolean, verdict: Verdict): void {
    if (!allUpTo) return this.#settle(tag, verdict)
    for (const other of [...this.#deliveries.keys()]) if (other <= tag) this.#settle(other, verdict)
  }

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
