import { clampTimeout, clearTimeout, Map, Promise, setTimeout } from '@osprofiler/core/toolkit'
import { MessagingTimeout } from './messages/errors.js'
import { decodeFailure } from './messages/failure.js'
import type { Message } from './messages/message.js'

/** Calls that wait for their replies. */
export interface WaitingCalls {
  readonly size: number
  /** Resolves to the result of a call. `monitorTimeout`: for so long nothing may be heard of the call. */
  wait(messageId: string, name: string, timeout: number, monitorTimeout?: number): Promise<unknown>
  /** Takes a reply to whoever waits for it. */
  settle(reply: Message): void
  fail(messageId: string, error: unknown): void
  failAll(error: unknown): void
}

interface WaitingCall {
  /** An earlier reply, from a server that sends the end by itself. */
  result: unknown
  resolve(result: unknown): void
  reject(error: unknown): void
  heard(): void
}

export function createWaitingCalls(): WaitingCalls {
  const calls = new Map<string, WaitingCall>()

  return {
    get size() {
      return calls.size
    },
    wait(messageId, name, timeout, monitorTimeout) {
      return new Promise((resolve, reject) => {
        const end = (): void => {
          clearTimeout(limit)
          clearTimeout(monitor)
          calls.delete(messageId)
        }
        const expire = (time: number): void => {
          end()
          reject(new MessagingTimeout(`No reply to ${name} within ${time / 1_000} s.`))
        }
        const limit = setTimeout(expire, clampTimeout(timeout), timeout)
        const monitor =
          monitorTimeout === undefined ? undefined : setTimeout(expire, clampTimeout(monitorTimeout), monitorTimeout)
        calls.set(messageId, {
          result: null,
          resolve(result) {
            end()
            resolve(result)
          },
          reject(error) {
            end()
            reject(error)
          },
          heard: () => void monitor?.refresh(),
        })
      })
    },
    settle({ _msg_id, result = null, failure, ending }) {
      const call = typeof _msg_id === 'string' ? calls.get(_msg_id) : undefined
      if (call === undefined) return
      if (failure) return call.reject(decodeFailure(failure))
      call.result = result ?? call.result
      if (ending) call.resolve(call.result)
      else call.heard()
    },
    fail: (messageId, error) => calls.get(messageId)?.reject(error),
    failAll(error) {
      for (const call of [...calls.values()]) call.reject(error)
    },
  }
}
