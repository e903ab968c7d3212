import { clampTimeout, clearTimeout, Map, Promise, setTimeout } from '@osprofiler/core/toolkit'
import { MessagingTimeout } from './messages/errors.js'
import { decodeFailure } from './messages/failure.js'
import type { Message } from './messages/message.js'

interface WaitingCall {
  /**
   * The result in an earlier reply. Some servers send the result first, and then report the end of the call in a second
   * reply.
   */
  result: unknown
  resolve(result: unknown): void
  reject(error: unknown): void
  restartMonitor(): void
}

/** The calls of a client that are waiting for their replies, by the ids of their messages. */
export class WaitingCalls {
  readonly #calls = new Map<string, WaitingCall>()
  #hasGivenUp = false

  get size(): number {
    return this.#calls.size
  }

  /** Whether any call of the client has ended without a reply. In this case, the reply may still arrive. */
  get hasGivenUp(): boolean {
    return this.#hasGivenUp
  }

  /**
   * Resolves to the result of a call. Rejects after `timeoutMs`, or after `monitorTimeoutMs` without a heartbeat of the
   * server.
   */
  async wait(messageId: string, name: string, timeoutMs: number, monitorTimeoutMs?: number): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined
    let monitorTimer: NodeJS.Timeout | undefined
    try {
      return await new Promise((resolve, reject) => {
        const expire = (elapsedMs: number): void => {
          this.#hasGivenUp = true
          reject(new MessagingTimeout(`No reply to ${name} within ${elapsedMs / 1_000} s.`))
        }
        timer = setTimeout(expire, clampTimeout(timeoutMs), timeoutMs)
        if (monitorTimeoutMs !== undefined)
          monitorTimer = setTimeout(expire, clampTimeout(monitorTimeoutMs), monitorTimeoutMs)
        this.#calls.set(messageId, {
          result: null,
          resolve,
          reject,
          restartMonitor: () => void monitorTimer?.refresh(),
        })
      })
    } finally {
      clearTimeout(timer)
      clearTimeout(monitorTimer)
      this.#calls.delete(messageId)
    }
  }

  /** Passes a reply to the call that is waiting for the reply. */
  settle({ _msg_id, result = null, failure, ending }: Message): void {
    const call = typeof _msg_id === 'string' ? this.#calls.get(_msg_id) : undefined
    if (call === undefined) return
    if (failure) return call.reject(decodeFailure(failure))
    call.result = result ?? call.result
    if (ending) call.resolve(call.result)
    else call.restartMonitor()
  }

  fail(messageId: string, error: unknown): void {
    this.#calls.get(messageId)?.reject(error)
  }

  failAll(error: unknown): void {
    if (this.size > 0) this.#hasGivenUp = true
    for (const { reject } of [...this.#calls.values()]) reject(error)
  }
}
