import { Map, Object } from '@osprofiler/core/toolkit'
import { undoAll } from './wrap-method.js'

/** Classes that are wrapped when their first object is seen. */
export interface SeenClasses {
  readonly hasSeen: boolean
  /** Wraps an object's class when an object of that class is first seen. Returns the object. */
  see<T>(object: T): T
  undo(): void
}

/** Wraps classes that a library does not export, when their first object is seen. `wrap` receives the prototype. */
export function wrapWhenSeen(wrap: (prototype: object) => (() => void) | undefined): SeenClasses {
  const undos = new Map<object, (() => void) | undefined>()
  let isActive = true
  return {
    get hasSeen() {
      return undos.size > 0
    },
    see(object) {
      if (!isActive || typeof object !== 'object' || object === null) return object
      const prototype: object = Object.getPrototypeOf(object)
      if (!undos.has(prototype)) undos.set(prototype, wrap(prototype))
      return object
    },
    undo() {
      isActive = false
      undoAll([...undos.values()])()
    },
  }
}
