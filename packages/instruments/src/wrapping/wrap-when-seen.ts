import { Map, Object } from '@osprofiler/core/toolkit'
import { undoAll } from './wrap-method.js'

/** The classes of the objects that were seen, which a library does not export. */
export interface SeenClasses {
  readonly hasSeen: boolean
  /** Wraps the class of an object, unless it was seen before. Returns the object. */
  see<T>(object: T): T
  /** Undoes what was wrapped, and wraps nothing more. */
  undo(): void
}

/** Wraps classes that a library does not export, each when the first object of it is seen. `wrap` is given the prototype. */
export function wrapWhenSeen(wrap: (prototype: object) => (() => void) | undefined): SeenClasses {
  const undos = new Map<object, (() => void) | undefined>()
  let active = true
  return {
    get hasSeen() {
      return undos.size > 0
    },
    see(object) {
      if (!active || typeof object !== 'object' || object === null) return object
      const prototype: object = Object.getPrototypeOf(object)
      if (!undos.has(prototype)) undos.set(prototype, wrap(prototype))
      return object
    },
    undo() {
      active = false
      undoAll([...undos.values()])()
    },
  }
}
