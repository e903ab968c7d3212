import { builtinModules } from 'node:module'
import { Object, process, WeakSet } from '../platform/platform.js'

const { getBuiltinModule } = process
// Node's list of loaded modules, such as `NativeModule stream`. It is undocumented and missing from the types.
type Loaded = { readonly moduleLoadList?: readonly string[] }

let known = new WeakSet<object>()
let modulesKnown = 0

/** Returns whether an object is a class of a Node module such as `stream`, or its prototype. Loads no module. */
export function isOfNode(holder: object): boolean {
  learn()
  return known.has(holder)
}

function learn(): void {
  const { moduleLoadList = [] } = process as Loaded
  // Node loads its modules one by one, on first use.
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
