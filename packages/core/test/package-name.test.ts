import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'osprofiler-package-name-'))
const SHOW = `import { packageName } from ${JSON.stringify(new URL('../build/options/package-name.js', import.meta.url).href)}
console.log(packageName())`

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

beforeAll(() => {
  write('shop/package.json', '{ "name": "shop" }')
  write('shop/orders/package.json', '{ "type": "module" }')
  write('shop/orders/server.mjs', SHOW)
  write('alone/worker.mjs', SHOW)
  write('nameless/package.json', '{ "private": true }')
  write('nameless/index.mjs', SHOW)
})

afterAll(() => rmSync(folder, { recursive: true }))

it.each([
  ['the nearest package that has a name', 'shop/orders/server.mjs', 'shop'],
  ['its file if there is no package', 'alone/worker.mjs', 'worker'],
  ['its folder if the file is the index of a nameless package', 'nameless/index.mjs', 'nameless'],
])('a program is named after %s', (_, file, name) => {
  const shown = execFileSync(process.execPath, [join(folder, file)], { encoding: 'utf8' })

  expect(shown.trim()).toBe(name)
})
