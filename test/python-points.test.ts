import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { run, setNotifier, start, stop, type TraceRecord, trace, traceClass, withTrace } from '@osprofiler/core'
import { beforeAll, expect, it } from 'vitest'
import { currentPython, describeForEachPython } from './python/each-python.js'

class Broken extends Error {}

const add = trace('sum', { info: { kind: 'test' } })(function add<T extends string | number>(a: T, b: T) {
  return (a as string) + (b as string)
})

const hidden = trace('hidden', { hideArgs: true })(function hidden(a: string) {
  return a
})

const shown = trace('shown', { hideResult: false })(function shown(a: number) {
  return [a, 'text']
})

const outer = trace('outer')(function outer(n: number) {
  return add(n, 1) + add(n, 2)
})

const failing = trace('failing')(function failing(reason: string) {
  throw new Broken(reason)
})

const twice = trace('twice')(
  trace('once')(function twice(a: number) {
    return a
  }),
)

class Store {
  static tune(level: number) {
    return level
  }

  static create() {
    return new this()
  }

  find(id: string) {
    return this._check(id)
  }

  _check(id: string) {
    return this.#really(id)
  }

  #really(id: string) {
    return id
  }
}
traceClass('store', { info: { kind: 'class' } })(Store)

class Cache extends Store {
  override find(id: string) {
    return super.find(id)
  }
}

class Private {
  static tune(level: number) {
    return level
  }

  find(id: string) {
    return this._check(id)
  }

  _check(id: string) {
    return this.__really__(id)
  }

  __really__(id: string) {
    return id
  }
}
traceClass('private', { tracePrivate: true, traceStaticMethods: true, hideArgs: true })(Private)

class Base {
  inherited(a: number) {
    return a
  }
}

class Inheriting extends Base {
  own(a: number) {
    return this.inherited(a)
  }
}
traceClass('inheriting')(Inheriting)

const Parent = traceClass('family', { hideResult: false, traceSubclasses: true })(
  class Parent {
    own(a: number) {
      return a
    }
  },
)

class Child extends Parent {
  added(a: number) {
    return this.own(a)
  }

  _private() {
    return 1
  }
}

function throwBroken() {
  class Partly {
    first() {
      return 1
    }

    second() {
      return 2
    }
  }
  Partly.prototype.second = trace('second')(Partly.prototype.second)
  try {
    traceClass('partly', { allowMultipleTrace: false })(Partly)
  } catch {
    start('refused', { first: new Partly().first() })
    stop()
  }
  try {
    trace('again', { allowMultipleTrace: false })(add)
  } catch {
    start('refused again')
    stop()
  }
}

function attempt(fn: () => unknown) {
  try {
    fn()
  } catch (error) {
    if (!(error instanceof Broken)) throw error
  }
}

/** The same program as in test/python/points.py. */
function runProgram() {
  start('a', { any: 'info', deep: { list: [1, null, true] } })
  start('b')
  stop({ more: 'info' })
  start('c')
  stop()
  stop()

  withTrace('block', { n: 1 }, () => withTrace('inside', () => {}))
  attempt(() =>
    withTrace('broken block', () => {
      throw new Broken('in a block')
    }),
  )

  add(1, 2)
  add('x', 'y')
  hidden('S3CRET')
  shown(7)
  outer(5)
  twice(1)
  attempt(() => failing('no reason'))

  const store = new Store()
  store.find('a')
  store._check('b')
  Store.tune(3)
  Store.create()
  new Cache().find('c')
  new Private().find('d')
  Private.tune(4)
  new Inheriting().own(1)
  new Base().inherited(2)
  new Child().added(5)
  new Child()._private()
  throwBroken()
}

interface Shown {
  readonly name: string
  readonly point: string | undefined
  readonly parent: string | undefined
  readonly info: Record<string, unknown>
}

type Call = Partial<Record<'name' | 'args' | 'kwargs' | 'result', string>>

/**
 * Returns the compared parts of the records. Ids become numbers in order of appearance. `mapCall` converts the info
 * about a call.
 */
function show(records: readonly TraceRecord[], mapCall: (call: Call) => unknown): Shown[] {
  const ids = new Map([['caller', 'caller']])
  for (const { trace_id } of records) if (!ids.has(trace_id)) ids.set(trace_id, `point ${ids.size}`)
  return records.map(({ name, trace_id, parent_id, info }) => ({
    name,
    point: ids.get(trace_id),
    parent: ids.get(parent_id),
    info: {
      ...info,
      ...(info.function !== undefined && { function: mapCall(info.function as Call) }),
      ...(typeof info.etype === 'string' && { etype: withoutModule(info.etype) }),
    },
  }))
}

/** Removes the module name, which Python adds to the function's name. */
function withoutModule(name: string): string {
  return name.replace(/^__main__\./, '')
}

/**
 * Converts a call that Python recorded. Python includes `self` in the arguments, writes values with `repr()`, and
 * separates keyword arguments.
 */
function mapPythonCall({ name, args, kwargs, result }: Call) {
  expect(kwargs === undefined || kwargs === '{}').toBe(true)
  return {
    ...(name !== undefined && { name: withoutModule(name) }),
    ...(args !== undefined && { args: toJson(args.replace(/^\(<[^>]*>,\s*/, '(').replace(/^\((.*?),?\)$/, '[$1]')) }),
    ...(result !== undefined && { result: toJson(result) }),
  }
}

function toJson(text: string): unknown {
  return JSON.parse(text.replaceAll("'", '"'))
}

function mapOwnCall({ name, args, result }: Call) {
  return {
    ...(name !== undefined && { name }),
    ...(args !== undefined && { args: JSON.parse(args) }),
    ...(result !== undefined && { result: JSON.parse(result) }),
  }
}

describeForEachPython('the same program in Python and in TypeScript', () => {
  let python: TraceRecord[]
  const own: TraceRecord[] = []

  beforeAll(() => {
    const script = join(import.meta.dirname, 'python/points.py')
    const lines = execFileSync(currentPython(), [script], { encoding: 'utf8' }).trim().split('\n')
    python = lines.map(line => JSON.parse(line))
    setNotifier(record => void own.push(record))
    run({ hmacKey: 'KEY', baseId: 'base', parentId: 'caller' }, runProgram)
    runProgram()
    setNotifier(undefined)
  })

  it('records the same points with the same parents, info and exceptions', () => {
    expect(show(own, mapOwnCall)).toEqual(show(python, mapPythonCall))
    expect(own).toHaveLength(54)
  })

  it("writes the same members in the same form, including the project and service that Python's driver adds", () => {
    const names = (record: object) => Object.keys(record).toSorted()
    for (const [index, record] of own.entries()) {
      const { project, service, ...rest } = record

      expect(names(rest)).toEqual(names(python[index] ?? {}))
      expect(typeof project).toBe('string')
      expect(typeof service).toBe('string')
      expect(record.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/)
      expect(python[index]?.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/)
    }
  })
})
