import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformFile } from '@swc/core'
import { build, type Format } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram } from './servers/run-program.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
const text = readFileSync(new URL('call-sites/orders.ts', import.meta.url), 'utf8')

/** The name of the function that contains each marked line. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  async: 'findAll',
  sync: 'loadRates',
  constructor: 'main',
  price: 'main',
}
/** The line of each point in the source. A comment at the end of the line contains the point's name. */
const LINES: ReadonlyMap<string, number> = new Map(
  text.split('\n').flatMap((line, at) => {
    const [, name] = / \/\/ (\w+)$/.exec(line) ?? []
    return name === undefined ? [] : [[name, at + 1]]
  }),
)

let folder: string
beforeAll(() => {
  // The folder is inside this project, so that the programs find the packages.
  folder = mkdtempSync(join(root, 'test/dist-call-sites-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Creates a package with the program as its source. */
function createPackage(name: string, format: Format): string {
  const app = join(folder, `${name.replace(/\W+/g, '-')}-${format}`)
  mkdirSync(join(app, 'src'), { recursive: true })
  writeFileSync(
    join(app, 'package.json'),
    JSON.stringify({ name: 'shop', type: format === 'esm' ? 'module' : 'commonjs' }),
  )
  // Without this file, the paths of call sites would be relative to the workspace of this project.
  writeFileSync(join(app, 'pnpm-workspace.yaml'), '')
  // CommonJS has no top-level `await`.
  const ending = /\nawait run[\s\S]*$/
  const program =
    format === 'esm' ? text : text.replace(ending, tail => `\nasync function end() {${tail}}\nvoid end()\n`)
  writeFileSync(join(app, 'src/orders.ts'), program)
  return app
}

interface Place {
  readonly file: string
  readonly line: number
  readonly function?: string
}

async function readPlaces(app: string, args: readonly string[]): Promise<ReadonlyMap<string, Place | null>> {
  const output = await runProgram(process.execPath, args, { cwd: app })
  return new Map(JSON.parse(output) as [string, Place | null][])
}

async function expectPlaces(app: string, args: readonly string[], { names = true } = {}): Promise<void> {
  const places = await readPlaces(app, args)

  const expected = [...LINES].map(([name, line]) => [name, `src/orders.ts:${line}`])
  expect([...places].map(([name, place]) => [name, `${place?.file}:${place?.line}`])).toEqual(expected)
  if (!names) return
  for (const [name, fn] of Object.entries(FUNCTIONS)) expect(places.get(name)?.function).toBe(fn)
}

/** Compiles the program of a package. Returns the arguments with which Node runs it. */
type Compile = (app: string, format: Format) => Promise<readonly string[]>

const tsc = async (app: string, format: Format, maps: string): Promise<readonly string[]> => {
  const kind = format === 'esm' ? ['--module', 'esnext'] : ['--module', 'commonjs']
  const options = ['--target', 'es2022', '--moduleResolution', 'bundler', '--noCheck', '--ignoreConfig', maps]
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  await runProgram(process.execPath, [compiler, 'src/orders.ts', '--outDir', 'dist', ...kind, ...options], { cwd: app })
  return ['dist/orders.js']
}

const esbuild = async (app: string, format: Format, options: object): Promise<readonly string[]> => {
  const outfile = join(app, 'dist/orders.js')
  const common = { absWorkingDir: app, entryPoints: ['src/orders.ts'], outfile, logLevel: 'error' as const }
  await build({ ...common, platform: 'node', format, target: 'node20', sourcemap: true, ...options })
  return ['dist/orders.js']
}

const swc: Compile = async (app, format) => {
  const { code, map = '' } = await transformFile(join(app, 'src/orders.ts'), {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: format === 'esm' ? 'es6' : 'commonjs' },
    sourceMaps: true,
    outputPath: join(app, 'dist/orders.js'),
  })
  mkdirSync(join(app, 'dist'))
  writeFileSync(join(app, 'dist/orders.js'), `${code}\n//# sourceMappingURL=orders.js.map\n`)
  writeFileSync(join(app, 'dist/orders.js.map'), map)
  return ['dist/orders.js']
}

const COMPILERS: Readonly<Record<string, Compile>> = {
  tsc: (app, format) => tsc(app, format, '--sourceMap'),
  'tsc with inline maps': (app, format) => tsc(app, format, '--inlineSourceMap'),
  'tsc and --enable-source-maps': async (app, format) => [
    '--enable-source-maps',
    ...(await tsc(app, format, '--sourceMap')),
  ],
  esbuild: (app, format) => esbuild(app, format, {}),
  'esbuild with a map without sources': (app, format) =>
    esbuild(app, format, { sourcesContent: false, sourceRoot: join(app, 'dist') }),
  'esbuild as a bundle': (app, format) => esbuild(app, format, { bundle: true }),
  'esbuild as a bundle with an inline map': (app, format) =>
    esbuild(app, format, { bundle: true, sourcemap: 'inline' }),
  swc,
  tsx: async () => [require.resolve('tsx/cli'), 'src/orders.ts'],
  'tsx by --import': async () => ['--import', 'tsx', 'src/orders.ts'],
}

describe.each(Object.entries(COMPILERS))('TypeScript that is compiled with %s', (name, compile) => {
  it.each(['esm', 'cjs'] as const)('has call sites with the lines of the source: %s', async format => {
    const app = createPackage(name, format)
    await expectPlaces(app, await compile(app, format))
  })
})

if (process.features.typescript) {
  describe('TypeScript that Node itself runs', () => {
    it('gets the source lines as call sites', () => expectPlaces(createPackage('node', 'esm'), ['src/orders.ts']))
  })
}

describe('a minified bundle', () => {
  it('has call sites with the lines of the source', async () => {
    const app = createPackage('minified', 'esm')
    await expectPlaces(app, await esbuild(app, 'esm', { bundle: true, minify: true }), { names: false })
  })

  it('has call sites with the lines of the source even if its source map is a megabyte long', async () => {
    const app = createPackage('large', 'esm')
    const filler = Array.from({ length: 15_000 }, (_, at) => `export const value${at} = ${at} + ${at}`)
    writeFileSync(join(app, 'src/filler.ts'), filler.join('\n'))
    writeFileSync(join(app, 'src/orders.ts'), `${text}export * from './filler.js'\n`)
    await expectPlaces(app, await esbuild(app, 'esm', { bundle: true }))
  })

  it('has no call sites without a source map, because the bundle also contains the code of OSProfiler', async () => {
    const app = createPackage('no map', 'esm')
    const places = await readPlaces(app, await esbuild(app, 'esm', { bundle: true, sourcemap: false }))

    expect([...places]).toEqual([...LINES.keys()].map(name => [name, null]))
  })
})

describe('TypeScript that a tool compiles in memory', () => {
  /**
   * Returns the code of a tool that compiles `.ts` files in `require()` and moves their lines. With `maps`, the tool
   * also changes the lines in stacks, as tools with source maps do.
   */
  const createTool = (maps: boolean): string => `
    const { readFileSync } = require('node:fs')
    const { transformSync } = require(${JSON.stringify(require.resolve('esbuild'))})
    require.extensions['.ts'] = (module, filename) => {
      const { code } = transformSync(readFileSync(filename, 'utf8'), { loader: 'ts', format: 'cjs' })
      module._compile('//\\n'.repeat(100) + code, filename)
    }
    const plain = (error, frames) => error + frames.map(frame => '\\n    at ' + frame).join('')
    const map = frame => ({ toString: () => 'main (' + frame.getFileName() + ':' + (frame.getLineNumber() + 1000) + ':1)' })
    if (${maps}) Error.prepareStackTrace = (error, frames) => plain(error, frames.map(map))
  `

  it('has call sites with the lines that the tool writes into stacks', async () => {
    const app = createPackage('hook', 'cjs')
    writeFileSync(join(app, 'tool.cjs'), createTool(true))
    const places = await readPlaces(app, ['-r', './tool.cjs', 'src/orders.ts'])

    for (const name of LINES.keys()) {
      expect(places.get(name)?.file).toBe('src/orders.ts')
      expect(places.get(name)?.line).toBeGreaterThan(1_100)
    }
  })

  it('has no call sites if the tool does not correct the lines in stacks, because these lines are wrong', async () => {
    const app = createPackage('no hook', 'cjs')
    writeFileSync(join(app, 'tool.cjs'), createTool(false))
    // If Node itself runs TypeScript, it moves no code, so OSProfiler assumes that the lines in a stack are right.
    const places = await readPlaces(app, ['-r', './tool.cjs', 'src/orders.ts'])

    const expected = process.features.typescript ? expect.anything() : null
    expect([...places]).toEqual([...LINES.keys()].map(name => [name, expected]))
  })
})
