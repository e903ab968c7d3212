import { builtinModules } from 'node:module'
import { Object, process, WeakSet } from '../platform/platform.js'

const { getBuiltinModule } = process
// Node's list of loaded modules, with entries such as `NativeModule stream`. The list is undocumented and missing from
// Node's types.
type LoadedModules = { readonly moduleLoadList?: readonly string[] }

let nodeClasses = new WeakSet<object>()
let knownModules = 0

/** Returns whether an object is a class of a Node module such as `stream`, or the prototype of one. Loads no module. */
export function isNodeClass(holder: object): boolean {
  learnLoadedModules()
  return nodeClasses.has(holder)
}

function learnLoadedModules(): void {
  const { moduleLoadList = [] } = process as LoadedModules
  // Node loads its modules one by one, on first use. So the set is created again when the list has grown.
  if (moduleLoadList.length === knownModules) return
  knownModules = moduleLoadList.length
  nodeClasses = new WeakSet()
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
  nodeClasses.add(value)
  nodeClasses.add(prototype)
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
