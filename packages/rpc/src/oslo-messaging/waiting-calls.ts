import { clampTimeout, clearTimeout, Map, Promise, setTimeout } from '@osprofiler/core/toolkit'
import { MessagingTimeout } from './messages/errors.js'
import { decodeFailure } from './messages/failure.js'
import type { Message } from './messages/message.js'

interface WaitingCall {
  /** An earlier reply. Some servers send the end separately. */
  result: unknown
  resolve(result: unknown): void
  reject(error: unknown): void
  heard(): void
}

/** Calls of a client that wait for their replies, by the id of their message. */
export class WaitingCalls {
  readonly #calls = new Map<string, WaitingCall>()
  #hasGivenUp = false

  get size(): number {
    return this.#calls.size
  }

  /** Whether a call has ended without a reply, which may still come. */
  get hasGivenUp(): boolean {
    return this.#hasGivenUp
  }

  /** Resolves to a call's result. Rejects after `timeout`, or `monitorTimeout` without a sign of life (both in ms). */
  async wait(messageId: string, name: string, timeout: number, monitorTimeout?: number): Promise<unknown> {
    let limit: NodeJS.Timeout | undefined
    let monitor: NodeJS.Timeout | undefined
    try {
      return await new Promise((resolve, reject) => {
        const expire = (time: number): void => {
          this.#hasGivenUp = true
          reject(new MessagingTimeout(`No reply to ${name} within ${time / 1_000} s.`))
        }
        limit = setTimeout(expire, clampTimeout(timeout), timeout)
        if (monitorTimeout !== undefined) monitor = setTimeout(expire, clampTimeout(monitorTimeout), monitorTimeout)
        this.#calls.set(messageId, { result: null, resolve, reject, heard: () => void monitor?.refresh() })
      })
    } finally {
      clearTimeout(limit)
      clearTimeout(monitor)
      this.#calls.delete(messageId)
    }
  }

  /** Hands a reply to the call that waits for it. */
  settle({ _msg_id, result = null, failure, ending }: Message): void {
    const call = typeof _msg_id === 'string' ? this.#calls.get(_msg_id) : undefined
    if (call === undefined) return
    if (failure) return call.reject(decodeFailure(failure))
    call.result = result ?? call.result
    if (ending) call.resolve(call.result)
    else call.heard()
  }

  fail(messageId: string, error: unknown): void {
    this.#calls.get(messageId)?.reject(error)
  }

  failAll(error: unknown): void {
    if (this.size > 0) this.#hasGivenUp = true
    for (const { reject } of [...this.#calls.values()]) reject(error)
  }
}
