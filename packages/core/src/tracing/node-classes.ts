import { builtinModules } from 'node:module'
import { Object, process, WeakSet } from '../platform/platform.js'

const { getBuiltinModule } = process
// Not documented by Node, and missing from its types: the names of what has been loaded, as `NativeModule stream`.
type Loaded = { readonly moduleLoadList?: readonly string[] }

let known = new WeakSet<object>()
let modulesKnown = 0

/** Whether an object is a class of a module of Node, such as `stream` or `net`, or the prototype of one. Loads no module. */
export function isOfNode(holder: object): boolean {
  learn()
  return known.has(holder)
}

function learn(): void {
  const { moduleLoadList = [] } = process as Loaded
  // Modules of Node are loaded one by one, when they are first asked for.
  if (moduleLoadList.length === modulesKnown) return
  modulesKnown = moduleLoadList.length
  known = new WeakSet()
  for (const name of builtinModules) {
    if (moduleLoadList.includes(`NativeModule ${name}`)) learnModule(getBuiltinModule(name))
  }
}

function learnModule(exports: unknown): void {
  learnClass(exports)
  if (!isObject(exports)) return
  for (const { value } of Object.values(Object.getOwnPropertyDescriptors(exports))) learnClass(value)
}

function learnClass(value: unknown): void {
  if (typeof value !== 'function') return
  const prototype: unknown = Object.getOwnPropertyDescriptor(value, 'prototype')?.value
  if (!isObject(prototype)) return
  known.add(value)
  known.add(prototype)
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
