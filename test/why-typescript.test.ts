import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Format } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram } from './servers/run-program.js'
import type { Account, Cause } from './why/limits-service.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const text = readFileSync(new URL('why/orders.ts', import.meta.url), 'utf8')
const FILE = 'src/orders.ts'

let folder: string
beforeAll(() => {
  // The folder is inside this project, so that the programs find the packages.
  folder = mkdtempSync(join(root, 'test/dist-why-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Returns the number of the first line in the source that contains this code. */
function lineOf(code: string): number {
  return text.split('\n').findIndex(line => line.includes(code)) + 1
}

async function explain(format: Format, bundle: boolean): Promise<Account> {
  const app = join(folder, `${format}-${bundle}`)
  mkdirSync(join(app, 'src'), { recursive: true })
  writeFileSync(
    join(app, 'package.json'),
    JSON.stringify({ name: 'shop', type: format === 'esm' ? 'module' : 'commonjs' }),
  )
  // Without this file, the shown paths would be relative to the workspace of this project.
  writeFileSync(join(app, 'pnpm-workspace.yaml'), '')
  writeFileSync(join(app, FILE), text)
  await build({
    absWorkingDir: app,
    entryPoints: [FILE],
    outfile: join(app, 'dist/orders.js'),
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
    sourcemap: true,
    format,
    bundle,
    ...(bundle && { external: ['@osprofiler/*'] }),
  })
  return JSON.parse(await runProgram(process.execPath, ['dist/orders.js'], { cwd: app })) as Account
}

describe.each<[Format, boolean]>([
  ['esm', false],
  ['cjs', false],
  ['esm', true],
])('an account of a program that esbuild compiled to %s (as a bundle: %s)', (format, bundle) => {
  it('names the functions and lines of the source', async () => {
    const { causes } = await explain(format, bundle)
    const find = (kind: string, name: string): Cause | undefined =>
      causes.find(cause => cause.kind === kind && (cause.function === name || cause.by === name))

    expect(find('cpu', 'sumPrices')).toMatchObject({
      file: FILE,
      line: lineOf('function sumPrices'),
      hotFile: FILE,
      hotLine: lineOf('Math.sqrt(total'),
    })
    expect(find('wait', 'politeRetry')).toMatchObject({ what: 'timer', file: FILE, line: lineOf('setTimeout(resolve') })
    expect(find('held', 'rebuildIndex')).toMatchObject({ byFile: FILE, byLine: lineOf('function rebuildIndex') })
  })
})
