import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as toolkit from '@osprofiler/core/toolkit'
import { describe, expect, it } from 'vitest'
import { collectNames, type Use } from './free-names.js'

const packagesFolder = fileURLToPath(new URL('../packages', import.meta.url))
const PACKAGES = ['core', 'express', 'koa', 'fastify', 'rpc', 'instruments', 'drivers', 'node']

/** The files that use globals intentionally. */
const ALLOWED_GLOBALS: Readonly<Record<string, readonly string[]>> = {
  // These files read the globals when the package loads.
  'core/build/platform/platform.js': Object.getOwnPropertyNames(globalThis),
  'core/build/platform/node-timers.js': ['globalThis', 'Function'],
  'core/build/json/language.js': Object.getOwnPropertyNames(globalThis),
  // `reflect-metadata` extends the global `Reflect`, possibly after this package has loaded.
  'core/build/wrapping/stand-in.js': ['globalThis'],
}
/** The files that intentionally use `instanceof` with a built-in class. */
const INSTANCEOF_MODULES = ['core/build/platform/is-error.js']
/** Error classes that `instanceof` may check, because this project itself throws these errors in its own realm. */
const OWN_ERROR_CLASSES = ['TypeError']

describe('code that runs inside other programs', () => {
  it.each(PACKAGES)('uses no global directly: %s', name => {
    const found = listModules(name).flatMap(({ file, names }) =>
      names.free
        .filter(use => !isHarmless(use) && !ALLOWED_GLOBALS[file]?.includes(use.name))
        .map(use => `${file}:${use.line} ${use.name}`),
    )

    expect(found).toEqual([])
  })

  // The program may replace any member of `util.types` with a mock. The platform folder keeps the original functions.
  it.each(PACKAGES)("uses Node's type checks only through the platform folder: %s", name => {
    const taken = listModules(name)
      .filter(({ file }) => ALLOWED_GLOBALS[file] === undefined)
      .filter(({ source }) => /\btypes\b[^;]*from ["'](?:node:)?util["']/.test(source))

    expect(taken.map(({ file }) => file)).toEqual([])
  })

  // If a function declared a variable with a global's name, the check could miss a use of the global in another
  // function.
  it.each(PACKAGES)('has no variable with the name of a global: %s', name => {
    const found = listModules(name)
      .filter(({ file }) => ALLOWED_GLOBALS[file] === undefined)
      .flatMap(({ file, names }) =>
        names.local.filter(use => use.name in globalThis).map(use => `${file}:${use.line} ${use.name}`),
      )

    expect(found).toEqual([])
  })

  it.each(PACKAGES)("does not use `instanceof` with built-in classes on the program's values: %s", name => {
    const found = listModules(name)
      .filter(({ file }) => !INSTANCEOF_MODULES.includes(file))
      .flatMap(({ file, names }) =>
        names.classes
          .filter(use => (use.name in globalThis || use.name in toolkit) && !OWN_ERROR_CLASSES.includes(use.name))
          .map(use => `${file}:${use.line} instanceof ${use.name}`),
      )

    expect(found).toEqual([])
  })
})

/**
 * Returns whether a global may be used directly. TypeScript supports unique symbols only if they come from the global
 * `Symbol`. This use is harmless because a module creates its symbols when it loads.
 */
function isHarmless({ name, inFunction }: Use): boolean {
  return name === 'undefined' || (name === 'Symbol' && !inFunction)
}

function listModules(name: string) {
  const folder = join(packagesFolder, name, 'build')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.js'))
    .map(file => join(folder, file))
    .map(file => {
      const source = readFileSync(file, 'utf8')
      return { file: relative(packagesFolder, file), source, names: collectNames(source) }
    })
}
