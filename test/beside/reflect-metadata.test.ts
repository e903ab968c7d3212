import { trace, traceClass } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'

// reflect-metadata is not loaded yet, as in a program that imports this project first.
const early = trace('step')(function early() {
  return 'early'
})
const loaded = Reflect.has(Reflect, 'defineMetadata')
await import('reflect-metadata')

const KEY = Symbol('key')
const inPlace = traceClass('step', { traceStaticMethods: true })
const family = traceClass('step', { traceStaticMethods: true, traceSubclasses: true })

class Base {
  inherited(): void {}
}
class Orders extends Base {
  static all(): void {}

  list(_first: string, _second: number): void {}

  [KEY](): void {}
}

/** Returns all metadata of a class and its members, from every object on which decorators store it. */
function readMetadata(type: typeof Orders): unknown {
  const targets: readonly [object, (string | symbol)?][] = [
    [type],
    [type, 'list'],
    [type, 'inherited'],
    [type, KEY],
    [type, 'all'],
    [type.prototype],
    [type.prototype, 'list'],
    [type.prototype, KEY],
    [type.prototype.list],
    [type.prototype.inherited],
    [type.all],
  ]
  return targets.map(([target, member]) =>
    member === undefined
      ? Reflect.getMetadataKeys(target).map(key => [key, Reflect.getMetadata(key, target)])
      : Reflect.getMetadataKeys(target, member).map(key => [key, Reflect.getMetadata(key, target, member)]),
  )
}

function defineMetadataEverywhere(type: typeof Orders): void {
  let count = 0
  for (const target of [type, type.prototype, type.prototype.list, type.prototype.inherited, type.all]) {
    Reflect.defineMetadata('name', count++, target)
    Reflect.defineMetadata(KEY, count++, target)
  }
  for (const member of ['list', 'inherited', 'all', KEY]) {
    Reflect.defineMetadata('parameters', count++, type, member)
    Reflect.defineMetadata('type', count++, type.prototype, member)
  }
}

describe('reflect-metadata loaded after OSProfiler', () => {
  it('is looked up when a function is traced, not when OSProfiler loads', () => {
    const fn = () => 1
    Reflect.defineMetadata('role', 'admin', fn)

    expect(loaded).toBe(false)
    expect(early()).toBe('early')
    expect(Reflect.getMetadata('role', trace('step')(fn))).toBe('admin')
    expect(Reflect.getMetadata('role', trace('outer')(trace('step')(fn)))).toBe('admin')
  })

  it.each([
    ['a class that is traced in place', inPlace],
    ['a class that replaces the original', family],
  ])('finds the same metadata for %s, wherever decorators store it', (_, decorate) => {
    defineMetadataEverywhere(Orders)
    const untraced = readMetadata(Orders)

    const traced = readMetadata(decorate(Orders))

    expect(traced).toEqual(untraced)
  })

  it('accepts metadata that is added later to the traced class and its methods', () => {
    class Late {
      list(): void {}
    }
    const Traced = family(Late)
    Reflect.defineMetadata('class', 1, Traced)
    Reflect.defineMetadata('method', 2, Traced.prototype.list)

    expect(Reflect.getMetadata('class', new Traced().constructor)).toBe(1)
    expect(Reflect.getMetadata('method', new Traced().list)).toBe(2)
    expect(Reflect.getMetadata('class', class extends Traced {})).toBe(1)
  })
})
