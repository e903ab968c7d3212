import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { TraceRecord } from '@osprofiler/core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { addCodeMember, type Stack } from '../src/call-sites/code-member.js'
import { locate, mapCallSites, prefetchMaps } from '../src/call-sites/map-call-sites.js'
import type { Frame } from '../src/call-sites/read-stack.js'

const originalHook = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
let folder: string
let count = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'osprofiler-map-call-sites-'))
})
afterEach(() => {
  Reflect.deleteProperty(Error, 'prepareStackTrace')
  if (originalHook !== undefined) Object.defineProperty(Error, 'prepareStackTrace', originalHook)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

/** Writes a generated file whose source map maps the first line to line 8 of the source. */
function writeMapped(source: string, name = `mapped-${count++}.js`): string {
  const map = { version: 3, sources: [source], names: [], mappings: 'AAOA' }
  const url = `data:application/json,${encodeURIComponent(JSON.stringify(map))}`
  return write(name, `orders()\n//# sourceMappingURL=${url}\n`)
}

const frameAt = (file: string, name = 'loadOrders'): Frame => ({ name, file, line: 1, column: 1 })

function recordOf(stack: Stack): TraceRecord & { readonly info: { readonly code?: unknown } } {
  const info = {}
  addCodeMember(info, stack)
  return { name: 'a-start', base_id: '', parent_id: '', trace_id: '', timestamp: '', project: '', service: '', info }
}

describe('locate()', () => {
  it('returns the position itself if the file has no source map', async () => {
    const path = write('plain.js', 'orders()')

    const location = await locate(frameAt(path))

    expect(location).toEqual({ path, line: 1, column: 1, name: 'loadOrders', owner: 'program' })
  })

  it.each<[string, (path: string) => string]>([
    ['path', path => path],
    ['URL', path => `${pathToFileURL(path)}`],
    ['URL with a query', path => `${pathToFileURL(path)}?v=1`],
  ])('returns the position in the source for the %s of a file', async (_, toFile) => {
    const file = toFile(writeMapped('src/orders.ts'))

    const location = await locate(frameAt(file))

    const path = join(folder, 'src/orders.ts')
    expect(location).toEqual({ path, line: 8, column: 1, name: 'loadOrders', owner: 'program' })
  })

  it.each([
    ['ab', ''],
    ['abc', 'abc'],
    ['', ''],
  ])('returns for the function name %o of a file with a source map: %o', async (name, shown) => {
    const location = await locate(frameAt(writeMapped('src/orders.ts'), name))

    expect(location?.name).toBe(shown)
  })

  it('keeps a short function name if the file has no source map', async () => {
    const location = await locate(frameAt(write('short.js', ''), 'a'))

    expect(location?.name).toBe('a')
  })

  it('does not read the source map of a library', async () => {
    const path = writeMapped('src/index.ts', 'node_modules/library/index.js')

    expect(await locate(frameAt(path))).toMatchObject({ path, line: 1, owner: 'library' })
  })

  it('finds the owner of code in a bundle by its source', async () => {
    write('packages/own/package.json', '{ "name": "@osprofiler/node" }')
    const sources = ['node_modules/library/index.ts', 'packages/own/src/index.ts', 'src/orders.ts']

    const locations = await Promise.all(sources.map(source => locate(frameAt(writeMapped(source)))))

    expect(locations.map(location => location?.owner)).toEqual(['library', 'osprofiler', 'program'])
  })

  it.each(['', 'node:fs', 'evalmachine.<anonymous>', 'wasm://wasm/1', 'https://shop.example/a.js', 'orders.js'])(
    'returns undefined for the file name %o',
    async file => {
      expect(await locate(frameAt(file))).toBeUndefined()
    },
  )

  it('returns undefined for a position that the source map does not have', async () => {
    const path = writeMapped('https://shop.example/orders.ts')

    expect(await locate(frameAt(path))).toBeUndefined()
  })

  it("maps TypeScript without a source map with the program's Error.prepareStackTrace", async () => {
    const path = write('orders.ts', '')
    Error.prepareStackTrace = () => `Error\n    at loadOrders (${path}:30:7)`

    expect(await locate(frameAt(path))).toEqual({ path, line: 30, column: 7, name: 'loadOrders', owner: 'program' })
  })

  it('returns the position in TypeScript only if the runtime runs TypeScript', async () => {
    const runsTypescript = Boolean((process.features as { typescript?: unknown }).typescript)
    Reflect.deleteProperty(Error, 'prepareStackTrace')

    const location = await locate(frameAt(write('prices.mts', '')))

    expect(location?.line).toBe(runsTypescript ? 1 : undefined)
  })
})

describe('mapCallSites()', () => {
  it('replaces the position by the position in the source', async () => {
    const record = recordOf([frameAt(writeMapped('src/orders.ts'))])

    await mapCallSites([record])

    expect(record.info.code).toEqual({ file: 'orders.ts', line: 8, column: 1, function: 'loadOrders' })
  })

  it('takes the innermost function of the program', async () => {
    const library = frameAt(join(folder, 'node_modules/library/index.js'))
    const stack = [frameAt('node:fs'), library, frameAt(write('first.js', '')), frameAt(write('second.js', ''))]
    const record = recordOf(stack)

    await mapCallSites([record])

    expect(record.info.code).toMatchObject({ file: 'first.js' })
  })

  it('removes the position if no function belongs to the program', async () => {
    const record = recordOf([frameAt('node:fs'), frameAt(join(folder, 'node_modules/library/index.js'))])

    await mapCallSites([record])

    expect(record.info).toEqual({})
  })

  it('maps a record once', async () => {
    const record = recordOf([frameAt(writeMapped('src/orders.ts'))])
    await mapCallSites([record])
    const { code } = record.info

    const second = mapCallSites([record])

    expect(second).toBeUndefined()
    expect(record.info.code).toBe(code)
  })

  it.each<[string, unknown[]]>([
    ['no records', []],
    ['a record without a call site', [recordOf([])]],
    ['a call site of the program', [{ info: { code: { file: 'orders.js', line: 1 } } }]],
    ['values that are not records', [undefined, null, 7, 'record', {}, { info: null }, { info: { code: 7 } }]],
    ['a record whose info cannot be read', [Object.defineProperty({}, 'info', { get: fail })]],
    ['a record whose call site cannot be read', [{ info: Object.defineProperty({}, 'code', { get: fail }) }]],
  ])('returns undefined for %s', (_, records) => {
    expect(mapCallSites(records as TraceRecord[])).toBeUndefined()
  })

  it.each<[string, (record: TraceRecord) => unknown]>([
    ['cannot be changed', ({ info }) => ({ info: Object.freeze({ ...info }) })],
    ['refuses changes', ({ info }) => ({ info: new Proxy(info, { set: fail, deleteProperty: fail }) })],
    [
      'has a call site that refuses changes',
      ({ info: { code } }) => ({
        info: {
          get code() {
            return code
          },
          set code(_) {
            fail()
          },
        },
      }),
    ],
    ['can be read only once', ({ info }) => readableOnce(info)],
  ])('maps other records if the info of a record %s', async (_, change) => {
    const [known, unknown] = [frameAt(write(`known-${count++}.js`, '')), frameAt('node:fs')]
    const hostile = [recordOf([known]), recordOf([unknown])].map(change) as TraceRecord[]
    const record = recordOf([frameAt(writeMapped('src/orders.ts'))])

    await mapCallSites([...hostile, record])

    expect(record.info.code).toMatchObject({ file: 'orders.ts', line: 8 })
  })

  it("maps other records if the program's Error.prepareStackTrace cannot be read", async () => {
    const typescript = recordOf([frameAt(write('unreadable.ts', ''))])
    const record = recordOf([frameAt(writeMapped('src/orders.ts'))])
    Object.defineProperty(Error, 'prepareStackTrace', { get: fail, configurable: true })

    await mapCallSites([typescript, record])

    expect(record.info.code).toMatchObject({ file: 'orders.ts', line: 8 })
  })
})

function fail(): never {
  throw new Error('The member must not be used')
}

function readableOnce(info: unknown): unknown {
  const values = [info]
  return Object.defineProperty({}, 'info', { get: () => (values.length > 0 ? values.pop() : fail()) })
}

describe('prefetchMaps()', () => {
  it('reads the source maps, so that later lookups do not read the files', async () => {
    const path = writeMapped('src/orders.ts')

    await prefetchMaps([path, path])
    rmSync(path)

    expect(await locate(frameAt(path))).toMatchObject({ line: 8 })
  })

  it('ignores files that do not exist and names that are not files', async () => {
    const names = ['', 'node:fs', 'orders.js', 'file://%', `${folder}\0`, join(folder, 'missing.js')]

    await expect(prefetchMaps(names)).resolves.toBeUndefined()
  })
})
