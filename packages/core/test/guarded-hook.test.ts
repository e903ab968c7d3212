import { AsyncResource } from 'node:async_hooks'
import { afterEach, describe, expect, it } from 'vitest'
import { createGuardedHook, type GuardedHook, type HookHandlers } from '../src/why/recording/guarded-hook.js'

const open: GuardedHook[] = []
afterEach(() => {
  for (const hook of open.splice(0)) hook.disable()
})

/** Returns handlers that ignore everything except resources of the type `Test`, whose events they pass to `seen`. */
function watchTests(seen: (event: string) => void): HookHandlers {
  const ids = new Set<number>()
  const see = (event: string) => (id: number) => {
    if (ids.has(id)) seen(event)
  }
  return {
    init(id, type) {
      if (type !== 'Test') return
      ids.add(id)
      seen('init')
    },
    before: see('before'),
    after: see('after'),
    promiseResolve: () => undefined,
  }
}

function enable(handlers: HookHandlers, onFailure = () => {}): GuardedHook {
  const hook = createGuardedHook(handlers, onFailure)
  open.push(hook)
  hook.enable()
  return hook
}

const runTest = (): unknown => new AsyncResource('Test').runInAsyncScope(() => 'result')

describe('a guarded hook', () => {
  it('passes the events of resources on while it is enabled', () => {
    const events: string[] = []
    const hook = createGuardedHook(
      watchTests(event => events.push(event)),
      () => {},
    )
    open.push(hook)

    runTest()
    hook.enable()
    runTest()
    hook.disable()
    runTest()

    expect(events).toEqual(['init', 'before', 'after'])
  })

  it('reports the promise that settled', async () => {
    const settled: number[] = []
    let created: number | undefined
    enable({
      init: (id, type) => {
        if (type === 'PROMISE') created ??= id
      },
      before: () => {},
      after: () => {},
      promiseResolve: id => void settled.push(id),
    })

    const { promise, resolve } = withResolvers()
    const before = settled.includes(created ?? -1)
    resolve()
    const after = settled.includes(created ?? -1)
    await promise

    expect([before, after]).toEqual([false, true])
  })

  it.each(['init', 'before', 'after'])('turns itself off if `%s` throws, and the program goes on', name => {
    const events: string[] = []
    let failures = 0
    enable(
      watchTests(event => {
        events.push(event)
        if (event === name) throw new Error('A failing handler')
      }),
      () => failures++,
    )

    const results = [runTest(), runTest()]

    expect(results).toEqual(['result', 'result'])
    expect(failures).toBe(1)
    expect(events.at(-1)).toBe(name)
    expect(events.filter(event => event === name)).toHaveLength(1)
  })

  it('turns itself off if `promiseResolve` throws, and the promise settles', async () => {
    let failures = 0
    const promiseResolve = (): never => {
      throw new Error('A failing handler')
    }
    enable({ init: () => {}, before: () => {}, after: () => {}, promiseResolve }, () => failures++)

    const { promise, resolve } = withResolvers()
    resolve()
    await promise

    expect(failures).toBe(1)
  })

  it('exposes `init`, below which the stack shows the code that created a resource', () => {
    let stack: string | undefined
    const hook = enable({
      ...watchTests(() => {}),
      init: (_, type) => {
        if (type !== 'Test') return
        const holder: { stack?: string } = {}
        Error.captureStackTrace(holder, hook.init)
        stack = holder.stack
      },
    })

    runTest()

    expect(stack).toContain('runTest')
    expect(stack).not.toContain('guarded-hook.ts')
  })
})

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>(onResolved => {
    resolve = onResolved
  })
  return { promise, resolve }
}
