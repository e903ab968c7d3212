import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findSourceMap } from '../build/call-sites/source-maps.js'

let folder: string
let count = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'osprofiler-maps-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
  // Node's `realpathSync` may use the result of the previous `stat` call. If that call had examined the named pipe of a
  // test, later imports would not follow symbolic links. Therefore, this call examines a folder.
  statSync(tmpdir())
})

/** A source map that maps the first line of the generated code to line 8 of the source. */
const MAP = { version: 3, sources: ['../src/orders.ts'], names: [], mappings: 'AAOA' }

function writeCode(url: string): string {
  const path = join(folder, `code-${count++}.js`)
  writeFileSync(path, `orders()\n//# sourceMappingURL=${url}\n`)
  return path
}

function writeMap(text: string): string {
  const name = `map-${count++}.js.map`
  writeFileSync(join(folder, name), text)
  return name
}

async function findIn(path: string): Promise<unknown> {
  const findSource = await findSourceMap(path, path)
  return findSource === undefined ? undefined : await findSource(1, 1)
}

const inline = (map: unknown): string =>
  `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`
const sourceAt = (file: string) => ({ file, line: 8, column: 1 })

describe('a source map is read', () => {
  it.each<[string, () => string]>([
    ['from a file next to the code', () => writeMap(JSON.stringify(MAP))],
    ['from a URL with a query', () => `${writeMap(JSON.stringify(MAP))}?v=1`],
    ['from an absolute path', () => join(folder, writeMap(JSON.stringify(MAP)))],
    ['from a file URL', () => `file://${join(folder, writeMap(JSON.stringify(MAP)))}`],
    ['from a data URL', () => inline(MAP)],
    ['from a data URL without Base64', () => `data:application/json,${encodeURIComponent(JSON.stringify(MAP))}`],
    ['with sections', () => inline({ version: 3, sections: [{ offset: { line: 0, column: 0 }, map: MAP }] })],
  ])('%s', async (_, url) => {
    expect(await findIn(writeCode(url()))).toEqual(sourceAt(join(folder, '../src/orders.ts')))
  })

  it.each([
    [
      'are relative to sourceRoot',
      { ...MAP, sourceRoot: '/srv/shop', sources: ['src/orders.ts'] },
      '/srv/shop/src/orders.ts',
    ],
    ['are file URLs', { ...MAP, sources: ['file:///srv/shop/src/orders.ts'] }, '/srv/shop/src/orders.ts'],
  ])('with sources that %s', async (_, map, file) => {
    expect(await findIn(writeCode(inline(map)))).toEqual(sourceAt(file))
  })

  it("with webpack's paths of sources, which are relative to the package", async () => {
    writeFileSync(join(folder, 'package.json'), '{}')
    const map = { ...MAP, sources: ['webpack://shop/./src/orders.ts?1f2e'] }

    expect(await findIn(writeCode(inline(map)))).toEqual(sourceAt(join(folder, 'src/orders.ts')))
  })

  it('in a worker if it is large, with the same result', async () => {
    const map = { ...MAP, sources: [...MAP.sources, 'x'.repeat(1024 * 1024)] }
    const path = writeCode(writeMap(JSON.stringify(map)))
    const [first, second] = await Promise.all([findIn(path), findIn(path)])

    expect(first).toEqual(sourceAt(join(folder, '../src/orders.ts')))
    expect(second).toEqual(first)
  })

  it('only once, because the result is kept', async () => {
    const name = writeMap(JSON.stringify(MAP))
    const path = writeCode(name)
    await findIn(path)
    rmSync(join(folder, name))

    expect(await findIn(path)).toEqual(sourceAt(join(folder, '../src/orders.ts')))
  })
})

describe('a source map is skipped', () => {
  it.each<[string, () => string]>([
    ['is missing', () => 'missing.js.map'],
    ['is remote', () => 'https://maps.example/orders.js.map'],
    ['is not JSON', () => writeMap('<!DOCTYPE html>')],
    ['is empty', () => writeMap('')],
    ['is null', () => writeMap('null')],
    ['is not JSON, and large', () => writeMap('x'.repeat(1024 * 1024))],
    ['has no mappings', () => writeMap('{"version":3,"sources":[]}')],
    ['has mappings of a wrong type', () => writeMap('{"version":3,"sources":["a.ts"],"mappings":7}')],
    ['is a folder', () => '.'],
    ['is larger than 64 MiB', () => writeMap(`"${' '.repeat(64 * 1024 * 1024)}"`)],
    ['has a malformed percent escape in its URL', () => 'map%.js'],
    ['has a malformed data URL', () => 'data:application/json;base64,AAAA'],
    ['has sources that are not files', () => inline({ ...MAP, sources: ['https://cdn.example/orders.ts'] })],
    ['has sources of webpack itself', () => inline({ ...MAP, sources: ['webpack://shop/webpack/bootstrap'] })],
    ['has sources of wrong types', () => inline({ ...MAP, sources: [7] })],
  ])('if it %s', async (_, url) => {
    expect(await findIn(writeCode(url()))).toBeUndefined()
  })

  it('if it is a named pipe, without waiting for a writer', async () => {
    const name = `pipe-${count++}`
    execFileSync('mkfifo', [join(folder, name)])

    expect(await findIn(writeCode(name))).toBeUndefined()
  })

  it('if the code is missing', async () => {
    expect(await findIn(join(folder, 'missing.js'))).toBeUndefined()
  })
})
