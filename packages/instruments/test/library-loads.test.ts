import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const LOADS = new URL('../build/loading/library-loads.js', import.meta.url).href
const hasHooks = 'registerHooks' in process.getBuiltinModule('node:module')

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'osprofiler-loads-'))
  write('node_modules/shop/package.json', '{ "name": "shop", "version": "2.1.0", "main": "./lib" }')
  write('node_modules/shop/lib/index.js', 'exports.till = require("./till")\nexports.kind = "cjs"')
  write('node_modules/shop/lib/till.js', 'exports.ring = () => "ring"')
  write(
    'node_modules/modern/package.json',
    JSON.stringify({
      name: 'modern',
      version: '3.0.0',
      type: 'module',
      main: 'cjs/index.cjs',
      exports: { import: './src/index.js', default: './cjs/index.cjs' },
    }),
  )
  write('node_modules/modern/src/index.js', 'export const kind = "esm"')
  write('node_modules/modern/cjs/index.cjs', 'exports.kind = "cjs"')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

/** Runs `body`, in which `tell(label)` creates a callback that prints the loaded library. Returns the printed lines. */
function runProgram(body: string): string[] {
  const program = `
    import { createRequire } from 'node:module'
    import { whenLoaded } from ${JSON.stringify(LOADS)}
    const require = createRequire(import.meta.url)
    const tell = label => (exports, { version, file }) => {
      count++
      console.log(label, exports.kind ?? Object.keys(exports).join(), version, file)
      return () => console.log('undone', label)
    }
    let count = 0
    const soon = async expected => {
      for (let i = 0; i < 500 && (i < 5 || count < expected); i++) await new Promise(resolve => setTimeout(resolve, 10))
    }
    ${body}`
  write('program.mjs', program)
  return execFileSync(process.execPath, [join(folder, 'program.mjs')], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  })
    .split('\n')
    .filter(line => line !== '')
}

describe('a CommonJS library', () => {
  it('is reported once, before require() returns, if it is required after whenLoaded()', () => {
    const told = runProgram(`
      whenLoaded('shop', (exports, copy) => { exports.seen = copy })
      console.log(JSON.stringify(require('shop').seen))
      console.log(require('shop/lib/index.js').seen.version)`)

    const [seen = '', ...more] = told
    const root = realpathSync(join(folder, 'node_modules/shop'))
    expect(JSON.parse(seen)).toEqual({ version: '2.1.0', folder: root, file: 'lib/index.js' })
    expect(more).toEqual(['2.1.0'])
  })

  it('is found by a pattern for its file name', () => {
    const told = runProgram(`
      whenLoaded('shop', tell('found'), { file: /^lib\\/i[a-z]+\\.js$/ })
      whenLoaded('shop', tell('other'), { file: /^index\\.js$/ })
      require('shop')`)

    expect(told.map(line => line.split(' ')[0])).toEqual(['found'])
  })

  it.each(['require', 'import'])('is reported if the program has already loaded it with %s', how => {
    const load = how === 'import' ? 'await import' : 'require'

    const told = runProgram(`${load}('shop'); whenLoaded('shop', tell('early'))`)

    expect(told).toEqual(['early cjs 2.1.0 lib/index.js'])
  })

  it('is reported if it is imported after whenLoaded()', () => {
    const told = runProgram(`whenLoaded('shop', tell('later')); await import('shop')`)

    expect(told).toEqual(['later cjs 2.1.0 lib/index.js'])
  })

  it('is reported when the file that the option `file` names is loaded', () => {
    const told = runProgram(`whenLoaded('shop', tell('till'), { file: 'lib/till.js' }); require('shop')`)

    expect(told).toEqual(['till ring 2.1.0 lib/till.js'])
  })

  it('is reported once for each of its copies, even if their folders have other names', () => {
    write('node_modules/shop-1/package.json', '{ "name": "shop", "version": "1.0.0" }')
    write('node_modules/shop-1/index.js', 'exports.kind = "old"')
    write('node_modules/user/package.json', '{ "name": "user", "version": "1.0.0" }')
    write('node_modules/user/index.js', 'require("shop")')
    write('node_modules/user/node_modules/shop/package.json', '{ "name": "shop", "version": "9.0.0" }')
    write('node_modules/user/node_modules/shop/index.js', 'exports.kind = "nested"')

    const told = runProgram(`
      require('shop-1')
      whenLoaded('shop', tell('a'))
      require('user')
      require('shop')`)

    expect(told).toEqual(['a old 1.0.0 index.js', 'a nested 9.0.0 index.js', 'a cjs 2.1.0 lib/index.js'])
  })

  it('still loads if the callback of whenLoaded() throws', () => {
    const told = runProgram(`
      whenLoaded('shop', () => { throw new Error('no') })
      console.log(require('shop').kind)`)

    expect(told).toEqual(['cjs'])
  })

  it('still throws its own error if it fails to load', () => {
    write('node_modules/shop/lib/till.js', 'throw new Error("out of order")')

    const told = runProgram(`
      whenLoaded('shop', tell('a'))
      try { require('shop') } catch (error) { console.log(error.message) }`)

    expect(told).toEqual(['out of order'])
  })
})

describe('a library of ES modules', () => {
  const ES_MODULE = "{ esModule: 'src/index.js' }"

  it('is reported once for each of its builds', () => {
    const told = runProgram(`
      whenLoaded('modern', tell('a'), ${ES_MODULE})
      await import('modern')
      require('modern')
      await soon(2)`)

    expect(told.sort()).toEqual(['a cjs 3.0.0 cjs/index.cjs', 'a esm 3.0.0 src/index.js'])
  })

  it('is reported if the program has already imported it', () => {
    const told = runProgram(`import 'modern'; whenLoaded('modern', tell('a'), ${ES_MODULE}); await soon(1)`)

    expect(told).toEqual(['a esm 3.0.0 src/index.js'])
  })

  it('is reported even if it is in the folder of another library, but only if Node has module hooks', () => {
    write(
      'node_modules/user/package.json',
      '{ "name": "user", "version": "1.0.0", "type": "module", "main": "index.js" }',
    )
    write('node_modules/user/index.js', 'import "modern"')
    write(
      'node_modules/user/node_modules/modern/package.json',
      '{ "name": "modern", "version": "4.0.0", "type": "module", "main": "index.js" }',
    )
    write('node_modules/user/node_modules/modern/index.js', 'export const kind = "nested"')

    const told = runProgram(`
      const undo = whenLoaded('modern', tell('a'), { esModule: 'index.js' })
      await import('user')
      await soon(${hasHooks ? 1 : 0})`)

    expect(told).toEqual(hasHooks ? ['a nested 4.0.0 index.js'] : [])
  })
})

describe('whenLoaded()', () => {
  it('reports the exports in the option `given`', () => {
    const told = runProgram(`whenLoaded('bundled', tell('a'), { given: { kind: 'bundle' } })`)

    expect(told).toEqual(['a bundle  '])
  })

  it('reports nothing once it is undone, undoes each change once, and leaves no hook', () => {
    const told = runProgram(`
      const Module = require('node:module')
      const before = Module.prototype.load
      const undo = whenLoaded('shop', tell('a'), { esModule: 'lib/index.js' })
      require('shop')
      undo()
      undo()
      delete require.cache[require.resolve('shop')]
      require('shop')
      await soon(0)
      console.log(Module.prototype.load === before)`)

    expect(told).toEqual(['a cjs 2.1.0 lib/index.js', 'undone a', 'true'])
  })

  it('still reports to a second caller after the first caller has undone its call', () => {
    const told = runProgram(`
      const undo = whenLoaded('shop', tell('a'))
      whenLoaded('shop', tell('b'))
      undo()
      require('shop')`)

    expect(told).toEqual(['b cjs 2.1.0 lib/index.js'])
  })

  it('keeps a later hook of other code in place when it is undone', () => {
    const told = runProgram(`
      const Module = require('node:module')
      const undo = whenLoaded('shop', tell('a'))
      const ours = Module.prototype.load
      Module.prototype.load = function (...args) { console.log('theirs'); return ours.apply(this, args) }
      undo()
      require('shop')`)

    expect(told).toEqual(['theirs', 'theirs'])
  })

  it('reports no file outside node_modules', () => {
    write('package.json', '{ "name": "shop", "version": "0.0.1" }')
    write('index.cjs', 'exports.kind = "own"')

    expect(runProgram(`whenLoaded('shop', tell('a'), { file: 'index.cjs' }); require('./index.cjs')`)).toEqual([])
  })
})
