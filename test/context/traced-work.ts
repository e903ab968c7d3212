import { EventEmitter, once } from 'node:events'
import { setImmediate as immediately, setTimeout as pause } from 'node:timers/promises'
import { get, start, stop, trace, withTrace } from '@osprofiler/core'

/** The points that `doWork` records, as `outlineTrace` draws them below a request. */
export const WORK_OUTLINE = `
  callback immediate
  callback microtask
  callback tick
  callback timer
  event
  fails
  generator
    item
    item
  handle
    handle inside
  item outside
  item outside
  opened
    opened inside
  parallel 0
    left
    right
  parallel 1
    left
    right
  parallel 2
    left
    right
  step
    step inside`

const step = trace('step')(async function step(info: { id: string }): Promise<void> {
  await immediately()
  await withTrace('step inside', info, () => pause(1))
})

const generate = trace('generator')(async function* generate(info: { id: string }) {
  for (let item = 0; item < 2; item++) {
    await immediately()
    yield withTrace('item', info, async () => item)
  }
})

/**
 * Does every type of work that handlers do, with pauses in which other requests run. Returns whether the work was
 * traced.
 */
export async function doWork(id: string): Promise<boolean> {
  const info = { id }
  await Promise.all([0, 1, 2].map(index => workInParallel(index, info)))
  await step(info)
  await workInSequence(info)
  for await (const item of generate(info)) await withTrace('item outside', { ...info, item }, () => immediately())
  await awaitCallback(info)
  await awaitEvent(info)
  await withTrace('fails', info, () => Promise.reject(new Error('on purpose'))).catch(() => undefined)
  return get() !== undefined
}

function workInParallel(index: number, info: { id: string }): Promise<unknown> {
  return withTrace(`parallel ${index}`, info, async () => {
    await pause(Math.random() * 5)
    await Promise.all([
      withTrace('left', info, () => pause(Math.random() * 3)),
      withTrace('right', info, () => immediately()),
    ])
  })
}

async function workInSequence(info: { id: string }): Promise<void> {
  start('opened', info)
  await pause(1)
  start('opened inside', info)
  await Promise.resolve()
  stop()
  stop()
  const handle = start('handle', info)
  await immediately()
  const inside = start('handle inside', info)
  handle.stop()
  inside.stop()
}

async function awaitCallback(info: { id: string }): Promise<void> {
  const point = (name: string, done: () => void) => () => withTrace(`callback ${name}`, info, done)
  await new Promise<void>(done => setTimeout(point('timer', done), 1))
  await new Promise<void>(done => setImmediate(point('immediate', done)))
  await new Promise<void>(done => process.nextTick(point('tick', done)))
  await new Promise<void>(done => queueMicrotask(point('microtask', done)))
}

async function awaitEvent(info: { id: string }): Promise<void> {
  const emitter = new EventEmitter()
  emitter.on('news', () => withTrace('event', info, () => undefined))
  const heard = once(emitter, 'news')
  setTimeout(() => emitter.emit('news'), 1)
  await heard
}
