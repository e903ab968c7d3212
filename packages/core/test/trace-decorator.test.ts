import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { trace } from '@osprofiler/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { infoOf, traceRecords } from './fixtures/trace-records.js'

interface Shown {
  readonly name: string
  readonly point: string
  readonly parent: string
  readonly info: Record<string, unknown>
}

const TSC = join(import.meta.dirname, '../../../node_modules/.bin/tsc')
const OPTIONS = [
  '--ignoreConfig',
  '--target',
  'es2022',
  '--lib',
  'es2023,esnext.disposable,esnext.decorators',
  '--types',
  'node',
]

let folder: string

/** Compiles a fixture as a user would, runs it in its own process, and returns the printed JSON. */
function compileAndRun(fixture: string, ...options: string[]) {
  const out = join(folder, options.join('') || 'standard')
  const source = join(folder, fixture)
  execFileSync(TSC, [source, '--outDir', out, '--module', 'nodenext', '--strict', ...OPTIONS, ...options], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return JSON.parse(execFileSync(process.execPath, [join(out, fixture.replace('.ts', '.js'))], { encoding: 'utf8' }))
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'osprofiler-decorators-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  mkdirSync(join(folder, 'node_modules/@osprofiler'), { recursive: true })
  symlinkSync(join(import.meta.dirname, '..'), join(folder, 'node_modules/@osprofiler/core'))
  symlinkSync(join(import.meta.dirname, '../../../node_modules/@types'), join(folder, 'node_modules/@types'))
  for (const fixture of ['decorated.ts', 'decorated-fields.ts']) {
    cpSync(join(import.meta.dirname, 'fixtures', fixture), join(folder, fixture))
  }
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('decorators compiled by tsc', () => {
  it('record the same points with and without experimentalDecorators', () => {
    const standard = compileAndRun('decorated.ts')
    const experimental = compileAndRun('decorated.ts', '--experimentalDecorators')

    expect(standard.untraced.at(-2)).toBe('untraced')
    expect(standard.traced.toSpliced(-2, 1)).toEqual(standard.untraced.toSpliced(-2, 1))
    expect(experimental).toEqual(standard)

    const records: Shown[] = standard.records
    const starts = records.filter(({ name }) => name.endsWith('-start'))
    const functions = starts.map(({ name, parent, info }) => [name.slice(0, -6), parent, info.function])
    expect(functions).toEqual([
      ['async generator', 'trace', { name: 'Shop.pages', args: '[]' }],
      ['sync', 'async generator 1', { name: 'Shop.add', args: '[3,4]' }],
      ['failing', 'trace', { name: 'Shop.fail', args: '[]' }],
      ['sync', 'trace', { name: 'Shop.add', args: '[1,2]' }],
      ['async', 'trace', { name: 'Shop.buy', args: '["tea","***"]' }],
      ['sync', 'async 5', { name: 'Shop.add', args: '[1,2]' }],
      ['generator', 'trace', { name: 'Shop.items', args: '[2]' }],
      ['static', 'trace', { name: 'Shop.left', args: '[]' }],
      ['outer', 'trace', { name: 'Shop.twice', args: '["***"]' }],
      ['inner', 'outer 9', { name: 'Shop.twice' }],
      ['overriding', 'trace', { name: 'Market.open', args: '[]' }],
      ['overridden', 'overriding 11', { name: 'Shop.open', args: '[]' }],
      ['whole', 'trace', { name: 'Whole.create', args: '[]' }],
      ['whole', 'trace', { name: 'Whole.go', args: '[]' }],
      ['whole', 'whole 14', { name: 'Whole._step', args: '[]' }],
      ['family', 'trace', { name: 'Child.added', args: '[]' }],
      ['family', 'family 16', { name: 'Parent.own', args: '[]' }],
      ['render', 'trace', undefined],
      ['inside', 'render 18', undefined],
    ])
    expect(records).toHaveLength(2 * starts.length)
    expect(records.find(({ name }) => name === 'failing-stop')?.info).toEqual({
      etype: 'RangeError',
      message: 'sold out',
    })
    expect(JSON.stringify(records)).not.toContain('S3CRET')
  })

  it('work for fields and #private methods if they are standard decorators', () => {
    expect(compileAndRun('decorated-fields.ts')).toEqual({
      returned: ['ok 2', true],
      functions: [
        { name: 'Button.onClick', args: '[2]' },
        { name: '#check', args: '[]' },
      ],
    })
  })
})

describe('a standard decorator', () => {
  it('works if every access to `this` throws, and if the name of the class is not a string', async () => {
    const decorate = trace('x') as unknown as (value: unknown, context: unknown) => () => string
    const hostile = new Proxy(
      {},
      {
        getOwnPropertyDescriptor() {
          throw new Error('hostile')
        },
      },
    )
    class Odd {
      static name() {}
      hello() {
        return 'hello'
      }
    }
    Odd.prototype.hello = decorate(Odd.prototype.hello, { kind: 'method', name: 'hello' })
    const records = await traceRecords(() => {
      expect(Odd.prototype.hello.call(hostile as Odd)).toBe('hello')
      expect(new Odd().hello()).toBe('hello')
    })

    expect(infoOf(records, 'x-start').function).toMatchObject({ name: 'hello' })
    expect(records).toHaveLength(4)
  })
})

describe('a decorator in the wrong place', () => {
  it('throws an error that says where the decorator belongs', () => {
    const decorate = trace('x') as unknown as (value: unknown, context: unknown, descriptor?: unknown) => unknown

    expect(() => decorate(class Cart {}, { kind: 'class', name: 'Cart' })).toThrow(/traceClass/)
    expect(() => decorate(() => 1, { kind: 'getter', name: 'total' })).toThrow(/methods and fields/)
    expect(() => decorate({}, 'total', { get: () => 1 })).toThrow(/total is not a method/)
    expect(() => decorate({}, 'field')).toThrow(TypeError)
  })
})
