import { get, type Point } from '@osprofiler/core'
import { Error, Reflect, takeContext, WeakMap } from '@osprofiler/core/toolkit'
import { wrapLibrary } from '../../loading/wrap-library.js'
import { startWait } from '../../points/start-wait.js'
import type { Around } from '../../wrapping/wrap-method.js'

/** A buffered operation of a collection: a method or its name, and the arguments. */
type QueuedOperation = readonly [method: string | ((...args: unknown[]) => unknown), args: unknown[] | undefined]

interface Collection {
  queue: QueuedOperation[]
}

interface HeldOperation {
  readonly wait: Point | undefined
  readonly run: ReturnType<typeof takeContext>
}

/**
 * Runs the operations that mongoose 8 and 9 buffer until mongoose is connected. Each operation runs in its own trace,
 * after a point named `wait`. All other operations are recorded as mongodb commands. Mongoose's channels (such as
 * `mongoose:query`) would record these operations twice.
 */
export function instrumentMongoose(): () => void {
  const heldOperations = new WeakMap<QueuedOperation, HeldOperation>()

  const aroundAdd: Around = (proceed, self, args) => {
    const added = proceed(args)
    const entry = (self as Collection).queue.at(-1)
    if (entry === undefined) return added
    const profiler = get()
    const wait = profiler && startWait(profiler, 'connection')
    heldOperations.set(entry, { wait, run: takeContext() })
    return added
  }

  const aroundRemove: Around = (proceed, self, args) => {
    const [method, given] = args
    const entry = (self as Collection).queue.find(each => each[0] === method && each[1] === given)
    if (entry !== undefined)
      heldOperations.get(entry)?.wait?.fail(new Error('The operation waited too long for a connection'))
    return proceed(args)
  }

  const aroundRunQueue: Around = (proceed, self, args) => {
    const collection = self as Collection
    collection.queue = collection.queue.map(entry => {
      const held = heldOperations.get(entry)
      return held === undefined ? entry : [() => runHeld(collection, entry, held), []]
    })
    return proceed(args)
  }

  return wrapLibrary('mongoose', [
    { file: 'lib/collection.js', methods: { addQueue: aroundAdd, removeQueue: aroundRemove, doQueue: aroundRunQueue } },
  ])
}

function runHeld(collection: Collection, [method, args = []]: QueuedOperation, { wait, run }: HeldOperation): unknown {
  wait?.stop()
  const calledMethod = typeof method === 'function' ? method : Reflect.get(collection, method)
  return run(() => Reflect.apply(calledMethod, collection, args))
}
