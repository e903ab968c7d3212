import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Script } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSites, pickSite, toFrame } from '../src/why/account/sites.js'
import { createSlices } from '../src/why/account/slices.js'
import type { Entry } from '../src/why/recording/recording.js'
import { entryOf } from './fixtures/recordings.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'osprofiler-sites-'))
  mkdirSync(join(folder, 'node_modules/pg/lib'), { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const openSites = () => createSites(createSlices())

/** Captures a stack with one function in each of the files, the innermost first. Nothing else is on the stack. */
function captureStack(...frames: readonly (readonly [file: string, name: string])[]): NonNullable<Entry['stack']> {
  const holder: { stack?: unknown } = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = frames.length
  const capture = (): void => Error.captureStackTrace(holder, capture)
  const outermost = frames.reduce((inner, [file, name]) => {
    const code = `(inner => ({ '${name}': function () { inner() } })['${name}'])`
    return new Script(code, { filename: file.startsWith('node:') ? file : join(folder, file) }).runInThisContext()(
      inner,
    )
  }, capture)
  try {
    outermost()
  } finally {
    Error.stackTraceLimit = limit
  }
  return holder
}

describe('the site of a function', () => {
  const at = { line: 3, column: 1 }

  it('has the name, the file and the line, and shows who owns the code', async () => {
    const file = join(folder, 'orders.js')

    expect(await openSites().find({ name: 'sumPrices', file, ...at })).toEqual({
      function: 'sumPrices',
      file: 'orders.js',
      line: 3,
      owner: 'program',
    })
  })

  it.each([
    ['a library', '/srv/shop/node_modules/pg/lib/client.js', 'node_modules/pg/lib/client.js', 'library'],
    [
      'a library of another library',
      '/srv/node_modules/.pnpm/pg@8.0.0/node_modules/pg/lib/client.js',
      'node_modules/pg/lib/client.js',
      'library',
    ],
    ['a library on Windows', 'C:\\shop\\node_modules\\pg\\client.js', 'node_modules/pg/client.js', 'library'],
    [
      'this project',
      '/srv/node_modules/@osprofiler/core/dist/index.js',
      'node_modules/@osprofiler/core/dist/index.js',
      'osprofiler',
    ],
  ])('has a path from the last node_modules in %s', async (_, path, file, owner) => {
    expect(await openSites().find({ name: 'query', file: path, ...at })).toMatchObject({ file, owner })
  })

  it.each(['', 'node:fs', 'evalmachine.<anonymous>', 'wasm://wasm/1'])('is missing for code in %j', async file => {
    expect(await openSites().find({ name: 'read', file, ...at })).toBeUndefined()
  })

  it('is called (anonymous) without a name', async () => {
    expect(await openSites().find({ name: '', file: join(folder, 'a.js'), ...at })).toMatchObject({
      function: '(anonymous)',
    })
  })

  it('has at most 200 characters of a name and of a path, and never half of a character', async () => {
    const [name, path] = ['😀'.repeat(500), `/srv/node_modules/xy${'😀'.repeat(500)}/index.js`]

    const site = await openSites().find({ name, file: path, ...at })

    expect(site?.function).toBe(`${'😀'.repeat(100)}...`)
    expect(site?.file).toBe(`node_modules/xy${'😀'.repeat(92)}...`)
  })

  it('is found in the source file if the code has a source map', async () => {
    const map = { version: 3, sources: ['../src/orders.ts'], names: [], mappings: 'AAOA' }
    const data = Buffer.from(JSON.stringify(map)).toString('base64')
    const file = join(folder, 'mapped.js')
    writeFileSync(file, `orders()\n//# sourceMappingURL=data:application/json;base64,${data}\n`)

    const sites = openSites()
    const long = await sites.find({ name: 'sumPrices', file, line: 1, column: 1 })
    const minified = await sites.find({ name: 'a', file, line: 1, column: 1 })

    expect(long).toMatchObject({ function: 'sumPrices', file: 'orders.ts', line: 8 })
    expect(minified).toMatchObject({ function: 'a', file: 'orders.ts', line: 8 })
  })

  it('is found for a function of a CPU profile, whose line and column count from 0', async () => {
    const callFrame = {
      functionName: 'sum',
      url: pathToFileURL(join(folder, 'sum.js')).href,
      lineNumber: 6,
      columnNumber: 1,
    }

    expect(toFrame(callFrame)).toMatchObject({ name: 'sum', line: 7, column: 2 })
    expect(await openSites().findFunction(callFrame)).toMatchObject({ function: 'sum', file: 'sum.js', line: 7 })
  })

  it('can be copied without the owner of the code', () => {
    const placed = { function: 'sum', file: 'sum.js', line: 7, owner: 'program' }

    expect(pickSite(placed)).toEqual({ function: 'sum', file: 'sum.js', line: 7 })
  })
})

describe('the site of a line', () => {
  it('is missing if the file has fewer lines, or cannot be read', async () => {
    const path = join(folder, 'three-lines.js')
    writeFileSync(path, 'one()\ntwo()\nthree()')
    const sites = openSites()

    const found = [await sites.findLine(path, 3), await sites.findLine(pathToFileURL(path).href, 1)]
    const missing = [await sites.findLine(path, 4), await sites.findLine(join(folder, 'no-such-file.js'), 1)]

    expect(found).toEqual([
      { file: 'three-lines.js', line: 3 },
      { file: 'three-lines.js', line: 1 },
    ])
    expect(missing).toEqual([undefined, undefined])
  })
})

describe('the site where a resource was created', () => {
  const findMaker = async (entry: Entry) => (await openSites().findMakers([entry])).get(entry)

  it('is the innermost function of the program', async () => {
    const stack = captureStack(
      ['node:net', 'connect'],
      ['node_modules/pg/lib/client.js', 'query'],
      ['orders.js', 'loadOrders'],
      ['server.js', 'serve'],
    )

    expect(await findMaker(entryOf({ stack }))).toEqual({ function: 'loadOrders', file: 'orders.js', line: 1 })
  })

  it('is the innermost function of a library if no function of the program is on the stack', async () => {
    const stack = captureStack(
      ['node:net', 'connect'],
      ['node_modules/pg/lib/client.js', 'query'],
      ['node_modules/pg/lib/pool.js', 'take'],
    )

    expect(await findMaker(entryOf({ stack }))).toMatchObject({
      function: 'query',
      file: 'node_modules/pg/lib/client.js',
    })
  })

  it.each([
    ['of its caller if both are in one file', 'orders.js', { function: 'sleep', file: 'orders.js' }],
    ['(anonymous) if its caller is in another file', 'timers.js', { function: '(anonymous)', file: 'orders.js' }],
  ])('has, for a function without a name, the name %s', async (_, file, site) => {
    const stack = captureStack(['orders.js', ''], [file, 'sleep'])

    expect(await findMaker(entryOf({ stack }))).toMatchObject(site)
  })

  it('is that of its maker, or of the maker of its maker, if its own stack shows no code of the program', async () => {
    const stack = captureStack(['orders.js', 'loadOrders'])
    const own = entryOf({ stack })
    const third = entryOf({ maker: own })
    const second = entryOf({ stack: captureStack(['node:net', 'connect']), maker: third })
    const first = entryOf({ maker: second })

    const found = [await findMaker(second), await findMaker(first)]

    expect(found).toEqual([{ function: 'loadOrders', file: 'orders.js', line: 1 }, {}])
  })

  it('is found for each of several resources that were created by one another', async () => {
    const own = entryOf({ stack: captureStack(['orders.js', 'loadOrders']) })
    const third = entryOf({ maker: own })
    const second = entryOf({ maker: third })
    const first = entryOf({ maker: second })

    const makers = await openSites().findMakers([first, second, third, first])

    expect([...makers]).toEqual([
      [first, {}],
      [second, { function: 'loadOrders', file: 'orders.js', line: 1 }],
      [third, { function: 'loadOrders', file: 'orders.js', line: 1 }],
    ])
  })

  it('is unknown if no stack was captured, or if reading the stack throws', async () => {
    const broken = {
      get stack() {
        throw new Error('Unreadable')
      },
    }

    expect(await findMaker(entryOf())).toEqual({})
    expect(await findMaker(entryOf({ stack: broken }))).toEqual({})
  })

  it("is read without the program's prepareStackTrace, which stays in place", async () => {
    const original = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
    const own = () => {
      throw new Error('The hook of the program must not run')
    }
    const stack = captureStack(['orders.js', 'loadOrders'])
    Error.prepareStackTrace = own
    try {
      expect(await findMaker(entryOf({ stack }))).toMatchObject({ function: 'loadOrders' })
      expect(Error.prepareStackTrace).toBe(own)
    } finally {
      Reflect.deleteProperty(Error, 'prepareStackTrace')
      if (original !== undefined) Object.defineProperty(Error, 'prepareStackTrace', original)
    }
  })
})
