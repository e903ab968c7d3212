import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { build as esbuild } from 'esbuild'
import { rollup } from 'rollup'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import webpack from 'webpack'

// Below the packages that the bundles leave outside.
const root = fileURLToPath(new URL('.', import.meta.url))
const DRIVERS = '@osprofiler/drivers'
const PROGRAM = `
  import { run, withTrace } from '@osprofiler/core'
  import { setup } from '@osprofiler/node'
  import { createServer } from 'node:http'
  const names = []
  const own = setup({ hmacKeys: 'KEY', traceSql: 'values', notifier: ({ name }) => { names.push(name) } })
  const server = createServer((_, res) => res.end('served')).listen(0, '127.0.0.1', () => {
    run({ hmacKey: 'KEY' }, async () => {
      await (await fetch('http://127.0.0.1:' + server.address().port)).text()
      server.close()
      await own.close()
      const stored = setup({ connectionString: 'memory://' })
      run({ hmacKey: 'KEY' }, () => withTrace('work', () => undefined))
      await stored.flush()
      console.log(names.join(), stored.driver.name, stored.notifier.stats.written)
      await stored.close()
    })
  })`

type Format = 'esm' | 'cjs'
type Bundle = (entry: string, outfile: string, format: Format, external: string[]) => Promise<void>

const BUNDLERS: Record<string, Bundle> = {
  async esbuild(entry, outfile, format, external) {
    await esbuild({
      entryPoints: [entry],
      bundle: true,
      platform: 'node',
      format,
      outfile,
      external,
      logLevel: 'error',
    })
  },
  async rollup(entry, outfile, format, external) {
    const plugins = [nodeResolve({ preferBuiltins: true, exportConditions: ['node'] })]
    const bundle = await rollup({ input: entry, external: [...external, /^node:/], plugins, onwarn: () => undefined })
    await bundle.write({ file: outfile, format, inlineDynamicImports: true })
  },
  async webpack(entry, outfile, format, external) {
    const isModule = format === 'esm'
    const filename = outfile.slice(outfile.lastIndexOf('/') + 1)
    const type = isModule ? 'module' : 'commonjs'
    // What require() gives of a module of ECMAScript, a bundle of CommonJS takes as it is.
    const externals = Object.fromEntries(external.map(name => [name, `${type} ${name}`]))
    const compiler = webpack({
      mode: 'production',
      target: 'node20',
      entry,
      externals,
      output: { path: outfile.slice(0, outfile.lastIndexOf('/')), filename, module: isModule, chunkFormat: type },
      experiments: { outputModule: isModule },
    })
    await new Promise<void>((resolve, reject) => {
      compiler?.run((error, stats) => {
        if (error || stats?.hasErrors()) reject(error ?? new Error(stats?.toString({ all: false, errors: true })))
        else resolve()
      })
    })
  },
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(root, '.bundles-'))
  mkdirSync(join(folder, 'stand'))
  writeFileSync(join(folder, 'app.mjs'), PROGRAM)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Makes a bundle and runs it from another folder than its own. */
async function runBundle(bundler: string, format: Format, external: string[]) {
  const outfile = join(folder, `${bundler}-${external.length}.${format === 'esm' ? 'mjs' : 'cjs'}`)
  await BUNDLERS[bundler]?.(join(folder, 'app.mjs'), outfile, format, external)
  const { status, stdout, stderr } = spawnSync(process.execPath, [outfile], {
    cwd: join(folder, 'stand'),
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

describe.each(Object.keys(BUNDLERS))('a bundle by %s', bundler => {
  it.each<Format>(['esm', 'cjs'])('as %s traces and stores, with the drivers outside of it', async format => {
    const outcome = await runBundle(bundler, format, [DRIVERS])

    expect(outcome).toEqual({ status: 0, stdout: 'http-start,http-stop memory 2\n', stderr: '' })
  })
})
