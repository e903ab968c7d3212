import type { EventEmitter } from 'node:events'
import type { PointInfo } from '@osprofiler/core'
import type { ServedCall } from '@osprofiler/core/rpc'
import { Map, Number, watchEvents } from '@osprofiler/core/toolkit'

/** How a consumer has settled a message. `info` is undefined for an acknowledgment. */
export interface Settlement {
  readonly info: PointInfo | undefined
}

interface Delivery {
  readonly call: ServedCall
  isDone: boolean
  settlement: Settlement | undefined
}

const CHANNEL_CLOSED: PointInfo = {
  etype: 'ChannelClosed',
  message: 'The channel closed before the message was acknowledged',
}

/** Traced messages by delivery tag. A message's point ends when the callback is done _and_ the message is settled. */
export class AmqpDeliveries {
  readonly #deliveries = new Map<number, Delivery>()

  /**
   * Settles all remaining messages when `channel` closes, because the broker then delivers them to another consumer.
   */
  constructor(channel: EventEmitter) {
    watchEvents(channel, event => {
      if (event === 'close') this.settleAll({ info: CHANNEL_CLOSED })
    })
  }

  serve<T>(tag: number, call: ServedCall, callback: () => T): T {
    const delivery: Delivery = { call, isDone: false, settlement: undefined }
    this.#deliveries.set(tag, delivery)
    return call.serve(callback, () => {
      delivery.isDone = true
      if (delivery.settlement !== undefined) call.end(delivery.settlement.info)
    })
  }

  /** Settles a message. With `allUpTo`, also settles all earlier messages. */
  settle(tag: number, allUpTo: boolean, settlement: Settlement): void {
    if (!allUpTo) return this.#settle(tag, settlement)
    for (const otherTag of [...this.#deliveries.keys()]) if (otherTag <= tag) this.#settle(otherTag, settlement)
  }

  settleAll(settlement: Settlement): void {
    this.settle(Number.POSITIVE_INFINITY, true, settlement)
  }

  #settle(tag: number, settlement: Settlement): void {
    const delivery = this.#deliveries.get(tag)
    if (delivery === undefined) return
    this.#deliveries.delete(tag)
    delivery.settlement = settlement
    if (delivery.isDone) delivery.call.end(settlement.info)
  }
}
