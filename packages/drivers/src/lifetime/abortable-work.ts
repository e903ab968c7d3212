import { AbortController, cutAtExit, Number, Set } from '@osprofiler/core/toolkit'
import { noteHang, shortenAfterHang } from '../opening/recent-hang.js'
import type { StoreLifetime } from '../opening/store-driver.js'
import { withDeadline } from './deadline.js'
import { createNoAnswerError } from './no-answer.js'

/** Runs the work of a store's client. Aborts the work if the server hangs. */
export interface AbortableWork {
  readonly run: StoreLifetime['run']
  /** Aborts all work because the store is closed. */
  abort(): void
}

/**
 * Creates an `AbortableWork` for one client. The `reason` of each abort signal is an error that can be shown to users.
 */
export function createAbortableWork(): AbortableWork {
  const controllers = new Set<AbortController>()
  return {
    async run(work, limit) {
      const controller = new AbortController()
      const abort = (reason: string) => controller.abort(createNoAnswerError(reason))
      const removeExitListener = cutAtExit(() => abort('it gave no answer before the program ended'))
      controllers.add(controller)
      const doWork = () => work(controller.signal)
      const onLate = () => {
        noteHang()
        abort(`it gave no answer within ${Number(limit) / 1_000} s`)
      }
      try {
        return await (limit === undefined ? doWork() : withDeadline(shortenAfterHang(limit), onLate, doWork))
      } finally {
        removeExitListener()
        controllers.delete(controller)
      }
    },
    abort() {
      for (const controller of controllers) controller.abort(createNoAnswerError('it was closed before an answer came'))
    },
  }
}
