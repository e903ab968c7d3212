import { createHook } from 'node:async_hooks'

/** An async hook of this process. */
export interface GuardedHook {
  /** The function that Node calls for a new resource. It is on the stack above the code that created the resource. */
  readonly init: (...args: never[]) => unknown
  enable(): void
  disable(): void
}

/** Functions that Node calls for each async resource of the process, as in `async_hooks`. */
export interface HookHandlers {
  init(id: number, type: string, trigger: number, resource: object): void
  before(id: number): void
  after(id: number): void
  promiseResolve(id: number): void
}

/** Creates a hook that turns itself off if a handler throws an error, because such an error would end the process. */
export function createGuardedHook(handlers: HookHandlers, onFailure: () => void): GuardedHook {
  const fail = (): void => {
    hook.disable()
    onFailure()
  }
  // These functions repeat code, because every promise of the process calls them. A shared function would need a
  // closure for each call, which would cost more.
  const init = (id: number, type: string, trigger: number, resource: object): void => {
    try {
      handlers.init(id, type, trigger, resource)
    } catch {
      fail()
    }
  }
  const hook = createHook({
    init,
    before(id) {
      try {
        handlers.before(id)
      } catch {
        fail()
      }
    },
    after(id) {
      try {
        handlers.after(id)
      } catch {
        fail()
      }
    },
    promiseResolve(id) {
      try {
        handlers.promiseResolve(id)
      } catch {
        fail()
      }
    },
  })
  return { init, enable: () => void hook.enable(), disable: () => void hook.disable() }
}
