import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
// The built package is in the folder of this project's packages, as if installed.
import {
  findOwner,
  findPackageFolder,
  findRawOwner,
  isFile,
  isOwnCodeBundled,
  isSharedBundle,
  mayBeProgram,
  toPath,
  toShownFile,
} from '../build/call-sites/program-file.js'
// For the source, this project is in a file that a bundler has created.
import * as bundled from '../src/call-sites/program-file.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const built = fileURLToPath(new URL('../build/call-sites/program-file.js', import.meta.url))
const source = fileURLToPath(new URL('../src/call-sites/program-file.ts', import.meta.url))

let folder: string
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'osprofiler-program-file-')))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

describe('isFile()', () => {
  it.each(['/srv/orders.js', 'file:///srv/orders.js', 'FILE:///srv/orders.js', 'C:\\orders.js', 'c:/orders.js'])(
    'accepts %o',
    file => expect(isFile(file)).toBe(true),
  )

  it.each(['', 'node:fs', 'orders.js', 'evalmachine.<anonymous>', 'https://shop.example/a.js', 'wasm://wasm/1', 'C:'])(
    'refuses %o',
    file => expect([isFile(file), mayBeProgram(file)]).toEqual([false, false]),
  )
})

describe('toPath()', () => {
  it.each([
    ['a path', '/srv/a b/orders.js?v=1#top', '/srv/a b/orders.js?v=1#top'],
    ['a URL', 'file:///srv/a%20b/orders.js', '/srv/a b/orders.js'],
    ['a URL with a query and a fragment', 'file:///srv/orders.js?v=%2F\n#top', '/srv/orders.js'],
    ['a malformed URL', 'file:///srv/%', 'file:///srv/%'],
    ['a URL with an escaped slash', 'file:///srv%2Forders.js', 'file:///srv%2Forders.js'],
    ['a URL of another host', 'file://host/orders.js', 'file://host/orders.js'],
    ['an empty name', '', ''],
  ])('converts %s', (_, file, path) => {
    expect(toPath(file)).toBe(path)
  })
})

describe('the owner of a generated file', () => {
  it.each([
    ['/srv/shop/dist/orders.js', 'program'],
    ['/srv/shop/node_modules/library/index.js', 'library'],
    ['C:\\shop\\node_modules\\library\\index.js', 'library'],
    ['/srv/shop/old_node_modules/orders.js', 'program'],
    ['/srv/shop/node_modules/@osprofiler/koa/dist/index.js', 'osprofiler'],
    ['C:\\shop\\node_modules\\@osprofiler\\koa\\dist\\index.js', 'osprofiler'],
    ['/srv/shop/node_modules/@osprofiler-shop/index.js', 'library'],
    [built, 'osprofiler'],
    [join(root, 'packages/koa/src/index.ts'), 'osprofiler'],
    [join(root, 'packages/core/test/orders.js'), 'program'],
    [join(root, 'examples/demo/dist/index.js'), 'program'],
  ])('of %s is the %s', (path, owner) => {
    expect(findRawOwner(path)).toBe(owner)
    expect(mayBeProgram(path)).toBe(owner === 'program')
  })
})

describe('the owner of a source file', () => {
  it.each([
    ['named @osprofiler/koa', '{"name":"@osprofiler/koa"}', 'osprofiler'],
    ['named osprofiler', '{"name":"osprofiler"}', 'osprofiler'],
    ['named osprofiler-shop', '{"name":"osprofiler-shop"}', 'program'],
    ['named @osprofiler-shop/orders', '{"name":"@osprofiler-shop/orders"}', 'program'],
    ['without a name', '{}', 'program'],
    ['with a name of a wrong type', '{"name":["osprofiler"]}', 'program'],
    ['whose manifest is null', 'null', 'program'],
    ['whose manifest is not JSON', '<!DOCTYPE html>', 'program'],
    ['whose manifest is larger than 1 MiB', `{"name":"osprofiler"${' '.repeat(1024 * 1024)}}`, 'program'],
  ])('in a package %s is found by the name', (kind, manifest, owner) => {
    const name = kind.replace(/\W+/g, '-')
    write(`${name}/package.json`, manifest)

    expect(findOwner(join(folder, name, 'src/deep/index.ts'))).toBe(owner)
  })

  it('in a folder node_modules is a library', () => {
    expect(findOwner(join(folder, 'node_modules/library/index.ts'))).toBe('library')
  })
})

describe('this project', () => {
  it('is not bundled if its packages are in a folder of their own', () => {
    expect([isOwnCodeBundled(), isSharedBundle(built), isSharedBundle(`${pathToFileURL(built)}`)]).toEqual([
      false,
      false,
      false,
    ])
  })

  it('is bundled if its code is in another file, which is the only shared bundle', () => {
    const shared = [source, `${pathToFileURL(source)}`].filter(bundled.isSharedBundle)

    expect(bundled.isOwnCodeBundled()).toBe(true)
    expect(shared).toHaveLength(1)
    expect(bundled.isSharedBundle('/srv/shop/dist/orders.js')).toBe(false)
  })
})

describe('findPackageFolder()', () => {
  it('returns the nearest folder with a package.json', () => {
    const inner = dirname(write('outer/inner/package.json', '{}'))
    const outer = dirname(write('outer/package.json', '{}'))

    expect([inner, join(inner, 'src/deep'), outer, join(outer, 'src')].map(findPackageFolder)).toEqual([
      inner,
      inner,
      outer,
      outer,
    ])
  })

  it('returns the folder itself if no parent has a package.json', () => {
    expect(findPackageFolder('/osprofiler-missing/src')).toBe('/osprofiler-missing/src')
  })
})

describe('toShownFile()', () => {
  it.each([
    ['a file below the root', join(root, 'packages/shop/orders.js'), 'packages/shop/orders.js'],
    ['the URL of a file', `${pathToFileURL(join(root, 'a b.js'))}?v=1`, 'a b.js'],
    ['a file outside the root', '/srv/secret/orders.js', 'orders.js'],
    ["a file in a folder whose name begins with the root's name", `${root.slice(0, -1)}-old/orders.js`, 'orders.js'],
    ['a file on Windows', 'D:\\secret\\orders.js', 'orders.js'],
    ['an empty name', '', ''],
  ])('shows %s', (_, file, shown) => {
    expect(toShownFile(file)).toBe(shown)
  })
})

describe("the program's root", () => {
  const PROGRAM = `import(${JSON.stringify(pathToFileURL(built))}).then(({ toShownFile }) =>
    console.log(toShownFile(process.env.SHOWN_FILE)))`

  function show(file: string, args: readonly string[], cwd: string): string {
    const env = { ...process.env, SHOWN_FILE: file }
    return execFileSync(process.execPath, args, { cwd, env, encoding: 'utf8' }).trimEnd()
  }

  it.each([
    ['the folder of the nearest package.json', 'plain', { 'package.json': '{}', 'src/package.json': '{}' }, 'main.js'],
    ['the workspace of npm', 'npm', { 'package.json': '{"workspaces":[]}', 'src/package.json': '{}' }, 'src/main.js'],
    ['the workspace of pnpm', 'pnpm', { 'pnpm-workspace.yaml': '', 'src/package.json': '{}' }, 'src/main.js'],
    [
      'not affected by an outer package.json that is not JSON',
      'broken',
      { 'package.json': '{', 'src/package.json': '{}' },
      'main.js',
    ],
  ])('is %s', (_, name, files, shown) => {
    for (const [file, text] of Object.entries(files)) write(`${name}/${file}`, text)
    const main = write(`${name}/src/main.js`, PROGRAM)

    expect(show(main, [main], tmpdir())).toBe(shown)
  })

  it('is found from the current folder if the main file is a tool in node_modules', () => {
    write('tool/package.json', '{}')
    const main = write('tool/node_modules/runner/main.js', PROGRAM)

    expect(show(join(folder, 'tool/src/orders.js'), [main], join(folder, 'tool'))).toBe('src/orders.js')
  })

  it('may be the root of the file system', () => {
    expect(show('/src/orders.js', ['-e', PROGRAM], '/')).toBe('src/orders.js')
  })
})
